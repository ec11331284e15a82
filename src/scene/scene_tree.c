/* From a YAML file to a tree of marked nodes, through libfyaml's events. Each limit is checked on the event, before the
 * node is made, so a hostile file costs no more than the limit. It must not know what a scene is. */
#include "scene/scene_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

struct builder {
    struct arena *arena;
    const struct scene_source *source;
    struct scene_errors *errors;
    struct scene_node *open[SCENE_TREE_DEPTH_MAX]; /* the collections around the next node */
    const struct scene_node *key[SCENE_TREE_DEPTH_MAX];
    struct scene_node *last[SCENE_TREE_DEPTH_MAX];
    unsigned depth;
    struct scene_node *root;
};

static enum status tree_fail(struct scene_errors *errors, enum status status, const char *path, const char *why)
{
    scene_error_add(errors, NULL, 0, 0, 1, "cannot read %s: %s", path, gettext(why));
    return status;
}

/* Reads the whole file into memory with a NUL behind it. */
static enum status source_read(const char *path, struct arena *arena, struct scene_source *source,
                               struct scene_errors *errors)
{
    /* O_NONBLOCK: a FIFO named scene.yaml must not hold us up before fstat can refuse it. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return tree_fail(errors, errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO, path,
                         strerror(errno));
    struct stat about;
    enum status status = STATUS_OK;
    char *bytes = NULL;
    size_t used = 0;
    if (fstat(file, &about) != 0) {
        status = tree_fail(errors, STATUS_IO, path, strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        status = tree_fail(errors, STATUS_INVALID, path, "it is not a regular file");
    } else if (about.st_size > SCENE_TREE_BYTES_MAX) {
        status = tree_fail(errors, STATUS_LIMIT, path, "it is larger than 256 KiB, which no scene needs");
    } else if (!(bytes = arena_obtain(arena, (size_t)about.st_size + 2))) {
        status = tree_fail(errors, STATUS_MEMORY, path, "out of memory");
    }
    while (status == STATUS_OK && used < (size_t)about.st_size) {
        ssize_t got = read(file, bytes + used, (size_t)about.st_size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = tree_fail(errors, STATUS_IO, path, strerror(errno));
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(file);
    *source = (struct scene_source){.bytes = bytes, .size = used};
    return status;
}

/* Bytes that YAML does not allow, found with their place before the parser sees them. */
static enum status source_check(const struct scene_source *source, struct scene_errors *errors)
{
    unsigned line = 1, column = 1;
    const char *at = source->bytes, *end = source->bytes + source->size;
    while (at < end) {
        const char *start = at;
        unsigned character = scene_character_next(&at);
        if (character == 0xFFFD && (unsigned char)*start != 0xEF) {
            scene_error_add(errors, source, line, column, 1, "byte 0x%02X is not UTF-8; save the file as UTF-8",
                            (unsigned char)*start);
            return STATUS_INVALID;
        }
        if (character == '\t' || character == '\r') {
            column++;
        } else if (character == '\n') {
            line++;
            column = 1;
        } else if (character < 0x20 || (character >= 0x7F && character < 0xA0)) {
            scene_error_add(errors, source, line, column, 1, "control character U+%04X has no place in a scene",
                            character);
            return STATUS_INVALID;
        } else {
            column++;
        }
    }
    return STATUS_OK;
}

static unsigned mark_column(const struct fy_mark *mark)
{
    return mark ? (unsigned)mark->column + 1 : 1;
}

static unsigned mark_line(const struct fy_mark *mark)
{
    return mark ? (unsigned)mark->line + 1 : 1;
}

static enum status event_refuse(struct builder *builder, struct fy_event *event, enum status status, const char *why)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    scene_error_add(builder->errors, builder->source, mark_line(mark), mark_column(mark), 1, "%s", gettext(why));
    return status;
}

/* Makes the node of an event and hangs it into the collection around it. */
static enum status node_add(struct builder *builder, struct fy_event *event)
{
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    struct scene_node *node = arena_obtain(builder->arena, sizeof *node);
    if (!node)
        return STATUS_MEMORY;
    node->line = mark_line(start);
    node->column = mark_column(start);
    node->width = start && end && end->line == start->line && end->column > start->column
                      ? (unsigned)(end->column - start->column)
                      : 1;
    if (event->type == FYET_SCALAR) {
        size_t length = 0;
        const char *text = fy_token_get_text(event->scalar.value, &length);
        node->text = arena_copy_text(builder->arena, text ? text : "", text ? length : 0);
        if (!node->text)
            return STATUS_MEMORY;
        node->plain = fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    } else {
        node->kind = event->type == FYET_MAPPING_START ? SCENE_NODE_MAPPING : SCENE_NODE_SEQUENCE;
        if (node->kind == SCENE_NODE_MAPPING || start != end)
            node->width = 1;
    }

    if (builder->depth == 0) {
        builder->root = node;
    } else {
        unsigned level = builder->depth - 1;
        struct scene_node *around = builder->open[level];
        if (around->kind == SCENE_NODE_MAPPING && !builder->key[level]) {
            if (node->kind != SCENE_NODE_SCALAR)
                return event_refuse(builder, event, STATUS_INVALID, "a key must be a word, not a list or a mapping");
            builder->key[level] = node;
            return STATUS_OK;
        }
        node->key = builder->key[level];
        if (node->key && node->kind == SCENE_NODE_SCALAR && node->plain && node->text[0] == 0) {
            /* nothing after the colon has no place of its own */
            node->line = node->key->line;
            node->column = node->key->column;
            node->width = node->key->width;
        }
        builder->key[level] = NULL;
        if (builder->last[level])
            builder->last[level]->next = node;
        else
            around->first = node;
        builder->last[level] = node;
        around->count++;
    }
    if (node->kind != SCENE_NODE_SCALAR) {
        builder->open[builder->depth] = node;
        builder->key[builder->depth] = NULL;
        builder->last[builder->depth] = NULL;
        builder->depth++;
    }
    return STATUS_OK;
}

static enum status event_take(struct builder *builder, struct fy_event *event)
{
    switch (event->type) {
    case FYET_ALIAS:
        return event_refuse(builder, event, STATUS_INVALID, "an alias (*name) is not allowed in a scene; write it out");
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        if (builder->depth == SCENE_TREE_DEPTH_MAX)
            return event_refuse(builder, event, STATUS_LIMIT, "nested deeper than 16 levels, which no scene needs");
        /* fall through */
    case FYET_SCALAR:
        if (fy_event_get_anchor_token(event))
            return event_refuse(builder, event, STATUS_INVALID, "an anchor (&name) is not allowed in a scene");
        if (fy_event_get_tag_token(event))
            return event_refuse(builder, event, STATUS_INVALID, "a tag (!name) is not allowed in a scene");
        return node_add(builder, event);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        builder->depth--;
        return STATUS_OK;
    case FYET_DOCUMENT_START:
        if (builder->root)
            return event_refuse(builder, event, STATUS_INVALID, "a scene is one document; a second begins here");
        return STATUS_OK;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* What the parser itself complained of, in its words, at its places. */
static void syntax_errors_take(struct fy_diag *diag, struct builder *builder)
{
    size_t before = builder->errors->count;
    void *state = NULL;
    for (struct fy_diag_error *error; (error = fy_diag_errors_iterate(diag, &state));) {
        if (error->type != FYET_ERROR)
            continue;
        unsigned line = error->line > 0 ? (unsigned)error->line : 1;
        unsigned column = error->column > 0 ? (unsigned)error->column : 1;
        scene_error_add(builder->errors, builder->source, line, column, 1, "%s", error->msg);
    }
    if (builder->errors->count == before)
        scene_error_add(builder->errors, builder->source, 1, 1, 1, "this is not YAML");
}

static enum status tree_build(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
    enum status status = STATUS_OK;
    for (unsigned events = 0; status == STATUS_OK; events++) {
        struct fy_event *event = fy_parser_parse(parser);
        if (!event) {
            if (fy_diag_got_error(diag) || fy_parser_get_stream_error(parser)) {
                syntax_errors_take(diag, builder);
                status = STATUS_INVALID;
            }
            break;
        }
        bool end = event->type == FYET_STREAM_END;
        if (events >= SCENE_TREE_EVENTS_MAX)
            status = event_refuse(builder, event, STATUS_LIMIT, "more than 10,000 parts, which no scene needs");
        else
            status = event_take(builder, event);
        fy_parser_event_free(parser, event);
        if (end)
            break;
    }
    return status;
}

enum status scene_tree_read(const char *path, struct arena *arena, struct scene_source *source,
                            const struct scene_node **root, struct scene_errors *errors)
{
    *root = NULL;
    enum status status = source_read(path, arena, source, errors);
    if (status == STATUS_OK)
        status = source_check(source, errors);
    if (status != STATUS_OK)
        return status;

    struct fy_diag_cfg diag_settings;
    fy_diag_cfg_default(&diag_settings);
    diag_settings.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_settings);
    if (!diag)
        return tree_fail(errors, STATUS_MEMORY, path, "out of memory");
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg settings = {.flags = FYPCF_DEFAULT_PARSE | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&settings);
    struct builder builder = {.arena = arena, .source = source, .errors = errors};
    if (!parser || fy_parser_set_string(parser, source->bytes, source->size) != 0) {
        status = tree_fail(errors, STATUS_MEMORY, path, "out of memory");
    } else {
        status = tree_build(&builder, parser, diag);
        if (status == STATUS_MEMORY)
            tree_fail(errors, status, path, "out of memory");
    }
    if (status == STATUS_OK && !builder.root) {
        scene_error_add(errors, source, 1, 1, 1, "the file is empty; a scene begins with `id:`");
        status = STATUS_INVALID;
    }
    if (parser)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    *root = builder.root;
    return status;
}
