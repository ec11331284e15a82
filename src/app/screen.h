/* The screen: terminal, canvas and what the person set about them, and the one loop in which a player is shown. */
#ifndef LOCKSTEP_APP_SCREEN_H
#define LOCKSTEP_APP_SCREEN_H

#include <stdbool.h>

#include "app/options.h"
#include "app/paths.h"
#include "app/player.h"

struct screen;

/* Whether the command is to be shown on a screen: both standard descriptors are terminals and no other form was asked
 * for. */
bool screen_is_wanted(const struct options *);

/* Takes the terminal. On failure the message says what to do (--plain). */
enum status screen_open(const struct options *, const struct paths *, struct screen **, struct message *);
/* Gives the terminal back. NULL is fine. */
void screen_close(struct screen *);

/* Shows the player until it is left. `*signal`: what ended it from outside, 0 none. */
enum player_outcome screen_play(struct screen *, struct player *, int *signal);

/* Whether a key has come: for player_options. The context is the screen. */
bool screen_pending(void *screen);
bool screen_chinese(const struct screen *);

/* ---- for the menu ---- */
struct terminal *screen_terminal(struct screen *);
struct canvas *screen_canvas(struct screen *);
/* Does what concerns the screen alone (theme, language, signs, motion, blank, redraw, suspend); false: another request. */
bool screen_request(struct screen *, enum request);
/* The terminal has another size, or was given back and taken again. */
void screen_resized(struct screen *);
/* Sends the canvas. */
void screen_show(struct screen *, struct terminal_cursor);
/* What is to be said about a request that concerned the screen, "" nothing. */
const char *screen_said(const struct screen *);

#endif
