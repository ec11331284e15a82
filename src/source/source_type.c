/* Types in debug information: size, arrays, members, their text, and the path to a part of an object.
 *
 * A hostile file may hold a type that contains itself, siblings that go in circles, or arrays of 2^64 elements. So every
 * chain has a depth, every loop over children a budget, and libdw's own peeling and sizing (which have none) are not
 * used. Reads guest memory only for the bounds of variable-length arrays (through source_place_of). */
#include "source/source_internal.h"

#include <inttypes.h>
#include <string.h>

bool source_die_first(Dwarf_Die *parent, Dwarf_Die *child, unsigned *left)
{
    if (*left == 0)
        return false;
    --*left;
    return dwarf_child(parent, child) == 0;
}

bool source_die_next(Dwarf_Die *child, unsigned *left)
{
    if (*left == 0)
        return false;
    --*left;
    return dwarf_siblingof(child, child) == 0;
}

static bool constant_of(Dwarf_Attribute *attribute, uint64_t *out)
{
    unsigned form = dwarf_whatform(attribute);
    Dwarf_Sword signed_value;
    Dwarf_Word value;
    if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
        if (dwarf_formsdata(attribute, &signed_value) != 0)
            return false;
        *out = (uint64_t)signed_value;
        return true;
    }
    /* data1 holds 255 as often as -1, and libdw's signed reading would take it for -1. */
    if (dwarf_formudata(attribute, &value) != 0)
        return false;
    *out = value;
    return true;
}

bool source_die_unsigned(Dwarf_Die *die, unsigned name, uint64_t *out)
{
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, name, &attribute) && constant_of(&attribute, out);
}

bool source_die_reference(Dwarf_Die *die, unsigned name, Dwarf_Die *out)
{
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, name, &attribute) && dwarf_formref_die(&attribute, out);
}

bool source_type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    return source_die_reference(die, DW_AT_type, type);
}

static bool is_wrapper(int tag)
{
    return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
           tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

bool source_type_peel(const Dwarf_Die *type, Dwarf_Die *out)
{
    *out = *type;
    for (unsigned depth = 0; is_wrapper(dwarf_tag(out)); depth++) {
        Dwarf_Die inner;
        if (depth == SOURCE_DEPTH || !source_type_of(out, &inner))
            return false;
        *out = inner;
    }
    return true;
}

/* A bound: a constant, an expression, or a reference to the variable that holds it (clang). */
static bool bound_of(const struct source_moment *moment, Dwarf_Die *range, unsigned name, uint64_t *out)
{
    Dwarf_Attribute attribute;
    Dwarf_Die holder;
    uint64_t address;
    if (!dwarf_attr_integrate(range, name, &attribute))
        return false;
    if (constant_of(&attribute, out))
        return true;
    if (!moment->source || !moment->frame)
        return false;
    if (!dwarf_formref_die(&attribute, &holder))
        return source_place_of(moment, &attribute, out);
    uint64_t value = 0;
    if (!dwarf_attr_integrate(&holder, DW_AT_location, &attribute) || !source_place_of(moment, &attribute, &address) ||
        !source_fetch(moment->source, address, &value, sizeof value))
        return false;
    *out = value;
    return true;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t size_of(const struct source_moment *moment, const Dwarf_Die *type, unsigned depth);

static bool array_of(const struct source_moment *moment, const Dwarf_Die *peeled, struct source_array *out,
                     unsigned depth)
{
    Dwarf_Die array = *peeled;
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    *out = (struct source_array){.total = 1};
    if (depth == 0 || dwarf_tag(&array) != DW_TAG_array_type || !source_type_of(&array, &out->element))
        return false;
    out->element_size = size_of(moment, &out->element, depth - 1);
    for (bool more = source_die_first(&array, &child, &left); more; more = source_die_next(&child, &left)) {
        if (dwarf_tag(&child) != DW_TAG_subrange_type || out->dimensions == SOURCE_DIMENSIONS)
            continue;
        uint64_t count = UINT64_MAX; /* int a[]: unknown */
        if (!bound_of(moment, &child, DW_AT_count, &count) && bound_of(moment, &child, DW_AT_upper_bound, &count))
            count++;
        out->counts[out->dimensions++] = count;
        out->total = times(out->total, count);
    }
    return out->dimensions > 0;
}

bool source_type_array(const struct source_moment *moment, const Dwarf_Die *peeled, struct source_array *out)
{
    return array_of(moment, peeled, out, SOURCE_DEPTH);
}

static uint64_t size_of(const struct source_moment *moment, const Dwarf_Die *type, unsigned depth)
{
    Dwarf_Die peeled;
    uint64_t size;
    if (depth == 0 || !source_type_peel(type, &peeled))
        return 0;
    if (source_die_unsigned(&peeled, DW_AT_byte_size, &size))
        return size;
    int tag = dwarf_tag(&peeled);
    if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type)
        return sizeof(uint64_t);
    struct source_array array;
    if (!array_of(moment, &peeled, &array, depth) || array.total == UINT64_MAX)
        return 0;
    size = times(array.total, array.element_size);
    return size == UINT64_MAX ? 0 : size;
}

uint64_t source_type_size(const struct source_moment *moment, const Dwarf_Die *type)
{
    return size_of(moment, type, SOURCE_DEPTH);
}

bool source_type_is_aggregate(const Dwarf_Die *peeled)
{
    Dwarf_Die die = *peeled;
    int tag = dwarf_tag(&die);
    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

bool source_type_member(const struct source_moment *moment, Dwarf_Die *child, struct source_member *out)
{
    int tag = dwarf_tag(child);
    Dwarf_Attribute attribute;
    uint64_t value;
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
        return false;
    *out = (struct source_member){.name = tag == DW_TAG_member ? dwarf_diename(child) : NULL};
    if (dwarf_hasattr(child, DW_AT_external) || !source_type_of(child, &out->type))
        return false; /* a static member of a C++ class is a variable elsewhere */
    out->size = source_type_size(moment, &out->type);
    if (dwarf_attr_integrate(child, DW_AT_data_member_location, &attribute) && !constant_of(&attribute, &out->offset))
        return false; /* computed: a virtual base */
    if (!source_die_unsigned(child, DW_AT_bit_size, &value))
        return true;
    if (value == 0 || value > 64)
        return false;
    out->bit_size = (unsigned)value;
    uint64_t bit;
    if (source_die_unsigned(child, DW_AT_data_bit_offset, &bit)) {
        bit += out->offset * 8;
    } else if (source_die_unsigned(child, DW_AT_bit_offset, &value)) { /* before DWARF 4: from the other end */
        bit = out->offset * 8 + out->size * 8 - value - out->bit_size;
    } else {
        bit = out->offset * 8;
    }
    out->offset = bit / 8;
    out->bit_offset = (unsigned)(bit % 8);
    out->size = (out->bit_offset + out->bit_size + 7) / 8;
    return out->size <= 8;
}

/* ---- the text of a type ---- */
static void add_base(Dwarf_Die *type, struct source_text_builder *text)
{
    int tag = dwarf_tag(type);
    const char *name = dwarf_diename(type);
    const char *kind = tag == DW_TAG_structure_type     ? "struct "
                       : tag == DW_TAG_union_type       ? "union "
                       : tag == DW_TAG_enumeration_type ? "enum "
                                                        : "";
    source_text_add(text, "%s%s", kind, name ? name : *kind ? "{...}" : "?");
}

static void add_type(const Dwarf_Die *type, struct source_text_builder *text, unsigned depth);

static void add_type_or_void(const Dwarf_Die *type, bool has_type, struct source_text_builder *text, unsigned depth)
{
    if (has_type) {
        add_type(type, text, depth);
    } else {
        source_text_add(text, "void");
    }
}

/* `qualifier` stands before what it qualifies, but behind a pointer: char *const. */
static void add_qualified(int tag, Dwarf_Die *inner, bool has_inner, struct source_text_builder *text, unsigned depth)
{
    const char *word = tag == DW_TAG_const_type      ? "const"
                       : tag == DW_TAG_volatile_type ? "volatile"
                       : tag == DW_TAG_atomic_type   ? "_Atomic"
                                                     : "restrict";
    bool behind = has_inner && dwarf_tag(inner) == DW_TAG_pointer_type;
    if (!behind)
        source_text_add(text, "%s ", word);
    add_type_or_void(inner, has_inner, text, depth);
    if (behind)
        source_text_add(text, "%s", word);
}

static void add_pointer(Dwarf_Die *target, bool has_target, struct source_text_builder *text, unsigned depth)
{
    Dwarf_Die result;
    if (has_target && dwarf_tag(target) == DW_TAG_subroutine_type) {
        bool has_result = source_type_of(target, &result);
        add_type_or_void(&result, has_result, text, depth);
        source_text_add(text, " (*)()");
        return;
    }
    add_type_or_void(target, has_target, text, depth);
    source_text_add(text, "%s", text->length && text->at[text->length - 1] == '*' ? "*" : " *");
}

static void add_array(const struct source_array *array, struct source_text_builder *text, unsigned depth)
{
    add_type(&array->element, text, depth);
    source_text_add(text, " ");
    for (unsigned i = 0; i < array->dimensions; i++) {
        if (array->counts[i] == UINT64_MAX) {
            source_text_add(text, "[]");
        } else {
            source_text_add(text, "[%" PRIu64 "]", array->counts[i]);
        }
    }
}

static void add_type(const Dwarf_Die *type, struct source_text_builder *text, unsigned depth)
{
    const struct source_moment constants = {0};
    Dwarf_Die die = *type;
    Dwarf_Die inner;
    struct source_array array;
    if (depth == 0) {
        source_text_add(text, "...");
        return;
    }
    int tag = dwarf_tag(&die);
    bool has_inner = source_type_of(&die, &inner);
    if (tag == DW_TAG_typedef || !is_wrapper(tag)) {
        if (tag == DW_TAG_pointer_type) {
            add_pointer(&inner, has_inner, text, depth - 1);
        } else if (array_of(&constants, &die, &array, depth)) {
            add_array(&array, text, depth - 1);
        } else {
            add_base(&die, text);
        }
        return;
    }
    add_qualified(tag, &inner, has_inner, text, depth - 1);
}

void source_type_text(const Dwarf_Die *type, struct source_text_builder *text)
{
    add_type(type, text, 12);
}

/* ---- the path to a part ---- */

/* Flat element number to [i][j]; the first index takes what the others leave. */
static void add_indices(const struct source_array *array, uint64_t flat, struct source_text_builder *path)
{
    uint64_t indices[SOURCE_DIMENSIONS];
    for (unsigned i = array->dimensions; i-- > 0;) {
        uint64_t count = array->counts[i];
        bool plain = i == 0 || count == 0 || count == UINT64_MAX;
        indices[i] = plain ? flat : flat % count;
        flat = plain ? 0 : flat / count;
    }
    for (unsigned i = 0; i < array->dimensions; i++)
        source_text_add(path, "[%" PRIu64 "]", indices[i]);
}

/* struct account { pthread_mutex_t lock; } has the size of its mutex, and is to be named account.lock; but the
 * innards of library types (names with two underscores) are not entered. */
static bool is_thin_wrapper(const Dwarf_Die *peeled)
{
    Dwarf_Die structure = *peeled;
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    unsigned members = 0;
    bool plain = true;
    if (dwarf_tag(&structure) != DW_TAG_structure_type)
        return false;
    for (bool more = source_die_first(&structure, &child, &left); more && members < 2;
         more = source_die_next(&child, &left)) {
        if (dwarf_tag(&child) != DW_TAG_member && dwarf_tag(&child) != DW_TAG_inheritance)
            continue;
        const char *name = dwarf_diename(&child);
        plain = name && strncmp(name, "__", 2) != 0 && strncmp(name, "_M_", 3) != 0;
        members++;
    }
    return members == 1 && plain;
}

static bool is_stop(const struct source_moment *moment, const Dwarf_Die *peeled, uint64_t offset, uint64_t size)
{
    Dwarf_Die type = *peeled;
    struct source_array array;
    if (offset != 0)
        return false;
    if (dwarf_tag(&type) == DW_TAG_array_type && source_type_array(moment, peeled, &array)) {
        Dwarf_Die element;
        bool scalars = source_type_peel(&array.element, &element) && !source_type_is_aggregate(&element);
        return size ? array.total > 1 && size == source_type_size(moment, peeled) : scalars;
    }
    if (size == 0)
        return true;
    return size == source_type_size(moment, peeled) && !is_thin_wrapper(peeled);
}

/* The member that holds [offset, offset + size); of a union's, rather one of exactly that size. */
static bool choose_member(const struct source_moment *moment, const Dwarf_Die *peeled, uint64_t offset, uint64_t size,
                          struct source_member *out)
{
    Dwarf_Die structure = *peeled;
    Dwarf_Die child;
    struct source_member member;
    unsigned left = SOURCE_CHILDREN;
    uint64_t wanted = size ? size : 1;
    bool found = false;
    for (bool more = source_die_first(&structure, &child, &left); more; more = source_die_next(&child, &left)) {
        if (!source_type_member(moment, &child, &member) || offset < member.offset)
            continue;
        uint64_t rest = offset - member.offset;
        bool unbounded = member.size == 0; /* a flexible array at the end */
        Dwarf_Die peeled_member;
        if (unbounded &&
            (!source_type_peel(&member.type, &peeled_member) || dwarf_tag(&peeled_member) != DW_TAG_array_type))
            continue;
        if (!unbounded && (rest >= member.size || wanted > member.size - rest))
            continue;
        if (!found || (rest == 0 && member.size == size)) {
            *out = member;
            found = true;
        }
        if (rest == 0 && member.size == size)
            break;
    }
    return found;
}

enum source_match source_type_path(const struct source_moment *moment, const Dwarf_Die *type, uint64_t offset,
                                   uint64_t size, struct source_text_builder *path)
{
    Dwarf_Die at = *type;
    for (unsigned depth = 0; depth < SOURCE_DEPTH; depth++) {
        Dwarf_Die peeled;
        struct source_array array;
        struct source_member member;
        if (!source_type_peel(&at, &peeled))
            break;
        if (is_stop(moment, &peeled, offset, size))
            return SOURCE_MATCH_EXACT;
        if (source_type_array(moment, &peeled, &array)) {
            if (array.element_size == 0 || (array.total != UINT64_MAX && offset / array.element_size >= array.total))
                break;
            uint64_t rest = offset % array.element_size;
            bool several = size > array.element_size - rest;
            if (several && (rest || offset == 0))
                break;
            add_indices(&array, offset / array.element_size, path);
            if (several)
                return SOURCE_MATCH_INSIDE; /* a range that begins with this element */
            offset = rest;
            at = array.element;
        } else if (source_type_is_aggregate(&peeled) && choose_member(moment, &peeled, offset, size, &member)) {
            if (member.name)
                source_text_add(path, ".%s", member.name);
            offset -= member.offset;
            at = member.type;
            if (member.bit_size)
                break;
        } else {
            break;
        }
    }
    if (offset)
        source_text_add(path, "+%" PRIu64, offset);
    return SOURCE_MATCH_INSIDE;
}
