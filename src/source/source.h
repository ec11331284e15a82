/* Where a program counter is in the source, what an object is called, and what a variable holds now: from the debug
 * information of a guest process that does not move while it is looked at.
 *
 * Everything here is read-only towards the guest, single-threaded, and tolerant: without debug information, or with
 * debug information or a map that is corrupt, a question is answered `false`, never with a crash or a guess.
 * Strings that are handed out (struct source_place, source_file) belong to the source and live until source_free. */
#ifndef LOCKSTEP_SOURCE_SOURCE_H
#define LOCKSTEP_SOURCE_SOURCE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Files that were parsed, shared by all processes that map them (same path, device, inode, size and time of change),
 * and kept for the next run of the same program. One per lockstep. */
struct source_cache;

/* One address space: open one per process image (again after fork and after exec). */
struct source;

/* Reads `size` bytes of guest memory at `address` into `buffer`. Returns how many bytes were read from the start;
 * less than `size` when the rest is not readable. */
typedef size_t source_read(void *context, uint64_t address, void *buffer, size_t size);

/* A place in the source text. The strings live until source_free. */
struct source_place {
    const char *file;     /* base name: "deadlock.c" */
    const char *path;     /* whole path as the compiler recorded it, "." and ".." resolved by text */
    const char *function; /* innermost function (also an inlined one); "" when unknown */
    int line;             /* from 1 */
};

/* Where a task is, so that its live frames can be walked by frame pointers. */
struct source_task {
    const char *name; /* "main", "T2": tells apart locals of one function that is live in several tasks; may be NULL */
    uint64_t pc;      /* return address into the guest's code */
    uint64_t frame_pointer; /* of the function that `pc` is in; 0: unknown, its locals have no names then */
};

enum { SOURCE_NAME_SIZE = 160, SOURCE_TYPE_SIZE = 96 };

/* A variable, or a part of one, in memory. Plain data; valid for the source that gave it (or a forked child's). */
struct source_variable {
    char name[SOURCE_NAME_SIZE]; /* as asked for: "g_num", "a.c:lock", "q.count", "forks[2]" */
    char type[SOURCE_TYPE_SIZE]; /* "int", "struct queue *", "pthread_mutex_t [5]" */
    uint64_t address;
    uint64_t size; /* bytes; of a bit-field: of the bytes that it touches */
    unsigned bit_offset;
    unsigned bit_size; /* 0: not a bit-field */
    bool is_signed;    /* for integers */
    bool is_integer;   /* source_value_integer can answer: integers, characters, booleans, enumerations */
    bool is_address;   /* a pointer or a reference */
    bool is_float;     /* a binary floating-point number of 4 or 8 bytes */
    /* Private to the room. */
    const void *module;
    uint64_t type_offset;
};

/* Never NULL except out of memory. Free it after every source that uses it. */
struct source_cache *source_cache_new(void);
void source_cache_free(struct source_cache *cache);

/* Opens the view of one process. `maps_text` is the text of its /proc/PID/maps. `root_fd` is a directory (the guest's
 * root, as of /proc/PID/root) under which mapped paths are opened, or -1 for our own root; it is borrowed, as are
 * `cache`, `read` and `context`, until source_free. Cheap: files are opened, not parsed. Fails with STATUS_MEMORY only:
 * unreadable lines and files are left out. *out is NULL after a failure. */
enum status source_open(struct source_cache *cache, const char *maps_text, source_read *read, void *context,
                        int root_fd, struct source **out, struct message *message);

/* Gives the map again after the guest loaded or unloaded libraries. What was handed out stays valid. */
enum status source_remap(struct source *source, const char *maps_text, struct message *message);

void source_free(struct source *source);

/* Where the call that returns to `pc` is (the line of pc - 1). False where there is no line information. Asking again
 * for the same pc costs a hash lookup. */
bool source_line(struct source *source, uint64_t pc, struct source_place *out);

/* Whether `pc` is in code of the guest's own: an executable mapping of a file that is not a system library, the dynamic
 * linker, lockstep's shim or the kernel's vdso. Code without a file (a just-in-time compiler's) is not counted. */
bool source_is_guest_code(struct source *source, uint64_t pc);

/* The expression for the object at `address`, into out[n]. In this order: a variable with static storage ("A",
 * "forks[2]", "q.lock", "a.c:lock" where a plain name would be ambiguous); a local or parameter of a live frame
 * ("main:m"; "worker:m@T2" and "f:m#2" when the function is live in several tasks or several times in one); memory that
 * a chain of at most three pointers reaches, from static variables first, then from locals ("q->lock",
 * "tasks[3].arg->m", "forks[2]" through a pointer); a symbol of the symbol table.
 * `size` is the size of the object: the outermost (part of a) variable that starts there and has that size is named, so
 * that a mutex is not named by its innards. 0: unknown; the variable, structure or element that starts there.
 * An address inside the smallest part is written "x+2". `tasks` may be NULL when task_count is 0. False: no name. */
bool source_name(struct source *source, const struct source_task *tasks, size_t task_count, uint64_t address,
                 size_t size, char *out, size_t n);

/* Finds a variable by such an expression: [FILE: or FUNCTION:] NAME, then .member, ->member, [index], or a leading *.
 * A FUNCTION: may name a local of a live frame of `tasks` (with @TASK and #N as source_name writes them). Pointers are
 * followed as they are now. Thread-local variables have no address here and are not found. False: no such thing. */
bool source_variable(struct source *source, const struct source_task *tasks, size_t task_count, const char *name,
                     struct source_variable *out);

/* Its value now as text, by debug information: numbers, true/false, 'a', enumerators, "text" (64 bytes at most),
 * NULL, &name, function names, {1, 2, ...} and {count = 1, ...}. No address is ever printed: a pointer to something
 * nameless is "<heap>", "<stack>", "<memory>" or "<invalid>". False when it cannot be read. */
bool source_value(struct source *source, const struct source_variable *variable, char *out, size_t n);

/* Its value as a number, when variable->is_integer; unsigned 64-bit values are given by their bits. */
bool source_value_integer(struct source *source, const struct source_variable *variable, int64_t *out);

/* The main files of the compilation units of the guest's own modules, without duplicates, in the order of the map and
 * of the debug information. The path lives until source_free; NULL beyond the end. */
size_t source_file_count(struct source *source);
const char *source_file(struct source *source, size_t index);

/* The text of a file that source_file or source_line gave (others are refused, so that no other file is ever read), at
 * most 4 MiB of a regular file. *text is owned by the caller (free) and is terminated; *newer tells that the file was
 * changed after the program was built, so lines may be off. False when it cannot be read. */
bool source_text(struct source *source, const char *path, char **text, size_t *size, bool *newer);

#endif
