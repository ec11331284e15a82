/* The sentence for a fault, in English and Chinese. */
#include "world/world_words.h"

#include <stdio.h>
#include <string.h>

static void put_list(struct world_writer *writer, const struct world *world, const struct world_fault *fault,
                     int chinese)
{
    for (unsigned i = 0; i < fault->task_count; i++) {
        if (i)
            world_words_put(writer, "%s", chinese ? "、" : i + 1 == fault->task_count ? " and " : ", ");
        world_words_task(writer, world, fault->tasks[i], chinese);
    }
}

static void put_line(struct world_writer *writer, const struct world *world, uint32_t id)
{
    struct world_place place = world_place(world, id);
    const char *file = world_text(world, place.text);
    const char *slash = strrchr(file, '/');
    if (place.line)
        world_words_put(writer, " (%s:%u)", slash ? slash + 1 : file, place.line);
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

/* Who is stopped could go on, and what waits for it too, if somebody sent SIGCONT. */
static void put_stopped(struct world_writer *writer, const struct world *world, int zh)
{
    for (uint32_t p = world->first_process; p; p = process_at(world, p)->next)
        if (process_at(world, p)->stopped)
            world_words_put(writer,
                            zh ? "%s 被暂停，没有人会让它继续。" : " %s is stopped, and nobody is left to continue it.",
                            process_at(world, p)->view.name);
}

static bool all_stopped(const struct world *world, const struct world_fault *fault)
{
    for (unsigned i = 0; i < fault->task_count; i++)
        if (!process_at(world, task_at(world, fault->tasks[i])->view.process)->stopped)
            return false;
    return fault->task_count > 0;
}

static void say_deadlock(struct world_writer *writer, const struct world *world, const struct world_fault *fault,
                         int zh)
{
    if (all_stopped(world, fault)) {
        world_words_put(writer, "%s", zh ? "死锁：" : "Deadlock:");
        put_stopped(writer, world, zh);
        return;
    }
    if (!is_ring(world, fault)) {
        world_words_put(writer, "%s", zh ? "死锁：" : "Deadlock: ");
        put_list(writer, world, fault, zh);
        world_words_put(
            writer, "%s",
            zh                       ? (fault->task_count == 1 ? " 永远等下去，没有人能让它继续。" : " 永远等下去，没有人能让它们继续。")
            : fault->task_count == 1 ? " waits for ever; nobody is left to let it go on."
                                     : " wait for ever; nobody is left to let them go on.");
        put_stopped(writer, world, zh);
        return;
    }
    world_words_put(writer, "%s", zh ? "死锁：" : "Deadlock: ");
    for (unsigned i = 0; i < fault->task_count; i++) {
        const struct task *task = task_at(world, fault->tasks[i]);
        uint32_t next = fault->tasks[(i + 1) % fault->task_count];
        if (i)
            world_words_put(writer, "%s", zh ? "；" : "; ");
        world_words_task(writer, world, fault->tasks[i], zh);
        world_words_put(writer, "%s", zh ? " 等待 " : " waits for ");
        if (task->view.waits_for_task) {
            world_words_task(writer, world, next, zh);
            continue;
        }
        world_words_object(writer, world, task->view.waits_for, zh);
        world_words_put(writer, "%s", zh ? "（由 " : ", which ");
        world_words_task(writer, world, next, zh);
        world_words_put(writer, "%s", zh ? " 持有）" : " holds");
    }
    world_words_put(writer, "%s", zh ? "。" : ".");
}

static void say_race(struct world_writer *writer, const struct world *world, const struct world_fault *fault, int zh)
{
    world_words_put(writer, "%s", zh ? "数据竞争：" : "Data race: ");
    world_words_task(writer, world, fault->tasks[0], zh);
    put_line(writer, world, fault->places[0]);
    world_words_put(writer, "%s", zh ? " 和 " : " and ");
    world_words_task(writer, world, fault->tasks[1], zh);
    put_line(writer, world, fault->places[1]);
    world_words_put(writer, "%s", zh ? " 访问 " : " use ");
    if (fault->object_count)
        world_words_object(writer, world, fault->objects[0], zh);
    else
        world_words_put(writer, "%s", zh ? "同一块内存" : "the same memory");
    world_words_put(writer, "%s",
                    zh ? "，至少一个在写，而两者之间没有先后次序。"
                       : ", at least one writes, and nothing orders them.");
}

int world_fault_say(const struct world *world, const struct world_fault *fault, int chinese, char *out, size_t n)
{
    struct world_writer writer = {.out = out, .size = n};
    int zh = chinese != 0;
    const char *process = process_at(world, fault->process)->view.name;
    char task[32], label[80];
    world_task_short(world, fault->task_count ? fault->tasks[0] : 0, task, sizeof task);
    struct world_writer name = {.out = label, .size = sizeof label};
    world_words_object(&name, world, fault->object_count ? fault->objects[0] : 0, zh);
    world_words_finish(&name);
    switch (fault->kind) {
    case FAULT_deadlock:
        say_deadlock(&writer, world, fault, zh);
        break;
    case FAULT_self_deadlock:
        world_words_put(&writer,
                        zh ? "自死锁：%s 请求 %s，而它自己正持有它，只能永远等待自己。"
                           : "Self-deadlock: %s asks for %s while holding it, and waits for itself for ever.",
                        task, label);
        break;
    case FAULT_data_race:
        say_race(&writer, world, fault, zh);
        break;
    case FAULT_assertion:
        world_words_put(&writer, zh ? "断言失败：%s" : "An assertion fails in %s", process);
        put_line(&writer, world, fault->places[0]);
        world_words_put(&writer, "%s", zh ? "。" : ".");
        break;
    case FAULT_crash:
        world_words_put(&writer, zh ? "崩溃：%s 因 " : "Crash: %s dies of ", process);
        world_words_signal(&writer, fault->value, zh);
        world_words_put(&writer, "%s", zh ? " 而终止。" : ".");
        break;
    case FAULT_exit_status:
        world_words_put(&writer, zh ? "%s 以状态 %lld 结束。" : "%s ends with status %lld.", process,
                        (long long)fault->value);
        break;
    case FAULT_unlock_not_owner:
        world_words_put(&writer, zh ? "%s 释放 %s，但它并不持有它。" : "%s releases %s without holding it.", task,
                        label);
        break;
    case FAULT_lost_wakeup:
        world_words_put(&writer,
                        zh ? "丢失的唤醒：第 %lld 步对 %s 的通知发出时没有人在等，之后 %s 才开始等待，永远等不到。"
                           : "Lost wake-up: the signal of step %lld on %s found nobody; %s waits for it for ever.",
                        (long long)fault->value, label, task);
        break;
    case FAULT_lock_leaked:
        world_words_put(&writer, zh ? "%s 结束时没有释放 %s。" : "%s ended without releasing %s.", task, label);
        break;
    case FAULT_zombie_left:
        world_words_put(&writer,
                        zh ? "%s 结束了，但没有人等待过它：它一直是僵尸进程。"
                           : "%s ended and nobody waited for it: it stayed a zombie.",
                        process);
        break;
    case FAULT_livelock:
        world_words_put(
            &writer,
            zh ? "活锁：同样的状态出现了 %lld 次，每次都各自放弃再重试，没有进展。"
               : "Livelock: the same state has come back %lld times; all give up, try again, and get nowhere.",
            (long long)fault->value);
        break;
    case FAULT_leftover_process:
        world_words_put(
            &writer, zh ? "第一个进程已结束，%s 还在运行。" : "%s is still alive though the first process has ended.",
            process);
        break;
    default:
        break;
    }
    return world_words_finish(&writer);
}
