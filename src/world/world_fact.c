/* Facts without a step: texts, places, objects, output, watched values, timers, the end of the run. */
#include "world/world_state.h"

#include <stdio.h>
#include <string.h>

void world_fact_string(struct world *world, const struct event *event)
{
    struct list *texts = &world->list[LIST_TEXT];
    if (!event->text || event->text > texts->count || (event->length && !event->payload)) {
        world_diverge(world, "text %u is out of order", event->text);
        return;
    }
    if (event->text == texts->count && !world_list_add(world, LIST_TEXT))
        return;
    if (!world_list_reserve(world, LIST_BYTE, event->length + 1))
        return;
    struct list *bytes = &world->list[LIST_BYTE];
    struct text *text = list_at(world, LIST_TEXT, event->text);
    char *at = (char *)bytes->items + bytes->count;
    if (event->length)
        memcpy(at, event->payload, event->length);
    at[event->length] = 0;
    text->at = bytes->count;
    text->length = event->length;
    bytes->count += event->length + 1;
}

void world_fact_place(struct world *world, const struct event *event)
{
    struct list *places = &world->list[LIST_PLACE];
    if (!event->place || event->place > places->count) {
        world_diverge(world, "place %u is out of order", event->place);
        return;
    }
    if (event->place == places->count && !world_list_add(world, LIST_PLACE))
        return;
    struct world_place *place = list_at(world, LIST_PLACE, event->place);
    *place = (struct world_place){.text = event->text, .function = event->second, .line = (uint32_t)event->value};
}

/* Does an older object of another process have this kind and name? (What was named first keeps its plain name, so that
 * a name once said stays.) */
static bool name_taken(const struct world *world, uint32_t id)
{
    const struct world_object *object = &object_at(world, id)->view;
    if (!object->process || world->births < 2)
        return false;
    for (uint32_t i = 1; i < id; i++) {
        const struct world_object *other = &object_at(world, i)->view;
        if (other->kind == object->kind && other->process != object->process && other->process &&
            strcmp(other->name, object->name) == 0)
            return true;
    }
    return false;
}

void world_fact_object(struct world *world, const struct event *event)
{
    struct list *objects = &world->list[LIST_OBJECT];
    if (!event->object || event->object > objects->count || event->value < 0 || event->value >= OBJECT_COUNT) {
        world_diverge(world, "object %u is out of order or of an unknown kind", event->object);
        return;
    }
    bool fresh = event->object == objects->count;
    if (fresh && !world_list_add(world, LIST_OBJECT))
        return;
    struct object *object = object_at(world, event->object);
    struct world_object *view = &object->view;
    snprintf(view->name, sizeof view->name, "%s", world_text(world, event->text));
    view->kind = (uint8_t)event->value;
    view->process = event->other;
    object->prefixed = name_taken(world, event->object);
    if (!fresh)
        return;
    view->id = event->object;
    object->deadline = INT64_MAX;
    view->capacity = view->kind == OBJECT_variable ? 0 : (int32_t)event->argument[0];
    object->inherited = process_at(world, event->other)->forked;
    const struct object *origin = object_at(world, event->second);
    if (!origin->view.id)
        return;
    /* A fork's copy: as it was, but held only by the task that forked, which is `main` here. */
    view->type = origin->view.type;
    view->robust = origin->view.robust;
    view->inherits = origin->view.inherits;
    view->capacity = origin->view.capacity;
    view->count = origin->view.count;
    object->ran = origin->ran;
    object->inherited = 0;
    if (origin->view.owner) {
        const struct process *process = process_at(world, event->other);
        const struct task *child = task_at(world, process->view.main_task);
        if (child->view.creator == origin->view.owner) {
            view->owner = child->view.id;
            task_at(world, view->owner)->holds++;
        } else {
            object->view.ghost = 1;
        }
    }
}

void world_fact_output(struct world *world, const struct event *event)
{
    static const char mark[] = "Assertion `";
    struct process *process = process_at(world, task_at(world, event->task)->view.process);
    if (event->value == 2 && process->view.id && event->payload && event->length >= sizeof mark - 1 &&
        memmem(event->payload, event->length, mark, sizeof mark - 1))
        process->asserted = 1;
}

void world_fact_watch(struct world *world, const struct event *event)
{
    struct object *object = object_at(world, event->object);
    if (!object->view.id) {
        world_diverge(world, "a watched variable was never announced");
        return;
    }
    object->view.watched = 1;
    object->view.value_text = event->text;
    if (event->argument[0])
        object->view.value = event->value;
}

void world_fact_deadline(struct world *world, const struct event *event)
{
    struct object *timer = object_at(world, event->object);
    if (!timer->view.id) {
        world_diverge(world, "a timer was never announced");
        return;
    }
    bool was = timer->deadline != INT64_MAX, is = event->time > world->time;
    world->timers += (uint32_t)is - (uint32_t)was;
    timer->deadline = is ? event->time : INT64_MAX;
    if (is && event->time < world->nearest)
        world->nearest = event->time;
}

void world_fact_end(struct world *world, const struct event *event)
{
    world->verdict = event->value >= 0 && event->value < VERDICT_COUNT ? (uint8_t)event->value : VERDICT_none;
    world_fault_end(world);
}
