/* What a variable holds, as text. Everything is read first, in one piece, and then told by its type; bounded in depth,
 * elements and length. Never prints an address: they differ from machine to machine and say nothing to a reader. */
#include "source/source_internal.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_LIMIT = 65536, ELEMENTS = 32, TEXT_BYTES = 64, VALUE_DEPTH = 6 };

struct telling {
    struct source *source;
    struct source_text_builder *text;
    struct source_moment moment;
};

/* ---- characters and strings ---- */
static void add_escaped(struct source_text_builder *text, unsigned char c, char quote)
{
    static const char letters[] = "abtnvfr";
    if (c >= 7 && c <= 13) {
        source_text_add(text, "\\%c", letters[c - 7]);
    } else if (c == 0) {
        source_text_add(text, "\\0");
    } else if (c == '\\' || c == (unsigned char)quote) {
        source_text_add(text, "\\%c", c);
    } else if (c < 32 || c >= 127) {
        source_text_add(text, "\\x%02X", c);
    } else {
        source_text_add(text, "%c", c);
    }
}

/* The length of the well-formed UTF-8 character at `at` (2 to 4 bytes, no control characters); 0: none. */
static size_t character_length(const unsigned char *at, size_t size)
{
    size_t length = at[0] >= 0xC2 && at[0] <= 0xDF   ? 2
                    : at[0] >= 0xE0 && at[0] <= 0xEF ? 3
                    : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                     : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    bool bad = (at[0] == 0xC2 && at[1] < 0xA0) || (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
               (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F);
    return bad ? 0 : length;
}

static void add_string(struct source_text_builder *text, const unsigned char *bytes, size_t size)
{
    source_text_add(text, "\"");
    for (size_t i = 0; i < size && bytes[i];) {
        if (i >= TEXT_BYTES) {
            source_text_add(text, "\"...");
            return;
        }
        size_t length = character_length(bytes + i, size - i);
        if (length) {
            source_text_add(text, "%.*s", (int)length, (const char *)bytes + i);
        } else {
            add_escaped(text, bytes[i], '"');
            length = 1;
        }
        i += length;
    }
    source_text_add(text, "\"");
}

static bool is_char(const Dwarf_Die *peeled)
{
    Dwarf_Die type = *peeled;
    const char *name = dwarf_diename(&type);
    return dwarf_tag(&type) == DW_TAG_base_type && name && strcmp(name, "char") == 0;
}

/* ---- numbers ---- */
static uint64_t load_bits(const unsigned char *bytes, size_t size, unsigned bit_offset, unsigned bit_size,
                          bool is_signed)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size < sizeof value ? size : sizeof value);
    unsigned bits = bit_size ? bit_size : (unsigned)size * 8;
    value >>= bit_offset;
    if (bits < 64) {
        uint64_t mask = (UINT64_C(1) << bits) - 1;
        value &= mask;
        if (is_signed && value >> (bits - 1))
            value |= ~mask;
    }
    return value;
}

static void add_float(struct source_text_builder *text, const unsigned char *bytes, size_t size)
{
    char number[64];
    if (size == sizeof(float)) {
        float value;
        memcpy(&value, bytes, sizeof value);
        for (int digits = 6; digits <= FLT_DECIMAL_DIG; digits++) {
            snprintf(number, sizeof number, "%.*g", digits, (double)value);
            if (strtof(number, NULL) == value)
                break;
        }
    } else if (size == sizeof(double)) {
        double value;
        memcpy(&value, bytes, sizeof value);
        for (int digits = 6; digits <= DBL_DECIMAL_DIG; digits++) {
            snprintf(number, sizeof number, "%.*g", digits, value);
            if (strtod(number, NULL) == value)
                break;
        }
    } else if (size == sizeof(long double)) {
        long double value;
        memcpy(&value, bytes, sizeof value);
        for (int digits = 6; digits <= LDBL_DECIMAL_DIG; digits++) {
            snprintf(number, sizeof number, "%.*Lg", digits, value);
            if (strtold(number, NULL) == value)
                break;
        }
    } else {
        source_text_add(text, "<%zu bytes>", size);
        return;
    }
    for (char *comma = number; *comma; comma++) { /* the locale's decimal comma */
        if (*comma == ',')
            *comma = '.';
    }
    source_text_add(text, "%s", number);
}

static void add_base(struct source_text_builder *text, Dwarf_Die *type, const unsigned char *bytes, size_t size,
                     unsigned bit_offset, unsigned bit_size)
{
    uint64_t encoding = 0;
    source_die_unsigned(type, DW_AT_encoding, &encoding);
    bool is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
    if (encoding == DW_ATE_float) {
        add_float(text, bytes, size);
        return;
    }
    if (encoding == DW_ATE_complex_float && size % 2 == 0) {
        add_float(text, bytes, size / 2);
        source_text_add(text, " + ");
        add_float(text, bytes + size / 2, size / 2);
        source_text_add(text, "i");
        return;
    }
    if (size > 8) {
        source_text_add(text, "<%zu bytes>", size);
        return;
    }
    uint64_t value = load_bits(bytes, size, bit_offset, bit_size, is_signed);
    if (encoding == DW_ATE_boolean && value <= 1) {
        source_text_add(text, value ? "true" : "false");
    } else if (is_char(type) && !bit_size) {
        source_text_add(text, "'");
        add_escaped(text, (unsigned char)value, '\'');
        source_text_add(text, "'");
    } else if (is_signed) {
        source_text_add(text, "%" PRId64, (int64_t)value);
    } else {
        source_text_add(text, "%" PRIu64, value);
    }
}

static void add_enumerator(struct source_text_builder *text, Dwarf_Die *type, const unsigned char *bytes, size_t size,
                           unsigned bit_offset, unsigned bit_size)
{
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    unsigned bits = bit_size ? bit_size : (unsigned)size * 8;
    uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    uint64_t value = load_bits(bytes, size, bit_offset, bit_size, false);
    bool negative = false;
    for (bool more = source_die_first(type, &child, &left); more; more = source_die_next(&child, &left)) {
        uint64_t constant;
        if (dwarf_tag(&child) != DW_TAG_enumerator || !source_die_unsigned(&child, DW_AT_const_value, &constant))
            continue;
        const char *name = dwarf_diename(&child);
        if ((constant & mask) == value && name) {
            source_text_add(text, "%s", name);
            return;
        }
        negative = negative || (int64_t)constant < 0;
    }
    source_text_add(text, "%" PRId64, (int64_t)load_bits(bytes, size, bit_offset, bit_size, negative));
}

/* ---- pointers ---- */
static void add_pointer(struct telling *telling, Dwarf_Die *type, uint64_t pointer)
{
    struct source_text_builder *text = telling->text;
    struct source *source = telling->source;
    Dwarf_Die target;
    Dwarf_Die peeled;
    bool typed = source_type_of(type, &target) && source_type_peel(&target, &peeled);
    size_t before = text->length;
    if (pointer == 0) {
        source_text_add(text, "NULL");
        return;
    }
    if (typed && is_char(&peeled)) {
        unsigned char bytes[TEXT_BYTES + 4];
        size_t got = source->read ? source->read(source->context, pointer, bytes, sizeof bytes) : 0;
        if (got > sizeof bytes)
            got = 0;
        if (got) {
            add_string(text, bytes, got);
            return;
        }
    }
    source_text_add(text, "&");
    if (source_name_static(source, pointer, typed ? source_type_size(&telling->moment, &target) : 0, text))
        return;
    source_text_cut(text, before);
    if (source_name_symbol(source, pointer, true, text))
        return;
    source_text_add(text, "&");
    if (source_name_symbol(source, pointer, false, text))
        return;
    source_text_cut(text, before);
    const struct source_region *region = source_map_find(&source->map, pointer);
    char probe;
    const char *kind = region && strcmp(region->path, "[heap]") == 0         ? "heap"
                       : region && strncmp(region->path, "[stack", 6) == 0   ? "stack"
                       : source_fetch(source, pointer, &probe, sizeof probe) ? "memory"
                                                                             : "invalid";
    source_text_add(text, "<%s>", kind);
}

/* ---- composition ---- */
static void tell(struct telling *telling, const Dwarf_Die *type, const unsigned char *bytes, size_t size,
                 unsigned depth);

static void tell_members(struct telling *telling, Dwarf_Die *structure, const unsigned char *bytes, size_t size,
                         unsigned depth)
{
    struct source_text_builder *text = telling->text;
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    unsigned told = 0;
    bool hidden = false;
    source_text_add(text, "{");
    for (bool more = source_die_first(structure, &child, &left); more; more = source_die_next(&child, &left)) {
        struct source_member member;
        if (!source_type_member(&telling->moment, &child, &member))
            continue;
        bool inner = member.name && (strncmp(member.name, "__", 2) == 0 || strncmp(member.name, "_M_", 3) == 0);
        if (inner || told == ELEMENTS || text->cut || member.offset > size || member.size > size - member.offset) {
            hidden = true; /* a library's innards, or too much */
            continue;
        }
        source_text_add(text, "%s", told++ ? ", " : "");
        if (member.name)
            source_text_add(text, "%s = ", member.name);
        const unsigned char *at = bytes + member.offset;
        Dwarf_Die peeled;
        if (!member.bit_size) {
            tell(telling, &member.type, at, (size_t)member.size, depth - 1);
        } else if (source_type_peel(&member.type, &peeled)) {
            if (dwarf_tag(&peeled) == DW_TAG_enumeration_type) {
                add_enumerator(text, &peeled, at, (size_t)member.size, member.bit_offset, member.bit_size);
            } else {
                add_base(text, &peeled, at, (size_t)member.size, member.bit_offset, member.bit_size);
            }
        }
    }
    if (hidden)
        source_text_add(text, "%s...", told ? ", " : "");
    source_text_add(text, "}");
}

/* One dimension of an array after the other. */
static void tell_elements(struct telling *telling, const struct source_array *array, unsigned dimension, uint64_t count,
                          const unsigned char *bytes, size_t size, unsigned depth)
{
    struct source_text_builder *text = telling->text;
    uint64_t stride = array->element_size;
    for (unsigned i = dimension + 1; i < array->dimensions; i++)
        stride *= array->counts[i];
    source_text_add(text, "{");
    for (uint64_t i = 0; i < count && !text->cut; i++) {
        source_text_add(text, "%s", i ? ", " : "");
        if (i == ELEMENTS || stride == 0 || i * stride >= size || stride > size - i * stride) {
            source_text_add(text, "...");
            break;
        }
        const unsigned char *at = bytes + i * stride;
        if (dimension + 1 < array->dimensions) {
            tell_elements(telling, array, dimension + 1, array->counts[dimension + 1], at, (size_t)stride, depth);
        } else {
            tell(telling, &array->element, at, (size_t)stride, depth - 1);
        }
    }
    source_text_add(text, "}");
}

static void tell_array(struct telling *telling, const struct source_array *array, const unsigned char *bytes,
                       size_t size, unsigned depth)
{
    Dwarf_Die element;
    uint64_t count = array->counts[0];
    if (source_type_peel(&array->element, &element) && is_char(&element) && array->dimensions == 1) {
        add_string(telling->text, bytes, size);
        return;
    }
    for (unsigned i = 1; i < array->dimensions; i++) {
        if (array->counts[i] > VALUE_LIMIT) {
            source_text_add(telling->text, "{...}");
            return;
        }
    }
    if (count == UINT64_MAX) /* bounds that depended on a moment: what was measured then */
        count = array->element_size && array->dimensions == 1 ? size / array->element_size : 0;
    tell_elements(telling, array, 0, count, bytes, size, depth);
}

static void tell(struct telling *telling, const Dwarf_Die *type, const unsigned char *bytes, size_t size,
                 unsigned depth)
{
    Dwarf_Die peeled;
    struct source_array array;
    if (depth == 0 || telling->text->cut) {
        source_text_add(telling->text, "...");
        return;
    }
    if (!source_type_peel(type, &peeled) || size == 0) {
        source_text_add(telling->text, "{}");
        return;
    }
    switch (dwarf_tag(&peeled)) {
    case DW_TAG_base_type:
        add_base(telling->text, &peeled, bytes, size, 0, 0);
        break;
    case DW_TAG_enumeration_type:
        if (size <= 8)
            add_enumerator(telling->text, &peeled, bytes, size, 0, 0);
        break;
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        add_pointer(telling, &peeled, load_bits(bytes, size < 8 ? size : 8, 0, 0, false));
        break;
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_class_type:
        tell_members(telling, &peeled, bytes, size, depth);
        break;
    default:
        if (source_type_array(&telling->moment, &peeled, &array)) {
            tell_array(telling, &array, bytes, size, depth);
        } else {
            source_text_add(telling->text, "<%zu bytes>", size);
        }
        break;
    }
}

/* ---- the questions ---- */
static bool type_of(struct source *source, const struct source_variable *variable, struct telling *telling,
                    Dwarf_Die *type)
{
    for (size_t i = 0; i < source->held_count; i++) { /* never trust a pointer that went through other hands */
        if (source->held[i] != variable->module || !source->held[i]->dwarf)
            continue;
        telling->source = source;
        telling->moment.source = source;
        return dwarf_offdie(source->held[i]->dwarf, variable->type_offset, type) != NULL;
    }
    return false;
}

bool source_value(struct source *source, const struct source_variable *variable, char *out, size_t n)
{
    struct source_text_builder text;
    struct telling telling = {.text = &text};
    Dwarf_Die type;
    Dwarf_Die peeled;
    source_text_start(&text, out, n);
    if (n == 0 || variable->size == 0 || !type_of(source, variable, &telling, &type))
        return false;
    size_t size = variable->size < VALUE_LIMIT ? (size_t)variable->size : VALUE_LIMIT;
    unsigned char *bytes = malloc(size);
    if (!bytes || !source_fetch(source, variable->address, bytes, size)) {
        free(bytes);
        return false;
    }
    if (!variable->bit_size) {
        tell(&telling, &type, bytes, size, VALUE_DEPTH);
    } else if (source_type_peel(&type, &peeled) && size <= 8 && variable->bit_size <= 64) {
        if (dwarf_tag(&peeled) == DW_TAG_enumeration_type) {
            add_enumerator(&text, &peeled, bytes, size, variable->bit_offset, variable->bit_size);
        } else {
            add_base(&text, &peeled, bytes, size, variable->bit_offset, variable->bit_size);
        }
    }
    free(bytes);
    return true;
}

bool source_value_integer(struct source *source, const struct source_variable *variable, int64_t *out)
{
    unsigned char bytes[8];
    if (!variable->is_integer || variable->size == 0 || variable->size > sizeof bytes || variable->bit_offset > 7 ||
        variable->bit_size > 64 || !source_fetch(source, variable->address, bytes, (size_t)variable->size))
        return false;
    *out = (int64_t)load_bits(bytes, (size_t)variable->size, variable->bit_offset, variable->bit_size,
                              variable->is_signed);
    return true;
}
