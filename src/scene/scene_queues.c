/* Reads `queues`: which variables of the program make up a queue. That they exist only the running program can tell; a
 * tank whose variables are never found says so on the screen. */
#include "scene/scene_queues.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMNS = 20, CAPACITY_MOST = 1000 };

/* "added - taken" becomes its two names. A pointer's "->" has no blank before it. */
static void split_count(struct scene_reading *reading, const struct scene_node *node, struct scene_queue *queue)
{
    const char *minus = queue->count ? strstr(queue->count, " - ") : NULL;
    if (!minus)
        return;
    const char *less = minus + 3;
    size_t length = (size_t)(minus - queue->count);
    if (length == 0 || less[0] == 0 || strchr(less, ' ')) {
        scene_reading_refuse(reading, node, "`count` must be a variable, or two: added - taken");
        return;
    }
    queue->less = less;
    queue->count = arena_copy_text(reading->arena, queue->count, length);
    reading->out_of_memory = reading->out_of_memory || !queue->count;
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == 0;
}

static void queue_read(struct scene_reading *reading, const struct scene_node *node, struct scene_queue *queue)
{
#define AT(member) .offset = offsetof(struct scene_queue, member)
    static const struct scene_field fields[] = {
        {.name = "name",
         .read = scene_field_text,
         AT(name),
         .required = true,
         .room = {.columns = NAME_COLUMNS, .lines = 1}},
        {.name = "count", .read = scene_field_string, AT(count), .required = true},
        {.name = "capacity", .read = scene_field_value, AT(capacity), .nullable = true},
        {.name = "items", .read = scene_field_string, AT(items)},
        {.name = "head", .read = scene_field_string, AT(head)},
        {.name = "put_waits", .read = scene_field_string, AT(put_waits)},
        {.name = "get_waits", .read = scene_field_string, AT(get_waits)},
        {.name = "variants", .read = scene_field_strings, AT(variants), .least = 1, .most = 16},
    };
#undef AT
    const struct scene *scene = reading->scene;
    scene_fields_read(reading, node, fields, sizeof fields / sizeof *fields, queue, N_("a queue"));
    split_count(reading, node, queue);
    if (queue->capacity && is_number(queue->capacity) &&
        (atol(queue->capacity) < 1 || atol(queue->capacity) > CAPACITY_MOST))
        scene_reading_refuse(reading, scene_node_child(node, "capacity"),
                             "`capacity` must be 1 to %d, or the name of a variable", CAPACITY_MOST);
    if (queue->head && !queue->items)
        scene_reading_refuse(reading, node, "`head` says where the oldest of `items` is: name those, too");
    for (size_t i = 0; i < queue->variants.count; i++)
        if (scene->variant_count && scene_variant_find(scene, queue->variants.items[i]) == scene->variant_count)
            scene_reading_refuse(reading, node, "the queue belongs to variant `%.40s`, which the scene does not have",
                                 queue->variants.items[i]);
}

void scene_queues_read(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
    struct scene *scene = place;
    (void)field;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count == 0 || node->count > SCENE_QUEUES_MAX) {
        scene_reading_refuse(reading, node, "`queues` must be a list of 1 to %d", SCENE_QUEUES_MAX);
        return;
    }
    struct scene_queue *queues = scene_reading_obtain(reading, node->count * sizeof *queues);
    if (!queues)
        return;
    scene->queues = queues;
    for (const struct scene_node *item = node->first; item; item = item->next)
        queue_read(reading, item, &queues[scene->queue_count++]);
}

bool scene_queue_in_variant(const struct scene_queue *queue, const struct scene_variant *variant)
{
    for (size_t i = 0; i < queue->variants.count; i++)
        if (strcmp(queue->variants.items[i], variant->id) == 0)
            return true;
    return queue->variants.count == 0;
}

/* ---- what is watched ---- */

struct names {
    const char **items;
    size_t count;
};

static void names_add(struct names *names, const char *name)
{
    if (!name || is_number(name))
        return;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return;
    names->items[names->count++] = name;
}

void scene_queues_watch(struct scene_reading *reading, struct scene *scene)
{
    enum { OF_A_QUEUE = 5 };
    struct scene_variant *variants = scene_reading_obtain(reading, scene->variant_count * sizeof *variants + 1);
    if (!variants)
        return;
    for (size_t v = 0; v < scene->variant_count; v++) {
        struct scene_variant *variant = &variants[v];
        *variant = scene->variants[v];
        struct names names = {.items = scene_reading_obtain(
                                  reading, (scene->watch.count + SCENE_QUEUES_MAX * OF_A_QUEUE) * sizeof *names.items)};
        for (size_t i = 0; names.items && i < scene->watch.count; i++)
            names_add(&names, scene->watch.items[i]);
        for (size_t i = 0; names.items && i < scene->queue_count; i++) {
            const struct scene_queue *queue = &scene->queues[i];
            if (!scene_queue_in_variant(queue, variant))
                continue;
            names_add(&names, queue->items);
            names_add(&names, queue->count);
            names_add(&names, queue->less);
            names_add(&names, queue->head);
            names_add(&names, queue->capacity);
        }
        variant->watch = (struct scene_strings){.items = names.items, .count = names.count};
    }
    scene->variants = variants;
}
