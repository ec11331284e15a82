/* The recording of a run by its plan, from which the run can be had again. */
#ifndef LOCKSTEP_APP_RECORD_PLAN_H
#define LOCKSTEP_APP_RECORD_PLAN_H

#include "app/record.h"
#include "app/session.h"

/* As record_start, with what the plan says of program and options. */
enum status record_plan_start(const struct session_plan *, const char *path, struct record **, struct message *);

#endif
