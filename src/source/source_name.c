/* What the object at an address is called: static variables, locals of live frames, symbols. Memory that only pointers
 * reach is in source_heap.c. */
#include "source/source_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- static variables ---- */

/* The others of the same name: source->named is sorted by name. */
static void same_names(const struct source *source, const char *name, size_t *from, size_t *to)
{
    size_t low = 0;
    size_t high = source->named_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(source->named[middle].global->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *from = low;
    while (low < source->named_count && strcmp(source->named[low].global->name, name) == 0)
        low++;
    *to = low;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A global keeps its plain name against statics; a static of a file keeps "a.c:lock" against those in functions. */
void source_name_global(struct source *source, const struct source_named *named, struct source_text_builder *text)
{
    const struct source_global *mine = named->global;
    const char *base = source_base_name(mine->path);
    bool plain = true;
    bool by_file = true;
    bool by_function = mine->function != NULL;
    size_t from;
    size_t to;
    same_names(source, mine->name, &from, &to);
    for (size_t i = from; i < to; i++) {
        const struct source_global *other = source->named[i].global;
        if (other == mine && source->named[i].address == named->address)
            continue;
        if (source->named[i].address == named->address)
            continue; /* one object that two modules declare */
        if (other->external || !mine->external)
            plain = false;
        if (strcmp(source_base_name(other->path), base) == 0 && (mine->function || !other->function))
            by_file = false;
        if (is_same_text(other->function, mine->function))
            by_function = false;
    }
    if (plain) {
        source_text_add(text, "%s", mine->name);
    } else if (by_file) {
        source_text_add(text, "%s:%s", base, mine->name);
    } else if (by_function) {
        source_text_add(text, "%s:%s", mine->function, mine->name);
    } else {
        source_text_add(text, "%s:%s%s%s", mine->path, mine->function ? mine->function : "", mine->function ? ":" : "",
                        mine->name);
    }
}

bool source_name_static(struct source *source, uint64_t address, uint64_t size, struct source_text_builder *text)
{
    enum { OVERLAPS = 4 };
    source_names_build(source);
    size_t low = 0;
    size_t high = source->named_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->by_address[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t tries = 0; tries < OVERLAPS && low > 0; tries++, low--) {
        const struct source_named *named = &source->by_address[low - 1];
        uint64_t offset = address - named->address;
        if (offset >= named->global->size && offset != 0)
            continue;
        const struct source_moment moment = {.source = source, .placed = named->placed};
        source_name_global(source, named, text);
        source_type_path(&moment, &named->global->type, offset, size, text);
        return true;
    }
    return false;
}

/* ---- locals ---- */
struct local_search {
    struct source *source;
    uint64_t address, size;
    struct source_text_builder *text;
};

static bool is_local(void *context, const struct source_local *local)
{
    struct local_search *search = context;
    const struct source_moment moment = {
        .source = search->source, .placed = local->frame->placed, .frame = local->frame};
    uint64_t offset = search->address - local->address;
    if (search->address < local->address || offset >= source_type_size(&moment, &local->type))
        return false;
    source_local_name(local, search->text);
    source_type_path(&moment, &local->type, offset, search->size, search->text);
    return true;
}

static bool name_local(struct source *source, const struct source_frames *frames, uint64_t address, uint64_t size,
                       struct source_text_builder *text)
{
    struct local_search search = {.source = source, .address = address, .size = size, .text = text};
    for (size_t i = 0; i < frames->count; i++) {
        if (source_frame_locals(source, &frames->frames[i], is_local, &search))
            return true;
    }
    return false;
}

/* ---- symbols ---- */
bool source_name_symbol(struct source *source, uint64_t address, bool function, struct source_text_builder *text)
{
    struct source_placed *placed = source_placed_at(source, address);
    if (!placed)
        return false;
    const struct source_symbol *symbol = source_module_symbol(placed->module, address - placed->bias);
    if (!symbol || symbol->is_function != function)
        return false;
    source_text_add(text, "%.*s", (int)strcspn(symbol->name, "@"), symbol->name);
    return true;
}

bool source_name(struct source *source, const struct source_task *tasks, size_t task_count, uint64_t address,
                 size_t size, char *out, size_t n)
{
    struct source_text_builder text;
    struct source_frames frames;
    source_text_start(&text, out, n);
    if (address == 0 || n == 0)
        return false;
    if (source_name_static(source, address, size, &text))
        return true;
    if (!source_frames_walk(source, tasks, task_count, &frames))
        return false;
    source_text_cut(&text, 0);
    bool found = name_local(source, &frames, address, size, &text) ||
                 source_name_reached(source, &frames, address, size, &text) ||
                 source_name_symbol(source, address, false, &text);
    free(frames.frames);
    if (!found)
        source_text_cut(&text, 0);
    return found;
}
