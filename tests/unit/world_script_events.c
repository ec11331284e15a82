/* The statements of an event script that make events: each is told to the world, and after every event the world is copied
 * and the copy goes on, so that copying is tested by everything else. */
#include "world_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/gate.h"
#include "protocol/record.h"

void script_tell(struct script *s, struct event event)
{
    event.time = event.time ? event.time : s->now * 1000000;
    enum status status = world_step(s->world, &event);
    if (status != STATUS_OK && status != STATUS_INVALID)
        script_wrong(s, "world_step: %s", status_text(status));
    struct world *copy = world_copy(s->world);
    if (!copy || world_hash(copy) != world_hash(s->world))
        script_wrong(s, "the copy of the world differs");
    world_free(s->world);
    s->world = copy;
    event.payload = NULL;
    s->last = event;
    for (uint32_t i = 1; i <= world_task_count(s->world); i++) {
        const struct world_task *t = world_task(s->world, i);
        if ((t->state == STATE_running) != (t->cpu >= 0) ||
            (t->cpu >= 0 && world_running(s->world, (uint32_t)t->cpu) != i))
            script_wrong(s, "%s is %s, but on CPU %d", t->name, script_states[t->state], t->cpu);
    }
}

static uint32_t text(struct script *s, const char *bytes)
{
    script_tell(s, (struct event){
                       .kind = EVENT_STRING, .text = ++s->texts, .payload = bytes, .length = (uint32_t)strlen(bytes)});
    return s->texts;
}

static uint32_t place(struct script *s)
{
    const char *name = script_word(s);
    for (uint32_t i = 1; i <= s->places; i++)
        if (strcmp(s->place_names[i], name) == 0)
            return i;
    char file[48];
    snprintf(file, sizeof file, "%s", name);
    char *colon = strchr(file, ':');
    if (!colon || s->places + 1 == SCRIPT_PLACES)
        script_wrong(s, "'%s' is no place", name);
    *colon = 0;
    uint32_t id = ++s->places;
    snprintf(s->place_names[id], sizeof s->place_names[id], "%s", name);
    uint32_t file_text = text(s, file);
    script_tell(s, (struct event){.kind = EVENT_PLACE, .place = id, .text = file_text, .value = atoi(colon + 1)});
    return id;
}

/* What may follow an operation: see the README. */
static void details(struct script *s, struct event *event)
{
    while (script_more(s)) {
        if (script_eat(s, "with"))
            event->second = script_object(s);
        else if (script_eat(s, "of"))
            event->other = script_task(s);
        else if (script_eat(s, "child"))
            event->value = script_process(s);
        else if (script_eat(s, "arguments"))
            for (unsigned i = 0; i < 4 && script_number_next(s); i++)
                event->argument[i] = script_number(s);
        else if (script_eat(s, "until")) {
            event->argument[3] = script_number(s) * 1000000;
            event->flags |= RECORD_DEADLINE;
        } else if (script_eat(s, "at"))
            event->place = place(s);
        else if (script_eat(s, "again"))
            event->flags |= RECORD_RETRY;
        else if (script_eat(s, "cancelled"))
            event->flags |= RECORD_CANCELLED;
        else if (script_eat(s, "error"))
            event->error = (int32_t)script_number(s), event->outcome = OUTCOME_failed;
        else if (script_eat(s, "failed"))
            event->outcome = OUTCOME_failed;
        else if (script_eat(s, "timed-out"))
            event->outcome = OUTCOME_timed_out;
        else if (script_eat(s, "interrupted"))
            event->outcome = OUTCOME_interrupted;
        else
            break;
    }
}

static void ask(struct script *s, uint32_t id)
{
    struct event event = {.kind = EVENT_ASKED, .task = id};
    const char *name = script_word(s);
    event.operation = (uint16_t)operation_by_name(name);
    if (!event.operation)
        script_wrong(s, "there is no operation '%s'", name);
    if (script_more(s) && script_object_named(s, s->word[s->next]))
        event.object = script_object(s);
    details(s, &event);
    script_tell(s, event);
}

void script_grant(struct script *s, uint32_t id)
{
    struct event event = {.kind = EVENT_GRANTED, .task = id, .value = world_rule(s->world, id).action};
    while (script_more(s)) {
        if (script_eat(s, "cpu"))
            event.argument[0] = script_number(s);
        else if (script_eat(s, "now"))
            s->now = script_number(s);
        else
            break;
    }
    event.time = s->now * 1000000;
    script_tell(s, event);
}

static struct event outcome(const struct script *s, uint32_t id, enum event_kind kind)
{
    const struct world_task *t = world_task(s->world, id);
    return (struct event){.kind = (uint8_t)kind, .task = id, .operation = t->operation, .object = t->object};
}

static void got(struct script *s, uint32_t id)
{
    struct event event = outcome(s, id, EVENT_GOT);
    if (script_eat(s, "from")) { /* the end of an outer step */
        event.operation = (uint16_t)operation_by_name(script_word(s));
        event.object = script_more(s) && script_object_named(s, s->word[s->next]) ? script_object(s) : 0;
    }
    bool named = script_number_next(s) && s->word[s->next][0] == 'E';
    if (script_number_next(s))
        event.value = script_number(s);
    if (named) {
        event.error = (int32_t)event.value;
        event.outcome = OUTCOME_failed;
    }
    details(s, &event);
    script_tell(s, event);
}

static void blocked(struct script *s, uint32_t id)
{
    struct event event = outcome(s, id, EVENT_BLOCKED);
    event.outcome = OUTCOME_blocked;
    event.second = world_task(s->world, id)->second;
    if (script_eat(s, "on"))
        event.object = script_object(s);
    details(s, &event);
    script_tell(s, event);
}

void script_act_task(struct script *s, uint32_t id)
{
    if (script_eat(s, "asks"))
        ask(s, id);
    else if (script_eat(s, "got"))
        got(s, id);
    else if (script_eat(s, "blocked"))
        blocked(s, id);
    else if (script_eat(s, "does")) { /* asks, is granted; "->" what it got */
        ask(s, id);
        script_grant(s, id);
        if (script_eat(s, "->"))
            got(s, id);
    } else if (script_eat(s, "tries")) { /* asks, is granted, is blocked */
        ask(s, id);
        script_grant(s, id);
        blocked(s, id);
    } else if (script_eat(s, "retries")) {
        script_grant(s, id);
        if (script_eat(s, "->"))
            got(s, id);
        else
            blocked(s, id);
    } else if (script_eat(s, "ended"))
        script_tell(s, (struct event){.kind = EVENT_TASK_ENDED, .task = id});
    else if (script_eat(s, "ready"))
        script_tell(s, (struct event){.kind = EVENT_READY, .task = id});
    else if (script_eat(s, "preempted"))
        script_tell(s, (struct event){.kind = EVENT_PREEMPTED, .task = id});
    else if (script_eat(s, "outside"))
        script_tell(s, (struct event){.kind = EVENT_OUTSIDE, .task = id, .value = 1});
    else if (script_eat(s, "prints")) {
        const char *bytes = script_word(s);
        script_tell(
            s, (struct event){
                   .kind = EVENT_OUTPUT, .task = id, .value = 2, .payload = bytes, .length = (uint32_t)strlen(bytes)});
    } else
        script_wrong(s, "a task does not '%s'", script_word(s));
}

void script_act_process(struct script *s, uint32_t id)
{
    struct event event = {.other = id};
    if (script_eat(s, "ended")) {
        event.kind = EVENT_PROCESS_ENDED;
        event.value = script_eat(s, "signal") ? script_number(s) : script_number(s) << 8;
        event.argument[0] = script_eat(s, "reaped");
    } else if (script_eat(s, "reaped")) {
        event.kind = EVENT_REAPED;
        event.task = script_eat(s, "by") ? script_task(s) : 0;
    } else if (script_eat(s, "adopted")) {
        event.kind = EVENT_ADOPTED;
        event.value = script_eat(s, "by") ? script_process(s) : 0;
    } else if (script_eat(s, "stopped")) {
        event.kind = EVENT_STOPPED;
        event.value = 1;
    } else if (script_eat(s, "continued"))
        event.kind = EVENT_STOPPED;
    else
        script_wrong(s, "a process does not '%s'", script_word(s));
    script_tell(s, event);
}

void script_declare_object(struct script *s)
{
    unsigned kind = 1;
    const char *kind_name = script_word(s);
    while (kind < OBJECT_COUNT && strcmp(object_word(kind, 0), kind_name) != 0)
        kind++;
    if (kind == OBJECT_COUNT)
        script_wrong(s, "there is no kind of object '%s'", kind_name);
    const char *name = script_word(s);
    struct event event = {.kind = EVENT_OBJECT, .value = kind, .other = 1};
    if (script_eat(s, "shared"))
        event.other = 0;
    else if (script_eat(s, "in"))
        event.other = script_process(s);
    if (script_eat(s, "size"))
        event.argument[0] = script_number(s);
    if (script_eat(s, "copies"))
        event.second = script_object(s);
    event.text = text(s, name);
    event.object = world_object_count(s->world) + 1;
    script_tell(s, event);
}

void script_declare_task(struct script *s)
{
    const char *name = script_word(s);
    const char *dot = strchr(name, '.');
    const char *own = dot ? dot + 1 : name;
    struct event event = {.kind = EVENT_TASK,
                          .task = world_task_count(s->world) + 1,
                          .other = dot ? (uint32_t)atoi(name + 1) : 1,
                          .value = own[0] == 'T' ? atoi(own + 1) : 0};
    if (script_eat(s, "by"))
        event.argument[0] = script_task(s);
    script_tell(s, event);
    /* Its start step, unless the test wants to see it. */
    if (script_eat(s, "unstarted"))
        return;
    script_tell(s, (struct event){.kind = EVENT_ASKED, .task = event.task, .operation = OPERATION_thread_start});
    script_tell(s, (struct event){.kind = EVENT_GRANTED, .task = event.task, .value = GRANT_PERFORM});
    script_tell(s, (struct event){.kind = EVENT_GOT, .task = event.task, .operation = OPERATION_thread_start});
}

void script_finish_test(struct script *s)
{
    if (s->world && !s->divergence_told && world_divergence_count(s->world))
        script_wrong(s, "diverged: %s", world_divergence(s->world));
    world_free(s->world);
    s->world = NULL;
}

void script_begin_test(struct script *s)
{
    script_finish_test(s);
    snprintf(s->name, sizeof s->name, "%s", script_word(s));
    s->world = world_new();
    assert_non_null(s->world);
    s->divergence_told = false;
    s->texts = s->places = 0;
    s->now = 0;
    s->tests++;
    /* Every test has P1 and its main task. */
    script_tell(s, (struct event){.kind = EVENT_PROCESS, .other = 1, .argument = {2}});
    script_tell(s, (struct event){.kind = EVENT_TASK, .task = 1, .other = 1});
    script_tell(s, (struct event){.kind = EVENT_ASKED, .task = 1, .operation = OPERATION_process_start});
    script_tell(s, (struct event){.kind = EVENT_GRANTED, .task = 1, .value = GRANT_PERFORM});
    script_tell(s, (struct event){.kind = EVENT_GOT, .task = 1, .operation = OPERATION_process_start});
}
