/* One mapped file: its image, its segments, its debug information; and the cache of such files.
 *
 * The file is copied into memory, not mapped: a guest may truncate or rewrite its own program while we look, and a
 * mapping would then kill us with SIGBUS. Debug information kept apart is looked for by build id on this machine only:
 * never over the network (debuginfod), which is why libdwfl's own search is not used. Must not know processes. */
#include "source/source_internal.h"

#include <elf.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNUSED_MODULES = 64 };
static const off_t image_limit = (off_t)512 << 20;

struct source_string {
    struct source_string *next;
    char text[];
};

bool source_grow(void **array, size_t count, size_t *capacity, size_t element)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *moved = reallocarray(*array, larger, element);
    if (!moved)
        return false;
    *array = moved;
    *capacity = larger;
    return true;
}

const char *source_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void source_text_start(struct source_text_builder *text, char *at, size_t size)
{
    *text = (struct source_text_builder){.at = at, .size = size, .cut = size == 0};
    if (size)
        at[0] = 0;
}

void source_text_add(struct source_text_builder *text, const char *format, ...)
{
    if (text->cut)
        return;
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text->at + text->length, text->size - text->length, format, arguments);
    va_end(arguments);
    if (added < 0 || (size_t)added >= text->size - text->length) {
        text->cut = true;
        size_t end = strlen(text->at);
        while (end > text->length && ((unsigned char)text->at[end - 1] & 0xC0) == 0x80)
            end--; /* a character that the end of the array may have split */
        if (end > text->length && ((unsigned char)text->at[end - 1] & 0xC0) == 0xC0)
            end--;
        text->at[end] = 0;
        text->length = end;
        return;
    }
    text->length += (size_t)added;
}

void source_text_cut(struct source_text_builder *text, size_t length)
{
    if (text->size == 0 || length > text->length)
        return;
    text->length = length;
    text->at[length] = 0;
    text->cut = false;
}

struct source_cache *source_cache_new(void)
{
    elf_version(EV_CURRENT);
    return calloc(1, sizeof(struct source_cache));
}

static void module_free(struct source_module *module)
{
    if (module->cfi)
        dwarf_cfi_end(module->cfi);
    if (module->dwarf)
        dwarf_end(module->dwarf);
    if (module->debug_elf)
        elf_end(module->debug_elf);
    if (module->elf)
        elf_end(module->elf);
    if (module->fd >= 0)
        close(module->fd);
    while (module->strings) {
        struct source_string *next = module->strings->next;
        free(module->strings);
        module->strings = next;
    }
    free(module->image);
    free(module->debug_image);
    free(module->units);
    free(module->globals);
    free(module->files);
    free(module->symbols);
    free(module->path);
    free(module);
}

void source_cache_free(struct source_cache *cache)
{
    if (!cache)
        return;
    while (cache->modules) {
        struct source_module *next = cache->modules->next;
        module_free(cache->modules);
        cache->modules = next;
    }
    free(cache);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

struct source_module *source_module_obtain(struct source_cache *cache, const char *path, int root_fd)
{
    const char *relative = path;
    while (root_fd >= 0 && *relative == '/')
        relative++;
    int fd = openat(root_fd >= 0 ? root_fd : AT_FDCWD, relative, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    struct stat identity;
    if (fstat(fd, &identity) != 0 || !S_ISREG(identity.st_mode) || identity.st_size > image_limit) {
        close(fd);
        return NULL;
    }
    for (struct source_module *module = cache->modules; module; module = module->next) {
        if (is_same_file(&module->identity, &identity) && strcmp(module->path, path) == 0) {
            close(fd);
            module->references++;
            return module;
        }
    }
    struct source_module *module = calloc(1, sizeof *module);
    char *copy = strdup(path);
    if (!module || !copy) {
        free(module);
        free(copy);
        close(fd);
        return NULL;
    }
    *module =
        (struct source_module){.next = cache->modules, .references = 1, .path = copy, .identity = identity, .fd = fd};
    cache->modules = module;
    return module;
}

/* Files that nobody maps now are kept for the next run, up to a number; the oldest go first. */
void source_module_release(struct source_cache *cache, struct source_module *module)
{
    module->references--;
    unsigned unused = 0;
    for (struct source_module **at = &cache->modules; *at;) {
        struct source_module *candidate = *at;
        if (candidate->references == 0 && ++unused > UNUSED_MODULES) {
            *at = candidate->next;
            module_free(candidate);
        } else {
            at = &candidate->next;
        }
    }
}

static char *read_image(int fd, size_t *size)
{
    struct stat now;
    if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode) || now.st_size <= 0 || now.st_size > image_limit)
        return NULL;
    size_t wanted = (size_t)now.st_size;
    char *image = calloc(1, wanted + 16); /* zeros behind it end a last string that a hostile file leaves open */
    size_t have = 0;
    while (image && have < wanted) {
        ssize_t got = pread(fd, image + have, wanted - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    *size = have;
    return image;
}

static void read_segments(struct source_module *module)
{
    size_t count = 0;
    if (elf_getphdrnum(module->elf, &count) != 0)
        return;
    for (size_t i = 0; i < count && i < 256 && module->segment_count < SOURCE_SEGMENTS; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(module->elf, (int)i, &header))
            return;
        if (header.p_type == PT_LOAD) {
            module->segments[module->segment_count++] = (struct source_segment){.offset = header.p_offset,
                                                                                .address = header.p_vaddr,
                                                                                .file_size = header.p_filesz,
                                                                                .memory_size = header.p_memsz,
                                                                                .executable = header.p_flags & PF_X};
        }
    }
}

/* The C library and its loader: nobody steps in their lines or watches their variables, while their separate debug
 * information, where somebody has installed it, is larger than everything else together (libc6-dbg: 15 MB once loaded). */
static bool is_c_library(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return strncmp(name, "libc.so.", 8) == 0 || strncmp(name, "ld-linux", 8) == 0;
}

/* Debian and others keep debug information at /usr/lib/debug/.build-id/xx/yyyy.debug. */
static void load_separate(struct source_module *module)
{
    const void *id = NULL;
    ssize_t size = dwelf_elf_gnu_build_id(module->elf, &id);
    if (size < 3 || size > 64)
        return;
    const unsigned char *bytes = id;
    char path[256];
    struct source_text_builder text;
    source_text_start(&text, path, sizeof path);
    source_text_add(&text, "/usr/lib/debug/.build-id/%02x/", bytes[0]);
    for (ssize_t i = 1; i < size; i++)
        source_text_add(&text, "%02x", bytes[i]);
    source_text_add(&text, ".debug");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    size_t length = 0;
    module->debug_image = read_image(fd, &length);
    close(fd);
    if (!module->debug_image || length == 0)
        return;
    module->debug_elf = elf_memory(module->debug_image, length);
    if (module->debug_elf)
        module->dwarf = dwarf_begin_elf(module->debug_elf, DWARF_C_READ, NULL);
}

void source_module_load(struct source_module *module)
{
    if (module->is_loaded)
        return;
    module->is_loaded = true;
    module->image = read_image(module->fd, &module->image_size);
    close(module->fd);
    module->fd = -1;
    if (!module->image || module->image_size < sizeof(Elf64_Ehdr))
        return;
    module->elf = elf_memory(module->image, module->image_size);
    if (!module->elf || elf_kind(module->elf) != ELF_K_ELF || gelf_getclass(module->elf) != ELFCLASS64)
        return;
    read_segments(module);
    module->dwarf = dwarf_begin_elf(module->elf, DWARF_C_READ, NULL);
    Dwarf_Off next;
    size_t header;
    if (module->dwarf && dwarf_nextcu(module->dwarf, 0, &next, &header, NULL, NULL, NULL) != 0) {
        dwarf_end(module->dwarf); /* only a table of frames or of lines: nothing to go by */
        module->dwarf = NULL;
    }
    if (!module->dwarf && !is_c_library(module->path))
        load_separate(module);
    if (module->dwarf)
        source_index_units(module);
}

const char *source_module_keep(struct source_module *module, const char *string)
{
    for (struct source_string *have = module->strings; have; have = have->next) {
        if (strcmp(have->text, string) == 0)
            return have->text;
    }
    size_t size = strlen(string) + 1;
    struct source_string *kept = malloc(sizeof *kept + size);
    if (!kept)
        return NULL;
    memcpy(kept->text, string, size);
    kept->next = module->strings;
    module->strings = kept;
    return kept->text;
}

/* Resolves ".", ".." and doubled slashes by text only, in place. */
static void tidy_path(char *path)
{
    bool absolute = path[0] == '/';
    char *to = path;
    char *floor = path;
    for (const char *from = path; *from;) {
        while (*from == '/')
            from++;
        size_t length = strcspn(from, "/");
        if (length == 0)
            break;
        if (length == 2 && from[0] == '.' && from[1] == '.' && to > floor) {
            while (to > floor && *--to != '/')
                ;
        } else if (length == 2 && from[0] == '.' && from[1] == '.' && absolute) {
            ; /* above the root is the root */
        } else if (!(length == 1 && from[0] == '.')) {
            if (absolute || to > path)
                *to++ = '/';
            memmove(to, from, length);
            if (length == 2 && from[0] == '.' && from[1] == '.')
                floor = to + length;
            to += length;
        }
        from += length;
    }
    if (to == path && absolute)
        *to++ = '/';
    *to = 0;
}

const char *source_module_path(struct source_module *module, Dwarf_Die *unit, const char *file)
{
    char path[4096];
    Dwarf_Attribute attribute;
    const char *folder = NULL;
    if (file[0] != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attribute))
        folder = dwarf_formstring(&attribute);
    int length = folder ? snprintf(path, sizeof path, "%s/%s", folder, file) : snprintf(path, sizeof path, "%s", file);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    tidy_path(path);
    return source_module_keep(module, path);
}
