/* What the files of this room share. Nobody else includes it.
 *
 * Addresses come in two kinds: those of the guest, and those of a file (unbiased: as the linker wrote them). A `placed`
 * module knows the difference (bias). */
#ifndef LOCKSTEP_SOURCE_SOURCE_INTERNAL_H
#define LOCKSTEP_SOURCE_SOURCE_INTERNAL_H

#include "source/source.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <sys/stat.h>

/* ---- text that never overflows ---- */
struct source_text_builder {
    char *at;
    size_t size;
    size_t length;
    bool cut; /* something did not fit */
};
void source_text_start(struct source_text_builder *text, char *at, size_t size);
void source_text_add(struct source_text_builder *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void source_text_cut(struct source_text_builder *text, size_t length); /* back to an earlier length */

/* ---- the map (source_maps.c) ---- */
struct source_region {
    uint64_t start, end, offset;
    bool readable, writable, executable, is_private;
    const char *path; /* "" for anonymous memory; "[heap]", "[stack]", "[vdso]"; borrowed from the map's text */
};
struct source_map {
    char *text;
    struct source_region *regions; /* sorted, not overlapping */
    size_t count;
};
bool source_map_parse(struct source_map *map, const char *text); /* false: out of memory */
void source_map_clear(struct source_map *map);
const struct source_region *source_map_find(const struct source_map *map, uint64_t address);
bool source_map_is_system(const char *path); /* libraries and programs of the system, the shim, the vdso */

/* ---- one file (source_module.c, source_index.c) ---- */
struct source_unit {
    uint64_t low, high; /* one range of code, unbiased */
    Dwarf_Off die;
};
struct source_global { /* a variable with static storage */
    const char *name;
    const char *function; /* NULL at file level */
    const char *path;     /* of the compilation unit */
    uint64_t address;     /* unbiased */
    uint64_t size;
    bool external;
    Dwarf_Die type;
};
struct source_symbol {
    const char *name;
    uint64_t address, size; /* unbiased */
    bool is_function;
    bool is_global;
};
struct source_segment {
    uint64_t offset, address, file_size, memory_size;
    bool executable;
};
enum { SOURCE_SEGMENTS = 16 };

struct source_module {
    struct source_module *next;
    unsigned references;
    char *path;
    struct stat identity;
    int fd; /* -1 once loaded */
    bool is_loaded, is_indexed, is_symbols_read;
    char *image;
    size_t image_size;
    char *debug_image; /* separate debug information */
    Elf *elf, *debug_elf;
    Dwarf *dwarf; /* NULL: no debug information */
    Dwarf_CFI *cfi;
    bool is_cfi_tried;
    struct source_segment segments[SOURCE_SEGMENTS];
    size_t segment_count;
    struct source_unit *units; /* sorted by low */
    size_t unit_count;
    struct source_global *globals; /* sorted by address */
    size_t global_count;
    const char **files;
    size_t file_count;
    struct source_symbol *symbols; /* sorted by address */
    size_t symbol_count;
    struct source_string *strings;
};
struct source_cache {
    struct source_module *modules;
};
struct source_module *source_module_obtain(struct source_cache *cache, const char *path, int root_fd);
void source_module_release(struct source_cache *cache, struct source_module *module);
void source_module_load(struct source_module *module);  /* image, segments, units; at most once */
void source_module_index(struct source_module *module); /* globals and files; at most once */
void source_module_symbols(struct source_module *module);
const char *source_module_keep(struct source_module *module, const char *string); /* interned; NULL: no memory */
/* The path that the unit's `file` means: joined with its folder, "." and ".." resolved; interned. */
const char *source_module_path(struct source_module *module, Dwarf_Die *unit, const char *file);
bool source_module_unit(struct source_module *module, uint64_t pc, Dwarf_Die *unit); /* the unit of unbiased pc */
const struct source_symbol *source_module_symbol(struct source_module *module, uint64_t address);
void source_index_variables(struct source_module *module);
void source_index_units(struct source_module *module);
void source_index_symbols(struct source_module *module);
bool source_grow(void **array, size_t count, size_t *capacity, size_t element); /* room for one more */
const char *source_base_name(const char *path);

/* ---- one process (source.c) ---- */
struct source_placed {
    struct source_module *module;
    uint64_t start, end; /* file mappings and the anonymous memory that follows them */
    uint64_t code_start, code_offset;
    uint64_t bias; /* guest address - address in the file; modulo 2^64 */
    bool is_guest, is_biased;
};
struct source_named { /* a global of this process */
    const struct source_placed *placed;
    const struct source_global *global;
    uint64_t address; /* in the guest */
};
struct source_line_entry {
    uint64_t pc; /* 0: empty */
    bool found;
    struct source_place place;
};
struct source {
    struct source_cache *cache;
    source_read *read;
    void *context;
    int root_fd;
    struct source_map map;
    struct source_placed *placed;
    size_t placed_count;
    struct source_module **held; /* every module ever used, so that strings stay */
    size_t held_count, held_capacity;
    struct source_named *named; /* by name */
    struct source_named *by_address;
    size_t named_count;
    bool is_named;
    struct source_line_entry *lines;
    size_t line_count, line_capacity;
};
struct source_placed *source_placed_at(struct source *source, uint64_t address);       /* loaded, or NULL */
void source_names_build(struct source *source);                                        /* named and by_address */
bool source_fetch(struct source *source, uint64_t address, void *buffer, size_t size); /* all or nothing */

/* ---- debug information (source_type.c) ---- */
enum { SOURCE_DEPTH = 24, SOURCE_CHILDREN = 100000, SOURCE_DIMENSIONS = 8 };
/* Iterates over the children of `parent`: child must be zeroed storage, left is a budget that ends every loop. */
bool source_die_first(Dwarf_Die *parent, Dwarf_Die *child, unsigned *left);
bool source_die_next(Dwarf_Die *child, unsigned *left);
bool source_die_unsigned(Dwarf_Die *die, unsigned name, uint64_t *out); /* a constant attribute */
bool source_die_reference(Dwarf_Die *die, unsigned name, Dwarf_Die *out);
bool source_type_of(Dwarf_Die *die, Dwarf_Die *type);         /* DW_AT_type */
bool source_type_peel(const Dwarf_Die *type, Dwarf_Die *out); /* without typedefs and qualifiers; false: void */

struct source_frame;
/* What is needed to evaluate sizes and places that depend on the moment. */
struct source_moment {
    struct source *source;
    const struct source_placed *placed; /* NULL: constants only */
    const struct source_frame *frame;   /* NULL: static storage only */
};
uint64_t source_type_size(const struct source_moment *moment, const Dwarf_Die *type); /* 0: unknown */

struct source_array {
    Dwarf_Die element;
    uint64_t element_size;
    uint64_t total; /* elements of all dimensions; UINT64_MAX: unknown */
    uint64_t counts[SOURCE_DIMENSIONS];
    unsigned dimensions;
};
bool source_type_array(const struct source_moment *moment, const Dwarf_Die *peeled, struct source_array *out);

struct source_member {
    Dwarf_Die type;
    const char *name; /* NULL: anonymous or inherited */
    uint64_t offset, size;
    unsigned bit_offset, bit_size;
};
/* Fills `out` if `child` is a data member with a constant place. */
bool source_type_member(const struct source_moment *moment, Dwarf_Die *child, struct source_member *out);
bool source_type_is_aggregate(const Dwarf_Die *peeled);
void source_type_text(const Dwarf_Die *type, struct source_text_builder *text);

enum source_match { SOURCE_MATCH_NONE, SOURCE_MATCH_INSIDE, SOURCE_MATCH_EXACT };
/* Adds the path (".slot[3].m") from an object of `type` to the part at offset with that size (0: unknown). */
enum source_match source_type_path(const struct source_moment *moment, const Dwarf_Die *type, uint64_t offset,
                                   uint64_t size, struct source_text_builder *path);

/* ---- live frames and places (source_frame.c) ---- */
enum { SOURCE_SCOPES = 16, SOURCE_FRAMES = 64, SOURCE_ALL_FRAMES = 1024 };
struct source_frame {
    const struct source_placed *placed;
    const char *task;
    uint64_t pc; /* unbiased, of the call: return address - 1 */
    uint64_t frame_pointer;
    uint64_t cfa, base;
    bool has_cfa, has_base;
    Dwarf_Die scopes[SOURCE_SCOPES]; /* [0] is the function, then blocks and inlined functions */
    unsigned scope_count;
    unsigned activation;  /* 1 for the outermost of its function in this task */
    unsigned activations; /* how often the function is live in this task */
    bool is_in_other_task;
};
struct source_frames {
    struct source_frame *frames; /* task by task, outermost first */
    size_t count;
};
bool source_frames_walk(struct source *source, const struct source_task *tasks, size_t task_count,
                        struct source_frames *out); /* free(out->frames) */
/* The chain of scopes of unbiased pc in a unit: function first. Returns how many. */
unsigned source_scopes_at(Dwarf_Die *unit, uint64_t pc, Dwarf_Die *scopes);
/* Evaluates the attribute's expression. *is_address tells a place in memory from a plain value. */
bool source_place_of(const struct source_moment *moment, Dwarf_Attribute *attribute, uint64_t *out);
/* One local or parameter of a frame; return true to stop. */
struct source_local {
    const struct source_frame *frame;
    const char *function; /* innermost function that declares it */
    const char *name;
    Dwarf_Die type;
    uint64_t address;
};
typedef bool source_local_visit(void *context, const struct source_local *local);
bool source_frame_locals(struct source *source, const struct source_frame *frame, source_local_visit *visit,
                         void *context);
void source_local_name(const struct source_local *local, struct source_text_builder *text);

/* ---- names (source_name.c, source_heap.c) ---- */
void source_name_global(struct source *source, const struct source_named *named, struct source_text_builder *text);
bool source_name_static(struct source *source, uint64_t address, uint64_t size, struct source_text_builder *text);
bool source_name_reached(struct source *source, const struct source_frames *frames, uint64_t address, uint64_t size,
                         struct source_text_builder *text);
bool source_name_symbol(struct source *source, uint64_t address, bool function, struct source_text_builder *text);

#endif
