/* Names for memory that only pointers reach: q->lock, tasks[3].arg->m, forks[2] through a pointer.
 *
 * A search in breadth from the static variables, then (only if that finds nothing) from the locals of live frames,
 * outermost first, so that the name does not depend on who asks. At most three pointers are followed; the number of
 * pointers looked at is bounded. An uninitialised pointer may hold anything: a match counts only if a part of the pointed
 * type begins at the address and has the size asked for. */
#include "source/source_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS = 3,
    ITEM_LIMIT = 4096,
    SLOT_LIMIT = 100000,
    ELEMENT_LIMIT = 4096,
    PAGE = 4096,
    EXPRESSION = SOURCE_NAME_SIZE,
};

struct item { /* an object that is known by an expression */
    struct source_moment moment;
    Dwarf_Die type;
    uint64_t address;
    uint64_t count;  /* elements of `type` in a row; more than 1 only behind a pointer */
    bool is_pointed; /* `expression` is a pointer to it */
    unsigned level;
    char expression[EXPRESSION];
};

struct search {
    struct source *source;
    uint64_t address, size;
    struct item *items;
    size_t count, capacity;
    unsigned slots; /* that may still be looked at */
    struct source_text_builder *text;
    uint64_t page_address; /* 1: none */
    bool page_readable;
    unsigned char page[PAGE];
};

/* Slots lie close together: read pages, not words. */
static bool read_word(struct search *search, uint64_t address, uint64_t *out)
{
    uint64_t base = address & ~(uint64_t)(PAGE - 1);
    if (address - base > PAGE - sizeof *out)
        return source_fetch(search->source, address, out, sizeof *out);
    if (search->page_address != base) {
        search->page_address = base;
        search->page_readable = source_fetch(search->source, base, search->page, PAGE);
    }
    if (!search->page_readable)
        return false;
    memcpy(out, search->page + (address - base), sizeof *out);
    return true;
}

/* ---- how far a pointer's block reaches ---- */
struct extent {
    uint64_t bytes;
    bool is_array; /* certainly holds more than one element */
};

/* glibc's chunk: its size stands 8 bytes before, and the next chunk's header says that this one is in use. */
static uint64_t malloc_usable(struct search *search, uint64_t pointer)
{
    enum { PREVIOUS_IN_USE = 1, IS_MAPPED = 2, FLAGS = 7, HEADER = 16 };
    uint64_t size;
    uint64_t next;
    if (pointer % 16 || pointer < PAGE || !read_word(search, pointer - 8, &size) || size & 8)
        return 0;
    uint64_t bytes = size & ~(uint64_t)FLAGS;
    if (bytes < 32 || bytes > (uint64_t)1 << 40)
        return 0;
    if (size & IS_MAPPED)
        return (pointer - HEADER) % PAGE == 0 && bytes % PAGE == 0 ? bytes - HEADER : 0;
    if (!read_word(search, pointer - 8 + bytes, &next) || !(next & PREVIOUS_IN_USE) || next & 8 || next < HEADER)
        return 0;
    return bytes - 8;
}

static struct extent extent_of(struct search *search, uint64_t pointer, uint64_t element)
{
    const struct source_region *region = source_map_find(&search->source->map, pointer);
    bool is_file = region && region->path[0] == '/' && region->is_private;
    uint64_t usable = is_file ? 0 : malloc_usable(search, pointer);
    uint64_t rounding = 16;
    if (usable == 24)
        rounding = 25; /* the smallest chunk: anything from nothing on */
    if (usable == 0 && region && region->start == pointer) {
        usable = region->end - region->start; /* from mmap */
        rounding = PAGE;
    }
    if (usable < element)
        return (struct extent){.bytes = element};
    return (struct extent){.bytes = usable, .is_array = usable + 1 - rounding > element};
}

/* ---- expressions ---- */

/* The object that `item` has at `index`, as a prefix for ".member": "q", "q->" is told apart by *arrow. */
static void add_prefix(const struct item *item, uint64_t index, bool whole, bool *arrow,
                       struct source_text_builder *text)
{
    *arrow = false;
    if (!item->is_pointed) {
        source_text_add(text, "%s", item->expression);
    } else if (item->count > 1 || index > 0) {
        source_text_add(text, "%s[%" PRIu64 "]", item->expression, index);
    } else if (whole) {
        source_text_add(text, "*%s", item->expression);
    } else {
        source_text_add(text, "%s", item->expression);
        *arrow = true;
    }
}

/* Does [pointer ...) of `type`, known as *expression, hold the address? Then writes the name. */
static bool is_target(struct search *search, const struct source_moment *moment, Dwarf_Die *type, uint64_t pointer,
                      struct extent extent, uint64_t element, const char *expression)
{
    if (search->address < pointer || search->address - pointer >= extent.bytes)
        return false;
    uint64_t index = (search->address - pointer) / element;
    uint64_t offset = (search->address - pointer) % element;
    char path[EXPRESSION];
    struct source_text_builder part;
    source_text_start(&part, path, sizeof path);
    if (source_type_path(moment, type, offset, search->size, &part) != SOURCE_MATCH_EXACT || part.cut)
        return false;
    struct item item = {.is_pointed = true, .count = extent.is_array ? 2 : 1};
    bool arrow;
    source_text_start(&part, item.expression, sizeof item.expression);
    source_text_add(&part, "%s", expression);
    source_text_cut(search->text, 0);
    bool whole = path[0] != '.';
    if (whole && path[0] == '[' && index == 0 && !extent.is_array) { /* a pointer to an array */
        source_text_add(search->text, "(*%s)%s", expression, path);
        return true;
    }
    add_prefix(&item, index, whole, &arrow, search->text);
    source_text_add(search->text, "%s%s", arrow ? "->" : "", arrow ? path + 1 : path);
    return true;
}

static void enqueue(struct search *search, const struct item *item)
{
    for (size_t i = 0; i < search->count; i++) {
        if (item->is_pointed && search->items[i].address == item->address && search->items[i].is_pointed &&
            search->items[i].type.addr == item->type.addr)
            return;
    }
    if (search->count < ITEM_LIMIT &&
        source_grow((void **)&search->items, search->count, &search->capacity, sizeof *item))
        search->items[search->count++] = *item;
}

/* ---- the pointers inside an object ---- */
struct walk {
    struct search *search;
    size_t item; /* index: the array may move */
    struct source_text_builder expression;
};

static bool visit_pointer(struct walk *walk, Dwarf_Die *pointer_type, uint64_t address)
{
    struct search *search = walk->search;
    struct source_moment moment = search->items[walk->item].moment;
    unsigned level = search->items[walk->item].level;
    uint64_t pointer;
    Dwarf_Die target;
    Dwarf_Die peeled;
    if (search->slots == 0 || walk->expression.cut)
        return false;
    search->slots--;
    if (!source_type_of(pointer_type, &target) || !source_type_peel(&target, &peeled))
        return false; /* void * */
    int tag = dwarf_tag(&peeled);
    uint64_t element = source_type_size(&moment, &target);
    if (tag == DW_TAG_subroutine_type || element == 0 || !read_word(search, address, &pointer) || pointer < PAGE)
        return false;
    struct extent extent = extent_of(search, pointer, element);
    if (is_target(search, &moment, &target, pointer, extent, element, walk->expression.at))
        return true;
    if (level + 1 < LEVELS && (source_type_is_aggregate(&peeled) || tag == DW_TAG_pointer_type)) {
        struct item next = {.moment = moment,
                            .type = target,
                            .address = pointer,
                            .is_pointed = true,
                            .level = level + 1,
                            .count = extent.is_array ? extent.bytes / element : 1};
        memcpy(next.expression, walk->expression.at, walk->expression.length + 1);
        enqueue(search, &next);
    }
    return false;
}

static bool visit_type(struct walk *walk, const Dwarf_Die *type, uint64_t address, bool arrow, unsigned depth);

static bool visit_members(struct walk *walk, Dwarf_Die *structure, uint64_t address, bool arrow, unsigned depth)
{
    const struct source_moment moment = walk->search->items[walk->item].moment;
    size_t length = walk->expression.length;
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    for (bool more = source_die_first(structure, &child, &left); more && walk->search->slots;
         more = source_die_next(&child, &left)) {
        struct source_member member;
        if (!source_type_member(&moment, &child, &member) || member.bit_size)
            continue;
        if (member.name)
            source_text_add(&walk->expression, "%s%s", arrow ? "->" : ".", member.name);
        bool found = visit_type(walk, &member.type, address + member.offset, arrow && !member.name, depth - 1);
        source_text_cut(&walk->expression, length);
        if (found)
            return true;
    }
    return false;
}

static bool visit_elements(struct walk *walk, const struct source_array *array, uint64_t address, unsigned depth)
{
    size_t length = walk->expression.length;
    uint64_t count = array->total == UINT64_MAX ? 0 : array->total;
    for (uint64_t i = 0; i < count && i < ELEMENT_LIMIT && walk->search->slots; i++) {
        uint64_t flat = i;
        uint64_t indices[SOURCE_DIMENSIONS];
        for (unsigned d = array->dimensions; d-- > 0;) {
            indices[d] = d ? flat % array->counts[d] : flat;
            flat = d ? flat / array->counts[d] : 0;
        }
        for (unsigned d = 0; d < array->dimensions; d++)
            source_text_add(&walk->expression, "[%" PRIu64 "]", indices[d]);
        bool found = visit_type(walk, &array->element, address + i * array->element_size, false, depth - 1);
        source_text_cut(&walk->expression, length);
        if (found)
            return true;
    }
    return false;
}

static bool visit_type(struct walk *walk, const Dwarf_Die *type, uint64_t address, bool arrow, unsigned depth)
{
    Dwarf_Die peeled;
    Dwarf_Die element;
    struct source_array array;
    if (depth == 0 || walk->search->slots == 0 || !source_type_peel(type, &peeled))
        return false;
    const struct source_moment moment = walk->search->items[walk->item].moment;
    if (dwarf_tag(&peeled) == DW_TAG_pointer_type)
        return visit_pointer(walk, &peeled, address);
    if (source_type_is_aggregate(&peeled)) {
        walk->search->slots--;
        return visit_members(walk, &peeled, address, arrow, depth);
    }
    if (!source_type_array(&moment, &peeled, &array) || !source_type_peel(&array.element, &element))
        return false;
    int tag = dwarf_tag(&element);
    if (tag == DW_TAG_base_type || tag == DW_TAG_enumeration_type)
        return false;
    return visit_elements(walk, &array, address, depth);
}

static bool visit_item(struct search *search, size_t index)
{
    char expression[EXPRESSION];
    const struct item item = search->items[index];
    struct walk walk = {.search = search, .item = index};
    Dwarf_Die peeled;
    bool is_pointer = source_type_peel(&item.type, &peeled) && dwarf_tag(&peeled) == DW_TAG_pointer_type;
    uint64_t size = source_type_size(&item.moment, &item.type);
    for (uint64_t i = 0; i < item.count && i < ELEMENT_LIMIT && search->slots; i++) {
        bool arrow = false;
        source_text_start(&walk.expression, expression, sizeof expression);
        if (is_pointer && item.is_pointed && item.count == 1) {
            source_text_add(&walk.expression, "(*%s)", item.expression);
        } else {
            add_prefix(&item, i, false, &arrow, &walk.expression);
        }
        if (visit_type(&walk, &item.type, item.address + i * size, arrow, 12))
            return true;
    }
    return false;
}

static bool run(struct search *search)
{
    search->slots = SLOT_LIMIT;
    for (size_t i = 0; i < search->count; i++) {
        if (visit_item(search, i))
            return true;
    }
    return false;
}

/* ---- where the search begins ---- */
static void begin_static(struct search *search)
{
    source_names_build(search->source);
    for (size_t i = 0; i < search->source->named_count; i++) {
        const struct source_named *named = &search->source->by_address[i];
        struct item item = {.moment = {.source = search->source, .placed = named->placed},
                            .type = named->global->type,
                            .address = named->address,
                            .count = 1};
        Dwarf_Die peeled;
        if (!source_type_peel(&item.type, &peeled) || dwarf_tag(&peeled) == DW_TAG_base_type)
            continue;
        struct source_text_builder text;
        source_text_start(&text, item.expression, sizeof item.expression);
        source_name_global(search->source, named, &text);
        enqueue(search, &item);
    }
}

static bool begin_local(void *context, const struct source_local *local)
{
    struct search *search = context;
    struct item item = {.moment = {.source = search->source, .placed = local->frame->placed, .frame = local->frame},
                        .type = local->type,
                        .address = local->address,
                        .count = 1};
    struct source_text_builder text;
    source_text_start(&text, item.expression, sizeof item.expression);
    source_local_name(local, &text);
    enqueue(search, &item);
    return false;
}

bool source_name_reached(struct source *source, const struct source_frames *frames, uint64_t address, uint64_t size,
                         struct source_text_builder *text)
{
    struct search *search = malloc(sizeof *search);
    if (!search)
        return false;
    *search = (struct search){.source = source, .address = address, .size = size, .text = text, .page_address = 1};
    begin_static(search);
    bool found = run(search);
    if (!found && frames->count) {
        search->count = 0;
        for (size_t i = 0; i < frames->count; i++)
            source_frame_locals(source, &frames->frames[i], begin_local, search);
        found = run(search);
    }
    free(search->items);
    free(search);
    return found;
}
