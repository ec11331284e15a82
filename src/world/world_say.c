/* One sentence on what just happened and why, in English and Chinese. The sentences are data (world_say.def); here they
 * are chosen and filled in. Reads the world after the event, never changes it. */
#include "world/world_words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const struct sentence {
    struct world_pair done, blocked, failed;
} sentences[OPERATION_COUNT] = {
#define TEXT(en, zh)                                                                                                   \
    {                                                                                                                  \
        {                                                                                                              \
            en, zh                                                                                                     \
        }                                                                                                              \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        {                                                                                                              \
            NULL, NULL                                                                                                 \
        }                                                                                                              \
    }
#define SAY(id, text_done, text_blocked, text_failed)                                                                  \
    [OPERATION_##id] = {.done = text_done, .blocked = text_blocked, .failed = text_failed},
#include "world/world_say.def"
#undef SAY
#undef NONE
#undef TEXT
};

/* A row for every operation: a missing one is a compile error here, because its enumerator is not defined. */
enum {
#define SAY(id, text_done, text_blocked, text_failed) SAID_##id,
#include "world/world_say.def"
#undef SAY
    SAID_COUNT
};
enum {
#define OPERATION(id, name, family, object, flags, en, zh) CHECKED_##id = SAID_##id,
#include "operations/operations.def"
#undef OPERATION
};
_Static_assert(SAID_COUNT == OPERATION_COUNT - 1, "a sentence for every operation");

/* ---- filling in ---- */

struct scene_of {
    const struct world *world;
    const struct event *event;
    const struct task *task;
    uint32_t object, second;
    int chinese;
};

static void put_error(struct world_writer *writer, const struct scene_of *of)
{
    int error = of->event->error                                  ? of->event->error
                : of->event->value > 0 && of->event->value < 4096 ? (int)of->event->value
                                                                  : 0;
    struct world_pair words = world_words_error(error);
    const char *name = strerrorname_np(error);
    if (words.text[of->chinese])
        world_words_put(writer, "%s", words.text[of->chinese]);
    else if (error && name)
        world_words_put(writer, "%s", name);
    else
        world_words_put(writer, "%s", of->chinese ? "原因不明" : "no reason is given");
}

static uint32_t other_task(const struct scene_of *of)
{
    if (of->event->operation == OPERATION_cond_signal)
        return object_at(of->world, of->object)->woken_last;
    return of->task->other ? of->task->other : of->event->other;
}

static int64_t signal_number(const struct scene_of *of)
{
    if (of->event->operation == OPERATION_signal_wait)
        return of->event->value;
    return of->event->operation == OPERATION_signal_deliver ? of->task->delivered : of->task->view.argument[0];
}

static void put_receiver(struct world_writer *writer, const struct scene_of *of)
{
    if (of->event->operation == OPERATION_signal_send && !of->task->other) {
        if (of->task->view.argument[1])
            world_words_process(writer, of->world, (uint32_t)of->task->view.argument[1], of->chinese);
        else
            world_words_put(writer, "%s", of->chinese ? "一组进程" : "a group of processes");
    } else {
        world_words_task(writer, of->world, other_task(of), of->chinese);
    }
}

bool world_value_text(const struct event *event, int64_t value, char *out, size_t n)
{
    if (event->flags & RECORD_OPAQUE) {
        snprintf(out, n, "%s", value ? "pointer" : "NULL");
        return true;
    }
    if (!(event->flags & RECORD_FLOAT))
        return false;
    bool single = event->argument[0] == sizeof(float);
    float narrow;
    double number;
    uint32_t low = (uint32_t)value;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&number, &value, sizeof number);
    if (single)
        number = narrow;
    /* The fewest digits that give the number again. */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, n, "%.*g", digits, number);
        double again = strtod(out, NULL);
        if (single ? (float)again == narrow : again == number)
            break;
    }
    return true;
}

static void put_value(struct world_writer *writer, const struct scene_of *of, int64_t value)
{
    static const struct world_pair words[] = {{{"NULL", "空指针"}}, {{"a pointer", "一个指针"}}};
    char text[32];
    if (of->event->flags & RECORD_OPAQUE)
        world_words_put(writer, "%s", words[value != 0].text[of->chinese]);
    else if (world_value_text(of->event, value, text, sizeof text))
        world_words_put(writer, "%s", text);
    else
        world_words_put(writer, "%lld", (long long)value);
}

static void put_place_holder(struct world_writer *writer, const struct scene_of *of, char key)
{
    const struct world *world = of->world;
    const struct world_object *object = &object_at(world, of->object)->view;
    switch (key) {
    case 'T':
        world_words_task(writer, world, of->event->task, of->chinese);
        break;
    case 'Y':
        world_words_put(writer, "%s", world_text(world, object->value_text));
        break;
    case 'O':
        world_words_object(writer, world, of->object, of->chinese);
        break;
    case 'S':
        world_words_object(writer, world, of->second, of->chinese);
        break;
    case 'W':
        world_words_holder(writer, world, of->object, of->chinese);
        break;
    case 'X':
        put_receiver(writer, of);
        break;
    case 'P':
        world_words_process(writer, world, (uint32_t)of->event->value, of->chinese);
        break;
    case 'U':
        world_words_process(writer, world, of->task->view.process, of->chinese);
        break;
    case 'V':
        put_value(writer, of, of->event->value);
        break;
    case 'M':
        put_value(writer, of, of->event->argument[2]);
        break;
    case 'K':
        world_words_put(writer, of->event->value == 1 ? "%lld byte" : "%lld bytes", (long long)of->event->value);
        break;
    case 'A':
        world_words_put(writer, "%lld", (long long)of->task->view.argument[0]);
        break;
    case 'N':
        world_words_put(writer, "%d", object->count);
        break;
    case 'C':
        world_words_put(writer, "%d", object->capacity);
        break;
    case 'D':
        world_words_time(writer, of->task->view.deadline, of->chinese);
        break;
    case 'E':
        put_error(writer, of);
        break;
    case 'G':
        world_words_signal(writer, signal_number(of), of->chinese);
        break;
    case 'Q':
        world_words_put(writer, "%zu", world_waiters(world, of->object, NULL, 0));
        break;
    case 'H':
        world_words_holder(writer, world, of->second, of->chinese);
        break;
    case 'R':
        world_words_waiters(writer, world, of->object, of->chinese);
        break;
    case 'F':
        world_words_put(writer, "%s", operation_row(of->event->operation)->name);
        break;
    default:
        break;
    }
}

/* In Chinese the blanks beside a place holder depend on what stands in it. */
static void fill(struct world_writer *writer, const struct scene_of *of, const char *text)
{
    enum world_letter last = LETTER_none;
    while (*text) {
        size_t plain = strcspn(text, "{");
        if (of->chinese) {
            size_t from = plain && text[0] == ' ';
            size_t to = plain > from && text[plain - 1] == ' ' && text[plain] ? plain - 1 : plain;
            world_words_joined(writer, text + from, to - from, &last);
        } else {
            world_words_bytes(writer, text, plain);
        }
        text += plain;
        if (!*text)
            break;
        char part[256];
        struct world_writer own = {.out = part, .size = sizeof part};
        put_place_holder(&own, of, text[1]);
        world_words_finish(&own);
        if (of->chinese)
            world_words_joined(writer, part, strlen(part), &last);
        else
            world_words_bytes(writer, part, strlen(part));
        text += 3;
    }
}

/* ---- choosing ---- */

#define PAIR(en, zh) ((struct world_pair){{en, zh}})

/* With an address of the network to speak of. */
static bool connects_to(const struct scene_of *of)
{
    return of->event->operation == OPERATION_socket_connect && object_at(of->world, of->object)->view.value_text != 0;
}

static struct world_pair say_blocked(const struct scene_of *of)
{
    const struct object *object = object_at(of->world, of->event->object);
    if (connects_to(of))
        return PAIR("{T} asks {Y} for a connection and waits for the answer.",
                    "{T} 请求与 {Y} 建立连接，等待对方回答。");
    const struct task *owner = task_at(of->world, object->view.owner);
    bool exclusive = object->view.kind == OBJECT_mutex || object->view.kind == OBJECT_spin;
    unsigned operation = of->event->operation;
    if (operation == OPERATION_cond_wait || operation == OPERATION_cond_timedwait) {
        if (of->event->object == of->second)
            return PAIR("{T} is awake but cannot have {S}, which {H} holds, so {T} blocks.",
                        "{T} 已醒来，但 {S} 正被 {H} 持有，于是 {T} 阻塞。");
        return sentences[operation].blocked;
    }
    if ((exclusive || object->view.kind == OBJECT_rwlock) && object->view.owner == of->event->task)
        return PAIR("{T} asks for {O}, which it holds itself: it waits for itself, for ever.",
                    "{T} 请求 {O}，而 {O} 正由它自己持有：它在等待自己，永远等不到。");
    if (exclusive && owner->ended)
        return PAIR("{T} asks for {O}; {W} ended without releasing it, so {T} blocks.",
                    "{T} 请求 {O}；{W} 没有释放它就结束了，于是 {T} 阻塞。");
    if (exclusive && of->task->turned_away)
        return PAIR("{T} tries {O} again, but {W} was quicker, so {T} blocks again.",
                    "{T} 再次请求 {O}，但 {W} 抢先得到了它，于是 {T} 再次阻塞。");
    if (object->view.kind == OBJECT_semaphore && of->task->turned_away)
        return PAIR("{T} tries {O} again, but another was quicker, so {T} blocks again.",
                    "{T} 再次尝试 {O}，但被别人抢先，于是 {T} 再次阻塞。");
    if (operation == OPERATION_process_wait && of->task->view.argument[0] > 0)
        return PAIR("The child that {T} waits for has not ended yet, so {T} blocks.",
                    "{T} 等待的子进程还没有结束，于是 {T} 阻塞。");
    return sentences[operation].blocked;
}

static struct world_pair say_done_lock(const struct scene_of *of)
{
    const struct object *object = object_at(of->world, of->object);
    unsigned operation = of->event->operation;
    if (of->event->value == EOWNERDEAD)
        return PAIR("{T} takes {O}, whose owner ended while holding it; {T} must make the data whole again.",
                    "{T} 获得 {O}；它原来的持有者没有释放它就结束了，{T} 须先使数据恢复一致。");
    if (operation == OPERATION_mutex_unlock) {
        if (object->view.owner == of->event->task)
            return PAIR("{T} releases {O} once; it still holds it {N} deep.", "{T} 释放 {O} 一次，仍持有 {N} 层。");
        if (object->head)
            return PAIR("{T} releases {O}; those who wait for it may try again ({R}).",
                        "{T} 释放了 {O}；等待者（{R}）可以再次尝试。");
        return sentences[operation].done;
    }
    if (object->view.kind == OBJECT_mutex && object->view.count > 1)
        return PAIR("{T} takes {O} once more: {N} deep.", "{T} 再次获得 {O}：重入 {N} 层。");
    return sentences[operation].done;
}

/* By the kernel's own word; what it has not shown is taken for a stream. */
static bool is_datagram(const struct world *world, uint32_t object)
{
    enum { UDP = 17 };
    const struct world_socket *socket = world_socket_of_object(world, object);
    return socket && socket->protocol == UDP;
}

static struct world_pair say_done(const struct scene_of *of)
{
    const struct event *event = of->event;
    const struct object *object = object_at(of->world, of->object);
    switch (event->operation) {
    case OPERATION_mutex_lock:
    case OPERATION_mutex_trylock:
    case OPERATION_mutex_timedlock:
    case OPERATION_mutex_unlock:
        return say_done_lock(of);
    case OPERATION_once_run:
        /* In progress it has not been a GOT; the one who ran it is the first to end. */
        if (object->runner == event->task)
            return PAIR("{T} has run the initialiser {O}; nobody will run it again.",
                        "{T} 执行了初始化函数 {O}，以后不会再执行。");
        break;
    case OPERATION_cond_signal:
        if (!object->woken_last)
            return PAIR("{T} signals {O}, but nobody waits: the signal is gone.",
                        "{T} 通知 {O}，但没有人在等待：这个通知就丢失了。");
        break;
    case OPERATION_cond_broadcast:
        if (!object->woken_last)
            return PAIR("{T} signals {O} to all, but nobody waits.", "{T} 向 {O} 广播，但没有人在等待。");
        break;
    case OPERATION_semaphore_post:
        if (object->head)
            return PAIR("{T} gives one back to {O}; the count is {N} now, and those who wait may try again ({R}).",
                        "{T} 对 {O} 做 V 操作，计数变为 {N}；等待者（{R}）可以再次尝试。");
        break;
    case OPERATION_barrier_wait:
        if (event->value == -1)
            return PAIR("{T} is the last to arrive at {O}: all may go on.",
                        "{T} 最后一个到达 {O}：所有线程都可以继续了。");
        break;
    case OPERATION_process_start:
        if (event->argument[0] == 1)
            return PAIR("{T} begins to run: fork returned 0 in {U}.", "{T} 开始运行：在 {U} 中，fork 返回 0。");
        if (event->argument[0] == 2)
            return PAIR("{T} begins to run: vfork returned 0 in {U}.", "{T} 开始运行：在 {U} 中，vfork 返回 0。");
        break;
    case OPERATION_process_wait:
        if (event->value == 0)
            return PAIR("No child of {U} has ended yet; {T} goes on without waiting.",
                        "{U} 的子进程都还没有结束；{T} 不等待，继续运行。");
        if (WIFSTOPPED((int)event->argument[1]))
            return PAIR("{T} learns that its child {P} is stopped.", "{T} 得知子进程 {P} 已暂停。");
        if (WIFCONTINUED((int)event->argument[1]))
            return PAIR("{T} learns that its child {P} goes on.", "{T} 得知子进程 {P} 已继续。");
        if (of->task->view.argument[1] & WNOWAIT)
            return PAIR("{T} learns that its child {P} has ended, and does not collect it.",
                        "{T} 得知子进程 {P} 已结束，但没有回收它。");
        break;
    case OPERATION_signal_action:
        if (of->task->view.argument[1] == 1)
            return PAIR("{T} will ignore {G}.", "{T} 将忽略 {G}。");
        if (of->task->view.argument[1] == 2)
            return PAIR("{T} sets a handler for {G}.", "{T} 为 {G} 设置了处理函数。");
        return PAIR("{T} gives {G} its default action.", "{T} 把 {G} 恢复为默认动作。");
    case OPERATION_pipe_read:
        if (event->value == 0)
            return PAIR("{T} reads the end of {O}: nobody can write to it any more.",
                        "{T} 读到{O}的末尾：已没有写者。");
        break;
    case OPERATION_file_open:
        if (event->object == 0) /* it could not be named when it was asked for */
            return PAIR("{T} makes a new file and opens it.", "{T} 新建并打开了一个文件。");
        break;
    case OPERATION_file_read:
        if (event->value == 0)
            return PAIR("{T} reads the end of {O}.", "{T} 读到{O}的末尾。");
        break;
    case OPERATION_socket_recv:
        if (event->value == 0 && is_datagram(of->world, of->object))
            return PAIR("{T} receives an empty message from {O}.", "{T} 从{O}收到一条空消息。");
        if (event->value == 0)
            return PAIR("{T} reads the end of {O}: the peer has closed.", "{T} 在{O}上读到末尾：对方已关闭。");
        break;
    case OPERATION_io_poll:
        if (event->value == 0)
            return PAIR("{T} asked which descriptors are ready: none.", "{T} 查询就绪的描述符：一个也没有。");
        break;
    case OPERATION_coroutine_switch:
        if (!of->second)
            return PAIR("{T} switches to {O}; the system sees no switch.", "{T} 切换到 {O}；操作系统看不到这次切换。");
        break;
    case OPERATION_coroutine_end:
        if (!of->second)
            return PAIR("{O} has returned with no successor, so {T} ends the process.",
                        "{O} 的函数已返回，又没有后继，于是 {T} 结束进程。");
        break;
    case OPERATION_memory_load:
        if (event->flags & RECORD_PIECE)
            return PAIR("{T} reads a piece of {O}, to copy it.", "{T} 读 {O} 的一部分，用来复制。");
        break;
    case OPERATION_memory_store:
        if (event->flags & RECORD_PIECE)
            return PAIR("{T} writes a piece of {O}, as part of a copy.", "{T} 写 {O} 的一部分，这是一次复制的一步。");
        break;
    case OPERATION_memory_atomic:
        if (event->argument[3] == 0)
            return PAIR("{T} loads {V} from {O} in one indivisible step.", "{T} 以不可分割的一步从 {O} 读到 {V}。");
        if (event->argument[3] == 1)
            return PAIR("{T} stores {M} to {O} in one indivisible step.", "{T} 以不可分割的一步把 {M} 写入 {O}。");
        if (event->argument[3] == 10)
            return PAIR("{T} finds {V} in {O}, not what it expected, and changes nothing.",
                        "{T} 发现 {O} 是 {V}，与预期不符，不作修改。");
        break;
    default:
        break;
    }
    return sentences[event->operation].done;
}

static struct world_pair say_failed(const struct scene_of *of)
{
    if (connects_to(of))
        return PAIR("{T} gets no connection with {Y}: {E}.", "{T} 未能与 {Y} 建立连接：{E}。");
    struct world_pair own = sentences[of->event->operation].failed;
    const struct object *object = object_at(of->world, of->object);
    int error = of->event->error ? of->event->error : (int)of->event->value;
    if (error == EOWNERDEAD)
        return say_done_lock(of);
    /* What is said of a lock that is taken is not said of other errors. */
    if (own.text[0] && strstr(own.text[0], "{W}") && (error != EBUSY || (!object->view.owner && !object->readers)))
        own.text[0] = NULL;
    if (of->event->operation == OPERATION_semaphore_trywait && error != EAGAIN)
        own.text[0] = NULL;
    if (own.text[0])
        return own;
    if (of->object)
        return PAIR("{T}'s {F} on {O} fails: {E}.", "{T} 对 {O} 的 {F} 失败：{E}。");
    return PAIR("{T}'s {F} fails: {E}.", "{T} 的 {F} 失败：{E}。");
}

static struct world_pair say_got(const struct scene_of *of)
{
    if (of->event->flags & RECORD_CANCELLED)
        return PAIR("{T} was asked to end and does so now.", "{T} 响应取消请求，即将结束。");
    switch (of->event->outcome) {
    case OUTCOME_blocked:
        return say_blocked(of);
    case OUTCOME_failed:
        return say_failed(of);
    case OUTCOME_done:
        if (connects_to(of))
            return PAIR("{T} is connected with {Y}.", "{T} 与 {Y} 建立了连接。");
        return say_done(of);
    case OUTCOME_timed_out:
        if (of->event->operation == OPERATION_time_sleep)
            return sentences[OPERATION_time_sleep].done;
        if (of->event->operation == OPERATION_cond_timedwait)
            return PAIR("No signal on {O} came in time; {T} has {S} again and goes on.",
                        "{T} 没有在时限内等到 {O} 的通知；它重新获得 {S}，继续运行。");
        if (of->event->operation == OPERATION_thread_timedjoin)
            return PAIR("{X} did not end in time; {T} goes on.", "{X} 没有在时限内结束，{T} 继续运行。");
        if (of->object)
            return PAIR("{T} has waited for {O} long enough and goes on without it.",
                        "{T} 等待 {O} 超时，不再等待，继续运行。");
        return PAIR("The time is over; {T} goes on.", "时间到，{T} 继续运行。");
    case OUTCOME_interrupted:
        if (of->event->operation == OPERATION_signal_suspend)
            return sentences[OPERATION_signal_suspend].done;
        return PAIR("{T}'s {F} is interrupted by a signal.", "{T} 的 {F} 被信号中断。");
    case OUTCOME_preempted:
        return PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    default:
        return say_done(of);
    }
}

static struct world_pair say_process_ended(const struct scene_of *of, struct world_writer *writer)
{
    const struct process *process = process_at(of->world, of->event->other);
    const struct process *parent = process_at(of->world, process->view.parent);
    int status = (int)of->event->value;
    const char *name = process->view.name;
    if (WIFSIGNALED(status)) {
        world_words_put(writer, of->chinese ? "%s 被 " : "%s is killed by ", name);
        world_words_signal(writer, WTERMSIG(status), of->chinese);
        world_words_put(writer, "%s", of->chinese ? " 终止" : "");
    } else {
        world_words_put(writer, of->chinese ? "%s 结束，退出状态为 %d" : "%s ends with status %d", name,
                        WEXITSTATUS(status));
    }
    if (process->view.state == STATE_zombie && parent->first)
        world_words_put(writer,
                        of->chinese ? "；在 %s 等待它之前，它是僵尸进程。" : "; it is a zombie until %s waits for it.",
                        parent->view.name);
    else
        world_words_put(writer, "%s", of->chinese ? "。" : ".");
    return PAIR("", "");
}

/* Whether the time went on although a task was enabled already (batch leaves the CPU idle while its job waits); those
 * whose own time has come by this do not count. */
static bool somebody_could_run(const struct world *world)
{
    uint32_t enabled[256];
    size_t count = world_enabled(world, enabled, 256);
    for (size_t i = 0; i < count && i < 256; i++) {
        const struct world_task *task = &task_at(world, enabled[i])->view;
        if (!task->expired || task->deadline != world->time)
            return true;
    }
    return false;
}

static struct world_pair say_fact(const struct scene_of *of, struct world_writer *writer)
{
    const struct event *event = of->event;
    const struct world *world = of->world;
    const char *other = process_at(world, event->other)->view.name;
    int zh = of->chinese;
    switch (event->kind) {
    case EVENT_TASK_ENDED:
        return PAIR("{T} has ended.", "{T} 已结束。");
    case EVENT_PROCESS_ENDED:
        return say_process_ended(of, writer);
    case EVENT_REAPED:
        if (event->task)
            world_words_put(writer, zh ? "%s 被回收，不再是僵尸进程。" : "%s is reaped; the zombie is gone.", other);
        else
            world_words_put(writer, zh ? "%s 由 init 回收。" : "%s is reaped by init.", other);
        break;
    case EVENT_ADOPTED:
        if (event->value)
            world_words_put(writer, zh ? "%s 成为孤儿进程，由 %s 收养。" : "%s is an orphan; %s adopts it.", other,
                            process_at(world, (uint32_t)event->value)->view.name);
        else
            world_words_put(writer, zh ? "%s 成为孤儿进程，由 init 收养。" : "%s is an orphan; init adopts it.", other);
        break;
    case EVENT_STOPPED:
        world_words_put(writer,
                        event->value ? (zh ? "%s 被暂停。" : "%s is stopped.") : (zh ? "%s 继续运行。" : "%s goes on."),
                        other);
        break;
    case EVENT_TIME:
        if (event->task)
            world_words_put(writer,
                            zh ? "选中了睡眠中的 %s，时间直接跳到 " : "%s is chosen to be woken; time goes on to ",
                            task_at(world, event->task)->view.name);
        else if (somebody_could_run(world))
            world_words_put(writer, "%s", zh ? "CPU 保持空闲，时间直接跳到 " : "The CPU stays idle; time goes on to ");
        else
            world_words_put(writer, "%s", zh ? "没有任务可以运行，时间直接跳到 " : "Nobody can run; time goes on to ");
        world_words_time(writer, world->time, zh);
        world_words_put(writer, "%s", zh ? "。" : ".");
        break;
    case EVENT_READY:
        return PAIR("What {T} waits for has come: it is ready.", "{T} 等待的事件已发生，{T} 变为就绪。");
    case EVENT_PREEMPTED:
        return PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    case EVENT_OUTSIDE:
        return event->value ? PAIR("{T} sleeps in the kernel, where lockstep does not see for what.",
                                   "{T} 在内核中睡眠，lockstep 看不到它在等什么。")
                            : PAIR("{T} is back from the kernel.", "{T} 从内核返回。");
    case EVENT_UNOBSERVED:
        world_words_put(writer, zh ? "%s 的运行不受观察：%s。" : "%s runs unobserved: %s.", other,
                        world_text(world, event->text));
        break;
    case EVENT_DIVERGED:
        world_words_put(writer, zh ? "模型与实际不符：%s" : "The model and the outcome differ: %s",
                        world_text(world, event->text));
        break;
    case EVENT_PACKET:
        world_words_packet(writer, world, event, zh);
        break;
    case EVENT_LOST:
        world_words_put(writer, zh ? "%s 的 %lld 条记录丢失了。" : "%s lost %lld of its records.", other,
                        (long long)event->value);
        break;
    default:
        break;
    }
    return PAIR("", "");
}

int world_say(const struct world *after, const struct event *event, int chinese, char *out, size_t n)
{
    struct world_writer writer = {.out = out, .size = n};
    const struct task *task = task_at(after, event->task);
    struct scene_of of = {
        .world = after,
        .event = event,
        .task = task,
        .object = event->object ? event->object : task->view.object,
        .second = task->view.second,
        .chinese = chinese != 0,
    };
    struct world_pair text;
    if ((event->kind == EVENT_GOT || event->kind == EVENT_BLOCKED) && event->operation < OPERATION_COUNT)
        text = event->kind == EVENT_BLOCKED ? say_blocked(&of) : say_got(&of);
    else
        text = say_fact(&of, &writer);
    /* A condition wait that is blocked on its mutex speaks of the condition all the same. */
    if (event->kind == EVENT_BLOCKED && event->object && event->object == task->view.second)
        of.object = task->view.object;
    fill(&writer, &of, text.text[of.chinese] ? text.text[of.chinese] : "");
    return world_words_finish(&writer);
}
