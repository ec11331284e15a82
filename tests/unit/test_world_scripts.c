/* Runs every tests/world/<name>.test: event scripts in plain text. tests/world/README says the language. Each `test` of
 * a file begins with a new world; after every event the world is copied and the copy goes on, so that copying is tested
 * by everything else. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/gate.h"
#include "protocol/record.h"
#include "world/world.h"

enum { WORDS_MAX = 32 };

struct script {
    const char *file;
    unsigned line;
    struct world *world;
    char name[128]; /* of the test */
    bool divergence_told;
    unsigned tests, expectations;
    uint32_t texts, places;
    char place_names[64][48];
    struct event last;
    int64_t now; /* ms */
    char *word[WORDS_MAX];
    unsigned words, next;
};

static void wrong(const struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void wrong(const struct script *s, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail_msg("%s:%u (%s): %s", s->file, s->line, s->name, text);
    abort();
}

/* ---- words ---- */

static void split(struct script *s, char *line)
{
    s->words = s->next = 0;
    while (*line) {
        while (isspace((unsigned char)*line))
            line++;
        if (!*line || *line == '#')
            break;
        if (s->words == WORDS_MAX)
            wrong(s, "too many words");
        bool quoted = *line == '"';
        s->word[s->words++] = quoted ? ++line : line;
        while (*line && (quoted ? *line != '"' : !isspace((unsigned char)*line)))
            line++;
        if (*line)
            *line++ = 0;
    }
}

static const char *word(struct script *s)
{
    if (s->next == s->words)
        wrong(s, "a word is missing");
    return s->word[s->next++];
}

static bool eat(struct script *s, const char *expected)
{
    if (s->next == s->words || strcmp(s->word[s->next], expected) != 0)
        return false;
    s->next++;
    return true;
}

static bool more(const struct script *s)
{
    return s->next < s->words;
}

static bool number_next(const struct script *s)
{
    if (s->next == s->words)
        return false;
    const char *text = s->word[s->next];
    return isdigit((unsigned char)text[text[0] == '-']) || text[0] == 'E';
}

static int64_t number(struct script *s)
{
    static const struct {
        const char *name;
        int number;
    } names[] = {{"EBUSY", EBUSY}, {"EPERM", EPERM},   {"EDEADLK", EDEADLK},       {"ETIMEDOUT", ETIMEDOUT},
                 {"EINTR", EINTR}, {"EAGAIN", EAGAIN}, {"EOWNERDEAD", EOWNERDEAD}, {"ECHILD", ECHILD},
                 {"EPIPE", EPIPE}, {"EINVAL", EINVAL}};
    const char *text = word(s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].number;
    char *end;
    int64_t value = strtoll(text, &end, 0);
    if (*end || end == text)
        wrong(s, "'%s' is no number", text);
    return value;
}

static uint32_t task_named(const struct script *s, const char *name)
{
    char full[32];
    snprintf(full, sizeof full, "%s%s", strchr(name, '.') ? "" : "P1.", name);
    for (uint32_t i = 1; i <= world_task_count(s->world); i++)
        if (strcmp(world_task(s->world, i)->name, full) == 0)
            return i;
    return 0;
}

static uint32_t task(struct script *s)
{
    const char *name = word(s);
    uint32_t id = task_named(s, name);
    if (!id)
        wrong(s, "there is no task '%s'", name);
    return id;
}

static uint32_t process(struct script *s)
{
    const char *name = word(s);
    if (name[0] != 'P' || !atoi(name + 1))
        wrong(s, "'%s' is no process", name);
    return (uint32_t)atoi(name + 1);
}

/* A, or P2:A for the one of another process. */
static uint32_t object_named(const struct script *s, const char *name)
{
    const char *colon = strchr(name, ':');
    uint32_t in = colon && name[0] == 'P' ? (uint32_t)atoi(name + 1) : 0;
    const char *plain = in ? colon + 1 : name;
    for (uint32_t i = 1; i <= world_object_count(s->world); i++) {
        const struct world_object *object = world_object(s->world, i);
        if (strcmp(object->name, plain) == 0 && (!in || object->process == in))
            return i;
    }
    return 0;
}

static uint32_t object(struct script *s)
{
    const char *name = word(s);
    uint32_t id = object_named(s, name);
    if (!id)
        wrong(s, "there is no object '%s'", name);
    return id;
}

static unsigned one_of(struct script *s, const char *const *names, unsigned count)
{
    const char *name = word(s);
    for (unsigned i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    wrong(s, "'%s' is not known here", name);
}

static const char *const states[] = {"new", "ready", "running", "blocked", "stopped", "zombie", "terminated"};
static const char *const verdicts[] = {"none", "finished", "failed", "deadlock", "bound"};
static const char *const actions[] = {"none", "perform", "expired", "woken", "block", "result", "interrupt", "probe"};

/* ---- events ---- */

static void tell(struct script *s, struct event event)
{
    event.time = event.time ? event.time : s->now * 1000000;
    enum status status = world_step(s->world, &event);
    if (status != STATUS_OK && status != STATUS_INVALID)
        wrong(s, "world_step: %s", status_text(status));
    struct world *copy = world_copy(s->world);
    if (!copy || world_hash(copy) != world_hash(s->world))
        wrong(s, "the copy of the world differs");
    world_free(s->world);
    s->world = copy;
    event.payload = NULL;
    s->last = event;
    for (uint32_t i = 1; i <= world_task_count(s->world); i++) {
        const struct world_task *t = world_task(s->world, i);
        if ((t->state == STATE_running) != (t->cpu >= 0) ||
            (t->cpu >= 0 && world_running(s->world, (uint32_t)t->cpu) != i))
            wrong(s, "%s is %s, but on CPU %d", t->name, states[t->state], t->cpu);
    }
}

static uint32_t text(struct script *s, const char *bytes)
{
    tell(s,
         (struct event){.kind = EVENT_STRING, .text = ++s->texts, .payload = bytes, .length = (uint32_t)strlen(bytes)});
    return s->texts;
}

static uint32_t place(struct script *s)
{
    const char *name = word(s);
    for (uint32_t i = 1; i <= s->places; i++)
        if (strcmp(s->place_names[i], name) == 0)
            return i;
    char file[48];
    snprintf(file, sizeof file, "%s", name);
    char *colon = strchr(file, ':');
    if (!colon || s->places + 1 == 64)
        wrong(s, "'%s' is no place", name);
    *colon = 0;
    uint32_t id = ++s->places;
    snprintf(s->place_names[id], sizeof s->place_names[id], "%s", name);
    uint32_t file_text = text(s, file);
    tell(s, (struct event){.kind = EVENT_PLACE, .place = id, .text = file_text, .value = atoi(colon + 1)});
    return id;
}

/* What may follow an operation: see the README. */
static void details(struct script *s, struct event *event)
{
    while (more(s)) {
        if (eat(s, "with"))
            event->second = object(s);
        else if (eat(s, "of"))
            event->other = task(s);
        else if (eat(s, "child"))
            event->value = process(s);
        else if (eat(s, "arguments"))
            for (unsigned i = 0; i < 4 && number_next(s); i++)
                event->argument[i] = number(s);
        else if (eat(s, "until")) {
            event->argument[3] = number(s) * 1000000;
            event->flags |= RECORD_DEADLINE;
        } else if (eat(s, "at"))
            event->place = place(s);
        else if (eat(s, "again"))
            event->flags |= RECORD_RETRY;
        else if (eat(s, "cancelled"))
            event->flags |= RECORD_CANCELLED;
        else if (eat(s, "error"))
            event->error = (int32_t)number(s), event->outcome = OUTCOME_failed;
        else if (eat(s, "failed"))
            event->outcome = OUTCOME_failed;
        else if (eat(s, "timed-out"))
            event->outcome = OUTCOME_timed_out;
        else if (eat(s, "interrupted"))
            event->outcome = OUTCOME_interrupted;
        else
            break;
    }
}

static void ask(struct script *s, uint32_t id)
{
    struct event event = {.kind = EVENT_ASKED, .task = id};
    const char *name = word(s);
    event.operation = (uint16_t)operation_by_name(name);
    if (!event.operation)
        wrong(s, "there is no operation '%s'", name);
    if (more(s) && object_named(s, s->word[s->next]))
        event.object = object(s);
    details(s, &event);
    tell(s, event);
}

static void grant(struct script *s, uint32_t id)
{
    struct event event = {.kind = EVENT_GRANTED, .task = id, .value = world_rule(s->world, id).action};
    while (more(s)) {
        if (eat(s, "cpu"))
            event.argument[0] = number(s);
        else if (eat(s, "now"))
            s->now = number(s);
        else
            break;
    }
    event.time = s->now * 1000000;
    tell(s, event);
}

static struct event outcome(const struct script *s, uint32_t id, enum event_kind kind)
{
    const struct world_task *t = world_task(s->world, id);
    return (struct event){.kind = (uint8_t)kind, .task = id, .operation = t->operation, .object = t->object};
}

static void got(struct script *s, uint32_t id)
{
    struct event event = outcome(s, id, EVENT_GOT);
    if (eat(s, "from")) { /* the end of an outer step */
        event.operation = (uint16_t)operation_by_name(word(s));
        event.object = more(s) && object_named(s, s->word[s->next]) ? object(s) : 0;
    }
    bool named = number_next(s) && s->word[s->next][0] == 'E';
    if (number_next(s))
        event.value = number(s);
    if (named) {
        event.error = (int32_t)event.value;
        event.outcome = OUTCOME_failed;
    }
    details(s, &event);
    tell(s, event);
}

static void blocked(struct script *s, uint32_t id)
{
    struct event event = outcome(s, id, EVENT_BLOCKED);
    event.outcome = OUTCOME_blocked;
    event.second = world_task(s->world, id)->second;
    if (eat(s, "on"))
        event.object = object(s);
    details(s, &event);
    tell(s, event);
}

static void act_task(struct script *s, uint32_t id)
{
    if (eat(s, "asks"))
        ask(s, id);
    else if (eat(s, "got"))
        got(s, id);
    else if (eat(s, "blocked"))
        blocked(s, id);
    else if (eat(s, "does")) { /* asks, is granted; "->" what it got */
        ask(s, id);
        grant(s, id);
        if (eat(s, "->"))
            got(s, id);
    } else if (eat(s, "tries")) { /* asks, is granted, is blocked */
        ask(s, id);
        grant(s, id);
        blocked(s, id);
    } else if (eat(s, "retries")) {
        grant(s, id);
        if (eat(s, "->"))
            got(s, id);
        else
            blocked(s, id);
    } else if (eat(s, "ended"))
        tell(s, (struct event){.kind = EVENT_TASK_ENDED, .task = id});
    else if (eat(s, "ready"))
        tell(s, (struct event){.kind = EVENT_READY, .task = id});
    else if (eat(s, "preempted"))
        tell(s, (struct event){.kind = EVENT_PREEMPTED, .task = id});
    else if (eat(s, "outside"))
        tell(s, (struct event){.kind = EVENT_OUTSIDE, .task = id, .value = 1});
    else if (eat(s, "prints")) {
        const char *bytes = word(s);
        tell(s, (struct event){
                    .kind = EVENT_OUTPUT, .task = id, .value = 2, .payload = bytes, .length = (uint32_t)strlen(bytes)});
    } else
        wrong(s, "a task does not '%s'", word(s));
}

static void act_process(struct script *s, uint32_t id)
{
    struct event event = {.other = id};
    if (eat(s, "ended")) {
        event.kind = EVENT_PROCESS_ENDED;
        event.value = eat(s, "signal") ? number(s) : number(s) << 8;
        event.argument[0] = eat(s, "reaped");
    } else if (eat(s, "reaped")) {
        event.kind = EVENT_REAPED;
        event.task = eat(s, "by") ? task(s) : 0;
    } else if (eat(s, "adopted")) {
        event.kind = EVENT_ADOPTED;
        event.value = eat(s, "by") ? process(s) : 0;
    } else if (eat(s, "stopped")) {
        event.kind = EVENT_STOPPED;
        event.value = 1;
    } else if (eat(s, "continued"))
        event.kind = EVENT_STOPPED;
    else
        wrong(s, "a process does not '%s'", word(s));
    tell(s, event);
}

static void declare_object(struct script *s)
{
    unsigned kind = 1;
    const char *kind_name = word(s);
    while (kind < OBJECT_COUNT && strcmp(object_word(kind, 0), kind_name) != 0)
        kind++;
    if (kind == OBJECT_COUNT)
        wrong(s, "there is no kind of object '%s'", kind_name);
    const char *name = word(s);
    struct event event = {.kind = EVENT_OBJECT, .value = kind, .other = 1};
    if (eat(s, "shared"))
        event.other = 0;
    else if (eat(s, "in"))
        event.other = process(s);
    if (eat(s, "size"))
        event.argument[0] = number(s);
    if (eat(s, "copies"))
        event.second = object(s);
    event.text = text(s, name);
    event.object = world_object_count(s->world) + 1;
    tell(s, event);
}

static void declare_task(struct script *s)
{
    const char *name = word(s);
    const char *dot = strchr(name, '.');
    const char *own = dot ? dot + 1 : name;
    struct event event = {.kind = EVENT_TASK,
                          .task = world_task_count(s->world) + 1,
                          .other = dot ? (uint32_t)atoi(name + 1) : 1,
                          .value = own[0] == 'T' ? atoi(own + 1) : 0};
    if (eat(s, "by"))
        event.argument[0] = task(s);
    tell(s, event);
    /* Its start step, unless the test wants to see it. */
    if (eat(s, "unstarted"))
        return;
    tell(s, (struct event){.kind = EVENT_ASKED, .task = event.task, .operation = OPERATION_thread_start});
    tell(s, (struct event){.kind = EVENT_GRANTED, .task = event.task, .value = GRANT_PERFORM});
    tell(s, (struct event){.kind = EVENT_GOT, .task = event.task, .operation = OPERATION_thread_start});
}

/* ---- expectations ---- */

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
    if (!eat(s, "none"))
        while (more(s))
            wanted[n++] = task(s);
    list_names(s, wanted, n, expected, sizeof expected);
    list_names(s, tasks, count, found, sizeof found);
    if (strcmp(expected, found) != 0)
        wrong(s, "expected [%s], found [%s]", expected, found);
}

static void expect_number(struct script *s, int64_t found)
{
    int64_t expected = number(s);
    if (expected != found)
        wrong(s, "expected %lld, found %lld", (long long)expected, (long long)found);
}

static void expect_text(struct script *s, const char *found)
{
    const char *expected = word(s);
    if (strcmp(expected, found) != 0)
        wrong(s, "expected \"%s\",\n  found \"%s\"", expected, found);
}

static void expect_fault(struct script *s)
{
    const char *kind = word(s);
    char wanted[512] = "", found[2048] = "";
    while (more(s)) {
        const char *name = word(s);
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
    wrong(s, "expected %s%s, found%s", kind, wanted, found[0] ? found + 1 : " none");
}

static void expect_task(struct script *s, uint32_t id)
{
    const struct world_task *t = world_task(s->world, id);
    unsigned state = one_of(s, states, STATE_COUNT);
    if (t->state != state)
        wrong(s, "%s is %s", t->name, states[t->state]);
    if (eat(s, "on")) {
        uint32_t on = object(s);
        if (t->waits_for != on)
            wrong(s, "%s waits for object %u", t->name, t->waits_for);
    } else if (eat(s, "of")) {
        uint32_t of = task(s);
        if (t->waits_for_task != of)
            wrong(s, "%s waits for task %u", t->name, t->waits_for_task);
    }
}

static void expect_process(struct script *s, uint32_t id)
{
    const struct world_process *p = world_process(s->world, id);
    if (!p)
        wrong(s, "there is no such process");
    if (eat(s, "of")) {
        uint32_t parent = eat(s, "init") ? 0 : process(s);
        if (p->parent != parent)
            wrong(s, "its parent is %u", p->parent);
        return;
    }
    unsigned state = one_of(s, states, STATE_COUNT);
    if (p->state != state)
        wrong(s, "%s is %s", p->name, states[p->state]);
}

static void expect(struct script *s)
{
    char out[512];
    uint32_t tasks[64], id;
    s->expectations++;
    if (eat(s, "enabled")) {
        expect_tasks(s, tasks, world_enabled(s->world, tasks, 64));
    } else if (eat(s, "waiters")) {
        id = object(s);
        expect_tasks(s, tasks, world_waiters(s->world, id, tasks, 64));
    } else if (eat(s, "readers")) {
        id = object(s);
        expect_tasks(s, tasks, world_readers(s->world, id, tasks, 64));
    } else if (eat(s, "owner")) {
        id = object(s);
        tasks[0] = world_object(s->world, id)->owner;
        expect_tasks(s, tasks, tasks[0] != 0);
    } else if (eat(s, "count")) {
        id = object(s);
        expect_number(s, world_object(s->world, id)->count);
    } else if (eat(s, "value")) {
        id = object(s);
        expect_number(s, world_object(s->world, id)->value);
    } else if (eat(s, "running")) {
        tasks[0] = world_running(s->world, (uint32_t)number(s));
        expect_tasks(s, tasks, tasks[0] != 0);
    } else if (eat(s, "rule")) {
        id = task(s);
        struct world_ruling rule = world_rule(s->world, id);
        unsigned action = one_of(s, actions, 8);
        if (rule.action != action)
            wrong(s, "the rule is %s", actions[rule.action]);
        if (action == GRANT_RESULT)
            expect_number(s, rule.result);
    } else if (eat(s, "fault")) {
        expect_fault(s);
    } else if (eat(s, "faults")) {
        expect_number(s, (int64_t)world_fault_count(s->world));
    } else if (eat(s, "steps")) {
        expect_number(s, world_step_number(s->world));
    } else if (eat(s, "deadline")) {
        int64_t found = world_next_deadline(s->world);
        if (eat(s, "none")) {
            if (found != INT64_MAX)
                wrong(s, "there is a deadline");
        } else {
            expect_number(s, found / 1000000);
        }
    } else if (eat(s, "stuck")) {
        expect_text(s, world_stuck(s->world) ? "yes" : "no");
    } else if (eat(s, "diverged")) {
        s->divergence_told = true;
        expect_number(s, world_divergence_count(s->world));
    } else if (eat(s, "label")) {
        id = object(s);
        expect_text(s, world_object_label(s->world, id, out, sizeof out));
    } else if (eat(s, "say") || eat(s, "zh")) {
        world_say(s->world, &s->last, strcmp(s->word[s->next - 1], "zh") == 0, out, sizeof out);
        expect_text(s, out);
    } else if (eat(s, "fault-say") || eat(s, "fault-zh")) {
        bool chinese = strcmp(s->word[s->next - 1], "fault-zh") == 0;
        const struct world_fault *fault = world_fault(s->world, (size_t)number(s) - 1);
        if (!fault)
            wrong(s, "there is no such fault");
        world_fault_say(s->world, fault, chinese, out, sizeof out);
        expect_text(s, out);
    } else if (task_named(s, s->word[s->next])) {
        expect_task(s, task(s));
    } else {
        expect_process(s, process(s));
    }
}

/* ---- a file ---- */

static void finish_test(struct script *s)
{
    if (s->world && !s->divergence_told && world_divergence_count(s->world))
        wrong(s, "diverged: %s", world_divergence(s->world));
    world_free(s->world);
    s->world = NULL;
}

static void begin_test(struct script *s)
{
    finish_test(s);
    snprintf(s->name, sizeof s->name, "%s", word(s));
    s->world = world_new();
    assert_non_null(s->world);
    s->divergence_told = false;
    s->texts = s->places = 0;
    s->now = 0;
    s->tests++;
    /* Every test has P1 and its main task. */
    tell(s, (struct event){.kind = EVENT_PROCESS, .other = 1, .argument = {2}});
    tell(s, (struct event){.kind = EVENT_TASK, .task = 1, .other = 1});
    tell(s, (struct event){.kind = EVENT_ASKED, .task = 1, .operation = OPERATION_process_start});
    tell(s, (struct event){.kind = EVENT_GRANTED, .task = 1, .value = GRANT_PERFORM});
    tell(s, (struct event){.kind = EVENT_GOT, .task = 1, .operation = OPERATION_process_start});
}

static void line(struct script *s)
{
    if (eat(s, "test"))
        begin_test(s);
    else if (!s->world)
        wrong(s, "a file begins with `test`");
    else if (eat(s, "process")) {
        struct event event = {.kind = EVENT_PROCESS, .other = process(s)};
        event.argument[0] = event.other + 1;
        if (eat(s, "of"))
            event.value = process(s);
        tell(s, event);
    } else if (eat(s, "task"))
        declare_task(s);
    else if (eat(s, "object"))
        declare_object(s);
    else if (eat(s, "grant"))
        grant(s, task(s));
    else if (eat(s, "time")) {
        s->now = number(s);
        tell(s, (struct event){.kind = EVENT_TIME, .time = s->now * 1000000});
    } else if (eat(s, "end"))
        tell(s, (struct event){.kind = EVENT_END, .value = one_of(s, verdicts, VERDICT_COUNT)});
    else if (eat(s, "expect"))
        expect(s);
    else if (task_named(s, s->word[0]))
        act_task(s, task(s));
    else
        act_process(s, process(s));
    if (more(s))
        wrong(s, "'%s' is one word too many", s->word[s->next]);
}

static void run_file(void **state)
{
    const char *path = *state;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const char *base = strrchr(path, '/');
    struct script *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->file = base ? base + 1 : path;
    char buffer[1024];
    long back = 0; /* where the lines after `repeat N` begin */
    unsigned back_line = 0, rounds = 0;
    while (fgets(buffer, sizeof buffer, file)) {
        s->line++;
        split(s, buffer);
        if (s->words == 2 && strcmp(s->word[0], "repeat") == 0) {
            rounds = (unsigned)strtoul(s->word[1], NULL, 10);
            back = ftell(file);
            back_line = s->line;
        } else if (s->words == 1 && strcmp(s->word[0], "repeated") == 0) {
            if (rounds-- > 1) {
                fseek(file, back, SEEK_SET);
                s->line = back_line;
            }
        } else if (s->words) {
            line(s);
        }
    }
    finish_test(s);
    fclose(file);
    assert_true(s->tests > 0 && s->expectations >= s->tests);
    free(s);
}

int main(void)
{
    const char *source = getenv("LOCKSTEP_SOURCE");
    char folder[512];
    snprintf(folder, sizeof folder, "%s/tests/world", source ? source : ".");
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s cannot be read; LOCKSTEP_SOURCE must name the source folder\n", folder);
        return 1;
    }
    static struct CMUnitTest tests[64];
    size_t found = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, ".test") == 0 && found < 64) {
            char *path = NULL;
            if (asprintf(&path, "%s/%s", folder, name) < 0)
                return 1;
            tests[found++] = (struct CMUnitTest){.name = strdup(name), .test_func = run_file, .initial_state = path};
        }
        free(entries[i]);
    }
    free(entries);
    if (!found) {
        fprintf(stderr, "%s has no .test file\n", folder);
        return 1;
    }
    int failed = _cmocka_run_group_tests("world scripts", tests, found, NULL, NULL);
    for (size_t i = 0; i < found; i++) {
        free((char *)(uintptr_t)tests[i].name);
        free(tests[i].initial_state);
    }
    return failed;
}
