/* For the tests of views: worlds made by a few words, drawn and compared row by row, in both languages.
 *
 * Words, one statement a line:   task T1 | task P2.main | process P2 [of P1] | cpu 1 | time MS
 *   object mutex A [SIZE]                 T1 asks mutex.lock A | thread.join T2 | file.read - [ARGUMENT]
 *   T1 does mutex.lock A [VALUE [COUNT]]  T1 tries mutex.lock A | T1 retries [VALUE] | T1 ended
 *   P2 ended | P2 reaped | P2 stopped | P2 continued
 * The frame's `before` is the world before the last statement that was a step. */
#ifndef LOCKSTEP_TESTS_STAGE_RUN_H
#define LOCKSTEP_TESTS_STAGE_RUN_H

#include <ctype.h>
#include <libintl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/gate.h"
#include "protocol/record.h"
#include "stage/view.h"

/* ---- the language: what the catalogue says, without an installation of it ---- */

static bool stage_chinese;
static const char *const stage_texts[][2] = {
    {"en", "zh"},
    {"ready", "就绪"},
    {"running", "运行"},
    {"blocked", "阻塞"},
    {"ended", "已结束"},
    {"stopped", "已暂停"},
    {"idle", "空闲"},
    {"CPU %d", "CPU %d"},
    {"+%u more", "还有 %u 个"},
    {"+%d more", "还有 %d 行"},
    {"until %lld.%03lld s", "到 %lld.%03lld 秒"},
    {"owner %s ended", "持有者 %s 已结束"},
    {"read by %s", "%s 在读"},
    {"held by %s", "由 %s 持有"},
    {"count %d", "计数 %d"},
    {"%d of %d here", "已到 %d/%d"},
    {"is empty", "空"},
    {"is full", "满"},
    {"none yet", "还没有"},
    {"runs it", "正在执行"},
    {"done", "已完成"},
    {"not run yet", "未执行"},
    {"has ended", "已结束"},
    {"writes", "在写"},
    {"read", "在读"},
    {"free", "空闲"},
    {"%d times", "%d 层"},
    {"waiting: ", "等待："},
    {"next: ", "将要："},
    {"start", "启动"},
    {"resume", "继续"},
    {"gone with the program", "已随程序一起消失"},
    {"wants", "请求"},
    {"want", "请求"},
    {"waits for", "等待"},
    {"wait for", "等待"},
    {"held by", "持有者"},
    {"read by", "读者"},
    {"joins", "等它结束"},
    {"any child", "任一子进程"},
    {"a child", "子进程"},
    {"in the ring", "在环中"},
    {"and so back to %s", "又回到 %s"},
    {"nobody waits for anybody", "没有任务在等待别人"},
};

static const char *stage_translated(const char *text)
{
    for (size_t i = 0; stage_chinese && i < sizeof stage_texts / sizeof *stage_texts; i++) {
        if (strcmp(stage_texts[i][0], text) == 0)
            return stage_texts[i][1];
    }
    if (stage_chinese)
        fail_msg("the test has no Chinese for \"%s\"", text);
    return text;
}

/* They stand in front of the C library's. */
#undef gettext
#undef dcgettext
char *gettext(const char *text)
{
    return (char *)(uintptr_t)stage_translated(text);
}
char *dcgettext(const char *domain, const char *text, int category)
{
    (void)domain, (void)category;
    return (char *)(uintptr_t)stage_translated(text);
}

/* ---- a run ---- */

struct stage_run {
    struct world *before, *world;
    struct canvas *canvas;
    uint32_t texts;
    int64_t cpu, now;
    bool no_choices;
    struct stage_choice choices[16];
    struct stage_frame frame;
};

static inline void run_tell(struct stage_run *run, struct event event)
{
    event.time = run->now * 1000000;
    enum status status = world_step(run->world, &event);
    if (status != STATUS_OK)
        fail_msg("the world says: %s", world_divergence(run->world));
}

static inline uint32_t run_task(const struct stage_run *run, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", strchr(name, '.') ? "" : "P1.", name);
    for (uint32_t i = 1; i <= world_task_count(run->world); i++) {
        if (strcmp(world_task(run->world, i)->name, full) == 0)
            return i;
    }
    return 0;
}

static inline uint32_t run_object(const struct stage_run *run, const char *name)
{
    for (uint32_t i = 1; i <= world_object_count(run->world); i++) {
        if (strcmp(world_object(run->world, i)->name, name) == 0)
            return i;
    }
    return 0;
}

static inline uint32_t run_text(struct stage_run *run, const char *text)
{
    run_tell(run, (struct event){
                      .kind = EVENT_STRING, .text = ++run->texts, .payload = text, .length = (uint32_t)strlen(text)});
    return run->texts;
}

static inline void run_keep(struct stage_run *run, uint32_t task, uint32_t object)
{
    world_free(run->before);
    run->before = world_copy(run->world);
    assert_non_null(run->before);
    run->frame.step = (struct stage_step){.task = task, .object = object, .say = ""};
}

static inline void run_ask(struct stage_run *run, uint32_t task, char **word, int words)
{
    struct event event = {.kind = EVENT_ASKED, .task = task, .operation = (uint16_t)operation_by_name(word[0])};
    if (!event.operation)
        fail_msg("there is no operation %s", word[0]);
    if (words > 1 && run_object(run, word[1]))
        event.object = run_object(run, word[1]);
    if (words > 1 && run_task(run, word[1])) /* a thread may be both */
        event.other = run_task(run, word[1]);
    if (words > 2 && run_object(run, word[2])) /* the mutex of a wait */
        event.second = run_object(run, word[2]);
    else if (words > 2)
        event.argument[0] = atoll(word[2]);
    if (event.operation == OPERATION_time_sleep) {
        event.argument[3] = atoll(word[1]) * 1000000;
        event.flags |= RECORD_DEADLINE;
        event.other = 1;
    }
    run_tell(run, event);
}

static inline void run_grant(struct stage_run *run, uint32_t task)
{
    run_tell(run, (struct event){.kind = EVENT_GRANTED,
                                 .task = task,
                                 .value = world_rule(run->world, task).action,
                                 .argument = {run->cpu}});
}

static inline void run_over(struct stage_run *run, uint32_t id, enum event_kind kind, int64_t value, int64_t count)
{
    const struct world_task *task = world_task(run->world, id);
    struct event event = {.kind = (uint8_t)kind,
                          .task = id,
                          .operation = task->operation,
                          .object = task->object,
                          .second = task->second,
                          .value = value,
                          .argument = {count}};
    if (kind == EVENT_BLOCKED) {
        event.outcome = OUTCOME_blocked;
        event.other = task->operation == OPERATION_time_sleep;
        event.argument[3] = task->argument[3];
        event.flags = event.other ? RECORD_DEADLINE : 0;
        /* A wait that was woken is blocked on the mutex now. */
        if (task->operation == OPERATION_cond_wait && task->woken)
            event.object = task->second;
    }
    run_tell(run, event);
}

static inline void run_act(struct stage_run *run, uint32_t task, char **word, int words)
{
    if (strcmp(word[0], "asks") == 0) {
        run_ask(run, task, word + 1, words - 1);
    } else if (strcmp(word[0], "ended") == 0) {
        run_tell(run, (struct event){.kind = EVENT_TASK_ENDED, .task = task});
    } else if (strcmp(word[0], "retries") == 0) {
        run_keep(run, task, world_task(run->world, task)->object);
        run_grant(run, task);
        run_over(run, task, words > 1 ? EVENT_GOT : EVENT_BLOCKED, words > 1 ? atoll(word[1]) : 0, 0);
    } else if (strcmp(word[0], "does") == 0 || strcmp(word[0], "tries") == 0) {
        bool blocks = word[0][0] == 't';
        run_ask(run, task, word + 1, blocks ? words - 1 : words - 1 < 2 ? words - 1 : 2);
        run_keep(run, task, words > 2 ? run_object(run, word[2]) : 0);
        run_grant(run, task);
        run_over(run, task, blocks ? EVENT_BLOCKED : EVENT_GOT, !blocks && words > 3 ? atoll(word[3]) : 0,
                 !blocks && words > 4 ? atoll(word[4]) : 0);
    } else {
        fail_msg("a task does not '%s'", word[0]);
    }
}

static inline void run_born(struct stage_run *run, const char *name)
{
    const char *dot = strchr(name, '.'), *own = dot ? dot + 1 : name;
    uint32_t id = world_task_count(run->world) + 1;
    run_tell(run, (struct event){.kind = EVENT_TASK,
                                 .task = id,
                                 .other = dot ? (uint32_t)atoi(name + 1) : 1,
                                 .value = own[0] == 'T' ? atoi(own + 1) : 0,
                                 .argument = {1}});
    run_tell(run, (struct event){.kind = EVENT_ASKED, .task = id, .operation = OPERATION_thread_start});
}

/* Born, and has taken its start step. */
static inline void run_start(struct stage_run *run, uint32_t id)
{
    run_grant(run, id);
    run_tell(run, (struct event){.kind = EVENT_GOT, .task = id, .operation = OPERATION_thread_start});
}

static inline void run_make(struct stage_run *run, char **word, int words)
{
    unsigned kind = 1;
    while (kind < OBJECT_COUNT && strcmp(object_word(kind, 0), word[1]) != 0)
        kind++;
    struct event event = {.kind = EVENT_OBJECT,
                          .value = kind,
                          .other = 1,
                          .text = run_text(run, word[2]),
                          .object = world_object_count(run->world) + 1,
                          .argument = {words > 3 ? atoll(word[3]) : 0}};
    run_tell(run, event);
}

static inline void run_process(struct stage_run *run, char **word, int words)
{
    uint32_t id = (uint32_t)atoi(word[0] + 1);
    run_keep(run, run->frame.step.task, 0);
    if (strcmp(word[1], "ended") == 0)
        run_tell(run, (struct event){.kind = EVENT_PROCESS_ENDED, .other = id});
    else if (strcmp(word[1], "reaped") == 0)
        run_tell(run, (struct event){.kind = EVENT_REAPED, .other = id, .task = 1});
    else
        run_tell(run, (struct event){.kind = EVENT_STOPPED, .other = id, .value = word[1][0] == 's'});
    (void)words;
}

static inline void run_line(struct stage_run *run, char **word, int words)
{
    if (strcmp(word[0], "process") == 0)
        run_tell(run, (struct event){.kind = EVENT_PROCESS,
                                     .other = (uint32_t)atoi(word[1] + 1),
                                     .value = words > 3 ? atoi(word[3] + 1) : 1,
                                     .argument = {100 + atoi(word[1] + 1)}});
    else if (strcmp(word[0], "cpu") == 0)
        run->cpu = atoll(word[1]);
    else if (strcmp(word[0], "time") == 0)
        run->now = atoll(word[1]);
    else if (strcmp(word[0], "new") == 0) {
        run_keep(run, 1, 0);
        run_born(run, word[1]);
    } else if (strcmp(word[0], "task") == 0) {
        run_born(run, word[1]);
        run_start(run, world_task_count(run->world));
    } else if (strcmp(word[0], "object") == 0)
        run_make(run, word, words);
    else if (run_task(run, word[0]))
        run_act(run, run_task(run, word[0]), word + 1, words - 1);
    else if (word[0][0] == 'P' && words > 1)
        run_process(run, word, words);
    else
        fail_msg("'%s' is not understood", word[0]);
}

static inline void run_words(struct stage_run *run, const char *script)
{
    char buffer[256], *word[8];
    while (*script) {
        size_t length = strcspn(script, "\n");
        assert_true(length < sizeof buffer);
        memcpy(buffer, script, length);
        buffer[length] = '\0';
        int words = 0;
        for (char *at = strtok(buffer, " "); at && words < 8; at = strtok(NULL, " "))
            word[words++] = at;
        if (words)
            run_line(run, word, words);
        script += length + (script[length] == '\n');
    }
}

/* A world with P1 and its main task, and what the words make of it. */
static inline struct stage_run *run_new(const char *script)
{
    struct stage_run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->world = world_new();
    assert_non_null(run->world);
    run_tell(run, (struct event){.kind = EVENT_PROCESS, .other = 1, .argument = {101}});
    run_tell(run, (struct event){.kind = EVENT_TASK, .task = 1, .other = 1});
    run_tell(run, (struct event){.kind = EVENT_ASKED, .task = 1, .operation = OPERATION_process_start});
    run_keep(run, 1, 0);
    run_grant(run, 1);
    run_tell(run, (struct event){.kind = EVENT_GOT, .task = 1, .operation = OPERATION_process_start});
    run_words(run, script);
    run->frame.cpus = 1;
    run->frame.focus = run->frame.enlarged = -1;
    return run;
}

static inline void run_free(struct stage_run *run)
{
    world_free(run->before);
    world_free(run->world);
    canvas_free(run->canvas);
    free(run);
    stage_chinese = false;
}

/* Draws a view alone. Everything that is enabled may be chosen by a digit. */
static inline void run_draw(struct stage_run *run, const struct stage_view *view, unsigned columns, unsigned rows,
                            bool ascii, double motion)
{
    uint32_t enabled[9];
    canvas_free(run->canvas);
    run->canvas = canvas_new(columns, rows, ascii);
    assert_non_null(run->canvas);
    run->frame.before = run->before;
    run->frame.after = run->world;
    run->frame.motion = motion;
    run->frame.step.number = world_step_number(run->world);
    run->frame.choices = run->choices;
    size_t count = run->no_choices ? 0 : world_enabled(run->world, enabled, 9);
    run->frame.choice_count = count < 9 ? count : 9;
    for (size_t i = 0; i < run->frame.choice_count; i++)
        run->choices[i] = (struct stage_choice){.task = enabled[i], .key = (char)('1' + i)};
    struct pane pane = pane_whole(run->canvas);
    view->draw(&run->frame, &pane);
    const struct canvas_faults *faults = canvas_faults(run->canvas);
    if (faults->cuts || faults->overlaps)
        fail_msg("cut: \"%s\"; drawn twice: %s", faults->first_cut, faults->first_overlap);
}

/* The rows, top to bottom; those that are not listed must be blank. With STAGE_SHOW in the environment they are printed as
 * they are, to be looked at. */
static inline void run_expect(const struct stage_run *run, const char *const *rows, size_t count)
{
    char found[4096];
    bool same = true;
    for (unsigned row = 0; row < canvas_rows(run->canvas); row++) {
        canvas_row_text(run->canvas, row, found, sizeof found);
        same = same && strcmp(found, row < count ? rows[row] : "") == 0;
    }
    if (same && !getenv("STAGE_SHOW"))
        return;
    printf("#\n");
    for (unsigned row = 0; row < canvas_rows(run->canvas); row++) {
        canvas_row_text(run->canvas, row, found, sizeof found);
        printf("%c \"%s\",\n", row < count && strcmp(found, rows[row]) == 0 ? ' ' : '!', found);
    }
    if (!getenv("STAGE_SHOW"))
        fail_msg("the rows are not as expected");
}

#define EXPECT_ROWS(run, ...)                                                                                          \
    run_expect(run, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#endif
