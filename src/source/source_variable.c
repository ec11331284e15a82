/* Finds a variable, or a part of one, by the expression that source_name writes.
 *
 *   unary   := '*' unary | postfix
 *   postfix := primary { '.' NAME | '->' NAME | '[' NUMBER ']' }
 *   primary := '(' unary ')' | a static variable's or a local's name, with its qualifiers
 *
 * Names are matched by generating them, so that whatever source_name gives is understood. Must not read anything but the
 * pointers that the expression follows. */
#include "source/source_internal.h"

#include <stdlib.h>
#include <string.h>

enum { NESTING = 16 };

struct parse {
    struct source *source;
    const struct source_frames *frames;
    const char *at;
    struct source_moment moment; /* of the value so far */
    Dwarf_Die type;
    uint64_t address;
    unsigned bit_offset, bit_size;
    uint64_t bit_bytes;
};

static bool is_end_of_name(char c)
{
    return c == 0 || c == '.' || c == '[' || c == ')' || c == '-';
}

/* ---- names ---- */

/* How much of `at` is `name` followed by the end of a name; 0: it is another. */
static size_t matched(const char *at, const char *name)
{
    size_t length = strlen(name);
    return length && strncmp(at, name, length) == 0 && is_end_of_name(at[length]) ? length : 0;
}

/* Forms that are looser than what source_name writes, as a person would type them. */
static size_t matched_loosely(const char *at, const struct source_global *global)
{
    char name[SOURCE_NAME_SIZE];
    struct source_text_builder text;
    source_text_start(&text, name, sizeof name);
    source_text_add(&text, "%s:%s", source_base_name(global->path), global->name);
    size_t length = text.cut ? 0 : matched(at, name);
    if (length || !global->function)
        return length;
    source_text_start(&text, name, sizeof name);
    source_text_add(&text, "%s:%s", global->function, global->name);
    return text.cut ? 0 : matched(at, name);
}

static bool parse_static(struct parse *parse)
{
    struct source *source = parse->source;
    const struct source_named *best = NULL;
    size_t length = 0;
    bool exact = false;
    source_names_build(source);
    for (size_t i = 0; i < source->named_count; i++) {
        const struct source_named *named = &source->named[i];
        if (!strstr(parse->at, named->global->name))
            continue;
        char name[4400];
        struct source_text_builder text;
        source_text_start(&text, name, sizeof name);
        source_name_global(source, named, &text);
        size_t strict = matched(parse->at, name);
        size_t loose = strict ? strict : matched_loosely(parse->at, named->global);
        if (loose > length || (strict && loose == length && !exact)) {
            best = named;
            length = loose;
            exact = strict > 0;
        }
    }
    if (!best)
        return false;
    parse->at += length;
    parse->moment = (struct source_moment){.source = source, .placed = best->placed};
    parse->type = best->global->type;
    parse->address = best->address;
    return true;
}

static bool match_local(void *context, const struct source_local *local)
{
    struct parse *parse = context;
    char name[SOURCE_NAME_SIZE];
    struct source_text_builder text;
    source_text_start(&text, name, sizeof name);
    source_local_name(local, &text);
    size_t length = text.cut ? 0 : matched(parse->at, name);
    if (length == 0)
        return false;
    parse->at += length;
    parse->moment =
        (struct source_moment){.source = parse->source, .placed = local->frame->placed, .frame = local->frame};
    parse->type = local->type;
    parse->address = local->address;
    return true;
}

static bool parse_name(struct parse *parse)
{
    if (parse_static(parse))
        return true;
    for (size_t i = 0; i < parse->frames->count; i++) {
        if (source_frame_locals(parse->source, &parse->frames->frames[i], match_local, parse))
            return true;
    }
    return false;
}

/* ---- parts ---- */
static bool follow(struct parse *parse)
{
    Dwarf_Die peeled;
    Dwarf_Die target;
    uint64_t pointer;
    if (parse->bit_size || !source_type_peel(&parse->type, &peeled))
        return false;
    int tag = dwarf_tag(&peeled);
    if (tag != DW_TAG_pointer_type && tag != DW_TAG_reference_type)
        return false;
    if (!source_type_of(&peeled, &target) || !source_fetch(parse->source, parse->address, &pointer, sizeof pointer) ||
        pointer == 0)
        return false;
    parse->type = target;
    parse->address = pointer;
    return true;
}

/* Looks through anonymous structures, unions and base classes too. */
static bool find_member(const struct source_moment *moment, const Dwarf_Die *peeled, const char *name, size_t length,
                        struct source_member *out, unsigned depth)
{
    Dwarf_Die structure = *peeled;
    Dwarf_Die child;
    unsigned left = SOURCE_CHILDREN;
    if (depth == 0 || !source_type_is_aggregate(peeled))
        return false;
    for (bool more = source_die_first(&structure, &child, &left); more; more = source_die_next(&child, &left)) {
        struct source_member inner;
        Dwarf_Die type;
        if (!source_type_member(moment, &child, out))
            continue;
        if (out->name && strlen(out->name) == length && strncmp(out->name, name, length) == 0)
            return true;
        if (!out->name && source_type_peel(&out->type, &type) &&
            find_member(moment, &type, name, length, &inner, depth - 1)) {
            inner.offset += out->offset;
            *out = inner;
            return true;
        }
    }
    return false;
}

static bool parse_member(struct parse *parse)
{
    size_t length = 0;
    Dwarf_Die peeled;
    struct source_member member;
    while (!is_end_of_name(parse->at[length]))
        length++;
    if (length == 0 || parse->bit_size || !source_type_peel(&parse->type, &peeled) ||
        !find_member(&parse->moment, &peeled, parse->at, length, &member, 8))
        return false;
    parse->at += length;
    parse->address += member.offset;
    parse->type = member.type;
    parse->bit_offset = member.bit_offset;
    parse->bit_size = member.bit_size;
    parse->bit_bytes = member.size;
    return true;
}

static bool parse_index(struct parse *parse, unsigned *dimension, struct source_array *array)
{
    uint64_t index = 0;
    Dwarf_Die peeled;
    if (*parse->at < '0' || *parse->at > '9')
        return false;
    for (; *parse->at >= '0' && *parse->at <= '9'; parse->at++) {
        if (index > UINT32_MAX)
            return false;
        index = index * 10 + (uint64_t)(*parse->at - '0');
    }
    if (*parse->at++ != ']' || parse->bit_size || !source_type_peel(&parse->type, &peeled))
        return false;
    if (*dimension == 0 && !source_type_array(&parse->moment, &peeled, array)) { /* through a pointer */
        if (!follow(parse))
            return false;
        parse->address += index * source_type_size(&parse->moment, &parse->type);
        return true;
    }
    uint64_t stride = array->element_size;
    for (unsigned i = *dimension + 1; i < array->dimensions; i++)
        stride *= array->counts[i];
    if (index >= array->counts[*dimension])
        return false;
    parse->address += index * stride;
    if (++*dimension == array->dimensions) {
        parse->type = array->element;
        *dimension = 0;
    }
    return true;
}

static bool parse_unary(struct parse *parse, unsigned nesting);

static bool parse_postfix(struct parse *parse, unsigned nesting)
{
    unsigned dimension = 0; /* of a multi-dimensional array, how many indices were read */
    struct source_array array;
    if (*parse->at == '(') {
        parse->at++;
        if (!parse_unary(parse, nesting - 1) || *parse->at++ != ')')
            return false;
    } else if (!parse_name(parse)) {
        return false;
    }
    for (unsigned parts = 0; parts < 64; parts++) {
        bool fine;
        if (*parse->at == '[') {
            parse->at++;
            fine = parse_index(parse, &dimension, &array);
        } else if (dimension == 0 && *parse->at == '.') {
            parse->at++;
            fine = parse_member(parse);
        } else if (dimension == 0 && parse->at[0] == '-' && parse->at[1] == '>') {
            parse->at += 2;
            fine = follow(parse) && parse_member(parse);
        } else {
            return dimension == 0; /* a row of a matrix has no type of its own */
        }
        if (!fine)
            return false;
    }
    return false;
}

static bool parse_unary(struct parse *parse, unsigned nesting)
{
    if (nesting == 0)
        return false;
    if (*parse->at != '*')
        return parse_postfix(parse, nesting);
    parse->at++;
    return parse_unary(parse, nesting - 1) && follow(parse);
}

/* ---- the result ---- */
static void fill(const struct parse *parse, const char *name, struct source_variable *out)
{
    struct source_text_builder text;
    Dwarf_Die type = parse->type;
    Dwarf_Die peeled;
    uint64_t encoding = 0;
    *out = (struct source_variable){.address = parse->address,
                                    .size = parse->bit_size ? parse->bit_bytes
                                                            : source_type_size(&parse->moment, &parse->type),
                                    .bit_offset = parse->bit_offset,
                                    .bit_size = parse->bit_size,
                                    .module = parse->moment.placed->module,
                                    .type_offset = dwarf_dieoffset(&type)};
    source_text_start(&text, out->name, sizeof out->name);
    source_text_add(&text, "%s", name);
    source_text_start(&text, out->type, sizeof out->type);
    source_type_text(&type, &text);
    if (!source_type_peel(&type, &peeled))
        return;
    if (dwarf_tag(&peeled) == DW_TAG_enumeration_type) {
        Dwarf_Die underlying;
        out->is_integer = true;
        if (source_type_of(&peeled, &underlying) && source_type_peel(&underlying, &underlying))
            peeled = underlying;
    }
    if (dwarf_tag(&peeled) == DW_TAG_base_type && source_die_unsigned(&peeled, DW_AT_encoding, &encoding)) {
        out->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
        out->is_integer = out->is_signed || encoding == DW_ATE_unsigned || encoding == DW_ATE_unsigned_char ||
                          encoding == DW_ATE_boolean || encoding == DW_ATE_UTF;
    }
    if (out->size == 0 || out->size > 8)
        out->is_integer = false;
    int tag = dwarf_tag(&peeled);
    out->is_address = tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
    out->is_float = tag == DW_TAG_base_type && encoding == DW_ATE_float && (out->size == 4 || out->size == 8);
}

bool source_variable(struct source *source, const struct source_task *tasks, size_t task_count, const char *name,
                     struct source_variable *out)
{
    struct source_frames frames;
    if (!name || strlen(name) >= SOURCE_NAME_SIZE || !source_frames_walk(source, tasks, task_count, &frames))
        return false;
    struct parse parse = {.source = source, .frames = &frames, .at = name};
    bool found = parse_unary(&parse, NESTING) && *parse.at == 0;
    if (found)
        fill(&parse, name, out);
    free(frames.frames);
    return found;
}
