/* One sentence on what just happened and why, in English and Chinese. The sentences are data (world_say.def); here they
 * the one that fits is chosen; world_say_fill.c fills it in. Reads the world after the event, never changes it. */
#include "world/world_say.h"

#include <errno.h>
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

static bool binds_to(const struct world_saying *of)
{
    return of->event->operation == OPERATION_socket_bind && object_at(of->world, of->object)->view.value_text != 0;
}

/* With an address of the network to speak of. */
static bool connects_to(const struct world_saying *of)
{
    return of->event->operation == OPERATION_socket_connect && object_at(of->world, of->object)->view.value_text != 0;
}

static struct world_pair say_blocked(const struct world_saying *of)
{
    const struct object *object = object_at(of->world, of->event->object);
    if (connects_to(of))
        return WORLD_PAIR("{T} asks {Y} for a connection and waits for the answer.",
                          "{T} 请求与 {Y} 建立连接，等待对方回答。");
    const struct task *owner = task_at(of->world, object->view.owner);
    bool exclusive = object->view.kind == OBJECT_mutex || object->view.kind == OBJECT_spin;
    unsigned operation = of->event->operation;
    if (operation == OPERATION_cond_wait || operation == OPERATION_cond_timedwait) {
        if (of->event->object == of->second)
            return WORLD_PAIR("{T} is awake but cannot have {S}, which {H} holds, so {T} blocks.",
                              "{T} 已醒来，但 {S} 正被 {H} 持有，于是 {T} 阻塞。");
        return sentences[operation].blocked;
    }
    if ((exclusive || object->view.kind == OBJECT_rwlock) && object->view.owner == of->event->task)
        return WORLD_PAIR("{T} asks for {O}, which it holds itself: it waits for itself, for ever.",
                          "{T} 请求 {O}，而 {O} 正由它自己持有：它在等待自己，永远等不到。");
    if (exclusive && owner->ended)
        return WORLD_PAIR("{T} asks for {O}; {W} ended without releasing it, so {T} blocks.",
                          "{T} 请求 {O}；{W} 没有释放它就结束了，于是 {T} 阻塞。");
    if (exclusive && of->task->turned_away)
        return WORLD_PAIR("{T} tries {O} again, but {W} was quicker, so {T} blocks again.",
                          "{T} 再次请求 {O}，但 {W} 抢先得到了它，于是 {T} 再次阻塞。");
    if (object->view.kind == OBJECT_semaphore && of->task->turned_away)
        return WORLD_PAIR("{T} tries {O} again, but another was quicker, so {T} blocks again.",
                          "{T} 再次尝试 {O}，但被别人抢先，于是 {T} 再次阻塞。");
    if (operation == OPERATION_process_wait && of->task->view.argument[0] > 0)
        return WORLD_PAIR("The child that {T} waits for has not ended yet, so {T} blocks.",
                          "{T} 等待的子进程还没有结束，于是 {T} 阻塞。");
    return sentences[operation].blocked;
}

static struct world_pair say_done_lock(const struct world_saying *of)
{
    const struct object *object = object_at(of->world, of->object);
    unsigned operation = of->event->operation;
    if (of->event->value == EOWNERDEAD)
        return WORLD_PAIR("{T} takes {O}, whose owner ended while holding it; {T} must make the data whole again.",
                          "{T} 获得 {O}；它原来的持有者没有释放它就结束了，{T} 须先使数据恢复一致。");
    if (operation == OPERATION_mutex_unlock) {
        if (object->view.owner == of->event->task)
            return WORLD_PAIR("{T} releases {O} once; it still holds it {N} deep.",
                              "{T} 释放 {O} 一次，仍持有 {N} 层。");
        if (object->head)
            return WORLD_PAIR("{T} releases {O}; those who wait for it may try again ({R}).",
                              "{T} 释放了 {O}；等待者（{R}）可以再次尝试。");
        return sentences[operation].done;
    }
    if (object->view.kind == OBJECT_mutex && object->view.count > 1)
        return WORLD_PAIR("{T} takes {O} once more: {N} deep.", "{T} 再次获得 {O}：重入 {N} 层。");
    return sentences[operation].done;
}

/* By the kernel's own word; what it has not shown is taken for a stream. */
static bool is_datagram(const struct world *world, uint32_t object)
{
    enum { UDP = 17 };
    const struct world_socket *socket = world_socket_of_object(world, object);
    return socket && socket->protocol == UDP;
}

/* Of an operation that is done: a sentence for what came of it just now; none (NULL) where the operation's own will do.
 * First, where tasks wait for each other. */
static struct world_pair say_done_together(const struct world_saying *of)
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
            return WORLD_PAIR("{T} has run the initialiser {O}; nobody will run it again.",
                              "{T} 执行了初始化函数 {O}，以后不会再执行。");
        break;
    case OPERATION_cond_signal:
        if (!object->woken_last)
            return WORLD_PAIR("{T} signals {O}, but nobody waits: the signal is gone.",
                              "{T} 通知 {O}，但没有人在等待：这个通知就丢失了。");
        break;
    case OPERATION_cond_broadcast:
        if (!object->woken_last)
            return WORLD_PAIR("{T} signals {O} to all, but nobody waits.", "{T} 向 {O} 广播，但没有人在等待。");
        break;
    case OPERATION_semaphore_post:
        if (object->head)
            return WORLD_PAIR(
                "{T} gives one back to {O}; the count is {N} now, and those who wait may try again ({R}).",
                "{T} 对 {O} 做 V 操作，计数变为 {N}；等待者（{R}）可以再次尝试。");
        break;
    case OPERATION_barrier_wait:
        if (event->value == -1)
            return WORLD_PAIR("{T} is the last to arrive at {O}: all may go on.",
                              "{T} 最后一个到达 {O}：所有线程都可以继续了。");
        break;
    default:
        break;
    }
    return WORLD_PAIR(NULL, NULL);
}

/* Processes and signals. */
static struct world_pair say_done_process(const struct world_saying *of)
{
    const struct event *event = of->event;
    switch (event->operation) {
    case OPERATION_process_start:
        if (event->argument[0] == 1)
            return WORLD_PAIR("{T} begins to run: fork returned 0 in {U}.", "{T} 开始运行：在 {U} 中，fork 返回 0。");
        if (event->argument[0] == 2)
            return WORLD_PAIR("{T} begins to run: vfork returned 0 in {U}.", "{T} 开始运行：在 {U} 中，vfork 返回 0。");
        if (process_at(of->world, of->task->view.process)->view.host)
            return WORLD_PAIR("{T} begins to run, on the host {I}.", "{T} 在主机 {I} 上开始运行。");
        break;
    case OPERATION_process_wait:
        if (event->value == 0)
            return WORLD_PAIR("No child of {U} has ended yet; {T} goes on without waiting.",
                              "{U} 的子进程都还没有结束；{T} 不等待，继续运行。");
        if (WIFSTOPPED((int)event->argument[1]))
            return WORLD_PAIR("{T} learns that its child {P} is stopped.", "{T} 得知子进程 {P} 已暂停。");
        if (WIFCONTINUED((int)event->argument[1]))
            return WORLD_PAIR("{T} learns that its child {P} goes on.", "{T} 得知子进程 {P} 已继续。");
        if (of->task->view.argument[1] & WNOWAIT)
            return WORLD_PAIR("{T} learns that its child {P} has ended, and does not collect it.",
                              "{T} 得知子进程 {P} 已结束，但没有回收它。");
        break;
    case OPERATION_signal_action:
        if (of->task->view.argument[1] == 1)
            return WORLD_PAIR("{T} will ignore {G}.", "{T} 将忽略 {G}。");
        if (of->task->view.argument[1] == 2)
            return WORLD_PAIR("{T} sets a handler for {G}.", "{T} 为 {G} 设置了处理函数。");
        return WORLD_PAIR("{T} gives {G} its default action.", "{T} 把 {G} 恢复为默认动作。");
    default:
        break;
    }
    return WORLD_PAIR(NULL, NULL);
}

/* Reads at an end, files, sockets. */
static struct world_pair say_done_descriptor(const struct world_saying *of)
{
    const struct event *event = of->event;
    switch (event->operation) {
    case OPERATION_pipe_read:
        if (event->value == 0)
            return WORLD_PAIR("{T} reads the end of {O}: nobody can write to it any more.",
                              "{T} 读到{O}的末尾：已没有写者。");
        break;
    case OPERATION_file_open:
        if (event->object == 0) /* it could not be named when it was asked for */
            return WORLD_PAIR("{T} makes a new file and opens it.", "{T} 新建并打开了一个文件。");
        break;
    case OPERATION_file_read:
        if (event->value == 0)
            return WORLD_PAIR("{T} reads the end of {O}.", "{T} 读到{O}的末尾。");
        break;
    case OPERATION_socket_recv:
        if (event->value == 0 && is_datagram(of->world, of->object))
            return WORLD_PAIR("{T} receives an empty message from {O}.", "{T} 从{O}收到一条空消息。");
        if (event->value == 0)
            return WORLD_PAIR("{T} reads the end of {O}: the peer has closed.", "{T} 在{O}上读到末尾：对方已关闭。");
        break;
    case OPERATION_io_poll:
        if (event->value == 0)
            return WORLD_PAIR("{T} asked which descriptors are ready: none.", "{T} 查询就绪的描述符：一个也没有。");
        break;
    default:
        break;
    }
    return WORLD_PAIR(NULL, NULL);
}

/* Coroutines and memory: what the system does not see. */
static struct world_pair say_done_inside(const struct world_saying *of)
{
    const struct event *event = of->event;
    switch (event->operation) {
    case OPERATION_coroutine_switch:
        if (!of->second)
            return WORLD_PAIR("{T} switches to {O}; the system sees no switch.",
                              "{T} 切换到 {O}；操作系统看不到这次切换。");
        break;
    case OPERATION_coroutine_end:
        if (!of->second)
            return WORLD_PAIR("{O} has returned with no successor, so {T} ends the process.",
                              "{O} 的函数已返回，又没有后继，于是 {T} 结束进程。");
        break;
    case OPERATION_memory_load:
        if (event->flags & RECORD_PIECE)
            return WORLD_PAIR("{T} reads a piece of {O}, to copy it.", "{T} 读 {O} 的一部分，用来复制。");
        break;
    case OPERATION_memory_store:
        if (event->flags & RECORD_PIECE)
            return WORLD_PAIR("{T} writes a piece of {O}, as part of a copy.",
                              "{T} 写 {O} 的一部分，这是一次复制的一步。");
        break;
    case OPERATION_memory_atomic:
        if (event->argument[3] == 0)
            return WORLD_PAIR("{T} loads {V} from {O} in one indivisible step.",
                              "{T} 以不可分割的一步从 {O} 读到 {V}。");
        if (event->argument[3] == 1)
            return WORLD_PAIR("{T} stores {M} to {O} in one indivisible step.",
                              "{T} 以不可分割的一步把 {M} 写入 {O}。");
        if (event->argument[3] == 10)
            return WORLD_PAIR("{T} finds {V} in {O}, not what it expected, and changes nothing.",
                              "{T} 发现 {O} 是 {V}，与预期不符，不作修改。");
        break;
    default:
        break;
    }
    return WORLD_PAIR(NULL, NULL);
}

static struct world_pair say_done(const struct world_saying *of)
{
    static struct world_pair (*const own[])(const struct world_saying *) = {say_done_together, say_done_process,
                                                                            say_done_descriptor, say_done_inside};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct world_pair pair = own[i](of);
        if (pair.text[0])
            return pair;
    }
    return sentences[of->event->operation].done;
}

static struct world_pair say_failed(const struct world_saying *of)
{
    if (connects_to(of))
        return WORLD_PAIR("{T} gets no connection with {Y}: {E}.", "{T} 未能与 {Y} 建立连接：{E}。");
    if (binds_to(of))
        return WORLD_PAIR("{T} cannot bind {O} to {Y}: {E}.", "{T} 无法把{O}绑定到 {Y}：{E}。");
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
        return WORLD_PAIR("{T}'s {F} on {O} fails: {E}.", "{T} 对 {O} 的 {F} 失败：{E}。");
    return WORLD_PAIR("{T}'s {F} fails: {E}.", "{T} 的 {F} 失败：{E}。");
}

static struct world_pair say_got(const struct world_saying *of)
{
    if (of->event->flags & RECORD_CANCELLED)
        return WORLD_PAIR("{T} was asked to end and does so now.", "{T} 响应取消请求，即将结束。");
    switch (of->event->outcome) {
    case OUTCOME_blocked:
        return say_blocked(of);
    case OUTCOME_failed:
        return say_failed(of);
    case OUTCOME_done:
        if (connects_to(of))
            return WORLD_PAIR("{T} is connected with {Y}.", "{T} 与 {Y} 建立了连接。");
        return say_done(of);
    case OUTCOME_timed_out:
        if (of->event->operation == OPERATION_time_sleep)
            return sentences[OPERATION_time_sleep].done;
        if (of->event->operation == OPERATION_cond_timedwait)
            return WORLD_PAIR("No signal on {O} came in time; {T} has {S} again and goes on.",
                              "{T} 没有在时限内等到 {O} 的通知；它重新获得 {S}，继续运行。");
        if (of->event->operation == OPERATION_thread_timedjoin)
            return WORLD_PAIR("{X} did not end in time; {T} goes on.", "{X} 没有在时限内结束，{T} 继续运行。");
        if (of->object)
            return WORLD_PAIR("{T} has waited for {O} long enough and goes on without it.",
                              "{T} 等待 {O} 超时，不再等待，继续运行。");
        return WORLD_PAIR("The time is over; {T} goes on.", "时间到，{T} 继续运行。");
    case OUTCOME_interrupted:
        if (of->event->operation == OPERATION_signal_suspend)
            return sentences[OPERATION_signal_suspend].done;
        if (of->task->injected == INJECTION_eintr)
            return WORLD_PAIR("{T}'s {F} is interrupted; no signal came, lockstep injected it.",
                              "{T} 的 {F} 被中断；并没有信号，这次中断是 lockstep 注入的。");
        return WORLD_PAIR("{T}'s {F} is interrupted by a signal.", "{T} 的 {F} 被信号中断。");
    case OUTCOME_preempted:
        return WORLD_PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    default:
        return say_done(of);
    }
}

/* Said after the sentence on what the program did: that this was none of its doing. */
static struct world_pair say_injected(const struct world_saying *of)
{
    switch (of->task->injected) {
    case INJECTION_spurious_wakeup:
        return WORLD_PAIR(" Nobody has signalled: this spurious wake-up was injected by lockstep.",
                          "并没有人通知：这次虚假唤醒是 lockstep 注入的。");
    case INJECTION_eintr:
        if (of->event->kind == EVENT_GOT && of->event->outcome == OUTCOME_done)
            return WORLD_PAIR(" It was interrupted before it came to the rest; no signal came, lockstep injected it.",
                              "其余的还没传送就被中断了；并没有信号，这次中断是 lockstep 注入的。");
        return WORLD_PAIR("", "");
    case INJECTION_short_io:
        return WORLD_PAIR(" That is fewer than there could have been: lockstep injected a short transfer.",
                          "本来可以传送更多：这次短传送是 lockstep 注入的。");
    default:
        return WORLD_PAIR("", "");
    }
}

int world_say(const struct world *after, const struct event *event, int chinese, char *out, size_t n)
{
    struct world_writer writer = {.out = out, .size = n};
    const struct task *task = task_at(after, event->task);
    struct world_saying of = {
        .world = after,
        .event = event,
        .task = task,
        .object = event->object ? event->object : task->view.object,
        .second = task->view.second,
        .chinese = chinese != 0,
    };
    struct world_pair text;
    bool step = (event->kind == EVENT_GOT || event->kind == EVENT_BLOCKED) && event->operation < OPERATION_COUNT;
    if (step)
        text = event->kind == EVENT_BLOCKED ? say_blocked(&of) : say_got(&of);
    else
        text = world_say_fact(&of, &writer);
    /* A condition wait that is blocked on its mutex speaks of the condition all the same. */
    if (event->kind == EVENT_BLOCKED && event->object && event->object == task->view.second)
        of.object = task->view.object;
    world_say_fill(&writer, &of, text.text[of.chinese] ? text.text[of.chinese] : "");
    if (event->kind == EVENT_GOT && event->outcome == OUTCOME_failed)
        world_say_socket(&writer, &of);
    if (step)
        world_say_fill(&writer, &of, say_injected(&of).text[of.chinese]);
    return world_words_finish(&writer);
}
