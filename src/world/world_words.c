/* Words for sentences (see the header). Reads only. */
#include "world/world_words.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

struct world_pair world_words_error(int error)
{
#define WORDS(number, en, zh)                                                                                          \
    case number:                                                                                                       \
        return (struct world_pair){{#number " (" en ")", #number "（" zh "）"}};
    switch (error) {
        WORDS(EPERM, "not permitted", "不允许")
        WORDS(ENOENT, "there is no such thing", "不存在")
        WORDS(ESRCH, "there is no such thread or process", "没有这个线程或进程")
        WORDS(EINTR, "a signal interrupted it", "被信号中断")
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
        WORDS(EADDRNOTAVAIL, "there is no such address here", "这里没有这个地址")
        WORDS(EAFNOSUPPORT, "the system has no such kind of address", "系统不支持这种地址")
        WORDS(ENETUNREACH, "no way leads there", "没有通往那里的路由")
        WORDS(ECONNREFUSED, "nobody listens there", "对方没有监听")
        WORDS(ECONNRESET, "the peer has reset the connection", "连接被对方重置")
        WORDS(ENOTCONN, "it is not connected", "尚未连接")
        WORDS(EINPROGRESS, "it is on its way", "正在进行")
        WORDS(EOWNERDEAD, "its owner ended while holding it", "持有者没有释放就已结束")
        WORDS(ENOTRECOVERABLE, "it can no longer be made whole", "无法恢复")
    default:
        return (struct world_pair){{NULL, NULL}};
    }
#undef WORDS
}

/* ---- output ---- */

void world_words_bytes(struct world_writer *writer, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++, writer->length++)
        if (writer->length < writer->size) /* the last byte is looked at before it becomes the end */
            writer->out[writer->length] = text[i];
}

void world_words_put(struct world_writer *writer, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        world_words_bytes(writer, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

static enum world_letter letter_at(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (!at[0] || at[0] == ' ' || at[0] == '(')
        return LETTER_none;
    if (at[0] < 0x80)
        return LETTER_latin;
    bool punctuation =
        (at[0] == 0xE3 && at[1] == 0x80) || (at[0] == 0xEF && at[1] == 0xBC) || (at[0] == 0xE2 && at[1] == 0x80);
    return punctuation ? LETTER_none : LETTER_chinese;
}

static enum world_letter letter_before(const char *text, size_t length)
{
    while (length && ((unsigned char)text[length - 1] & 0xC0) == 0x80)
        length--;
    return length ? letter_at(text + length - 1) : LETTER_none;
}

void world_words_joined(struct world_writer *writer, const char *text, size_t length, enum world_letter *last)
{
    if (!length)
        return;
    enum world_letter first = letter_at(text);
    if (*last != LETTER_none && first != LETTER_none && *last != first)
        world_words_bytes(writer, " ", 1);
    world_words_bytes(writer, text, length);
    *last = letter_before(text, length);
}

int world_words_finish(struct world_writer *writer)
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

void world_words_task(struct world_writer *writer, const struct world *world, uint32_t id, int chinese)
{
    char name[32];
    if (world_task(world, id))
        world_words_put(writer, "%s", world_task_short(world, id, name, sizeof name));
    else
        world_words_put(writer, "%s", chinese ? "另一个任务" : "another task");
}

/* A name that says what it names stands alone; a number needs its kind before it. */
void world_words_object(struct world_writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct world_object *object = world_object(world, id);
    if (!object) {
        world_words_put(writer, "%s", chinese ? "它" : "it");
        return;
    }
    if (object->kind == OBJECT_terminal) {
        world_words_put(writer, "%s", chinese ? "终端" : "the terminal");
        return;
    }
    bool kind = !object->name[0] || object->name[0] == '#' || (object->name[0] >= '0' && object->name[0] <= '9') ||
                object->kind == OBJECT_pipe || object->kind == OBJECT_file || object->kind == OBJECT_socket;
    if (kind)
        world_words_put(writer, "%s ", object_word(object->kind, chinese));
    world_words_put(writer, "%s%s%s",
                    object_at(world, id)->prefixed ? process_at(world, object->process)->view.name : "",
                    object_at(world, id)->prefixed ? ":" : "", object->name);
}

void world_words_process(struct world_writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct world_process *process = world_process(world, id);
    world_words_put(writer, "%s", process ? process->name : chinese ? "一个进程" : "a process");
}

/* Who has the lock: its owner, or the readers inside. */
void world_words_holder(struct world_writer *writer, const struct world *world, uint32_t id, int chinese)
{
    const struct object *object = object_at(world, id);
    if (object->view.owner) {
        world_words_task(writer, world, object->view.owner, chinese);
    } else if (object->readers) {
        world_words_task(writer, world, reader_at(world, object->readers)->task, chinese);
        if (object->view.count > 1)
            world_words_put(writer, chinese ? " 等 %d 个读者" : " (one of %d readers)", object->view.count);
    } else if (object->view.ghost) {
        world_words_put(writer, "%s", chinese ? "一个没有被 fork 复制的线程" : "a thread that fork did not copy");
    } else {
        world_words_put(writer, "%s", chinese ? "别人" : "someone else");
    }
}

void world_words_time(struct world_writer *writer, int64_t time, int chinese)
{
    world_words_put(writer, chinese ? "%lld.%03lld 秒" : "%lld.%03lld s", (long long)(time / 1000000000),
                    (long long)(time / 1000000 % 1000));
}

void world_words_signal(struct world_writer *writer, int64_t number, int chinese)
{
    const char *name = number == SIGIO ? "IO" : number > 0 && number < NSIG ? sigabbrev_np((int)number) : NULL;
    if (name)
        world_words_put(writer, "SIG%s", name);
    else
        world_words_put(writer, chinese ? "信号 %lld" : "signal %lld", (long long)number);
}

/* Names in a row, in order of arrival: T1, T3. */
void world_words_waiters(struct world_writer *writer, const struct world *world, uint32_t id, int chinese)
{
    unsigned count = 0;
    for (uint32_t t = object_at(world, id)->head; t; t = task_at(world, t)->queue_next) {
        if (count == 4) {
            world_words_put(writer, "%s", chinese ? "……" : " ...");
            break;
        }
        if (count++)
            world_words_put(writer, "%s", chinese ? "、" : ", ");
        world_words_task(writer, world, t, chinese);
    }
}
