/* One process: which files lie where, the line of a program counter, and the list of source files.
 *
 * Names and values are in source_name.c, source_heap.c and source_value.c. Must not change the guest, and must not open
 * any file but those that the map names and source files that the debug information of the guest's own modules names. */
#include "source/source_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_TRIES = 8, LINE_LIMIT = 1 << 20, TEXT_LIMIT = 4 << 20 };

bool source_fetch(struct source *source, uint64_t address, void *buffer, size_t size)
{
    uint64_t end;
    if (__builtin_add_overflow(address, size, &end))
        return false;
    return source->read && source->read(source->context, address, buffer, size) == size;
}

/* ---- opening ---- */
static bool hold(struct source *source, struct source_module *module)
{
    for (size_t i = 0; i < source->held_count; i++) {
        if (source->held[i] == module) {
            source_module_release(source->cache, module); /* held once is enough */
            return true;
        }
    }
    if (!source_grow((void **)&source->held, source->held_count, &source->held_capacity, sizeof *source->held)) {
        source_module_release(source->cache, module);
        return false;
    }
    source->held[source->held_count++] = module;
    return true;
}

/* The file's mappings around the executable one, and the anonymous memory (zeroed data) right behind them. */
static struct source_placed place(const struct source_map *map, size_t code)
{
    const struct source_region *regions = map->regions;
    const char *path = regions[code].path;
    size_t low = code;
    size_t high = code;
    while (low > 0 && strcmp(regions[low - 1].path, path) == 0)
        low--;
    while (high + 1 < map->count && strcmp(regions[high + 1].path, path) == 0)
        high++;
    while (high + 1 < map->count && regions[high + 1].start == regions[high].end && !*regions[high + 1].path)
        high++;
    return (struct source_placed){.start = regions[low].start,
                                  .end = regions[high].end,
                                  .code_start = regions[code].start,
                                  .code_offset = regions[code].offset,
                                  .is_guest = !source_map_is_system(path)};
}

static enum status place_all(struct source *source)
{
    size_t capacity = 0;
    for (size_t i = 0; i < source->map.count; i++) {
        const struct source_region *region = &source->map.regions[i];
        if (!region->executable || region->path[0] != '/')
            continue;
        struct source_placed placed = place(&source->map, i);
        size_t last = source->placed_count;
        if (last && source->placed[last - 1].start == placed.start)
            continue; /* a second executable mapping of the same file */
        placed.module = source_module_obtain(source->cache, region->path, source->root_fd);
        if (!placed.module)
            continue;
        if (!hold(source, placed.module) ||
            !source_grow((void **)&source->placed, last, &capacity, sizeof *source->placed))
            return STATUS_MEMORY;
        source->placed[source->placed_count++] = placed;
    }
    return STATUS_OK;
}

static void forget_places(struct source *source)
{
    free(source->placed);
    free(source->named);
    free(source->by_address);
    free(source->lines);
    source_map_clear(&source->map);
    source->placed = NULL;
    source->named = source->by_address = NULL;
    source->lines = NULL;
    source->placed_count = source->named_count = 0;
    source->line_count = source->line_capacity = 0;
    source->is_named = false;
}

enum status source_remap(struct source *source, const char *maps_text, struct message *message)
{
    forget_places(source);
    enum status status = source_map_parse(&source->map, maps_text) ? place_all(source) : STATUS_MEMORY;
    if (status != STATUS_OK)
        return message_set(message, status, "out of memory while reading the memory map of the observed program");
    return STATUS_OK;
}

enum status source_open(struct source_cache *cache, const char *maps_text, source_read *read, void *context,
                        int root_fd, struct source **out, struct message *message)
{
    *out = NULL;
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return message_set(message, STATUS_MEMORY, "out of memory while opening the debug information");
    *source = (struct source){.cache = cache, .read = read, .context = context, .root_fd = root_fd};
    enum status status = source_remap(source, maps_text, message);
    if (status != STATUS_OK) {
        source_free(source);
        return status;
    }
    *out = source;
    return STATUS_OK;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    forget_places(source);
    for (size_t i = 0; i < source->held_count; i++)
        source_module_release(source->cache, source->held[i]);
    free(source->held);
    free(source);
}

/* ---- where a module lies ---- */
static void find_bias(struct source_placed *placed)
{
    const struct source_module *module = placed->module;
    for (size_t i = 0; i < module->segment_count && !placed->is_biased; i++) {
        const struct source_segment *segment = &module->segments[i];
        if (!segment->executable || placed->code_offset < (segment->offset & ~(uint64_t)4095) ||
            placed->code_offset >= segment->offset + segment->file_size)
            continue;
        placed->bias = placed->code_start - placed->code_offset - (segment->address - segment->offset);
        placed->is_biased = true;
    }
}

static bool load_placed(struct source_placed *placed)
{
    source_module_load(placed->module);
    if (!placed->is_biased)
        find_bias(placed);
    return placed->is_biased;
}

struct source_placed *source_placed_at(struct source *source, uint64_t address)
{
    for (size_t i = 0; i < source->placed_count; i++) {
        struct source_placed *placed = &source->placed[i];
        if (address >= placed->start && address < placed->end)
            return load_placed(placed) ? placed : NULL;
    }
    return NULL;
}

/* ---- lines ---- */
static bool find_line(struct source *source, uint64_t pc, struct source_place *out)
{
    struct source_placed *placed = source_placed_at(source, pc);
    Dwarf_Die unit;
    if (!placed || !placed->module->dwarf)
        return false;
    uint64_t at = pc - placed->bias;
    if (!source_module_unit(placed->module, at, &unit))
        return false;
    Dwarf_Line *row = dwarf_getsrc_die(&unit, at);
    int line = 0;
    /* Line 0 means "of no line in particular": what the compiler put in belongs to the line before it. */
    for (unsigned tries = 0; row && tries < LINE_TRIES; tries++) {
        Dwarf_Addr start;
        if (dwarf_lineno(row, &line) != 0 || line > 0 || dwarf_lineaddr(row, &start) != 0 || start == 0)
            break;
        row = dwarf_getsrc_die(&unit, start - 1);
    }
    const char *file = row && line > 0 ? dwarf_linesrc(row, NULL, NULL) : NULL;
    const char *path = file ? source_module_path(placed->module, &unit, file) : NULL;
    if (!path)
        return false;
    *out = (struct source_place){.file = source_base_name(path), .path = path, .line = line, .function = ""};
    Dwarf_Die scopes[SOURCE_SCOPES];
    for (unsigned i = source_scopes_at(&unit, at, scopes); i-- > 0;) {
        const char *name = dwarf_tag(&scopes[i]) == DW_TAG_lexical_block ? NULL : dwarf_diename(&scopes[i]);
        if (name) {
            out->function = name;
            break;
        }
    }
    return true;
}

static size_t slot_of(const struct source *source, uint64_t pc)
{
    return (size_t)((pc * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (source->line_capacity - 1);
}

static struct source_line_entry *find_entry(const struct source *source, uint64_t pc)
{
    size_t slot = slot_of(source, pc);
    while (source->lines[slot].pc != 0 && source->lines[slot].pc != pc)
        slot = (slot + 1) & (source->line_capacity - 1);
    return &source->lines[slot];
}

static bool grow_lines(struct source *source)
{
    size_t old_capacity = source->line_capacity;
    struct source_line_entry *old = source->lines;
    if (old && source->line_count * 2 < old_capacity)
        return true;
    if (old_capacity >= LINE_LIMIT)
        return false;
    size_t capacity = old ? old_capacity * 2 : 256;
    struct source_line_entry *lines = calloc(capacity, sizeof *lines);
    if (!lines)
        return false;
    source->lines = lines;
    source->line_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].pc)
            *find_entry(source, old[i].pc) = old[i];
    }
    free(old);
    return true;
}

bool source_line(struct source *source, uint64_t pc, struct source_place *out)
{
    struct source_line_entry *entry = source->lines ? find_entry(source, pc) : NULL;
    if (pc == 0)
        return false;
    if (entry && entry->pc == pc) {
        if (entry->found)
            *out = entry->place;
        return entry->found;
    }
    struct source_line_entry fresh = {.pc = pc};
    fresh.found = find_line(source, pc - 1, &fresh.place);
    if (grow_lines(source)) {
        *find_entry(source, pc) = fresh;
        source->line_count++;
    }
    if (fresh.found)
        *out = fresh.place;
    return fresh.found;
}

bool source_is_guest_code(struct source *source, uint64_t pc)
{
    const struct source_region *region = source_map_find(&source->map, pc);
    return region && region->executable && !source_map_is_system(region->path);
}

/* ---- the variables of all the guest's own modules ---- */
static int compare_named(const void *a, const void *b)
{
    const struct source_named *left = a;
    const struct source_named *right = b;
    int order = strcmp(left->global->name, right->global->name);
    if (order != 0)
        return order;
    return left->address < right->address ? -1 : left->address > right->address;
}

static int compare_addresses(const void *a, const void *b)
{
    const struct source_named *left = a;
    const struct source_named *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return strcmp(left->global->name, right->global->name);
}

/* A program may hold its own copy of a library's variable (a copy relocation); then that copy is the one in use. */
static uint64_t address_in_use(const struct source_placed *program, const struct source_placed *placed,
                               const struct source_global *global)
{
    if (placed != program && global->external && program->module->symbol_count < 20000) {
        for (size_t i = 0; i < program->module->symbol_count; i++) {
            const struct source_symbol *symbol = &program->module->symbols[i];
            if (symbol->is_global && !symbol->is_function && symbol->size == global->size &&
                strcmp(symbol->name, global->name) == 0)
                return symbol->address + program->bias;
        }
    }
    return global->address + placed->bias;
}

void source_names_build(struct source *source)
{
    if (source->is_named)
        return;
    source->is_named = true;
    const struct source_placed *program = NULL;
    size_t total = 0;
    for (size_t i = 0; i < source->placed_count; i++) {
        struct source_placed *placed = &source->placed[i];
        if (!placed->is_guest || !load_placed(placed))
            continue;
        source_module_index(placed->module);
        if (!program) {
            program = placed;
            source_module_symbols(placed->module);
        }
        total += placed->module->global_count;
    }
    source->named = total ? calloc(total, sizeof *source->named) : NULL;
    source->by_address = total ? calloc(total, sizeof *source->by_address) : NULL;
    if (!source->named || !source->by_address)
        return;
    for (size_t i = 0; i < source->placed_count; i++) {
        const struct source_placed *placed = &source->placed[i];
        if (!placed->is_guest || !placed->is_biased)
            continue;
        for (size_t j = 0; j < placed->module->global_count; j++) {
            const struct source_global *global = &placed->module->globals[j];
            source->named[source->named_count++] = (struct source_named){
                .placed = placed, .global = global, .address = address_in_use(program, placed, global)};
        }
    }
    memcpy(source->by_address, source->named, source->named_count * sizeof *source->named);
    qsort(source->named, source->named_count, sizeof *source->named, compare_named);
    qsort(source->by_address, source->named_count, sizeof *source->by_address, compare_addresses);
}

/* ---- source files ---- */
const char *source_file(struct source *source, size_t index)
{
    source_names_build(source);
    for (size_t i = 0; i < source->placed_count; i++) {
        const struct source_module *module = source->placed[i].module;
        if (!source->placed[i].is_guest)
            continue;
        if (index < module->file_count)
            return module->files[index];
        index -= module->file_count;
    }
    return NULL;
}

size_t source_file_count(struct source *source)
{
    size_t count = 0;
    source_names_build(source);
    for (size_t i = 0; i < source->placed_count; i++)
        count += source->placed[i].is_guest ? source->placed[i].module->file_count : 0;
    return count;
}

/* The module that named this path, whether as a main file or as the place of a line. */
static const struct source_module *module_of_file(struct source *source, const char *path)
{
    source_names_build(source);
    for (size_t i = 0; i < source->placed_count; i++) {
        const struct source_module *module = source->placed[i].module;
        for (size_t j = 0; source->placed[i].is_guest && j < module->file_count; j++) {
            if (strcmp(module->files[j], path) == 0)
                return module;
        }
    }
    for (size_t i = 0; i < source->line_capacity; i++) {
        const struct source_line_entry *entry = &source->lines[i];
        if (entry->pc && entry->found && strcmp(entry->place.path, path) == 0) {
            struct source_placed *placed = source_placed_at(source, entry->pc - 1);
            if (placed && placed->is_guest)
                return placed->module;
        }
    }
    return NULL;
}

bool source_text(struct source *source, const char *path, char **text, size_t *size, bool *newer)
{
    const struct source_module *module = module_of_file(source, path);
    if (!module || path[0] != '/')
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    struct stat now;
    char *buffer = NULL;
    size_t have = 0;
    bool fine = fstat(fd, &now) == 0 && S_ISREG(now.st_mode) && now.st_size <= TEXT_LIMIT;
    if (fine)
        buffer = malloc((size_t)now.st_size + 1);
    while (buffer && have < (size_t)now.st_size) {
        ssize_t got = pread(fd, buffer + have, (size_t)now.st_size - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            fine = false;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    close(fd);
    if (!fine || !buffer) {
        free(buffer);
        return false;
    }
    buffer[have] = 0;
    *text = buffer;
    *size = have;
    *newer = now.st_mtim.tv_sec > module->identity.st_mtim.tv_sec ||
             (now.st_mtim.tv_sec == module->identity.st_mtim.tv_sec &&
              now.st_mtim.tv_nsec > module->identity.st_mtim.tv_nsec);
    return true;
}
