/* Injection: what seldom goes wrong in life goes wrong now. Says where it can and when it does; carried out it is by the
 * grant (tasks' steps) and by the wire (packets). A schedule repeats what was injected and nothing else; the rules come
 * after its end. Nothing is injected that POSIX or the network would not allow. */
#include "conductor/internal.h"

#include <stdlib.h>
#include <string.h>

enum { IN_A_ROW = 3, LATE_CHOICES = 50 };

enum status inject_start(struct conductor *c, struct message *message)
{
    c->inject.random = (c->options.policy.seed + 1) * UINT64_C(0xD1342543DE82EF95);
    c->inject.used = calloc(c->options.injection_count + 1, sizeof *c->inject.used);
    return c->inject.used ? STATUS_OK : message_set(message, STATUS_MEMORY, "out of memory");
}

void inject_end(struct conductor *c)
{
    free(c->inject.used);
    free(c->inject.tasks);
}

/* splitmix64 (Steele, Lea, Flood 2014), apart from the policy's numbers: a rule changes what is injected, nothing else. */
static double random_share(struct inject *inject)
{
    uint64_t x = inject->random += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static struct inject_memory *remember(struct conductor *c, uint32_t task)
{
    struct inject *inject = &c->inject;
    if (task >= inject->capacity) {
        uint32_t capacity = 2 * task + 16;
        struct inject_memory *more = realloc(inject->tasks, capacity * sizeof *more);
        if (!more)
            return NULL;
        memset(more + inject->capacity, 0, (capacity - inject->capacity) * sizeof *more);
        inject->tasks = more;
        inject->capacity = capacity;
    }
    return &inject->tasks[task];
}

/* ---- where ---- */

static bool waits_for_signal(unsigned operation)
{
    return operation == OPERATION_cond_wait || operation == OPERATION_cond_timedwait;
}

/* Whether a step of this operation is one that the injection is about. */
static bool concerns(enum injection kind, unsigned operation)
{
    switch (kind) {
    case INJECTION_spurious_wakeup:
        return waits_for_signal(operation);
    case INJECTION_eintr:
        return (operation_row(operation)->flags & OPERATION_INTERRUPTS) != 0;
    case INJECTION_short_io:
        return operation == OPERATION_pipe_read || operation == OPERATION_pipe_write ||
               operation == OPERATION_socket_send || operation == OPERATION_socket_recv;
    default:
        return false;
    }
}

/* It ends a wait, so that the task has a step now that it would not have had. */
static bool wakes(enum injection kind)
{
    return kind == INJECTION_spurious_wakeup || kind == INJECTION_eintr;
}

bool conductor_injectable(const struct world *world, uint32_t id, enum injection kind)
{
    const struct world_task *task = world_task(world, id);
    if (!task || !task->held || task->state != STATE_blocked || world_task_enabled(world, id) || !wakes(kind) ||
        !concerns(kind, task->operation))
        return false;
    /* Once it is awake and waits for its mutex, it is a lock's business. */
    return !waits_for_signal(task->operation) || task->waits_for == task->object;
}

bool inject_possible(struct conductor *c, uint32_t id, enum injection kind)
{
    return id <= c->task_count && c->tasks[id].phase == PHASE_held &&
           conductor_injectable(conductor_world(c), id, kind);
}

/* ---- when ---- */

static bool draw(struct conductor *c, size_t which)
{
    const struct conductor_injection_rule *rule = &c->options.injections[which];
    if (rule->step)
        return !c->inject.used[which] && world_step_number(conductor_world(c)) + 1 >= rule->step;
    return rule->rate >= 1 || (rule->rate > 0 && random_share(&c->inject) < rule->rate);
}

/* Programs of the system (sh, sleep) are spared: nobody looks for mistakes in them. */
static bool own_program(const struct conductor *c, uint32_t id)
{
    return !c->processes[c->tasks[id].process]->helper;
}

/* The first of the possibilities, by rule and then by task, that is to be. */
static void look_for_waiter(struct conductor *c)
{
    for (size_t i = 0; i < c->options.injection_count && c->inject.kind == INJECTION_none; i++) {
        enum injection kind = c->options.injections[i].kind;
        for (uint32_t id = 1; wakes(kind) && id <= c->task_count; id++) {
            const struct inject_memory *memory = remember(c, id);
            if (!memory || !own_program(c, id) || memory->row[kind] >= IN_A_ROW || !inject_possible(c, id, kind) ||
                !draw(c, i))
                continue;
            c->inject.kind = kind;
            c->inject.task = id;
            break;
        }
    }
}

static uint32_t task_named(struct conductor *c, const char *name)
{
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (strcmp(c->tasks[id].name, name) == 0)
            return id;
    return 0;
}

void inject_wanted(struct conductor *c, uint32_t wanted)
{
    struct inject *inject = &c->inject;
    bool chosen = (wanted & CONDUCTOR_INJECT) != 0;
    const struct schedule_injection *next = schedule_injection(&c->schedule, inject->choices + 1);
    inject->off = wanted != 0;
    if (!wanted)
        return;
    if (next || chosen)
        conductor_drop_schedule(c);
    inject->kind = chosen ? (enum injection)(wanted >> 24 & 31) : INJECTION_none;
    inject->task = chosen ? wanted & 0xFFFFFF : 0;
    inject->looked = 0;
}

bool inject_due(struct conductor *c, bool hopeless)
{
    struct inject *inject = &c->inject;
    if (inject->off)
        return inject->kind != INJECTION_none;
    if (inject->looked == inject->choices + 1)
        return inject->kind != INJECTION_none;
    inject->kind = INJECTION_none;
    const struct schedule_injection *next = schedule_injection(&c->schedule, inject->choices + 1);
    if (next && wakes(next->kind)) {
        inject->kind = next->kind;
        inject->task = task_named(c, next->task);
        return true;
    }
    if (hopeless || !schedule_is_over(&c->schedule))
        return false;
    inject->looked = inject->choices + 1;
    look_for_waiter(c);
    return inject->kind != INJECTION_none;
}

enum status inject_take(struct conductor *c, uint32_t *task, struct message *message)
{
    struct inject *inject = &c->inject;
    const char *name = inject->task && inject->task <= c->task_count ? c->tasks[inject->task].name : "?";
    if (!wakes(inject->kind) || !inject_possible(c, inject->task, inject->kind))
        return message_set(message, STATUS_INVALID, "%s: %s cannot be injected there now", name,
                           injection_name(inject->kind));
    *task = inject->task;
    c->injecting = (uint8_t)inject->kind;
    return STATUS_OK;
}

enum injection inject_step(struct conductor *c, uint32_t id)
{
    const struct schedule_injection *next = schedule_injection(&c->schedule, c->inject.choices + 1);
    if (next)
        return next->kind == INJECTION_short_io && task_named(c, next->task) == id ? INJECTION_short_io
                                                                                   : INJECTION_none;
    const struct inject_memory *memory = remember(c, id);
    bool fresh = c->tasks[id].blocked_space == KEY_NONE;
    if (!memory || !fresh || !own_program(c, id) || !schedule_is_over(&c->schedule) ||
        memory->row[INJECTION_short_io] >= IN_A_ROW || !concerns(INJECTION_short_io, c->tasks[id].operation))
        return INJECTION_none;
    for (size_t i = 0; i < c->options.injection_count; i++)
        if (c->options.injections[i].kind == INJECTION_short_io && draw(c, i))
            return INJECTION_short_io;
    return INJECTION_none;
}

/* ---- packets ---- */

bool inject_late(const struct conductor *c, uint32_t number)
{
    for (size_t i = 0; i < sizeof c->inject.late / sizeof *c->inject.late; i++)
        if (c->inject.late[i].number == number)
            return c->inject.choices < c->inject.late[i].until;
    return false;
}

/* It carries what one that was lost carried: it goes through. */
static bool sent_again(const struct world *world, const struct world_packet *packet)
{
    for (uint32_t number = packet->number - 1; number > 0; number--) {
        const struct world_packet *earlier = world_packet(world, number);
        if (!earlier)
            return false;
        if (earlier->fate == FATE_dropped && earlier->protocol == packet->protocol && earlier->flags == packet->flags &&
            earlier->sequence == packet->sequence && earlier->length == packet->length &&
            earlier->from.host == packet->from.host && earlier->from.port == packet->from.port &&
            earlier->to.host == packet->to.host && earlier->to.port == packet->to.port)
            return true;
    }
    return false;
}

enum packet_act inject_packet(struct conductor *c, const uint32_t *numbers, size_t held, size_t *which)
{
    struct inject *inject = &c->inject;
    const struct world *world = conductor_world(c);
    if (!schedule_is_over(&c->schedule))
        return 0;
    for (*which = 0; *which < held; ++*which) {
        const struct world_packet *packet = world_packet(world, numbers[*which]);
        bool seen = numbers[*which] <= inject->packet;
        inject->packet = seen ? inject->packet : numbers[*which];
        for (size_t i = 0; packet && !packet->copy_of && i < c->options.injection_count; i++) {
            const struct conductor_injection_rule *rule = &c->options.injections[i];
            bool may = rule->kind == INJECTION_duplicate || rule->kind == INJECTION_delay ||
                       (rule->kind == INJECTION_drop && !sent_again(world, packet));
            if (!may || (seen && !rule->step) || !draw(c, i))
                continue;
            inject->used[i] = true;
            if (rule->kind != INJECTION_delay)
                return rule->kind == INJECTION_drop ? PACKET_dropped : PACKET_duplicated;
            size_t slot = packet->number % (sizeof inject->late / sizeof *inject->late);
            inject->late[slot].number = packet->number;
            inject->late[slot].until = inject->choices + LATE_CHOICES;
        }
    }
    return 0;
}

/* ---- afterwards ---- */

void inject_granted(struct conductor *c, uint32_t id, unsigned operation, enum injection kind)
{
    struct inject *inject = &c->inject;
    struct inject_memory *memory = remember(c, id);
    const struct world_task *task = world_task(conductor_world(c), id);
    bool over = !task || task->state != STATE_blocked;
    if (kind != INJECTION_none) {
        const struct schedule_injection *next = schedule_injection(&c->schedule, inject->choices);
        if (next)
            schedule_injected(&c->schedule);
        for (size_t i = 0; i < c->options.injection_count; i++)
            if (c->options.injections[i].kind == kind &&
                world_step_number(conductor_world(c)) >= c->options.injections[i].step)
                inject->used[i] = true;
        if (memory) {
            memory->row[kind]++;
            memory->pending = !over;
        }
    } else if (memory && over && memory->pending) {
        memory->pending = false; /* the rest of what was injected */
    } else if (memory && over) {
        for (enum injection other = INJECTION_none + 1; other < INJECTION_COUNT; other++)
            if (concerns(other, operation))
                memory->row[other] = 0;
    }
}
