/* Names: texts, places in the source, objects, watched variables. Asks the room source once per thing and remembers;
 * tells each name as an event before its first use. */
#include "base/escape.h"
#include "conductor/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- texts ---- */
static uint32_t text_hash(const char *text)
{
    uint32_t hash = 2166136261u;
    for (const char *at = text; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return hash;
}

static struct guest_string *string_find(struct conductor *c, const char *text)
{
    uint32_t hash = text_hash(text);
    if (c->string_capacity == 0)
        return NULL;
    uint32_t at = hash & (c->string_capacity - 1);
    for (; c->strings[at].text; at = (at + 1) & (c->string_capacity - 1))
        if (c->strings[at].hash == hash && strcmp(c->strings[at].text, text) == 0)
            return &c->strings[at];
    return NULL;
}

static bool strings_grow(struct conductor *c)
{
    if (c->string_ids * 2 < c->string_capacity)
        return true;
    uint32_t capacity = c->string_capacity ? c->string_capacity * 2 : 256;
    struct guest_string *larger = calloc(capacity, sizeof *larger);
    if (!larger)
        return false;
    for (uint32_t i = 0; i < c->string_capacity; i++) {
        if (!c->strings[i].text)
            continue;
        uint32_t at = c->strings[i].hash & (capacity - 1);
        while (larger[at].text)
            at = (at + 1) & (capacity - 1);
        larger[at] = c->strings[i];
    }
    free(c->strings);
    c->strings = larger;
    c->string_capacity = capacity;
    return true;
}

uint32_t name_string(struct conductor *c, const char *text)
{
    if (!text || !*text)
        return 0;
    const struct guest_string *known = string_find(c, text);
    if (known)
        return known->id;
    char *copy = strings_grow(c) ? strdup(text) : NULL;
    if (!copy)
        return 0;
    uint32_t hash = text_hash(text);
    uint32_t at = hash & (c->string_capacity - 1);
    while (c->strings[at].text)
        at = (at + 1) & (c->string_capacity - 1);
    c->strings[at] = (struct guest_string){.text = copy, .hash = hash, .id = ++c->string_ids};
    conductor_tell(c,
                   &(struct event){
                       .kind = EVENT_STRING, .text = c->string_ids, .payload = text, .length = (uint32_t)strlen(text)});
    return c->string_ids;
}

/* ---- the view of a process ---- */
static size_t memory_read(void *context, uint64_t address, void *buffer, size_t size)
{
    struct guest_process *process = context;
    ssize_t got = process->memory < 0 ? -1 : pread(process->memory, buffer, size, (off_t)address);
    return got < 0 ? 0 : (size_t)got;
}

static char *maps_text(struct conductor *c, int32_t pid)
{
    int file = contain_open_proc(c->contain, pid, "maps");
    if (file < 0)
        return NULL;
    size_t capacity = 1 << 16, length = 0;
    char *text = malloc(capacity);
    ssize_t got = 0;
    while (text && (got = read(file, text + length, capacity - length - 1)) > 0) {
        length += (size_t)got;
        if (capacity - length > 4096)
            continue;
        char *larger = capacity < (1u << 24) ? realloc(text, capacity *= 2) : NULL;
        if (!larger)
            break;
        text = larger;
    }
    close(file);
    if (text)
        text[length] = 0;
    return text;
}

struct source *name_source(struct conductor *c, uint32_t id)
{
    struct guest_process *process = c->processes[id];
    if (process->source || process->blind || !process->alive)
        return process->source;
    process->blind = true; /* unless all of the following succeeds */
    char *text = maps_text(c, process->pid);
    if (!text)
        return NULL;
    char path[16] = "mem";
    process->memory = contain_open_proc(c->contain, process->pid, path);
    if (source_open(c->sources, text, memory_read, process, -1, &process->source, NULL) == STATUS_OK)
        process->blind = false;
    free(text);
    return process->source;
}

void name_forget_process(struct conductor *c, uint32_t id)
{
    struct guest_process *process = c->processes[id];
    source_free(process->source);
    process->source = NULL;
    process->blind = false;
    if (process->memory >= 0)
        close(process->memory);
    process->memory = -1;
}

/* The process's map again: after a library was loaded, an address that had no name may have one. */
static void remap(struct conductor *c, uint32_t id)
{
    char *text = maps_text(c, c->processes[id]->pid);
    if (text && c->processes[id]->source)
        source_remap(c->processes[id]->source, text, NULL);
    free(text);
}

/* ---- places ---- */
uint32_t name_place(struct conductor *c, uint32_t process, uint64_t pc)
{
    if (pc == 0 || process == 0)
        return 0;
    if (c->place_count * 2 >= c->place_capacity) {
        uint32_t capacity = c->place_capacity ? c->place_capacity * 2 : 256;
        struct guest_place *larger = calloc(capacity, sizeof *larger);
        if (!larger)
            return 0;
        for (uint32_t i = 0; i < c->place_capacity; i++) {
            if (!c->places[i].process)
                continue;
            uint32_t at = (uint32_t)(c->places[i].pc * 0x9E3779B1u + c->places[i].process) & (capacity - 1);
            while (larger[at].process)
                at = (at + 1) & (capacity - 1);
            larger[at] = c->places[i];
        }
        free(c->places);
        c->places = larger;
        c->place_capacity = capacity;
    }
    uint32_t image = c->processes[process]->image;
    uint32_t at = (uint32_t)(pc * 0x9E3779B1u + image) & (c->place_capacity - 1);
    while (c->places[at].process) {
        if (c->places[at].process == image && c->places[at].pc == pc)
            return c->places[at].id;
        at = (at + 1) & (c->place_capacity - 1);
    }
    struct source_place found = {0};
    struct source *source = name_source(c, process);
    uint32_t id = 0;
    if (source && source_line(source, pc, &found)) {
        char file[256], function[256];
        escape_text(ESCAPE_LABEL, found.file, strlen(found.file), file, sizeof file);
        escape_text(ESCAPE_LABEL, found.function, strlen(found.function), function, sizeof function);
        uint32_t file_text = name_string(c, file), function_text = name_string(c, function);
        id = ++c->place_ids;
        conductor_tell(
            c, &(struct event){
                   .kind = EVENT_PLACE, .place = id, .text = file_text, .second = function_text, .value = found.line});
        if (c->options.on_source)
            c->options.on_source(c->options.context, source, found.path);
    }
    c->places[at] = (struct guest_place){.process = image, .pc = pc, .id = id};
    c->place_count++;
    return id;
}

/* ---- objects ---- */
static uint32_t key_hash(const struct record_key *key, uint32_t process)
{
    uint64_t hash = (key->a * UINT64_C(0x9E3779B97F4A7C15)) ^ (key->b * UINT64_C(0xC2B2AE3D27D4EB4F)) ^
                    (uint64_t)(process * 31u + key->kind);
    return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

/* Whether an object of this kind has this name already. */
static bool name_taken(struct conductor *c, unsigned kind, const char *name)
{
    const struct guest_string *known = string_find(c, name);
    return known && (known->kinds >> kind & 1);
}

static void name_take(struct conductor *c, unsigned kind, const char *name, uint32_t process)
{
    struct guest_string *known = name_string(c, name) ? string_find(c, name) : NULL;
    if (known && !known->kinds)
        known->owner = process;
    if (known)
        known->kinds |= 1u << kind;
}

size_t name_tasks(struct conductor *c, uint32_t process, struct source_task *tasks, size_t max)
{
    size_t count = 0;
    for (uint32_t id = 1; id <= c->task_count && count < max; id++) {
        struct guest_task *task = &c->tasks[id];
        if (task->process != process || task->phase == PHASE_ended || task->frame == 0)
            continue;
        const char *dot = strchr(task->name, '.');
        tasks[count++] =
            (struct source_task){.name = dot ? dot + 1 : task->name, .pc = task->pc, .frame_pointer = task->frame};
    }
    return count;
}

bool name_is_address(struct conductor *c, uint32_t process, int64_t value)
{
    char byte;
    return process && value >= 4096 && name_source(c, process) &&
           memory_read(c->processes[process], (uint64_t)value, &byte, 1) == 1;
}

/* The name by debug information; false where there is none. Takes down what the object holds if it is a variable. */
static bool name_by_source(struct conductor *c, uint32_t process, struct guest_object *object, char *out, size_t n)
{
    const struct record_key *key = &object->key;
    struct source *source = key->address && process ? name_source(c, process) : NULL;
    if (!source)
        return false;
    struct source_task tasks[64];
    size_t count = name_tasks(c, process, tasks, 64);
    char raw[SOURCE_NAME_SIZE];
    if (!source_name(source, tasks, count, key->address, key->size, raw, sizeof raw)) {
        remap(c, process);
        if (!source_name(source, tasks, count, key->address, key->size, raw, sizeof raw))
            return false;
    }
    escape_text(ESCAPE_LABEL, raw, strlen(raw), out, n);
    struct source_variable variable;
    if (key->kind != OBJECT_variable || !source_variable(source, tasks, count, raw, &variable))
        return true;
    if (variable.is_integer && !variable.is_signed)
        object->unsigned_size = variable.size < 8 ? (uint8_t)variable.size : 0;
    object->shape = variable.is_address   ? SHAPE_address
                    : variable.is_float   ? SHAPE_float
                    : variable.is_integer ? SHAPE_known
                                          : SHAPE_unknown;
    return true;
}

static void name_make(struct conductor *c, struct guest_object *object, uint32_t task, const char *text)
{
    char name[sizeof object->name] = "";
    uint32_t process = task ? c->tasks[task].process : 0;
    const struct record_key *key = &object->key;
    if (key->space == KEY_TASK) {
        uint32_t target = key->a < GATE_SLOTS ? c->slot_task[key->a] : 0;
        if (target && target <= c->task_count)
            snprintf(name, sizeof name, "%s", c->tasks[target].name);
    } else if (key->space == KEY_PROCESS) {
        uint32_t target = guest_process_by_pid(c, (int32_t)key->a);
        if (target)
            snprintf(name, sizeof name, "P%u", target);
    } else if (key->kind == OBJECT_terminal || key->kind == OBJECT_poll) {
        object->name[0] = 0;
        return;
    } else if (key->kind == OBJECT_pipe) {
        snprintf(name, sizeof name, "%u", ++c->kind_counts[OBJECT_pipe]);
    } else if (key->kind == OBJECT_file && text && *text) {
        const char *slash = strrchr(text, '/');
        const char *base = slash && slash[1] ? slash + 1 : text;
        escape_text(ESCAPE_LABEL, base, strlen(base), name, sizeof name);
    } else if (key->space == KEY_PRIVATE || key->space == KEY_SHARED) {
        name_by_source(c, process, object, name, sizeof name);
    }
    if (!name[0])
        snprintf(name, sizeof name, "#%u", ++c->kind_counts[key->kind]);
    if (key->space != KEY_TASK && key->space != KEY_PROCESS && name_taken(c, key->kind, name)) {
        char plain[sizeof name];
        memcpy(plain, name, sizeof plain);
        if (object->process > 1 || (object->process == 1 && string_find(c, plain)->owner > 1))
            snprintf(name, sizeof name, "P%u:%.40s", object->process, plain);
        for (unsigned number = 2; name_taken(c, key->kind, name) && number < 1000; number++)
            snprintf(name, sizeof name, "%.40s#%u", plain, number);
    }
    memcpy(object->name, name, sizeof object->name);
}

static uint32_t object_find(const struct conductor *c, const struct record_key *key, uint32_t process)
{
    if (!c->object_slots)
        return 0;
    uint32_t at = key_hash(key, process) & (c->object_capacity - 1);
    for (; c->object_slots[at]; at = (at + 1) & (c->object_capacity - 1)) {
        const struct guest_object *object = &c->objects[c->object_slots[at]];
        if (object->key.kind == key->kind && object->key.space == key->space && object->key.a == key->a &&
            object->key.b == key->b && object->process == process && !object->gone)
            return object->id;
    }
    return 0;
}

static bool objects_grow(struct conductor *c)
{
    if ((c->object_count + 1) * 2 < c->object_capacity)
        return true;
    uint32_t capacity = c->object_capacity ? c->object_capacity * 2 : 256;
    struct guest_object *objects = realloc(c->objects, (capacity / 2 + 1) * sizeof *objects);
    uint32_t *slots = calloc(capacity, sizeof *slots);
    if (objects)
        c->objects = objects;
    if (!objects || !slots) {
        free(slots);
        return false;
    }
    for (uint32_t id = 1; id <= c->object_count; id++) {
        uint32_t at = key_hash(&objects[id].key, objects[id].process) & (capacity - 1);
        while (slots[at])
            at = (at + 1) & (capacity - 1);
        slots[at] = id;
    }
    free(c->object_slots);
    c->object_slots = slots;
    c->object_capacity = capacity;
    return true;
}

static void object_tell(struct conductor *c, const struct guest_object *object, uint32_t copied_from)
{
    uint32_t text = name_string(c, object->name);
    name_take(c, object->key.kind, object->name, object->process);
    conductor_tell(c, &(struct event){.kind = EVENT_OBJECT,
                                      .object = object->id,
                                      .value = object->key.kind,
                                      .text = text,
                                      .other = object->process,
                                      .second = copied_from,
                                      .argument = {object->key.size}});
}

static uint32_t object_add(struct conductor *c, uint32_t task, const struct record_key *key, uint32_t process,
                           const char *text)
{
    if (!objects_grow(c))
        return 0;
    struct guest_object *object = &c->objects[c->object_count + 1];
    *object = (struct guest_object){.id = c->object_count + 1, .key = *key, .process = process};
    name_make(c, object, task, text);
    c->object_count++;
    uint32_t at = key_hash(key, process) & (c->object_capacity - 1);
    while (c->object_slots[at])
        at = (at + 1) & (c->object_capacity - 1);
    c->object_slots[at] = object->id;
    return object->id;
}

uint32_t name_object(struct conductor *c, uint32_t task, const struct record_key *key, const char *text)
{
    if (key->kind == OBJECT_none || key->space == KEY_NONE)
        return 0;
    struct record_key own = *key;
    if (key->space == KEY_TASK) { /* a slot is used again, a task is not */
        own.b = key->a < GATE_SLOTS ? c->slot_task[key->a] : 0;
        if (own.b == 0 || own.b > c->task_count)
            return 0;
    } else if (key->space == KEY_PROCESS) {
        own.b = guest_process_by_pid(c, (int32_t)key->a);
        if (own.b == 0)
            return 0;
    }
    bool private = key->space == KEY_PRIVATE || key->space == KEY_NUMBER;
    uint32_t process = private && task ? c->tasks[task].process : 0;
    uint32_t id = object_find(c, &own, process);
    if (id)
        return id;
    if (own.kind == OBJECT_variable && own.space == KEY_PRIVATE) { /* of one part only: the part is the whole */
        struct record_key whole = own;
        whole.b = own.b ? 0 : own.size;
        id = object_find(c, &whole, process);
        if (id && c->objects[id].key.size == own.size)
            return id;
    }
    id = object_add(c, task, &own, process, text);
    if (id)
        object_tell(c, &c->objects[id], 0);
    return id;
}

void name_socket(struct conductor *c, uint32_t id, const char *name)
{
    struct guest_object *object = &c->objects[id];
    char own[sizeof object->name];
    size_t length = strlen(name);
    if (strncmp(object->name, name, length) == 0 && (object->name[length] == 0 || object->name[length] == '#'))
        return;
    snprintf(own, sizeof own, "%.50s", name);
    for (unsigned number = 2; name_taken(c, OBJECT_socket, own) && number < 1000; number++)
        snprintf(own, sizeof own, "%.50s#%u", name, number);
    memcpy(object->name, own, sizeof own);
    object_tell(c, object, 0);
}

/* The copies of the parent's objects that hold a state: a lock that is taken is taken in the child too. */
void name_fork(struct conductor *c, uint32_t parent, uint32_t child)
{
    uint32_t before = c->object_count;
    for (uint32_t id = 1; id <= before; id++) {
        if (c->objects[id].process != parent || c->objects[id].gone || c->objects[id].key.kind == OBJECT_variable)
            continue;
        const struct world_object *known = world_object(conductor_world(c), id);
        if (!known || (known->owner == 0 && known->count == 0 && known->capacity == 0))
            continue;
        struct record_key key = c->objects[id].key;
        char plain[64];
        snprintf(plain, sizeof plain, "%s", c->objects[id].name);
        uint32_t copy = object_add(c, 0, &key, child, NULL);
        if (!copy)
            return;
        snprintf(c->objects[copy].name, sizeof c->objects[copy].name, "P%u:%.50s", child, plain);
        object_tell(c, &c->objects[copy], id);
    }
}

void name_exec(struct conductor *c, uint32_t process)
{
    for (uint32_t id = 1; id <= c->object_count; id++)
        if (c->objects[id].process == process)
            c->objects[id].gone = true;
    name_forget_process(c, process);
    c->processes[process]->image = ++c->images;
}

/* ---- watched variables ---- */
/* An array or structure and its first part are at one address and are two objects: the whole has its size in its key. */
static struct record_key watch_key(const struct source_variable *variable)
{
    bool part = variable->is_integer || variable->is_address || variable->is_float;
    return (struct record_key){.a = variable->address,
                               .b = part ? 0 : variable->size,
                               .address = variable->address,
                               .size = variable->size <= UINT16_MAX ? (uint16_t)variable->size : 0,
                               .kind = OBJECT_variable,
                               .space = KEY_PRIVATE,
                               .descriptor = -1};
}

void name_watch(struct conductor *c, uint32_t process)
{
    if (c->options.watch_count == 0 || !process || !c->processes[process]->alive || !c->processes[process]->observed ||
        c->processes[process]->helper)
        return;
    struct source *source = name_source(c, process);
    if (!source)
        return;
    for (size_t i = 0; i < c->options.watch_count; i++) {
        struct guest_watch *watch = NULL;
        for (uint32_t j = 0; j < c->watch_count && !watch; j++)
            if (c->watches[j].process == process && c->watches[j].index == i)
                watch = &c->watches[j];
        if (!watch) {
            struct guest_watch *larger = realloc(c->watches, (c->watch_count + 1) * sizeof *larger);
            if (!larger)
                return;
            c->watches = larger;
            watch = &c->watches[c->watch_count++];
            *watch = (struct guest_watch){.process = process, .index = i};
        }
        struct source_task tasks[64];
        size_t count = name_tasks(c, process, tasks, 64);
        struct source_variable variable;
        char text[256], safe[256];
        if (!source_variable(source, tasks, count, c->options.watches[i], &variable) ||
            !source_value(source, &variable, text, sizeof text))
            continue;
        escape_text(ESCAPE_LABEL, text, strlen(text), safe, sizeof safe);
        if (strcmp(safe, watch->last) == 0)
            continue;
        snprintf(watch->last, sizeof watch->last, "%s", safe);
        struct record_key key = watch_key(&variable);
        uint32_t task = c->processes[process]->main_task;
        uint32_t object = name_object(c, task, &key, NULL);
        int64_t number = 0;
        bool integer = variable.is_integer && source_value_integer(source, &variable, &number);
        uint32_t string = name_string(c, safe);
        conductor_tell(
            c, &(struct event){
                   .kind = EVENT_WATCH, .object = object, .text = string, .value = number, .argument = {integer}});
    }
}
