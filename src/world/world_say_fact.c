/* Sentences on what is nobody's operation: ends and orphans, the clock, what the kernel or lockstep itself has to tell. */
#include "world/world_say.h"

#include <sys/wait.h>

static struct world_pair say_process_ended(const struct world_saying *of, struct world_writer *writer)
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
    return WORLD_PAIR("", "");
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

struct world_pair world_say_fact(const struct world_saying *of, struct world_writer *writer)
{
    const struct event *event = of->event;
    const struct world *world = of->world;
    const char *other = process_at(world, event->other)->view.name;
    int zh = of->chinese;
    switch (event->kind) {
    case EVENT_TASK_ENDED:
        return WORLD_PAIR("{T} has ended.", "{T} 已结束。");
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
        return WORLD_PAIR("What {T} waits for has come: it is ready.", "{T} 等待的事件已发生，{T} 变为就绪。");
    case EVENT_PREEMPTED:
        return WORLD_PAIR("{T} has used up its time slice and is preempted.", "{T} 的时间片用完，被抢占。");
    case EVENT_OUTSIDE:
        return event->value ? WORLD_PAIR("{T} sleeps in the kernel, where lockstep does not see for what.",
                                         "{T} 在内核中睡眠，lockstep 看不到它在等什么。")
                            : WORLD_PAIR("{T} is back from the kernel.", "{T} 从内核返回。");
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
    return WORLD_PAIR("", "");
}
