/* For tests of the world: event scripts in plain text; tests/world/README says the language. A script reads one line after
 * the other; whatever is wrong with it, or with the world, fails the test with the line's number. */
#ifndef TESTS_WORLD_SCRIPT_H
#define TESTS_WORLD_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "world/world.h"

enum { SCRIPT_WORDS = 32, SCRIPT_PLACES = 64 };

struct script {
    const char *file; /* borrowed */
    unsigned line;
    struct world *world;
    char name[128]; /* of the test */
    bool divergence_told;
    unsigned tests, expectations;
    uint32_t texts, places;
    char place_names[SCRIPT_PLACES][48];
    struct event last;
    int64_t now; /* ms */
    char *word[SCRIPT_WORDS];
    unsigned words, next;
};

void script_wrong(const struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* ---- words (world_script.c) ---- */

/* Cuts a line into words, in place; a quoted text is one, a # ends the line. */
void script_split(struct script *s, char *line);
bool script_more(const struct script *s);
/* Takes the next word if it is this one. */
bool script_eat(struct script *s, const char *expected);
const char *script_word(struct script *s);
bool script_number_next(const struct script *s);
int64_t script_number(struct script *s); /* or the name of an error */
/* World ids; 0: there is none of this name. */
uint32_t script_task_named(const struct script *s, const char *name);
uint32_t script_object_named(const struct script *s, const char *name);
/* The next word as one; it must be there. */
uint32_t script_task(struct script *s);
uint32_t script_process(struct script *s);
uint32_t script_object(struct script *s);
/* The index of the next word among the names, of which some may be NULL. */
unsigned script_one_of(struct script *s, const char *const *names, unsigned count);

extern const char *const script_states[]; /* by enum state */

/* ---- statements, from behind their first word on ---- */

void script_begin_test(struct script *s); /* a new world with P1 and its main task */
void script_finish_test(struct script *s);
void script_tell(struct script *s, struct event event);
void script_declare_object(struct script *s);
void script_declare_task(struct script *s);
void script_grant(struct script *s, uint32_t id);
void script_act_task(struct script *s, uint32_t id);
void script_act_process(struct script *s, uint32_t id);
void script_expect(struct script *s);

#endif
