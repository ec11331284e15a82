/* The player: one program or recording in front of a person. Takes requests, gives frames; knows neither keys nor screen.
 *
 * Where one is, is a step number, 0 .. , and then one more place, the end, when the run is over. At a step whose beat asks
 * a question there are two: before and after the answer was shown. Going back undoes going forward, place by place. */
#ifndef LOCKSTEP_APP_PLAYER_H
#define LOCKSTEP_APP_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/paths.h"
#include "app/session.h"
#include "base/arena.h"
#include "stage/stage.h"
#include "terminal/terminal.h"

struct player;
struct recording;
struct comparison;

/* A question that a person has met. */
struct player_answer {
    const struct scene_text *title; /* of the scene; borrowed from it, as the question is */
    const struct scene_question *question;
    uint32_t step; /* where it is asked */
    unsigned chosen; /* first; 0: the answer was looked at without choosing */
};
enum { PLAYER_ANSWERS_MAX = 400 };


struct player_options {
    const struct session_plan *plan; /* borrowed; for a recording: without a program */
    const struct paths *paths;
    const char *act;             /* title of the scene's act, "" none; in both languages */
    const char *act_zh;
    struct recording *recording; /* NULL: a guest is run. Borrowed */
    const struct comparison *comparison; /* of the scene's variants; NULL: none. Borrowed */
    const char *notice;          /* something that is to be said of the whole; NULL */
    bool chinese;
    bool questions; /* beats ask */
    /* A scene of a lecture: "2/9" (NULL: none), and whether there is one before and one after it. */
    const char *place;
    bool has_before, has_after;
    /* The answers to other scenes of the lecture, for the summary; NULL: there are none. */
    size_t (*other_answers)(void *context, struct player_answer *out, size_t max);
    void *answers_context;
    /* Whether a key has come (while something long goes on). */
    bool (*pending)(void *context);
    void *context;
};

/* Starts the guest. Owns; on failure a message that says why. */
enum status player_new(const struct player_options *, struct player **, struct message *);
/* Ends the guest. NULL is fine. */
void player_free(struct player *);

/* before, after: the lecture's scene before or after this one is wanted. */
enum player_outcome { PLAYER_stay, PLAYER_leave, PLAYER_restart, PLAYER_variant, PLAYER_before, PLAYER_after };
/* Does what was asked for. Requests that concern the screen (theme, glyphs, motion, blank, redraw, suspend) are not for
 * it; it answers PLAYER_stay to them. */
enum player_outcome player_request(struct player *, enum request, int digit);
/* The task that was clicked on is chosen, the choice answered, the row taken, the step gone to. */
enum player_outcome player_point(struct player *, struct tag tag);

/* What is typed now goes to player_type and player_edit. */
bool player_is_typing(const struct player *);
enum player_outcome player_edit(struct player *, enum terminal_edit);
void player_type(struct player *, const char *text);

/* Something long goes on (running to the end, repeating a run): player_work is to be called until it is false. Any
 * request ends it. */
bool player_is_working(const struct player *);
void player_work(struct player *);
/* Before each picture, at least: the kernel sends again what is held, and the picture counts it. */
void player_look(struct player *);
/* Plays by itself: milliseconds until player_tick wants to be called; -1: it does not. */
int player_wait(const struct player *);
void player_tick(struct player *);

/* A recording, if one is made, is brought up to date: before a person is waited for. */
void player_save(struct player *);

/* What a lecturer is told in a second terminal; borrowed until the next call with this player. */
struct notes;
void player_notes(struct player *, struct notes *out);

void player_set_chinese(struct player *, bool chinese);
/* Says something on the last line until the next request. */
void player_say(struct player *, bool error, const char *text);
/* The keys of requests, for the last line and the help. */
void player_set_keys(struct player *, const char *(*keys)(void *context, enum request, bool first), void *context);

/* The moment as it is, all borrowed until the next call with this player. `motion` is left at 1. False: out of memory. */
bool player_frame(struct player *, struct stage_frame *out);
/* A number that changes whenever another moment is shown: then motion may begin. `forward`: by one step onwards. */
uint32_t player_moment(const struct player *, bool *forward);
/* Where the cursor stands in what is typed: columns from the left of the last line. */
unsigned player_cursor(const struct player *);

/* For the exit status when it is left: the verdict of the first run, VERDICT_none while it is not over. */
enum verdict player_verdict(const struct player *);
/* Guests started so far. */
unsigned player_starts(const struct player *);
uint32_t player_step(const struct player *);
/* The questions that were met so far, in the scene's order; at most `max`. */
size_t player_answers(const struct player *, struct player_answer *out, size_t max);

#endif
