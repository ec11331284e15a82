/* Lines, names and values of a real program that does not move: the guest tests/guests/source_objects.c tells where its
 * objects are, and each must be called by the name that the guest itself gives it. The same is asked of builds of other
 * kinds (two files, fixed addresses, older debug information, clang, a library of its own), made here with the compiler. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { OBJECTS = 64, TASKS = 8 };

struct object {
    char name[64];
    uint64_t address;
    size_t size;
};
struct guest {
    pid_t pid;
    int input, memory;
    char maps[65536];
    struct object objects[OBJECTS];
    size_t object_count;
    char task_names[TASKS][32];
    struct source_task tasks[TASKS];
    size_t task_count;
    unsigned reads;
    struct source_cache *cache;
    struct source *source;
};

static char folder[] = "/tmp/lockstep-source-XXXXXX";

static size_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    struct guest *guest = context;
    guest->reads++;
    ssize_t got = pread(guest->memory, buffer, size, (off_t)address);
    return got > 0 ? (size_t)got : 0;
}

static void slurp(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    size_t have = 0;
    ssize_t got;
    while (have + 1 < size && (got = read(fd, text + have, size - 1 - have)) > 0)
        have += (size_t)got;
    close(fd);
    text[have] = 0;
}

static void take_line(struct guest *guest, const char *line)
{
    char key[64];
    unsigned long address;
    unsigned long second;
    if (sscanf(line, "task:%31s %lx %lx", key, &address, &second) == 3) {
        assert_true(guest->task_count < TASKS);
        struct source_task *task = &guest->tasks[guest->task_count];
        char *name = guest->task_names[guest->task_count++];
        snprintf(name, sizeof guest->task_names[0], "%.31s", key);
        *task = (struct source_task){.name = name, .pc = address, .frame_pointer = second};
    } else if (sscanf(line, "%63s %lx %lu", key, &address, &second) == 3) {
        assert_true(guest->object_count < OBJECTS);
        struct object *object = &guest->objects[guest->object_count++];
        *object = (struct object){.address = address, .size = second};
        memcpy(object->name, key, sizeof key);
    }
}

/* Starts the program and returns when it has told everything and waits. */
static struct guest *start(const char *program)
{
    int input[2];
    int output[2];
    struct guest *guest = calloc(1, sizeof *guest);
    assert_non_null(guest);
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    guest->pid = fork();
    assert_true(guest->pid >= 0);
    if (guest->pid == 0) {
        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    guest->input = input[1];
    FILE *lines = fdopen(output[0], "r");
    char line[256];
    bool ready = false;
    while (!ready && fgets(line, sizeof line, lines)) {
        ready = strcmp(line, "ready\n") == 0;
        take_line(guest, line);
    }
    fclose(lines);
    if (!ready)
        fail_msg("%s did not get ready", program);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)guest->pid);
    slurp(path, guest->maps, sizeof guest->maps);
    snprintf(path, sizeof path, "/proc/%d/mem", (int)guest->pid);
    guest->memory = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(guest->memory >= 0);
    struct message message;
    guest->cache = source_cache_new();
    assert_int_equal(source_open(guest->cache, guest->maps, read_memory, guest, -1, &guest->source, &message),
                     STATUS_OK);
    return guest;
}

static void stop(struct guest *guest)
{
    int status;
    source_free(guest->source);
    source_cache_free(guest->cache);
    close(guest->input);
    close(guest->memory);
    assert_int_equal(waitpid(guest->pid, &status, 0), guest->pid);
    assert_int_equal(status, 0);
    free(guest);
}

static const struct object *object_of(const struct guest *guest, const char *name)
{
    for (size_t i = 0; i < guest->object_count; i++) {
        if (strcmp(guest->objects[i].name, name) == 0)
            return &guest->objects[i];
    }
    fail_msg("the guest told no %s", name);
    return NULL;
}

static void name_of(struct guest *guest, const struct object *object, char *name, size_t size)
{
    if (!source_name(guest->source, guest->tasks, guest->task_count, object->address, object->size, name, size))
        snprintf(name, size, "(none)");
}

/* Names whose expected form is not the guest's own key. */
static const char *expected_name(const char *key)
{
    static const char *const differing[][2] = {
        {"worker1:mine", "worker:mine@T1"}, {"worker2:mine", "worker:mine@T2"}, {"recurse2:m", "recurse:m"},
        {"recurse1:m", "recurse:m#2"},      {"row[2]", "recurse:row[2]#2"},     {"inner", "recurse:inner#2"},
        {"stdout", "_IO_2_1_stdout_"},
    };
    for (size_t i = 0; i < sizeof differing / sizeof *differing; i++) {
        if (strcmp(differing[i][0], key) == 0)
            return differing[i][1];
    }
    return key;
}

static void check_names(struct guest *guest)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < guest->object_count; i++) {
        const struct object *object = &guest->objects[i];
        char name[SOURCE_NAME_SIZE];
        struct source_variable variable;
        if (strcmp(object->name, "main") == 0)
            continue; /* a function is no object */
        name_of(guest, object, name, sizeof name);
        const char *expected = strcmp(object->name, "row[2]") == 0 ? "recurse:row#2[2]" : expected_name(object->name);
        if (strcmp(name, expected) != 0) {
            print_error("%s is called %s\n", expected, name);
            wrong++;
        }
        /* What is written can be read: the name leads back to the address. */
        if (object->size && (!source_variable(guest->source, guest->tasks, guest->task_count, name, &variable) ||
                             variable.address != object->address || variable.size != object->size)) {
            print_error("%s does not lead back to its address\n", name);
            wrong++;
        }
    }
    assert_true(guest->object_count > 25);
    assert_int_equal(guest->task_count, 3);
    assert_int_equal(wrong, 0);
}

static void check_lines(struct guest *guest)
{
    for (size_t i = 0; i < guest->task_count; i++) {
        const struct source_task *task = &guest->tasks[i];
        struct source_place place;
        assert_true(source_line(guest->source, task->pc, &place));
        assert_string_equal(place.file, "source_objects.c");
        assert_true(place.path[0] == '/');
        assert_string_equal(place.function, strcmp(task->name, "main") == 0 ? "recurse" : "worker");
        /* The line that is given must be the call. */
        char *text;
        size_t size;
        bool newer;
        assert_true(source_text(guest->source, place.path, &text, &size, &newer));
        const char *line = text;
        for (int number = 1; number < place.line && line; number++)
            line = strchr(line, '\n') + 1;
        assert_non_null(strstr(line, "halt("));
        assert_true(strstr(line, "halt(") < strchr(line, '\n'));
        free(text);
        assert_true(source_is_guest_code(guest->source, task->pc));
    }
}

static void value_of(struct guest *guest, const char *name, char *value, size_t size)
{
    struct source_variable variable;
    if (!source_variable(guest->source, guest->tasks, guest->task_count, name, &variable) ||
        !source_value(guest->source, &variable, value, size))
        snprintf(value, size, "(none)");
}

static void check_values(struct guest *guest)
{
    static const char *const expected[][2] = {
        {"g_num", "42"},
        {"matrix", "{{1, 2, 3}, {4, 5, 6}}"},
        {"matrix[1][2]", "6"},
        {"colour", "GREEN"},
        {"cold", "BLUE"},
        {"flags", "{low = 5, high = -3, on = true}"},
        {"flags.high", "-3"},
        {"greeting", "\"hi \\\"you\\\"\\n\""},
        {"letter", "'x'"},
        {"word", "\"ab\\tc\""},
        {"small", "200"},
        {"large", "18446744073709551615"},
        {"ratio", "0.1"},
        {"half", "0.5"},
        {"pointer", "&g_num"},
        {"*pointer", "42"},
        {"nothing", "NULL"},
        {"function", "puts"},
        {"yes", "true"},
        {"q", "{count = 3, lock = {...}, changed = {...}, items = {1, 2, 3, -4}}"},
        {"q.items[3]", "-4"},
        {"q.items[4]", "(none)"},
        {"*heap_int", "-5"},
        {"heap_queue", "<heap>"},
        {"jobs[2].number", "2"},
        {"pool.whole", "0"},
        {"hidden", "7"},
        {"calls", "1"},
        {"source_objects.c:hidden", "7"},
        {"recurse:row#2", "{0, 10, 20, 30}"},
        {"recurse:inner#2", "99"},
        {"worker:number@T2", "2"},
        {"worker:job@T2", "&jobs[2]"},
        {"no_such", "(none)"},
        {"q.nothing", "(none)"},
        {"q.", "(none)"},
        {"forks[", "(none)"},
        {"*g_num", "(none)"},
        {"", "(none)"},
    };
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char value[256];
        value_of(guest, expected[i][0], value, sizeof value);
        if (strcmp(value, expected[i][1]) != 0) {
            print_error("%s is %s instead of %s\n", expected[i][0], value, expected[i][1]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void check_all(const char *program)
{
    struct guest *guest = start(program);
    check_names(guest);
    check_lines(guest);
    check_values(guest);
    stop(guest);
}

/* ---- builds made here ---- */
static const char other_text[] = "#include <pthread.h>\n"
                                 "static pthread_mutex_t lock;\n"
                                 "pthread_mutex_t *source_other_lock(void)\n{\n    return &lock;\n}\n"
                                 "pthread_mutex_t *source_other_inner(void)\n{\n"
                                 "    static pthread_mutex_t lock;\n    return &lock;\n}\n";

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    if (!value)
        fail_msg("%s is not set: run this through ctest", name);
    return value;
}

/* Runs a command of the test's own making; 0 when it succeeded. */
static int shell(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_true(length > 0 && (size_t)length < sizeof command);
    return system(command);
}

/* Compiles the guest and the second file; returns its path in `program`. */
static void build(const char *compiler, const char *options, char *program, size_t size)
{
    snprintf(program, size, "%s/guest", folder);
    assert_int_equal(shell("cd %s && %s -D_GNU_SOURCE -O0 -fno-omit-frame-pointer -pthread -w %s -o guest "
                           "'%s/tests/guests/source_objects.c' other.c",
                           folder, compiler, options, environment("LOCKSTEP_SOURCE")),
                     0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    char path[128];
    snprintf(path, sizeof path, "%s/other.c", folder);
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    fputs(other_text, file);
    return fclose(file);
}

static int remove_folder(void **state)
{
    (void)state;
    return shell("rm -rf '%s'", folder);
}

static void a_guest_of_one_file_is_named_placed_and_read(void **state)
{
    (void)state;
    char program[512];
    snprintf(program, sizeof program, "%s/tests/guests/source_objects", environment("LOCKSTEP_BUILD"));
    check_all(program);
}

static void two_files_with_a_static_of_one_name_are_told_apart(void **state)
{
    (void)state;
    char program[512];
    build("gcc", "-g", program, sizeof program);
    check_all(program);
}

static void fixed_addresses_and_older_debug_information_are_understood(void **state)
{
    (void)state;
    char program[512];
    build("gcc", "-gdwarf-4 -no-pie -fno-pie", program, sizeof program);
    check_all(program);
    build("gcc", "-g -gz", program, sizeof program);
    check_all(program);
}

static void what_clang_writes_is_understood(void **state)
{
    (void)state;
    char program[512];
    if (shell("command -v clang >/dev/null") != 0)
        skip();
    build("clang", "-gdwarf-5 -fPIE -pie", program, sizeof program);
    check_all(program);
    build("clang", "-gdwarf-4", program, sizeof program);
    check_all(program);
}

static void objects_of_a_library_have_names_too(void **state)
{
    (void)state;
    char program[512];
    assert_int_equal(shell("cd %s && gcc -g -O0 -shared -fPIC -o libother.so other.c && gcc -D_GNU_SOURCE -g -O0 "
                           "-pthread -w -o guest '%s/tests/guests/source_objects.c' -L. -lother -Wl,-rpath,%s",
                           folder, environment("LOCKSTEP_SOURCE"), folder),
                     0);
    snprintf(program, sizeof program, "%s/guest", folder);
    check_all(program);
}

static void a_stripped_program_gives_no_answers_and_no_crash(void **state)
{
    (void)state;
    char program[512];
    build("gcc", "-s", program, sizeof program);
    struct guest *guest = start(program);
    struct source_place place;
    struct source_variable variable;
    char name[SOURCE_NAME_SIZE];
    assert_false(source_line(guest->source, guest->tasks[0].pc, &place));
    assert_false(source_variable(guest->source, guest->tasks, guest->task_count, "g_num", &variable));
    const struct object *object = object_of(guest, "pool.slot[3].m");
    assert_false(
        source_name(guest->source, guest->tasks, guest->task_count, object->address, object->size, name, sizeof name));
    assert_string_equal(name, "");
    assert_int_equal(source_file_count(guest->source), 0);
    assert_true(source_is_guest_code(guest->source, guest->tasks[0].pc));
    stop(guest);
}

static void symbols_name_globals_where_there_is_no_debug_information(void **state)
{
    (void)state;
    char program[512];
    char name[SOURCE_NAME_SIZE];
    build("gcc", "-g0", program, sizeof program);
    struct guest *guest = start(program);
    name_of(guest, object_of(guest, "A"), name, sizeof name);
    assert_string_equal(name, "A");
    name_of(guest, object_of(guest, "forks[2]"), name, sizeof name);
    assert_string_equal(name, "(none)");
    stop(guest);
}

static void without_frame_pointers_no_local_is_named_wrongly(void **state)
{
    (void)state;
    char program[512];
    build("gcc", "-g -fomit-frame-pointer", program, sizeof program);
    struct guest *guest = start(program);
    for (size_t i = 0; i < guest->object_count; i++) {
        const struct object *object = &guest->objects[i];
        char name[SOURCE_NAME_SIZE];
        name_of(guest, object, name, sizeof name);
        if (strcmp(name, "(none)") != 0 && strcmp(object->name, "main") != 0)
            assert_string_equal(strcmp(object->name, "row[2]") ? expected_name(object->name) : name, name);
    }
    stop(guest);
}

/* ---- the rest of the contract ---- */
static struct guest *start_plain(void)
{
    char program[512];
    snprintf(program, sizeof program, "%s/tests/guests/source_objects", environment("LOCKSTEP_BUILD"));
    return start(program);
}

static void code_of_the_system_is_not_the_guests(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    char copy[sizeof guest->maps];
    unsigned seen = 0;
    memcpy(copy, guest->maps, sizeof copy);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long from;
        unsigned long to;
        char rights[8];
        assert_int_equal(sscanf(line, "%lx-%lx %7s", &from, &to, rights), 3);
        bool own = rights[2] == 'x' && strstr(line, "/source_objects");
        assert_int_equal(source_is_guest_code(guest->source, from), own);
        seen |= own ? 1 : strstr(line, "libc.so") && rights[2] == 'x' ? 2 : strstr(line, "[vdso]") ? 4 : 0;
    }
    assert_int_equal(seen, 7);
    assert_false(source_is_guest_code(guest->source, 0));
    assert_false(source_is_guest_code(guest->source, UINT64_MAX));
    stop(guest);
}

static void an_address_inside_an_object_and_an_unknown_size_are_named(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    char name[SOURCE_NAME_SIZE];
    struct object object = *object_of(guest, "q.items[3]");
    object.address += 1;
    object.size = 1;
    name_of(guest, &object, name, sizeof name);
    assert_string_equal(name, "q.items[3]+1");
    object = *object_of(guest, "forks[2]");
    object.size = 0;
    name_of(guest, &object, name, sizeof name);
    assert_string_equal(name, "forks[2]");
    object = *object_of(guest, "q.count");
    object.size = 0;
    name_of(guest, &object, name, sizeof name);
    assert_string_equal(name, "q");
    assert_true(source_name(guest->source, NULL, 0, object_of(guest, "pool.slot[3].m")->address, 40, name, 8));
    assert_string_equal(name, "pool.sl");
    assert_false(source_name(guest->source, NULL, 0, 0, 4, name, sizeof name));
    assert_false(source_name(guest->source, NULL, 0, 16, 4, name, sizeof name));
    assert_false(source_name(guest->source, NULL, 0, UINT64_MAX, 4, name, sizeof name));
    stop(guest);
}

static void integers_are_given_as_numbers_and_types_as_text(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    struct source_variable variable;
    int64_t number = 0;
    assert_true(source_variable(guest->source, NULL, 0, "flags.high", &variable));
    assert_true(source_value_integer(guest->source, &variable, &number));
    assert_int_equal(number, -3);
    assert_true(source_variable(guest->source, NULL, 0, "cold", &variable));
    assert_true(source_value_integer(guest->source, &variable, &number));
    assert_int_equal(number, -1);
    assert_string_equal(variable.type, "enum colour");
    assert_true(source_variable(guest->source, NULL, 0, "ratio", &variable));
    assert_false(source_value_integer(guest->source, &variable, &number));
    static const struct {
        const char *name;
        bool address, number;
    } shapes[] = {{"ratio", false, true},        {"half", false, true},      {"nothing", true, false},
                  {"function", true, false},     {"heap_queue", true, false}, {"jobs[1].arg", true, false},
                  {"large", false, false},       {"word", false, false},     {"forks", false, false}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (!source_variable(guest->source, NULL, 0, shapes[i].name, &variable))
            fail_msg("%s is not found", shapes[i].name);
        assert_int_equal(variable.is_address, shapes[i].address);
        assert_int_equal(variable.is_float, shapes[i].number);
    }
    static const char *const types[][2] = {{"forks", "pthread_mutex_t [5]"},
                                           {"greeting", "const char *"},
                                           {"matrix", "long int [2][3]"},
                                           {"heap_queue", "struct queue *"},
                                           {"indirect", "struct queue **"},
                                           {"small", "uint8_t"},
                                           {"nothing", "void *"},
                                           {"function", "int (*)()"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_true(source_variable(guest->source, NULL, 0, types[i][0], &variable));
        assert_string_equal(variable.type, types[i][1]);
    }
    stop(guest);
}

static void source_files_are_listed_and_no_other_file_is_read(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    char *text;
    size_t size;
    bool newer;
    assert_int_equal(source_file_count(guest->source), 1);
    const char *path = source_file(guest->source, 0);
    assert_non_null(strstr(path, "/tests/guests/source_objects.c"));
    assert_null(source_file(guest->source, 1));
    assert_true(source_text(guest->source, path, &text, &size, &newer));
    assert_int_equal(strlen(text), size);
    assert_non_null(strstr(text, "int g_num = 42;"));
    free(text);
    assert_false(source_text(guest->source, "/etc/passwd", &text, &size, &newer));
    stop(guest);
}

static void a_second_process_and_a_new_map_give_the_same_answers(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    struct source *second;
    struct message message;
    struct source_place place;
    struct source_place again;
    char name[SOURCE_NAME_SIZE];
    assert_int_equal(source_open(guest->cache, guest->maps, read_memory, guest, -1, &second, &message), STATUS_OK);
    assert_true(source_line(guest->source, guest->tasks[0].pc, &place));
    assert_true(source_line(second, guest->tasks[0].pc, &again));
    assert_ptr_equal(place.path, again.path); /* parsed once */
    source_free(second);
    assert_int_equal(source_remap(guest->source, "", &message), STATUS_OK);
    assert_false(source_line(guest->source, guest->tasks[0].pc, &again));
    assert_int_equal(source_remap(guest->source, guest->maps, &message), STATUS_OK);
    assert_true(source_line(guest->source, guest->tasks[0].pc, &again));
    assert_string_equal(place.path, again.path);
    name_of(guest, object_of(guest, "heap_queue->lock"), name, sizeof name);
    assert_string_equal(name, "heap_queue->lock");
    stop(guest);
}

static void a_search_for_a_name_reads_little(void **state)
{
    (void)state;
    struct guest *guest = start_plain();
    char name[SOURCE_NAME_SIZE];
    assert_true(guest->source != NULL);
    guest->reads = 0;
    source_name(guest->source, guest->tasks, guest->task_count, UINT64_C(0x10000000), 40, name, sizeof name);
    assert_true(guest->reads < 2000);
    stop(guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_of_one_file_is_named_placed_and_read),
        cmocka_unit_test(two_files_with_a_static_of_one_name_are_told_apart),
        cmocka_unit_test(fixed_addresses_and_older_debug_information_are_understood),
        cmocka_unit_test(what_clang_writes_is_understood),
        cmocka_unit_test(objects_of_a_library_have_names_too),
        cmocka_unit_test(a_stripped_program_gives_no_answers_and_no_crash),
        cmocka_unit_test(symbols_name_globals_where_there_is_no_debug_information),
        cmocka_unit_test(without_frame_pointers_no_local_is_named_wrongly),
        cmocka_unit_test(code_of_the_system_is_not_the_guests),
        cmocka_unit_test(an_address_inside_an_object_and_an_unknown_size_are_named),
        cmocka_unit_test(integers_are_given_as_numbers_and_types_as_text),
        cmocka_unit_test(source_files_are_listed_and_no_other_file_is_read),
        cmocka_unit_test(a_second_process_and_a_new_map_give_the_same_answers),
        cmocka_unit_test(a_search_for_a_name_reads_little),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
