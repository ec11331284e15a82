/* For the tests of views: a moment of a run, made by a few calls, drawn on a canvas and compared row by row, in both
 * languages. The catalogue of the test stands in for the installed one, and misses nothing that is drawn. */
#ifndef LOCKSTEP_TESTS_STAGE_MOMENT_H
#define LOCKSTEP_TESTS_STAGE_MOMENT_H

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
#include "stage/view.h"

/* ---- the language ---- */

static bool moment_chinese;

static inline const char *moment_translated(const char *text)
{
    static const char *const words[][2] = {
        {"en", "zh"},
        {"of %d bytes", "/ %d 字节"},
        {"bytes", "字节"},
        {"no pipe yet", "还没有管道"},
        {"of %ld", "/ %ld"},
        {"not known yet", "尚不知道"},
        {"without a bound", "没有上限"},
        {"exit %d", "退出码 %d"},
        {"signal %d", "信号 %d"},
        {"zombie", "僵尸"},
        {"stopped", "已停止"},
        {"adopted by P%u", "由 P%u 收养"},
        {"adopted by init", "由 init 收养"},
        {"%u thread", "%u 个线程"},
        {"unobserved", "未被观察"},
        {"helper", "辅助程序"},
        {"new", "新"},
        {"no process yet", "还没有进程"},
        {"nothing yet", "还没有"},
        {"%s has %s", "%s 手中 %s"},
        {"shared", "共享"},
        {"no variable yet", "还没有变量"},
        {"no source text for %s", "没有 %s 的源代码"},
        {"no place in the source yet", "还没有源代码位置"},
        {"a child", "子进程"},
        {"no packet yet", "还没有数据包"},
        {"ICMP port unreachable", "ICMP 端口不可达"},
        {"here, held by you (copies absorbed: %u)", "停在这里，由你扣住（吸收副本：%u）"},
        {"here, held by you", "停在这里，由你扣住"},
        {"held, copies absorbed: %u", "扣住，吸收副本：%u"},
        {"held", "扣住"},
        {"CLOSED (gone)", "CLOSED（已消失）"},
        {"to read: %u", "待读：%u"},
        {"unacked: %u", "未确认：%u"},
        {", unacked: %u", "，未确认：%u"},
        {"accept queue %u/%u", "全连接队列 %u/%u"},
        {"half-open %u, queue %u/%u", "半连接 %u，队列 %u/%u"},
        {"lost", "丢失"},
        {"copy", "副本"},
        {"overtaken", "被超过"},
        {"client", "客户端"},
        {"server", "服务器"},
        {"connect(): SYN goes out", "connect()：发出 SYN"},
        {"SYN came, SYN+ACK goes out", "收到 SYN，发出 SYN+ACK"},
        {"SYN+ACK came, ACK goes out", "收到 SYN+ACK，发出 ACK"},
        {"the ACK of its SYN came", "收到对自己 SYN 的 ACK"},
        {"close(): FIN goes out", "close()：发出 FIN"},
        {"FIN came, ACK goes out", "收到 FIN，发出 ACK"},
        {"RST came: it is gone at once", "收到 RST：立即消失"},
        {"the ACK of its FIN came", "收到对自己 FIN 的 ACK"},
        {"UDP knows no connections, so it has no states", "UDP 没有连接，也就没有状态"},
        {"no connection yet", "还没有连接"},
        {"UDP has no window: nobody holds the sender back", "UDP 没有窗口：没有谁会让发送方慢下来"},
        {"%s sends", "%s 发送"},
        {"%s takes", "%s 接收"},
        {"in flight %u B", "在途 %u B"},
        {"queued %u B", "待发 %u B"},
        {"window %u B", "窗口 %u B"},
        {"%s still thinks %u B", "%s 还以为是 %u B"},
        {"slow start", "慢启动"},
        {"congestion avoidance", "拥塞避免"},
        {"fast recovery", "快恢复"},
        {"after a time-out", "超时之后"},
        {"time-out", "超时"},
        {"step", "步"},
        {"packet %u, %zu of its %zu bytes", "第 %u 个包，%zu/%zu 字节"},
        {"packet %u, %zu bytes", "第 %u 个包，%zu 字节"},
        {"%s, %u byte", "%s，%u 字节"},
        {"byte %u", "字节 %u"},
        {"bytes %u-%u", "字节 %u-%u"},
        {", %s", "，%s"},
        {", bit %u", "，第 %u 位"},
        {", bits %u-%u", "，第 %u-%u 位"},
        {"no coroutine yet", "还没有协程"},
        {"%u switch", "切换 %u 次"},
    };
    for (size_t i = 0; moment_chinese && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], text) == 0)
            return words[i][1];
    return text;
}

/* They stand in front of the C library's. */
#undef gettext
#undef dcgettext
#undef ngettext
#undef dcngettext
char *gettext(const char *text)
{
    return (char *)(uintptr_t)moment_translated(text);
}
char *dcgettext(const char *domain, const char *text, int category)
{
    (void)domain, (void)category;
    return gettext(text);
}
char *ngettext(const char *one, const char *many, unsigned long count)
{
    return moment_chinese || count == 1 ? gettext(one) : (char *)(uintptr_t)many;
}
char *dcngettext(const char *domain, const char *one, const char *many, unsigned long count, int category)
{
    (void)domain, (void)category;
    return ngettext(one, many, count);
}

/* ---- a run ---- */

struct moment {
    struct world *before, *world;
    struct canvas *canvas;
    uint32_t texts, places;
    struct stage_frame frame;
};

static inline void moment_tell(struct moment *m, struct event event)
{
    if (world_step(m->world, &event) != STATUS_OK)
        fail_msg("the world says: %s", world_divergence(m->world));
}

static inline uint32_t moment_text(struct moment *m, const char *text)
{
    moment_tell(
        m, (struct event){.kind = EVENT_STRING, .text = ++m->texts, .payload = text, .length = (uint32_t)strlen(text)});
    return m->texts;
}

static inline uint32_t moment_place(struct moment *m, const char *file, unsigned line)
{
    uint32_t text = 0;
    for (uint32_t id = 1; id <= m->texts && !text; id++)
        text = strcmp(world_text(m->world, id), file) == 0 ? id : 0;
    text = text ? text : moment_text(m, file);
    moment_tell(m, (struct event){.kind = EVENT_PLACE, .place = ++m->places, .text = text, .value = line});
    return m->places;
}

/* The world as it is now becomes the one before the step of `task`. */
static inline void moment_keep(struct moment *m, uint32_t task)
{
    world_free(m->before);
    m->before = world_copy(m->world);
    assert_non_null(m->before);
    m->frame.step = (struct stage_step){.number = world_step_number(m->world) + 1, .task = task, .say = ""};
}

static inline void moment_grant(struct moment *m, uint32_t task)
{
    moment_tell(m, (struct event){.kind = EVENT_GRANTED, .task = task, .value = world_rule(m->world, task).action});
}

static inline void moment_asks(struct moment *m, uint32_t task, unsigned operation, uint32_t object, uint32_t place)
{
    moment_tell(
        m, (struct event){
               .kind = EVENT_ASKED, .task = task, .operation = (uint16_t)operation, .object = object, .place = place});
}

/* The step of what the task has asked for: it gets `value`, and what else is known of the object. */
static inline void moment_gets(struct moment *m, uint32_t task, int64_t value, int64_t count, int64_t capacity)
{
    const struct world_task asked = *world_task(m->world, task);
    moment_keep(m, task);
    m->frame.step.object = asked.object;
    m->frame.step.operation = asked.operation;
    m->frame.step.place = asked.place;
    moment_grant(m, task);
    moment_tell(m, (struct event){.kind = EVENT_GOT,
                                  .task = task,
                                  .operation = asked.operation,
                                  .object = asked.object,
                                  .value = value,
                                  .argument = {count, capacity}});
}

static inline void moment_blocks(struct moment *m, uint32_t task)
{
    const struct world_task asked = *world_task(m->world, task);
    moment_keep(m, task);
    m->frame.step.object = asked.object;
    m->frame.step.operation = asked.operation;
    m->frame.step.place = asked.place;
    moment_grant(m, task);
    moment_tell(m, (struct event){.kind = EVENT_BLOCKED,
                                  .task = task,
                                  .outcome = OUTCOME_blocked,
                                  .operation = asked.operation,
                                  .object = asked.object});
}

static inline uint32_t moment_task(struct moment *m, uint32_t process, unsigned number)
{
    uint32_t id = world_task_count(m->world) + 1;
    unsigned operation = number ? OPERATION_thread_start : OPERATION_process_start;
    moment_tell(m, (struct event){.kind = EVENT_TASK, .task = id, .other = process, .value = number, .argument = {1}});
    moment_asks(m, id, operation, 0, 0);
    moment_gets(m, id, 0, 0, 0);
    return id;
}

/* A process with its main task, which has begun. Returns the task. */
static inline uint32_t moment_process(struct moment *m, uint32_t parent)
{
    uint32_t id = world_process_count(m->world) + 1;
    moment_tell(m, (struct event){.kind = EVENT_PROCESS, .other = id, .value = parent, .argument = {id + 1}});
    m->frame.several_processes = id > 1;
    return moment_task(m, id, 0);
}

/* process 0: shared by all. */
static inline uint32_t moment_object(struct moment *m, unsigned kind, const char *name, uint32_t process)
{
    uint32_t id = world_object_count(m->world) + 1;
    moment_tell(m,
                (struct event){
                    .kind = EVENT_OBJECT, .object = id, .value = kind, .other = process, .text = moment_text(m, name)});
    return id;
}

static inline void moment_watch(struct moment *m, uint32_t object, const char *text)
{
    moment_tell(m, (struct event){.kind = EVENT_WATCH, .object = object, .text = moment_text(m, text)});
}

/* P1 with its main task. */
static inline struct moment *moment_new(void)
{
    struct moment *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->world = world_new();
    assert_non_null(m->world);
    m->frame.focus = m->frame.enlarged = -1;
    m->frame.motion = 1;
    m->frame.cpus = 1;
    moment_process(m, 0);
    return m;
}

static inline void moment_free(struct moment *m)
{
    world_free(m->before);
    world_free(m->world);
    canvas_free(m->canvas);
    free(m);
    moment_chinese = false;
}

/* ---- the picture ---- */

/* The rows that the view wants in a pane of so many columns. */
static inline int moment_rows(struct moment *m, const struct stage_view *view, int columns)
{
    m->frame.before = m->before;
    m->frame.after = m->world;
    return view->rows(&m->frame, columns);
}

static inline void moment_draw(struct moment *m, const struct stage_view *view, unsigned columns, unsigned rows,
                               bool ascii)
{
    canvas_free(m->canvas);
    m->canvas = canvas_new(columns, rows, ascii);
    assert_non_null(m->canvas);
    m->frame.before = m->before;
    m->frame.after = m->world;
    struct pane pane = pane_whole(m->canvas);
    view->draw(&m->frame, &pane);
    const struct canvas_faults *faults = canvas_faults(m->canvas);
    if (faults->cuts || faults->overlaps)
        fail_msg("cut: \"%s\"; drawn twice: %s", faults->first_cut, faults->first_overlap);
}

/* The rows, top to bottom; those that are not listed must be blank. */
static inline void moment_expect(const struct moment *m, const char *const *rows, size_t count, const char *where,
                                 int line)
{
    char found[4096];
    bool same = true;
    for (unsigned row = 0; row < canvas_rows(m->canvas); row++) {
        canvas_row_text(m->canvas, row, found, sizeof found);
        same = same && strcmp(found, row < count ? rows[row] : "") == 0;
    }
    if (same)
        return;
    for (unsigned row = 0; row < canvas_rows(m->canvas); row++) {
        canvas_row_text(m->canvas, row, found, sizeof found);
        print_message("%c \"%s\",\n", row < count && strcmp(found, rows[row]) == 0 ? ' ' : '!', found);
    }
    print_message("^ %s:%d\n", where, line);
    if (!getenv("STAGE_SHOW"))
        fail_msg("the rows are not as expected");
}

#define EXPECT_ROWS(m, ...)                                                                                            \
    moment_expect(m, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),  \
                  __FILE__, __LINE__)

static inline void moment_role(const struct moment *m, unsigned column, unsigned row, enum role role)
{
    assert_int_equal(canvas_cell(m->canvas, column, row)->role, role);
}

#endif
