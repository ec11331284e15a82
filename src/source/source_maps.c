/* The text of /proc/PID/maps as sorted regions, and which files count as the guest's own.
 *
 * The text comes from the kernel, but through a guest's mount names, so it is treated as hostile: a line that does not
 * parse, goes backwards or overlaps is left out. No file is touched here. */
#include "source/source_internal.h"

#include <stdlib.h>
#include <string.h>

enum { REGION_LIMIT = 65536 };

static bool parse_hex(const char **at, uint64_t *out)
{
    uint64_t value = 0;
    unsigned digits = 0;
    for (;; (*at)++, digits++) {
        char c = **at;
        unsigned digit;
        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (unsigned)(c - 'a') + 10;
        } else {
            break;
        }
        if (digits >= 16)
            return false;
        value = value << 4 | digit;
    }
    *out = value;
    return digits > 0;
}

/* The kernel writes a newline in a path as \012; everything else stands for itself. */
static void unescape(char *path)
{
    char *to = path;
    for (const char *from = path; *from; to++) {
        if (strncmp(from, "\\012", 4) == 0) {
            *to = '\n';
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = 0;
}

static const char *skip_field(const char *at)
{
    while (*at && *at != ' ')
        at++;
    while (*at == ' ')
        at++;
    return at;
}

/* `line` is one terminated line inside the map's own text. */
static bool parse_line(char *line, struct source_region *out)
{
    const char *at = line;
    if (!parse_hex(&at, &out->start) || *at++ != '-' || !parse_hex(&at, &out->end) || *at++ != ' ')
        return false;
    if (out->start >= out->end || strnlen(at, 5) < 5 || at[4] != ' ')
        return false;
    out->readable = at[0] == 'r';
    out->writable = at[1] == 'w';
    out->executable = at[2] == 'x';
    out->is_private = at[3] == 'p';
    at += 5;
    if (!parse_hex(&at, &out->offset) || *at != ' ')
        return false;
    at = skip_field(at + 1); /* device */
    at = skip_field(at);     /* inode */
    out->path = at;
    unescape(line + (at - line));
    return true;
}

bool source_map_parse(struct source_map *map, const char *text)
{
    *map = (struct source_map){.text = strdup(text ? text : "")};
    if (!map->text)
        return false;
    size_t capacity = 0;
    for (char *line = map->text; *line && map->count < REGION_LIMIT;) {
        char *end = strchr(line, '\n');
        char *next = end ? end + 1 : line + strlen(line);
        if (end)
            *end = 0;
        struct source_region region;
        if (parse_line(line, &region) && (map->count == 0 || map->regions[map->count - 1].end <= region.start)) {
            if (!source_grow((void **)&map->regions, map->count, &capacity, sizeof *map->regions)) {
                source_map_clear(map);
                return false;
            }
            map->regions[map->count++] = region;
        }
        line = next;
    }
    return true;
}

void source_map_clear(struct source_map *map)
{
    free(map->regions);
    free(map->text);
    *map = (struct source_map){0};
}

const struct source_region *source_map_find(const struct source_map *map, uint64_t address)
{
    size_t low = 0;
    size_t high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->regions[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < map->count && map->regions[low].start <= address ? &map->regions[low] : NULL;
}

bool source_map_is_system(const char *path)
{
    static const char *const folders[] = {"/lib/",     "/lib32/",     "/lib64/",     "/libx32/",
                                          "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/usr/libx32/"};
    /* By name wherever they lie: a C library in a folder of its own is still not the guest's code. */
    static const char *const files[] = {"ld-linux",    "ld-2.",         "ld.so",       "ld-musl",   "libc.so",
                                        "libc-2.",     "libpthread.",   "libpthread-", "libgcc_s.", "libstdc++.",
                                        "liblockstep", "lockstep-shim", "libtsan.",    "libasan.",  "libubsan."};
    if (path[0] != '/')
        return true;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    }
    const char *base = source_base_name(path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strncmp(base, files[i], strlen(files[i])) == 0)
            return true;
    }
    return false;
}
