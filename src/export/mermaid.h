/* A run as a Mermaid sequence diagram: who acts on what, in order; for reports and README files. */
#ifndef LOCKSTEP_EXPORT_MERMAID_H
#define LOCKSTEP_EXPORT_MERMAID_H

#include <stdio.h>

#include "base/status.h"
#include "export/tell.h"

struct export_mermaid;

/* Writes to `out`, which stays the caller's. `title`: NULL none. Owns; NULL: out of memory. */
struct export_mermaid *export_mermaid_new(FILE *out, const char *title, enum tell_language);
void export_mermaid_free(struct export_mermaid *);
/* The next event with the world after it. What is written comes at export_mermaid_finish, as participants stand first.
 * STATUS_OK; STATUS_MEMORY. */
enum status export_mermaid_event(struct export_mermaid *, const struct world *after, const struct event *,
                                 struct message *);
enum status export_mermaid_finish(struct export_mermaid *, struct message *);

#endif
