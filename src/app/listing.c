/* Texts come once a file, whole. */
#include "app/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"

enum { TAB = 8, LINE_BYTES = 4096, FILES_MAX = 256, LINES_MAX = 200000 };

struct listing {
    struct arena *arena;
    struct stage_file files[FILES_MAX];
    size_t count;
};

struct listing *listing_new(void)
{
    struct listing *listing = calloc(1, sizeof *listing);
    if (listing && (listing->arena = arena_new()))
        return listing;
    free(listing);
    return NULL;
}

void listing_free(struct listing *listing)
{
    if (!listing)
        return;
    arena_free(listing->arena);
    free(listing);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool listing_has(const struct listing *listing, const char *path)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (strcmp(listing->files[i].name, base_name(path)) == 0)
            return true;
    }
    return false;
}

/* Tabs become spaces up to the next stop; the rest is escaped. */
static const char *make_line(struct arena *arena, const char *text, size_t length)
{
    char plain[LINE_BYTES], clean[ESCAPE_BOUND(LINE_BYTES)];
    size_t used = 0;
    for (size_t i = 0; i < length && used + TAB < sizeof plain; i++) {
        if (text[i] == '\r' && i + 1 == length)
            break;
        if (text[i] != '\t') {
            plain[used++] = text[i];
            continue;
        }
        do
            plain[used++] = ' ';
        while (used % TAB != 0);
    }
    size_t written = escape_text(ESCAPE_LABEL, plain, used, clean, sizeof clean);
    return arena_copy_text(arena, clean, written);
}

void listing_add(struct listing *listing, const char *path, const char *text, size_t size)
{
    char name[512];
    size_t count = 0;
    if (listing->count == FILES_MAX || listing_has(listing, path))
        return;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    count += size > 0 && text[size - 1] != '\n';
    if (count > LINES_MAX)
        return;
    const char **lines = arena_obtain_array(listing->arena, count + 1, sizeof *lines);
    size_t length = escape_text(ESCAPE_LABEL, base_name(path), strlen(base_name(path)), name, sizeof name);
    const char *kept = arena_copy_text(listing->arena, name, length);
    if (!lines || !kept)
        return;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t width = end ? (size_t)(end - (text + at)) : size - at;
        lines[i] = make_line(listing->arena, text + at, width);
        if (!lines[i])
            return;
        at += width + 1;
    }
    listing->files[listing->count++] = (struct stage_file){.name = kept, .lines = lines, .line_count = count};
}

size_t listing_files(const struct listing *listing, const struct stage_file **files)
{
    *files = listing->files;
    return listing->count;
}
