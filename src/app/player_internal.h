/* What the files of the player share. For nobody else. */
#ifndef LOCKSTEP_APP_PLAYER_INTERNAL_H
#define LOCKSTEP_APP_PLAYER_INTERNAL_H

#include "app/player.h"

#include "app/play_run.h"
#include "app/told.h"

enum {
    PLAYER_WAIT_MS = 300, /* for something outside, before the person is told */
    PLAYER_SPEED_NORMAL = 3,
    PLAYER_CHOICES_MAX = 1024,
    PLAYER_PACKETS_MAX = 256,
    PLAYER_LINES_MAX = 200,
    PLAYER_BEATS_MAX = 16,
    PLAYER_TYPED_MAX = 512,
    PLAYER_FILES_MAX = 256
};

/* Where one is. */
struct place {
    uint32_t step;
    bool end;      /* behind the last step: the run is over */
    bool revealed; /* the answer is shown */
};

enum work_kind {
    WORK_none,
    WORK_to_step, /* forward to step `target` */
    WORK_to_end,
    WORK_to_beat, /* until a beat fires */
    WORK_repeat,  /* a run is made again, up to step `target`; then `task` is chosen */
    WORK_search   /* known steps are looked through */
};

struct work {
    enum work_kind kind;
    uint32_t target, from;
    struct play_run *run; /* repeated: the new one; owned until it takes its place */
    int origin;           /* the run that is repeated */
    bool replaces;        /* it takes the place of its origin: nothing else was chosen */
    char task[24];
    int direction;        /* of a search: 1 or -1 */
    bool single;          /* one step, which somebody asked for and nobody can make yet */
    int64_t idle;         /* since when no step was made (ms); 0: one was made just now */
};

enum overlay { OVERLAY_none, OVERLAY_help, OVERLAY_scheduler, OVERLAY_cpus, OVERLAY_views, OVERLAY_whatifs, OVERLAY_notes,
               OVERLAY_summary, OVERLAY_inject };
enum typing { TYPING_none, TYPING_command, TYPING_search, TYPING_input };

struct player {
    struct player_options options;
    struct play_setting setting;
    size_t given_files; /* texts that are known from the start: the first of the listing */
    struct play_run **runs;
    size_t run_count;
    int current;
    struct place at;
    uint32_t moment;
    bool moved_forward;
    uint32_t before; /* the step shown as "before" */
    struct work work;
    int64_t paused_until;

    bool playing;
    unsigned speed; /* index into the speeds */
    int64_t next_tick;

    int *chosen; /* by beat: the answer that was given last, 0 none */
    int *first;  /* by beat: the answer that was given first, 0 not met, -1 looked at without an answer */
    enum player_outcome beyond; /* forward at the end, back at the beginning: another scene of the lecture */
    char branch_wish[24]; /* a task that was chosen in the past once; choosing it again branches */
    uint32_t branch_wish_step;
    int selected; /* among the choices; -1 none */

    enum overlay overlay;
    int overlay_row;
    size_t overlay_top;
    enum typing typing;
    char typed[PLAYER_TYPED_MAX];
    size_t typed_length, typed_cursor;
    char sought[PLAYER_TYPED_MAX];
    char said[1024];
    bool said_error;

    enum stage_view_id order[STAGE_VIEW_COUNT];
    size_t order_count;
    struct stage_view_state views[STAGE_VIEW_COUNT];
    int focus, enlarged;
    unsigned scale;
    bool future;
    const char *(*keys)(void *context, enum request, bool first);
    void *keys_context;

    /* made for a frame */
    struct arena *arena;
    struct told told;
    uint32_t told_step;
    int told_run;
    bool told_end, told_chinese, told_known;
    uint32_t choices[PLAYER_CHOICES_MAX];
    size_t choice_count;
};

/* ---- player.c ---- */
struct play_run *player_run(const struct player *);
uint32_t player_known(const struct player *); /* steps of the current run */
/* Goes there (kept within what is known). */
void player_go(struct player *, struct place);
/* As the chronicle counts: the step, or for the end one more than the last. */
uint32_t player_place_step(struct place);
/* The beat of a place that asks a question; -1 none. */
int player_question(const struct player *, struct place);
void player_choose(struct player *, uint32_t task);
void player_forget_frame(struct player *);
int64_t player_now(void); /* monotonic milliseconds */
void player_message(struct player *, bool error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One place on, one back. */
void player_forward(struct player *);
void player_back(struct player *);
/* At the newest step: one more, of `task` (0: of whoever is chosen). */
void player_step_new(struct player *, uint32_t task);
/* While nobody can go on: seconds until the kernel is due to send by itself; -1: it has nothing to send. */
int64_t player_kernel_due(struct player *);
void player_open_list(struct player *, enum overlay);
void player_enter_at_end(struct player *); /* Enter at the end: the answers, or what is beyond */

/* ---- player_choose.c ---- */
void player_choose_index(struct player *, size_t index);
void player_digit(struct player *, int number); /* an answer or a choice */
void player_treat_packet(struct player *, uint32_t how); /* CONDUCTOR_DROP, CONDUCTOR_DUPLICATE */
/* What can be injected where one is, as choices; at most `max`. */
size_t player_injections(struct player *, uint32_t *choices, size_t max);
void player_select_choice(struct player *, int by);
const char *player_short_name(const struct player *, uint32_t choice); /* as the screen calls it */

/* ---- player_play.c ---- */
void player_set_playing(struct player *, bool on);
void player_change_speed(struct player *, int by);

/* ---- player_work.c ---- */
void player_run_to(struct player *, enum work_kind, uint32_t target);
/* Starts to make run `origin` again up to `step`, then chooses `task` (""; none: it is brought to life). */
void player_repeat(struct player *, int origin, uint32_t step, const char *task);
void player_stop_work(struct player *);
void player_search(struct player *, int direction);

/* ---- player_lists.c ---- */
/* The rows of the open list; NULL if none is. Of the player's arena. */
const struct stage_list *player_list(struct player *);
enum player_outcome player_list_take(struct player *, int row);
int player_list_count(struct player *);
const char *player_policy_word(unsigned kind);
/* A text as rows of a list, wrapped. */
void player_list_text(struct player *, struct stage_list *, const char *text);

/* ---- player_typing.c ---- */
void player_start_typing(struct player *, enum typing);

/* ---- player_summary.c ---- */
/* Of the questions that were met (with those of the lecture's other scenes, if `all`): how many, how many were answered
 * right at first. */
unsigned player_questions(const struct player *, bool all, unsigned *right);
void player_fill_summary(struct player *, struct stage_list *);

/* ---- player_frame.c ---- */
void player_find_choices(struct player *);

#endif
