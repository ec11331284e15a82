/* Gives events to a history and to both exporters; fails the test where one of them refuses. */
#include "export_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void told_start(struct told *told, enum export_json_states states, enum tell_language language)
{
    *told = (struct told){.history = history_new()};
    told->json_file = open_memstream(&told->json, &told->json_size);
    told->text_file = open_memstream(&told->text, &told->text_size);
    told->as_json =
        export_json_new(told->json_file, (struct export_json_options){.states = states, .language = language});
    told->as_text = export_text_new(told->text_file, language);
    made_start(&told->run, 1);
}

void told_give(struct told *told, struct event event)
{
    struct message message = {{0}};
    enum status status = history_append(told->history, &event);
    if (status)
        fail_msg("kind %u: %s", event.kind, world_divergence(history_world(told->history)));
    const struct world *world = history_world(told->history);
    assert_int_equal(export_json_event(told->as_json, world, &event, &message), STATUS_OK);
    assert_int_equal(export_text_event(told->as_text, world, &event, &message), STATUS_OK);
}

void told_flush(struct told *told)
{
    struct message message = {{0}};
    assert_int_equal(export_json_flush(told->as_json, &message), STATUS_OK);
    assert_int_equal(export_text_flush(told->as_text, &message), STATUS_OK);
}

void told_end(struct told *told)
{
    export_json_free(told->as_json);
    export_text_free(told->as_text);
    fclose(told->json_file);
    fclose(told->text_file);
    free(told->json);
    free(told->text);
    history_free(told->history);
}

char *told_line_text(const struct told *told, int n)
{
    const char *p = told->json;
    for (; n > 0 && p; n--)
        p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
    if (!p || !*p)
        return NULL;
    return strndup(p, strcspn(p, "\n"));
}

json_t *told_line(const struct told *told, int n)
{
    char *text = told_line_text(told, n);
    assert_non_null(text);
    json_error_t error;
    json_t *made = json_loads(text, JSON_ALLOW_NUL, &error);
    if (!made)
        fail_msg("%s: %s", error.text, text);
    free(text);
    return made;
}

const char *told_string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(no string)";
}

void told_beginning(struct told *told)
{
    struct event event;
    while (made_beginning(&told->run, &event))
        told_give(told, event);
}

void told_granted(struct told *told, uint32_t task, int64_t enabled, int64_t index)
{
    told->run.time += 1000000;
    told_give(told, (struct event){.kind = EVENT_GRANTED,
                                   .task = task,
                                   .value = GRANT_PERFORM,
                                   .argument = {0, enabled, index},
                                   .time = told->run.time});
}

struct event told_event(struct told *told, unsigned kind, uint32_t task, unsigned operation, uint32_t object,
                        uint32_t place)
{
    return (struct event){.kind = (uint8_t)kind,
                          .task = task,
                          .operation = (uint16_t)operation,
                          .object = object,
                          .place = place,
                          .time = told->run.time};
}

void told_output(struct told *told, uint32_t task, int stream, const char *bytes, size_t length)
{
    told_give(told, (struct event){.kind = EVENT_OUTPUT,
                                   .task = task,
                                   .value = stream,
                                   .payload = bytes,
                                   .length = (uint32_t)length,
                                   .text = (uint32_t)length,
                                   .time = told->run.time});
}

void told_lock_and_block(struct told *told)
{
    told_beginning(told);
    told_granted(told, 2, 3, 1);
    told_give(told, told_event(told, EVENT_GOT, 2, OPERATION_mutex_lock, 2, 3));
    told_give(told, told_event(told, EVENT_ASKED, 2, OPERATION_mutex_unlock, 2, 4));
    told_granted(told, 1, 3, 0);
    told_give(told, told_event(told, EVENT_GOT, 1, OPERATION_mutex_lock, 1, 1));
    told_give(told, told_event(told, EVENT_ASKED, 1, OPERATION_mutex_lock, 2, 2));
    told_granted(told, 1, 3, 0);
    told_give(told, told_event(told, EVENT_BLOCKED, 1, OPERATION_mutex_lock, 2, 2));
}

void told_assert_step_line(struct told *told, uint32_t number, const char *members)
{
    const struct world *world = history_world_step(told->history, number);
    char wanted[2048];
    int n = snprintf(wanted, sizeof wanted, "{\"v\":1,\"step\":%u,%s,\"states\":{", number, members);
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        n += snprintf(wanted + n, sizeof wanted - (size_t)n, "%s\"%s\":\"%s\"", id > 1 ? "," : "", task->name,
                      tell_state_name(task->state));
    }
    n += snprintf(wanted + n, sizeof wanted - (size_t)n, "},\"enabled\":[");
    uint32_t enabled[8];
    size_t count = world_enabled(world, enabled, 8);
    for (size_t i = 0; i < count; i++)
        n += snprintf(wanted + n, sizeof wanted - (size_t)n, "%s\"%s\"", i ? "," : "",
                      world_task(world, enabled[i])->name);
    n += snprintf(wanted + n, sizeof wanted - (size_t)n, "],\"say\":\"");
    char *text = told_line_text(told, (int)number - 1);
    assert_non_null(text);
    if (strncmp(text, wanted, (size_t)n) != 0)
        fail_msg("%s\nwanted %s", text, wanted);
    free(text);
}
