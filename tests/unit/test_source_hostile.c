/* Maps that are nonsense and files that are damaged: every question gets an answer or `false`, in bounded time, and
 * nothing is read outside of what is there (the sanitizer build watches). The damage is pseudo-random and repeatable;
 * LOCKSTEP_SOURCE_ROUNDS asks for more of it. */
#include "source/source.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t base = UINT64_C(0x555555554000);
static const uint64_t stack = UINT64_C(0x7ffffffde000);
static char folder[] = "/tmp/lockstep-source-XXXXXX";
static char path[64];

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Memory full of pointers into itself: the worst that a chain of pointers can meet. */
static size_t read_mirror(void *context, uint64_t address, void *buffer, size_t size)
{
    (void)context;
    unsigned char *bytes = buffer;
    for (size_t i = 0; i < size; i++) {
        uint64_t at = address + i;
        uint64_t word = (at & ~UINT64_C(7)) + 4096 + (at >> 4) % 64 * 8;
        bytes[i] = (unsigned char)(word >> (at % 8 * 8));
    }
    return size;
}

static size_t read_nothing(void *context, uint64_t address, void *buffer, size_t size)
{
    (void)context;
    (void)address;
    (void)buffer;
    (void)size;
    return 0;
}

static unsigned lines_found; /* since the last reset: that the questions reach their file at all */

static void ask_everything(struct source *source)
{
    struct source_place place;
    struct source_variable variable;
    char text[SOURCE_NAME_SIZE];
    static const char *const names[] = {
        "g_num", "q",    "pool",   "matrix", "jobs[1].arg->lock",           "(*indirect)->items[2]",
        "flags", "word", "main:m", "****q",  "forks[99999999999999999999]", "((((((("};
    struct source_task tasks[] = {{.name = "main", .pc = base + 0x1500, .frame_pointer = stack},
                                  {.name = "T1", .pc = base + 0x1300, .frame_pointer = UINT64_MAX - 7},
                                  {.pc = 1, .frame_pointer = 3}};
    for (uint64_t pc = base; pc < base + 0x3000; pc += 97) {
        lines_found += source_line(source, pc, &place);
        source_is_guest_code(source, pc);
    }
    for (uint64_t address = base + 0x4000; address < base + 0x5000; address += 488) {
        source_name(source, tasks, 3, address, address & 63, text, sizeof text);
        assert_true(strlen(text) < sizeof text);
    }
    source_name(source, tasks, 3, stack + 64, 8, text, sizeof text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char value[128];
        int64_t number;
        if (!source_variable(source, tasks, 3, names[i], &variable))
            continue;
        source_value(source, &variable, value, sizeof value);
        source_value_integer(source, &variable, &number);
    }
    for (size_t i = 0; i < source_file_count(source); i++)
        assert_non_null(source_file(source, i));
}

static void ask_about(const char *maps, source_read *read)
{
    struct source_cache *cache = source_cache_new();
    struct source *source;
    struct message message;
    assert_int_equal(source_open(cache, maps, read, NULL, -1, &source, &message), STATUS_OK);
    ask_everything(source);
    source_free(source);
    source_cache_free(cache);
}

static void ask_about_file(source_read *read)
{
    char maps[1024];
    snprintf(maps, sizeof maps,
             "555555554000-555555555000 r--p 00000000 08:01 1 %s\n555555555000-555555557000 r-xp 00001000 08:01 1 %s\n"
             "555555557000-555555558000 r--p 00003000 08:01 1 %s\n555555558000-55555555a000 rw-p 00003000 08:01 1 %s\n"
             "55555555a000-55555557b000 rw-p 00000000 00:00 0 [heap]\n"
             "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n",
             path, path, path, path);
    ask_about(maps, read);
}

static unsigned char *original;
static size_t original_size;

static void write_file(const unsigned char *bytes, size_t size)
{
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int prepare(void **state)
{
    (void)state;
    const char *build = getenv("LOCKSTEP_BUILD");
    char guest[512];
    if (!build || !mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/guest", folder);
    snprintf(guest, sizeof guest, "%s/tests/guests/source_objects", build);
    FILE *file = fopen(guest, "r");
    if (!file)
        return -1;
    original = malloc(1 << 20);
    original_size = original ? fread(original, 1, 1 << 20, file) : 0;
    fclose(file);
    return original_size > 4096 ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    free(original);
    unlink(path);
    return rmdir(folder);
}

static unsigned rounds(unsigned usual)
{
    const char *wanted = getenv("LOCKSTEP_SOURCE_ROUNDS");
    return wanted ? (unsigned)strtoul(wanted, NULL, 10) : usual;
}

static void a_map_of_nonsense_is_left_out_line_by_line(void **state)
{
    (void)state;
    static const char *const maps[] = {
        "",
        "\n\n\n",
        "x",
        "555555554000",
        "555555554000-",
        "555555554000-555555555000",
        "555555554000-555555555000 r-xp",
        "555555554000-555555555000 r-xp 00000000",
        "555555554000-555555555000 r-xp 00000000 08:01",
        "555555554000-555555555000 r-xp 00000000 08:01 1 /\\012\\012\\01",
        "555555555000-555555554000 r-xp 00000000 08:01 1 /bin/sh\n",
        "ffffffffffffffffff-fffffffffffffffffff r-xp 0 0 0 /bin/sh\n",
        "0-ffffffffffffffff r-xp ffffffffffffffff 08:01 1 /proc/self/exe\n",
        "0-ffffffffffffffff r-xp 00000000 08:01 1 /dev/zero\n",
        "555555554000-555555555000 r-xp 00000000 08:01 1 /dev/null (deleted)\n",
        "555555554000-555555555000 r-xp 00000000 08:01 1 /tmp\n",
        "\xff\xfe-\x80 r-xp",
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        ask_about(maps[i], read_mirror);
        ask_about(maps[i], read_nothing);
    }
}

static void a_cut_file_is_no_danger(void **state)
{
    (void)state;
    write_file(original, original_size);
    lines_found = 0;
    ask_about_file(read_mirror);
    assert_true(lines_found > 10);
    ask_about_file(read_nothing);
    for (size_t size = 0; size < original_size; size += 1 + original_size / 60) {
        write_file(original, size);
        ask_about_file(read_mirror);
    }
}

static void a_damaged_file_is_no_danger(void **state)
{
    (void)state;
    unsigned char *damaged = malloc(original_size);
    assert_non_null(damaged);
    for (unsigned round = 1; round <= rounds(150); round++) {
        uint64_t seed = round * UINT64_C(0x9E3779B97F4A7C15);
        memcpy(damaged, original, original_size);
        unsigned count = 1 + (unsigned)(next_random(&seed) % 40);
        /* Mostly behind the code, where the debug information is. */
        size_t from = round % 4 ? original_size / 3 : 0;
        for (unsigned i = 0; i < count; i++) {
            size_t at = from + (size_t)(next_random(&seed) % (original_size - from));
            damaged[at] = (unsigned char)next_random(&seed);
        }
        write_file(damaged, original_size);
        alarm(60); /* a circle in the file must not become one here */
        ask_about_file(round % 2 ? read_mirror : read_nothing);
        alarm(0);
    }
    free(damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_of_nonsense_is_left_out_line_by_line),
        cmocka_unit_test(a_cut_file_is_no_danger),
        cmocka_unit_test(a_damaged_file_is_no_danger),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
