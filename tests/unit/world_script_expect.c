/* The `expect` statements of an event script: what must be so of the world as it is now. */
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

static const char *const actions[] = {"none", "perform", "expired", "woken", "block", "result", "interrupt", "probe"};

static void list_names(const struct script *s, const uint32_t *tasks, size_t count, char *out, size_t n)
{
    size_t length = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && length < n; i++)
        length +=
            (size_t)snprintf(out + length, n - length, "%s%s", i ? " " : "", world_task(s->world, tasks[i])->name);
}

static void expect_tasks(struct script *s, const uint32_t *tasks, size_t count)
{
    char expected[512], found[512];
    uint32_t wanted[64];
    size_t n = 0;
    if (!script_eat(s, "none"))
        while (script_more(s))
            wanted[n++] = script_task(s);
    list_names(s, wanted, n, expected, sizeof expected);
    list_names(s, tasks, count, found, sizeof found);
    if (strcmp(expected, found) != 0)
        script_wrong(s, "expected [%s], found [%s]", expected, found);
}

static void expect_number(struct script *s, int64_t found)
{
    int64_t expected = script_number(s);
    if (expected != found)
        script_wrong(s, "expected %lld, found %lld", (long long)expected, (long long)found);
}

static void expect_text(struct script *s, const char *found)
{
    const char *expected = script_word(s);
    if (strcmp(expected, found) != 0)
        script_wrong(s, "expected \"%s\",\n  found \"%s\"", expected, found);
}

static void expect_fault(struct script *s)
{
    const char *kind = script_word(s);
    char wanted[512] = "", found[2048] = "";
    while (script_more(s)) {
        const char *name = script_word(s);
        strcat(strcat(wanted, " "), name);
    }
    for (size_t i = 0; i < world_fault_count(s->world); i++) {
        const struct world_fault *fault = world_fault(s->world, i);
        char one[512] = "";
        for (unsigned t = 0; t < fault->task_count; t++) {
            const char *name = world_task(s->world, fault->tasks[t])->name;
            strcat(strcat(one, " "), strncmp(name, "P1.", 3) ? name : name + 3);
        }
        for (unsigned o = 0; o < fault->object_count; o++)
            strcat(strcat(one, " "), world_object(s->world, fault->objects[o])->name);
        if (strcmp(kind, fault_name(fault->kind)) == 0 && strcmp(wanted, one) == 0)
            return;
        strcat(strcat(strcat(found, "; "), fault_name(fault->kind)), one);
    }
    script_wrong(s, "expected %s%s, found%s", kind, wanted, found[0] ? found + 1 : " none");
}

static void expect_task(struct script *s, uint32_t id)
{
    const struct world_task *t = world_task(s->world, id);
    unsigned state = script_one_of(s, script_states, STATE_COUNT);
    if (t->state != state)
        script_wrong(s, "%s is %s", t->name, script_states[t->state]);
    if (script_eat(s, "on")) {
        uint32_t on = script_object(s);
        if (t->waits_for != on)
            script_wrong(s, "%s waits for object %u", t->name, t->waits_for);
    } else if (script_eat(s, "of")) {
        uint32_t of = script_task(s);
        if (t->waits_for_task != of)
            script_wrong(s, "%s waits for task %u", t->name, t->waits_for_task);
    }
}

static void expect_process(struct script *s, uint32_t id)
{
    const struct world_process *p = world_process(s->world, id);
    if (!p)
        script_wrong(s, "there is no such process");
    if (script_eat(s, "of")) {
        uint32_t parent = script_eat(s, "init") ? 0 : script_process(s);
        if (p->parent != parent)
            script_wrong(s, "its parent is %u", p->parent);
        return;
    }
    unsigned state = script_one_of(s, script_states, STATE_COUNT);
    if (p->state != state)
        script_wrong(s, "%s is %s", p->name, script_states[p->state]);
}

void script_expect(struct script *s)
{
    char out[512];
    uint32_t tasks[64], id;
    s->expectations++;
    if (script_eat(s, "enabled")) {
        expect_tasks(s, tasks, world_enabled(s->world, tasks, 64));
    } else if (script_eat(s, "waiters")) {
        id = script_object(s);
        expect_tasks(s, tasks, world_waiters(s->world, id, tasks, 64));
    } else if (script_eat(s, "readers")) {
        id = script_object(s);
        expect_tasks(s, tasks, world_readers(s->world, id, tasks, 64));
    } else if (script_eat(s, "owner")) {
        id = script_object(s);
        tasks[0] = world_object(s->world, id)->owner;
        expect_tasks(s, tasks, tasks[0] != 0);
    } else if (script_eat(s, "count")) {
        id = script_object(s);
        expect_number(s, world_object(s->world, id)->count);
    } else if (script_eat(s, "value")) {
        id = script_object(s);
        expect_number(s, world_object(s->world, id)->value);
    } else if (script_eat(s, "running")) {
        tasks[0] = world_running(s->world, (uint32_t)script_number(s));
        expect_tasks(s, tasks, tasks[0] != 0);
    } else if (script_eat(s, "rule")) {
        id = script_task(s);
        struct world_ruling rule = world_rule(s->world, id);
        unsigned action = script_one_of(s, actions, 8);
        if (rule.action != action)
            script_wrong(s, "the rule is %s", actions[rule.action]);
        if (action == GRANT_RESULT)
            expect_number(s, rule.result);
    } else if (script_eat(s, "fault")) {
        expect_fault(s);
    } else if (script_eat(s, "faults")) {
        expect_number(s, (int64_t)world_fault_count(s->world));
    } else if (script_eat(s, "steps")) {
        expect_number(s, world_step_number(s->world));
    } else if (script_eat(s, "deadline")) {
        int64_t found = world_next_deadline(s->world);
        if (script_eat(s, "none")) {
            if (found != INT64_MAX)
                script_wrong(s, "there is a deadline");
        } else {
            expect_number(s, found / 1000000);
        }
    } else if (script_eat(s, "stuck")) {
        expect_text(s, world_stuck(s->world) ? "yes" : "no");
    } else if (script_eat(s, "diverged")) {
        s->divergence_told = true;
        expect_number(s, world_divergence_count(s->world));
    } else if (script_eat(s, "label")) {
        id = script_object(s);
        expect_text(s, world_object_label(s->world, id, out, sizeof out));
    } else if (script_eat(s, "say") || script_eat(s, "zh")) {
        world_say(s->world, &s->last, strcmp(s->word[s->next - 1], "zh") == 0, out, sizeof out);
        expect_text(s, out);
    } else if (script_eat(s, "fault-say") || script_eat(s, "fault-zh")) {
        bool chinese = strcmp(s->word[s->next - 1], "fault-zh") == 0;
        const struct world_fault *fault = world_fault(s->world, (size_t)script_number(s) - 1);
        if (!fault)
            script_wrong(s, "there is no such fault");
        world_fault_say(s->world, fault, chinese, out, sizeof out);
        expect_text(s, out);
    } else if (script_task_named(s, s->word[s->next])) {
        expect_task(s, script_task(s));
    } else {
        expect_process(s, script_process(s));
    }
}
