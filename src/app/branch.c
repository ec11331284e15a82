/* A branch keeps what was expected and compares event by event until it is reached. What differs from run to run though
 * the run is the same is left out of the comparison: process ids where the guest has none of its own, bytes of packets,
 * and what the kernel has done by its own clock. */
#include "app/branch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/branch_kernel.h"
#include "base/escape.h"
#include "base/text.h"
#include "operations/operations.h"

struct branch {
    struct history *expected; /* NULL: none */
    uint32_t step;
    char task[32];
    uint32_t last;     /* event of the expected run before the choice of the step */
    uint32_t compared; /* events of it met so far */
    struct branch_kernel then, now;
    bool taken;
    char *schedule;
};

enum { CANDIDATES_MAX = 1024 };

/* "P1.main P1.T2" */
static void name_tasks(const struct world *world, const uint32_t *tasks, size_t count, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++) {
        const struct world_task *task = world_task(world, tasks[i]);
        length += (size_t)snprintf(out + length, size - length, "%s%s", length ? " " : "", task ? task->name : "?");
    }
}

static const struct {
    const char *word;
    uint32_t choice;
} packet_choices[] = {{"packet", CONDUCTOR_DELIVER}, {"drop", CONDUCTOR_DROP}, {"duplicate", CONDUCTOR_DUPLICATE}};
enum { PACKET_CHOICES = sizeof packet_choices / sizeof *packet_choices };

static const struct {
    const char *word;
    enum injection kind;
} injection_choices[] = {{"wake", INJECTION_spurious_wakeup}, {"eintr", INJECTION_eintr}};
enum { INJECTION_CHOICES = sizeof injection_choices / sizeof *injection_choices };

const char *branch_choice_name(const struct world *world, uint32_t choice, char out[24])
{
    const struct world_task *task = choice < CONDUCTOR_DELIVER ? world_task(world, choice) : NULL;
    snprintf(out, 24, "%s", task ? task->name : "");
    for (size_t i = 0; i < PACKET_CHOICES; i++) {
        if ((choice & ~(uint32_t)(CONDUCTOR_DELIVER - 1)) == packet_choices[i].choice)
            snprintf(out, 24, "%s %u", packet_choices[i].word, choice & (CONDUCTOR_DELIVER - 1));
    }
    for (size_t i = 0; i < INJECTION_CHOICES; i++) {
        uint32_t none = conductor_injection(injection_choices[i].kind, 0);
        const struct world_task *met = world_task(world, choice - none);
        if ((choice & none) == none && choice - none < UINT32_C(1) << 24 && met)
            snprintf(out, 24, "%s %.17s", injection_choices[i].word, met->name);
    }
    return out;
}

uint32_t branch_choice(const struct world *world, const char *name)
{
    for (size_t i = 0; i < PACKET_CHOICES; i++) {
        size_t length = strlen(packet_choices[i].word);
        unsigned long number = strncmp(name, packet_choices[i].word, length) == 0 && name[length] == ' '
                                   ? strtoul(name + length, NULL, 10)
                                   : 0;
        if (number > 0 && number < CONDUCTOR_DELIVER)
            return packet_choices[i].choice | (uint32_t)number;
    }
    uint32_t injection = 0;
    for (size_t i = 0; i < INJECTION_CHOICES && !injection; i++) {
        size_t length = strlen(injection_choices[i].word);
        if (strncmp(name, injection_choices[i].word, length) == 0 && name[length] == ' ') {
            injection = conductor_injection(injection_choices[i].kind, 0);
            name += length + 1;
        }
    }
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        if (strcmp(world_task(world, id)->name, name) == 0)
            return injection | id;
    }
    return 0;
}

enum status branch_new(struct history *expected, uint32_t step, const char *task, struct branch **out,
                       struct message *message)
{
    *out = NULL;
    struct branch *branch = calloc(1, sizeof *branch);
    if (!branch)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    branch->expected = expected;
    branch->step = step;
    escape_text(ESCAPE_LABEL, task, strlen(task), branch->task, sizeof branch->task);
    if (expected && step > history_steps(expected) + (task[0] == '\0')) {
        free(branch);
        return message_set(message, STATUS_USAGE, _("--branch %u: the recording has only %u steps"), step,
                           history_steps(expected));
    }
    if (expected) {
        branch->last = history_step_last(expected, step - 1);
        branch->schedule = history_schedule(expected, branch->last);
        if (!branch->schedule) {
            free(branch);
            return message_set(message, STATUS_MEMORY, _("out of memory"));
        }
    }
    *out = branch;
    return STATUS_OK;
}

void branch_free(struct branch *branch)
{
    if (!branch)
        return;
    branch_kernel_clear(&branch->then);
    branch_kernel_clear(&branch->now);
    free(branch->schedule);
    free(branch);
}

const char *branch_schedule(const struct branch *branch, const char *own)
{
    return branch->schedule ? branch->schedule : own;
}

/* ---- comparing ---- */

/* What an event says, without what may differ. */
static bool same(const struct event *a, const struct event *b)
{
    if (a->kind != b->kind || a->outcome != b->outcome || a->operation != b->operation || a->task != b->task ||
        a->object != b->object || a->second != b->second || a->place != b->place || a->text != b->text ||
        a->other != b->other || a->error != b->error || a->length != b->length || a->value != b->value ||
        a->time != b->time)
        return false;
    /* The bytes of a packet and the times of sockets differ from run to run (event.h); what they say does not. */
    if (a->kind == EVENT_PACKET)
        return memcmp(a->argument, b->argument, sizeof a->argument) == 0;
    if (a->kind == EVENT_SOCKET)
        return memcmp(a->argument, b->argument, 3 * sizeof *a->argument) == 0;
    return a->length == 0 || memcmp(a->payload, b->payload, a->length) == 0;
}

static const char *event_word(const struct event *event)
{
    static const char *const words[EVENT_KIND_COUNT] = {
        [EVENT_STRING] = "text",
        [EVENT_PLACE] = "place",
        [EVENT_PROCESS] = "process born",
        [EVENT_TASK] = "task born",
        [EVENT_OBJECT] = "object",
        [EVENT_ASKED] = "asked",
        [EVENT_GRANTED] = "granted",
        [EVENT_GOT] = "done",
        [EVENT_BLOCKED] = "blocked",
        [EVENT_READY] = "ready",
        [EVENT_TASK_ENDED] = "task ended",
        [EVENT_PROCESS_ENDED] = "process ended",
        [EVENT_REAPED] = "reaped",
        [EVENT_ADOPTED] = "adopted",
        [EVENT_STOPPED] = "stopped",
        [EVENT_OUTPUT] = "output",
        [EVENT_TIME] = "time",
        [EVENT_WATCH] = "watched value",
        [EVENT_PREEMPTED] = "preempted",
        [EVENT_UNOBSERVED] = "unobserved",
        [EVENT_OUTSIDE] = "outside",
        [EVENT_DIVERGED] = "diverged",
        [EVENT_LOST] = "lost",
        [EVENT_DEADLINE] = "deadline",
        [EVENT_SIGNAL] = "signal",
        [EVENT_END] = "end",
        [EVENT_PACKET] = "packet",
        [EVENT_SOCKET] = "socket",
    };
    return event->kind < EVENT_KIND_COUNT && words[event->kind] ? words[event->kind] : "?";
}

/* "P1.T2: mutex.lock asked" */
static void event_text(const struct world *world, const struct event *event, char *out, size_t size)
{
    const struct world_task *task = world && event->task ? world_task(world, event->task) : NULL;
    const struct operation_row *row = event->operation ? operation_row(event->operation) : NULL;
    snprintf(out, size, "%s%s%s%s%s", task ? task->name : "", task ? ": " : "", row ? row->name : "", row ? " " : "",
             event_word(event));
}

enum status branch_compare(struct branch *branch, const struct event *event, struct message *message)
{
    if (!branch->expected || branch->compared >= branch->last || branch_kernel_alone(&branch->now, event))
        return STATUS_OK;
    struct event wanted;
    bool there, alone;
    do {
        if (branch->compared >= branch->last)
            return STATUS_OK;
        branch->compared++;
        there = history_event(branch->expected, branch->compared, &wanted);
        alone = there && branch_kernel_alone(&branch->then, &wanted);
    } while (alone);
    if (there && same(&wanted, event))
        return STATUS_OK;
    char now[160], then[160] = "?";
    const struct world *world = history_world_at(branch->expected, branch->compared);
    event_text(world, event, now, sizeof now);
    if (there)
        event_text(world, &wanted, then, sizeof then);
    return message_set(message, STATUS_DIVERGED,
                       _("the run did not repeat the recording: at event %u (step %u) there was \"%s\", the recording "
                         "has \"%s\". Was the program built anew, or does it depend on time or input from outside?"),
                       branch->compared, history_step_at(branch->expected, branch->compared) + 1, now, then);
}

/* ---- choosing ---- */

enum status branch_choose(struct branch *branch, struct history *history, uint32_t *task, struct message *message)
{
    *task = 0;
    if (branch->taken || history_steps(history) + 1 < branch->step)
        return STATUS_OK;
    branch->taken = true;
    branch->compared = branch->last; /* from here on another run */
    *task = branch_choice(history_world(history), branch->task);
    if (*task)
        return STATUS_OK;
    return message_set(message, STATUS_USAGE, _("--branch %u:%s: there is no task of that name at this step"),
                       branch->step, branch->task);
}

bool branch_taken(const struct branch *branch)
{
    return branch->taken;
}

enum status branch_refused(const struct branch *branch, struct history *history, struct conductor *conductor,
                           struct message *message)
{
    uint32_t candidates[CANDIDATES_MAX];
    char names[400];
    size_t count = conductor_candidates(conductor, candidates, CANDIDATES_MAX);
    name_tasks(history_world(history), candidates, count < 16 ? count : 16, names, sizeof names);
    return message_set(message, STATUS_USAGE, _("--branch %u:%s: that task cannot be chosen there; these can: %s"),
                       branch->step, branch->task, names);
}

enum status branch_missed(const struct branch *branch, struct history *history, struct message *message)
{
    return message_set(message, STATUS_USAGE, _("--branch %u: the run was over after %u steps"), branch->step,
                       history_steps(history));
}
