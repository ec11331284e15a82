/* One sentence on what just happened and why, in English and Chinese. The sentences are data (world_say.def); here they
 * are chosen and filled in. Reads the world after the event, never changes it. */
#include "world/world_state.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct text_pair {
    const char *text[2]; /* English, Chinese */
};

static const struct sentence {
    struct text_pair done, blocked, failed;
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

/* ---- errors ---- */

static struct text_pair error_words(int error)
{
#define WORDS(number, en, zh)                                                                                          \
    case number:                                                                                                       \
        return (struct text_pair){{#number " (" en ")", #number "（" zh "）"}};
    switch (error) {
        WORDS(EPERM, "not permitted", "不允许")
        WORDS(ENOENT, "there is no such thing", "不存在")
        WORDS(ESRCH, "there is no such thread or process", "没有这个线程或进程")
        WORDS(EINTR, "a signal interrupted it", "被信号打断")
        WORDS(EIO, "input or output failed", "输入输出错误")
        WORDS(EBADF, "not an open descriptor", "描述符无效")
        WORDS(ECHILD, "no child is left", "没有子进程")
        WORDS(EAGAIN, "it would have to wait", "现在需要等待")
        WORDS(ENOMEM, "out of memory", "内存不足")
        WORDS(EACCES, "access is denied", "无权访问")
        WORDS(EBUSY, "it is in use", "正在使用中")
        WORDS(EEXIST, "it exists already", "已经存在")
        WORDS(EINVAL, "an argument is not valid", "参数无效")
        WORDS(EMFILE, "too many open descriptors", "打开的描述符太多")
        WORDS(EPIPE, "nobody reads at the other end", "另一端没有读者")
        WORDS(EDEADLK, "it would wait for itself for ever", "会造成死锁")
        WORDS(ENOSYS, "the system cannot do that", "系统不支持")
        WORDS(ETIMEDOUT, "the time is over", "超时")
        WORDS(EOVERFLOW, "the number would be too large", "数值溢出")
        WORDS(EADDRINUSE, "the address is in use", "地址已被占用")
        WORDS(ECONNREFUSED, "nobody listens there", "对方没有监听")
        WORDS(ECONNRESET, "the peer has reset the connection", "连接被对方重置")
        WORDS(ENOTCONN, "it is not connected", "尚未连接")
        WORDS(EINPROGRESS, "it is on its way", "正在进行")
        WORDS(EOWNERDEAD, "its owner ended while holding it", "持有者在持有期间已结束")
        WORDS(ENOTRECOVERABLE, "it can no longer be made whole", "无法恢复")
    default:
        return (struct text_pair){{NULL, NULL}};
    }
#undef WORDS
}

/* ---- output ---- */

struct writer {
    char *out;
    size_t size;
    size_t length; /* as long as it would be */
};

static void put_text(struct writer *writer, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++, writer->length++)
        if (writer->length + 1 < writer->size)
            writer->out[writer->length] = text[i];
}

static void put(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        put_text(writer, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

static int finish(struct writer *writer)
{
    if (writer->size) {
        size_t end = writer->length < writer->size ? writer->length : writer->size - 1;
        /* A cut does not split a character. */
        if (end < writer->length)
            while (end && ((unsigned char)writer->out[end] & 0xC0) == 0x80)
                end--;
        writer->out[end] = 0;
    }
    return (int)writer->length;
}

/* ---- names ---- */

const char *world_task_short(const struct world *world, uint32_t id, char *out, size_t n)
{
    const struct world_task *task = world_task(world, id);
    const char *name = task ? task->name : "?";
    const char *dot = strchr(name, '.');
    snprintf(out, n, "%s", dot && world->births <= 1 ? dot + 1 : name);
    return out;
}

static void put_task(struct writer *writer, const struct world *world, uint32_t id, int chinese)
{
    char name[32];
    if (world_task(world, id))
        put(writer, "%s", world_task_short(world, id, name, sizeof name));
    else
        put(writer, "%s", chinese ? "另一个任务" : "another task");
}

/* A name that says what it names stands alone; a number needs its kind before it. */
static void put_object(struct writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct world_object *object = world_object(world, id);
    if (!object) {
        put(writer, "%s", chinese ? "它" : "it");
        return;
    }
    if (object->kind == OBJECT_terminal) {
        put(writer, "%s", chinese ? "终端" : "the terminal");
        return;
    }
    bool kind = !object->name[0] || object->name[0] == '#' || (object->name[0] >= '0' && object->name[0] <= '9') ||
                object->kind == OBJECT_pipe || object->kind == OBJECT_file || object->kind == OBJECT_socket;
    if (kind)
        put(writer, "%s ", object_word(object->kind, chinese));
    put(writer, "%s%s%s", object_at(world, id)->prefixed ? process_at(world, object->process)->view.name : "",
        object_at(world, id)->prefixed ? ":" : "", object->name);
    /* In Chinese these stand without blanks around them in the sentences. */
    if (kind && chinese &&
        (object->kind == OBJECT_pipe || object->kind == OBJECT_file || object->kind == OBJECT_socket))
        put(writer, " ");
}

static void put_process(struct writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct world_process *process = world_process(world, id);
    put(writer, "%s", process ? process->name : chinese ? "一个进程" : "a process");
}

/* Who has the lock: its owner, or the readers inside. */
static void put_holder(struct writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct object *object = object_at(world, id);
    if (object->view.owner) {
        put_task(writer, world, object->view.owner, chinese);
    } else if (object->readers) {
        put_task(writer, world, reader_at(world, object->readers)->task, chinese);
        if (object->view.count > 1)
            put(writer, chinese ? " 等 %d 个读者" : " (one of %d readers)", object->view.count);
    } else if (object->ghost) {
        put(writer, "%s", chinese ? "一个没有被 fork 复制的线程" : "a thread that fork did not copy");
    } else {
        put(writer, "%s", chinese ? "别人" : "someone else");
    }
}

static void put_time(struct writer *writer, int64_t time, int chinese)
{
    put(writer, chinese ? "%lld.%03lld 秒" : "%lld.%03lld s", (long long)(time / 1000000000),
        (long long)(time / 1000000 % 1000));
}

static void put_signal(struct writer *writer, int64_t number, int chinese)
{
    const char *name = number > 0 && number < NSIG ? sigabbrev_np((int)number) : NULL;
    if (name)
        put(writer, "SIG%s", name);
    else
        put(writer, chinese ? "信号 %lld" : "signal %lld", (long long)number);
}

/* ---- filling in ---- */

struct scene_of {
    const struct world *world;
    const struct event *event;
    const struct task *task;
    uint32_t object, second;
    int chinese;
};

static void put_error(struct writer *writer, const struct scene_of *of)
{
    int error = of->event->error                                  ? of->event->error
                : of->event->value > 0 && of->event->value < 4096 ? (int)of->event->value
                                                                  : 0;
    struct text_pair words = error_words(error);
    const char *name = strerrorname_np(error);
    if (words.text[of->chinese])
        put(writer, "%s", words.text[of->chinese]);
    else if (error && name)
        put(writer, "%s", name);
    else
        put(writer, "%s", of->chinese ? "原因不明" : "no reason is given");
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

static void put_receiver(struct writer *writer, const struct scene_of *of)
{
    if (of->event->operation == OPERATION_signal_send && !of->task->other) {
        if (of->task->view.argument[1])
            put_process(writer, of->world, (uint32_t)of->task->view.argument[1], of->chinese);
        else
            put(writer, "%s", of->chinese ? "一组进程" : "a group of processes");
    } else {
        put_task(writer, of->world, other_task(of), of->chinese);
    }
}

static void put_place_holder(struct writer *writer, const struct scene_of *of, char key)
{
    const struct world *world = of->world;
    const struct world_object *object = &object_at(world, of->object)->view;
    switch (key) {
    case 'T':
        put_task(writer, world, of->event->task, of->chinese);
        break;
    case 'O':
        put_object(writer, world, of->object, of->chinese);
        break;
    case 'S':
        put_object(writer, world, of->second, of->chinese);
        break;
    case 'W':
        put_holder(writer, world, of->object, of->chinese);
        break;
    case 'X':
        put_receiver(writer, of);
        break;
    case 'P':
        put_process(writer, world, (uint32_t)of->event->value, of->chinese);
        break;
    case 'U':
        put_process(writer, world, of->task->view.process, of->chinese);
        break;
    case 'V':
        put(writer, "%lld", (long long)of->event->value);
        break;
    case 'M':
        put(writer, "%lld", (long long)of->event->argument[2]);
        break;
    case 'A':
        put(writer, "%lld", (long long)of->task->view.argument[0]);
        break;
    case 'N':
        put(writer, "%d", object->count);
        break;
    case 'C':
        put(writer, "%d", object->capacity);
        break;
    case 'D':
        put_time(writer, of->task->view.deadline, of->chinese);
        break;
    case 'E':
        put_error(writer, of);
        break;
    case 'G':
        put_signal(writer, signal_number(of), of->chinese);
        break;
    case 'Q':
        put(writer, "%zu", world_waiters(world, of->object, NULL, 0));
        break;
    case 'F':
        put(writer, "%s", operation_row(of->event->operation)->name);
        break;
    default:
        break;
    }
}

static void fill(struct writer *writer, const struct scene_of *of, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, "{");
        put_text(writer, text, plain);
        text += plain;
        if (text[0] == '{' && text[1] && text[2] == '}') {
            put_place_holder(writer, of, text[1]);
            text += 3;
        } else if (*text) {
            put_text(writer, text++, 1);
        }
    }
}

/* ---- choosing ---- */

#define PAIR(en, zh) ((struct text_pair){{en, zh}})

static struct text_pair say_blocked(const struct scene_of *of)
{
    const struct object *object = object_at(of->world, of->event->object);
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

static struct text_pair say_done_lock(const struct scene_of *of)
{
    const struct object *object = object_at(of->world, of->object);
    unsigned operation = of->event->operation;
    if (of->event->value == EOWNERDEAD)
        return PAIR("{T} takes {O}, whose owner ended while holding it; {T} must make the data whole again.",
                    "{T} 获得 {O}；它原来的持有者在持有期间已结束，{T} 须先恢复数据的一致。");
    if (operation == OPERATION_mutex_unlock) {
        if (object->view.owner == of->event->task)
            return PAIR("{T} releases {O} once; it still holds it {N} deep.", "{T} 释放 {O} 一次，仍持有 {N} 层。");
        if (object->head)
            return PAIR("{T} releases {O}; those who wait for it may try again ({R}).",
                        "{T} 释放了 {O}；等待它的（{R}）可以再次尝试。");
        return sentences[operation].done;
    }
    if (object->view.kind == OBJECT_mutex && object->view.count > 1)
        return PAIR("{T} takes {O} once more: {N} deep.", "{T} 再次获得 {O}：重入 {N} 层。");
    return sentences[operation].done;
}

static struct text_pair say_done(const struct scene_of *of)
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
            return PAIR("{T} is the last to arrive at {O}: all may go on.", "{T} 最后一个到达 {O}：大家都可以继续了。");
        break;
    case OPERATION_process_fork:
        if (event->value == 0)
            return PAIR("{T} begins as the child: fork gives it 0.", "{T} 作为子进程开始：fork 返回 0。");
        break;
    case OPERATION_process_wait:
        if (event->value == 0)
            return PAIR("No child of {U} has ended yet; {T} goes on without waiting.",
                        "{U} 的子进程都还没有结束；{T} 不等待，继续运行。");
        if (WIFSTOPPED((int)event->argument[1]))
            return PAIR("{T} learns that its child {P} is stopped.", "{T} 得知子进程 {P} 已暂停。");
        if (WIFCONTINUED((int)event->argument[1]))
            return PAIR("{T} learns that its child {P} goes on.", "{T} 得知子进程 {P} 已继续。");
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
    case OPERATION_file_read:
        if (event->value == 0)
            return PAIR("{T} reads the end of {O}.", "{T} 读到{O}的末尾。");
        break;
    case OPERATION_socket_recv:
        if (event->value == 0)
            return PAIR("{T} reads the end of {O}: the peer has closed.", "{T} 在{O}上读到末尾：对方已关闭。");
        break;
    case OPERATION_io_poll:
        if (event->value == 0)
            return PAIR("{T} asked which descriptors are ready: none.", "{T} 查询就绪的描述符：一个也没有。");
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

static struct text_pair say_failed(const struct scene_of *of)
{
    struct text_pair own = sentences[of->event->operation].failed;
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

static struct text_pair say_got(const struct scene_of *of)
{
    if (of->event->flags & RECORD_CANCELLED)
        return PAIR("{T} was asked to end and does so now.", "{T} 响应取消请求，即将结束。");
    switch (of->event->outcome) {
    case OUTCOME_blocked:
        return say_blocked(of);
    case OUTCOME_failed:
        return say_failed(of);
    case OUTCOME_timed_out:
        if (of->event->operation == OPERATION_time_sleep)
            return sentences[OPERATION_time_sleep].done;
        if (of->event->operation == OPERATION_cond_timedwait)
            return PAIR("No signal on {O} came in time; {T} has {S} again and goes on.",
                        "{O} 的通知没有按时到来；{T} 重新获得 {S}，继续运行。");
        if (of->event->operation == OPERATION_thread_timedjoin)
            return PAIR("{X} did not end in time; {T} goes on.", "{X} 没有按时结束，{T} 继续运行。");
        if (of->object)
            return PAIR("{T} has waited for {O} long enough and goes on without it.",
                        "{T} 等待 {O} 超时，不再等待，继续运行。");
        return PAIR("The time is over; {T} goes on.", "时间到，{T} 继续运行。");
    case OUTCOME_interrupted:
        if (of->event->operation == OPERATION_signal_suspend)
            return sentences[OPERATION_signal_suspend].done;
        return PAIR("{T}'s {F} is interrupted by a signal.", "{T} 的 {F} 被信号打断。");
    case OUTCOME_preempted:
        return PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    default:
        return say_done(of);
    }
}

static struct text_pair say_process_ended(const struct scene_of *of, struct writer *writer)
{
    const struct process *process = process_at(of->world, of->event->other);
    const struct process *parent = process_at(of->world, process->view.parent);
    int status = (int)of->event->value;
    const char *name = process->view.name;
    if (WIFSIGNALED(status)) {
        put(writer, of->chinese ? "%s 被 " : "%s is killed by ", name);
        put_signal(writer, WTERMSIG(status), of->chinese);
        put(writer, "%s", of->chinese ? " 终止" : "");
    } else {
        put(writer, of->chinese ? "%s 结束，退出状态为 %d" : "%s ends with status %d", name, WEXITSTATUS(status));
    }
    if (process->view.state == STATE_zombie && parent->first)
        put(writer, of->chinese ? "；在 %s 等待它之前，它是僵尸进程。" : "; it is a zombie until %s waits for it.",
            parent->view.name);
    else
        put(writer, "%s", of->chinese ? "。" : ".");
    return PAIR("", "");
}

static struct text_pair say_fact(const struct scene_of *of, struct writer *writer)
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
            put(writer, zh ? "%s 被回收，不再是僵尸进程。" : "%s is reaped; the zombie is gone.", other);
        else
            put(writer, zh ? "%s 由 init 回收。" : "%s is reaped by init.", other);
        break;
    case EVENT_ADOPTED:
        if (event->value)
            put(writer, zh ? "%s 成为孤儿进程，由 %s 收养。" : "%s is an orphan; %s adopts it.", other,
                process_at(world, (uint32_t)event->value)->view.name);
        else
            put(writer, zh ? "%s 成为孤儿进程，由 init 收养。" : "%s is an orphan; init adopts it.", other);
        break;
    case EVENT_STOPPED:
        put(writer, event->value ? (zh ? "%s 被暂停。" : "%s is stopped.") : (zh ? "%s 继续运行。" : "%s goes on."),
            other);
        break;
    case EVENT_TIME:
        put(writer, "%s", zh ? "没有人能运行，时间前进到 " : "Nobody can run; time goes on to ");
        put_time(writer, world->time, zh);
        put(writer, "%s", zh ? "。" : ".");
        break;
    case EVENT_READY:
        return PAIR("What {T} waits for has come: it is ready.", "{T} 等待的事情发生了：它就绪了。");
    case EVENT_PREEMPTED:
        return PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    case EVENT_OUTSIDE:
        return event->value ? PAIR("{T} sleeps in the kernel, where lockstep does not see for what.",
                                   "{T} 在内核中睡眠，lockstep 看不到它在等什么。")
                            : PAIR("{T} is back from the kernel.", "{T} 从内核返回。");
    case EVENT_UNOBSERVED:
        put(writer, zh ? "%s 的运行不受观察：%s。" : "%s runs unobserved: %s.", other, world_text(world, event->text));
        break;
    case EVENT_DIVERGED:
        put(writer, zh ? "模型与实际不符：%s" : "The model and the outcome differ: %s", world_text(world, event->text));
        break;
    case EVENT_LOST:
        put(writer, zh ? "%s 的 %lld 条记录丢失了。" : "%s lost %lld of its records.", other, (long long)event->value);
        break;
    default:
        break;
    }
    return PAIR("", "");
}

/* Names in a row, in order of arrival: T1, T3. */
static void put_waiters(struct writer *writer, const struct world *world, uint32_t id, int chinese)
{
    unsigned count = 0;
    for (uint32_t t = object_at(world, id)->head; t; t = task_at(world, t)->queue_next) {
        if (count == 4) {
            put(writer, "%s", chinese ? "……" : " ...");
            break;
        }
        if (count++)
            put(writer, "%s", chinese ? "、" : ", ");
        put_task(writer, world, t, chinese);
    }
}

int world_say(const struct world *after, const struct event *event, int chinese, char *out, size_t n)
{
    struct writer writer = {.out = out, .size = n};
    const struct task *task = task_at(after, event->task);
    struct scene_of of = {
        .world = after,
        .event = event,
        .task = task,
        .object = event->object ? event->object : task->view.object,
        .second = task->view.second,
        .chinese = chinese != 0,
    };
    struct text_pair text;
    if ((event->kind == EVENT_GOT || event->kind == EVENT_BLOCKED) && event->operation < OPERATION_COUNT)
        text = event->kind == EVENT_BLOCKED ? say_blocked(&of) : say_got(&of);
    else
        text = say_fact(&of, &writer);
    /* A condition wait that is blocked on its mutex speaks of the condition all the same. */
    if (event->kind == EVENT_BLOCKED && event->object && event->object == task->view.second)
        of.object = task->view.object;
    const char *sentence = text.text[of.chinese] ? text.text[of.chinese] : "";
    for (;;) {
        const char *list = strstr(sentence, "{R}"), *holder = strstr(sentence, "{H}");
        const char *special = list ? list : holder;
        if (!special)
            break;
        char part[256];
        snprintf(part, sizeof part, "%.*s", (int)(special - sentence), sentence);
        fill(&writer, &of, part);
        if (special == list)
            put_waiters(&writer, after, of.object, of.chinese);
        else
            put_holder(&writer, after, of.second, of.chinese);
        sentence = special + 3;
    }
    fill(&writer, &of, sentence);
    return finish(&writer);
}

/* ---- faults ---- */

static void put_list(struct writer *writer, const struct world *world, const struct world_fault *fault, int chinese)
{
    for (unsigned i = 0; i < fault->task_count; i++) {
        if (i)
            put(writer, "%s", chinese ? "、" : i + 1 == fault->task_count ? " and " : ", ");
        put_task(writer, world, fault->tasks[i], chinese);
    }
}

static void put_line(struct writer *writer, const struct world *world, uint32_t id)
{
    struct world_place place = world_place(world, id);
    const char *file = world_text(world, place.text);
    const char *slash = strrchr(file, '/');
    if (place.line)
        put(writer, " (%s:%u)", slash ? slash + 1 : file, place.line);
}

static bool is_ring(const struct world *world, const struct world_fault *fault)
{
    for (unsigned i = 0; i < fault->task_count; i++) {
        const struct task *task = task_at(world, fault->tasks[i]);
        uint32_t next = fault->tasks[(i + 1) % fault->task_count];
        const struct object *object = object_at(world, task->view.waits_for);
        if (task->view.waits_for_task != next && object->view.owner != next && !object->readers)
            return false;
    }
    return fault->task_count > 1;
}

static void say_deadlock(struct writer *writer, const struct world *world, const struct world_fault *fault, int zh)
{
    if (!is_ring(world, fault)) {
        put(writer, "%s", zh ? "死锁：" : "Deadlock: ");
        put_list(writer, world, fault, zh);
        put(writer, "%s",
            zh                       ? " 永远等下去，没有人能让它们继续。"
            : fault->task_count == 1 ? " waits for ever; nobody is left to let it go on."
                                     : " wait for ever; nobody is left to let them go on.");
        return;
    }
    put(writer, "%s", zh ? "死锁：" : "Deadlock: ");
    for (unsigned i = 0; i < fault->task_count; i++) {
        const struct task *task = task_at(world, fault->tasks[i]);
        uint32_t next = fault->tasks[(i + 1) % fault->task_count];
        if (i)
            put(writer, "%s", zh ? "；" : "; ");
        put_task(writer, world, fault->tasks[i], zh);
        put(writer, "%s", zh ? " 等待 " : " waits for ");
        if (task->view.waits_for_task) {
            put_task(writer, world, next, zh);
            continue;
        }
        put_object(writer, world, task->view.waits_for, zh);
        put(writer, "%s", zh ? "（由 " : ", which ");
        put_task(writer, world, next, zh);
        put(writer, "%s", zh ? " 持有）" : " holds");
    }
    put(writer, "%s", zh ? "。" : ".");
}

static void say_race(struct writer *writer, const struct world *world, const struct world_fault *fault, int zh)
{
    put(writer, "%s", zh ? "数据竞争：" : "Data race: ");
    put_task(writer, world, fault->tasks[0], zh);
    put_line(writer, world, fault->places[0]);
    put(writer, "%s", zh ? " 和 " : " and ");
    put_task(writer, world, fault->tasks[1], zh);
    put_line(writer, world, fault->places[1]);
    put(writer, "%s", zh ? " 访问 " : " use ");
    if (fault->object_count)
        put_object(writer, world, fault->objects[0], zh);
    else
        put(writer, "%s", zh ? "同一块内存" : "the same memory");
    put(writer, "%s",
        zh ? "，至少一个在写，而两者之间没有先后次序。" : ", at least one writes, and nothing orders them.");
}

int world_fault_say(const struct world *world, const struct world_fault *fault, int chinese, char *out, size_t n)
{
    struct writer writer = {.out = out, .size = n};
    int zh = chinese != 0;
    const char *process = process_at(world, fault->process)->view.name;
    char task[32], label[80];
    world_task_short(world, fault->task_count ? fault->tasks[0] : 0, task, sizeof task);
    struct writer name = {.out = label, .size = sizeof label};
    put_object(&name, world, fault->object_count ? fault->objects[0] : 0, zh);
    finish(&name);
    switch (fault->kind) {
    case FAULT_deadlock:
        say_deadlock(&writer, world, fault, zh);
        break;
    case FAULT_self_deadlock:
        put(&writer,
            zh ? "自死锁：%s 请求 %s，而它自己正持有它，只能永远等待自己。"
               : "Self-deadlock: %s asks for %s while holding it, and waits for itself for ever.",
            task, label);
        break;
    case FAULT_data_race:
        say_race(&writer, world, fault, zh);
        break;
    case FAULT_assertion:
        put(&writer, zh ? "断言失败：%s" : "An assertion fails in %s", process);
        put_line(&writer, world, fault->places[0]);
        put(&writer, "%s", zh ? "。" : ".");
        break;
    case FAULT_crash:
        put(&writer, zh ? "崩溃：%s 因 " : "Crash: %s dies of ", process);
        put_signal(&writer, fault->value, zh);
        put(&writer, "%s", zh ? " 终止。" : ".");
        break;
    case FAULT_exit_status:
        put(&writer, zh ? "%s 以状态 %lld 结束。" : "%s ends with status %lld.", process, (long long)fault->value);
        break;
    case FAULT_unlock_not_owner:
        put(&writer, zh ? "%s 释放 %s，但它并不持有它。" : "%s releases %s without holding it.", task, label);
        break;
    case FAULT_lost_wakeup:
        put(&writer,
            zh ? "丢失的唤醒：第 %lld 步对 %s 的通知发出时没有人在等，之后 %s 才开始等待，永远等不到。"
               : "Lost wake-up: the signal of step %lld on %s found nobody; %s waits for it for ever.",
            (long long)fault->value, label, task);
        break;
    case FAULT_lock_leaked:
        put(&writer, zh ? "%s 结束时没有释放 %s。" : "%s ended without releasing %s.", task, label);
        break;
    case FAULT_zombie_left:
        put(&writer,
            zh ? "%s 结束了，但没有人等待过它：它一直是僵尸进程。"
               : "%s ended and nobody waited for it: it stayed a zombie.",
            process);
        break;
    case FAULT_livelock:
        put(&writer, "%s",
            zh ? "活锁：同样的状态反复出现，没有进展。"
               : "Livelock: the same state comes again and again without progress.");
        break;
    case FAULT_leftover_process:
        put(&writer, zh ? "第一个进程已结束，%s 还在运行。" : "%s is still alive though the first process has ended.",
            process);
        break;
    default:
        break;
    }
    return finish(&writer);
}
