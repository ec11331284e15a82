/* The recording: what was written is read again; what was cut is read up to the cut; what is damaged is refused or read
 * up to the damage, with a message, and never does harm. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "history/codec.h"
#include "history/crc.h"
#include "history/recording.h"
#include "history/recording_frame.h"
#include "history_events.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lockstep-recording-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const struct recording_text arguments[] = {{.bytes = "--rounds"}, {.bytes = "3 4"}};
static const struct recording_text options[] = {
    {.bytes = "policy=rr"}, {.bytes = "seed=7"}, {.bytes = "schedule=0x3.1"}};
static const char source_text[] = "int main(void)\n{\n\treturn 0;\n}\n";
static const struct recording_text sources[] = {
    {.name = "mill.c", .bytes = source_text, .length = sizeof source_text - 1}};
static const struct recording_about about = {.lockstep = "0.1.0",
                                             .program = "./mill",
                                             .arguments = arguments,
                                             .argument_count = 2,
                                             .options = options,
                                             .option_count = 3,
                                             .sources = sources,
                                             .source_count = 1};

enum { FLUSH_NEVER = 1 << 30 };

/* Writes `count` made events to the file, everything each `flush` events. */
static struct history *write_run(const char *path, uint32_t count, uint32_t flush, bool finish)
{
    struct message message = {{0}};
    struct recording_writer *writer;
    enum status status = recording_create(path, RECORDING_REPLACE_RECORDING, &about, &writer, &message);
    if (status)
        fail_msg("%s", message.text);
    struct history *history = history_new();
    struct made_run run;
    made_start(&run, 11);
    for (uint32_t n = 1; n <= count; n++) {
        struct event event;
        made_next(&run, &event);
        assert_int_equal(history_append(history, &event), STATUS_OK);
        enum recording_when when = n % flush == 0 ? RECORDING_NOW : RECORDING_WHEN_FULL;
        assert_int_equal(recording_write(writer, history, when, &message), STATUS_OK);
    }
    if (finish)
        assert_int_equal(recording_finish(writer, history, &message), STATUS_OK);
    else
        recording_abandon(writer);
    return history;
}

static unsigned char *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void assert_same_run(struct history *a, struct history *b, uint32_t count)
{
    for (uint32_t n = 1; n <= count; n++) {
        struct event one, two;
        assert_true(history_event(a, n, &one));
        assert_true(history_event(b, n, &two));
        assert_int_equal(one.kind, two.kind);
        assert_int_equal(one.task, two.task);
        assert_int_equal(one.object, two.object);
        assert_int_equal(one.time, two.time);
        assert_int_equal(one.length, two.length);
        if (one.length > 0)
            assert_memory_equal(one.payload, two.payload, one.length);
        assert_int_equal(history_step_at(a, n), history_step_at(b, n));
    }
}

static void a_recording_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const uint32_t flushes[] = {FLUSH_NEVER, 1, 7, 1024, 3000};
    for (size_t i = 0; i < sizeof flushes / sizeof *flushes; i++) {
        const char *path = in_folder("run.lks");
        struct history *history = write_run(path, 3500, flushes[i], true);
        struct recording *recording;
        struct message message = {{0}};
        if (recording_open(path, &recording, &message))
            fail_msg("%s", message.text);
        assert_null(recording_note(recording));
        const struct recording_about *said = recording_about(recording);
        assert_string_equal(said->program, "./mill");
        assert_string_equal(said->lockstep, "0.1.0");
        assert_int_equal(said->argument_count, 2);
        assert_string_equal(said->arguments[1].bytes, "3 4");
        assert_string_equal(recording_option(said, "schedule"), "0x3.1");
        assert_null(recording_option(said, "polic"));
        assert_int_equal(said->source_count, 1);
        assert_string_equal(recording_source(said, "mill.c")->bytes, source_text);
        assert_null(recording_source(said, "other.c"));
        struct history *read = recording_history(recording);
        assert_int_equal(history_count(read), 3500);
        assert_int_equal(history_steps(read), history_steps(history));
        assert_same_run(history, read, 3500);
        assert_true(world_hash(history_world(read)) == world_hash(history_world(history)));
        assert_true(world_hash(history_world_at(read, 1777)) == world_hash(history_world_at(history, 1777)));
        recording_free(recording);
        history_free(history);
        unlink(path);
    }
}

static void a_recording_takes_few_bytes(void **state)
{
    (void)state;
    const char *path = in_folder("long.lks");
    history_free(write_run(path, 100000, FLUSH_NEVER, true));
    struct stat file;
    assert_int_equal(stat(path, &file), 0);
    print_message("%.2f bytes an event on disk\n", (double)file.st_size / 100000);
    assert_true(file.st_size <= 16 * 100000);
    unlink(path);
    /* Written out after every single step, it still keeps to it. */
    history_free(write_run(path, 10000, 3, true));
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_size <= 16 * 10000);
    unlink(path);
}

static void cut_anywhere_it_is_read_up_to_the_cut(void **state)
{
    (void)state;
    const char *path = in_folder("cut.lks");
    struct history *history = write_run(path, 120, 5, true);
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    unlink(path);
    uint32_t most = 0;
    size_t opened = 0;
    for (size_t cut = 0; cut < size; cut++) {
        struct recording *recording;
        struct message message = {{0}};
        enum status status = recording_parse("cut.lks", bytes, cut, &recording, &message);
        if (status) {
            assert_int_equal(status, STATUS_INVALID);
            assert_non_null(strstr(message.text, "byte"));
            assert_int_equal(opened, 0); /* only within the header */
            assert_null(recording);
            continue;
        }
        opened++;
        assert_non_null(recording_note(recording));
        assert_non_null(strstr(recording_note(recording), "cut short"));
        struct history *read = recording_history(recording);
        uint32_t count = history_count(read);
        assert_true(count >= most && count <= 120);
        most = count;
        assert_same_run(history, read, count);
        assert_non_null(history_world(read));
        recording_free(recording);
    }
    assert_int_equal(most, 120);
    assert_true(opened > 200);
    free(bytes);
    history_free(history);
}

/* Reads it as the program would: everything of it, and the world along the way. */
static void use(struct recording *recording)
{
    struct history *history = recording_history(recording);
    for (uint32_t n = 1; n <= history_count(history); n++) {
        struct event event;
        assert_true(history_event(history, n, &event));
        assert_true(codec_event_valid(&event));
    }
    const struct world *world = history_world(history);
    if (world) {
        char say[256];
        for (size_t i = 0; i < world_fault_count(world); i++)
            world_fault_say(world, world_fault(world, i), 0, say, sizeof say);
        for (uint32_t id = 1; id <= world_task_count(world); id++)
            world_task_enabled(world, id);
    }
    free(history_schedule(history, history_count(history)));
    for (uint32_t step = 1; step <= history_steps(history); step += 11)
        history_world_step(history, step);
}

/* Makes the checks of all frames right again, as somebody who means harm would. */
static void mend_checks(unsigned char *bytes, size_t size)
{
    size_t at = RECORDING_START;
    while (size - at >= RECORDING_FRAME) {
        uint32_t length = recording_get32(bytes + at + 4);
        if (length > size - at - RECORDING_FRAME)
            break;
        uint32_t check = crc32c(crc32c(0, bytes + at, RECORDING_CHECKED), bytes + at + RECORDING_FRAME, length);
        recording_put32(bytes + at + 12, check);
        at += RECORDING_FRAME + length;
    }
}

static void mutate(struct made_run *run, unsigned char *bytes, size_t *size)
{
    for (uint32_t k = 1 + made_random(run, 4); k > 0 && *size > 9; k--) {
        /* Mostly among the events, which lie behind the header. */
        size_t from = made_random(run, 4) ? *size / 2 : 8;
        size_t at = from + made_random(run, (uint32_t)(*size - from));
        switch (made_random(run, 5)) {
        case 0:
            bytes[at] = (unsigned char)made_random(run, 256);
            break;
        case 1:
            bytes[at] ^= (unsigned char)(1u << made_random(run, 8));
            break;
        case 2:
            bytes[at] = 0xFF;
            break;
        case 3:
            memmove(bytes + at, bytes + at + 1, *size - at - 1);
            --*size;
            break;
        default:
            *size = made_random(run, 8) == 0 ? at : *size;
            break;
        }
    }
}

static void damaged_anyhow_it_does_no_harm(void **state)
{
    (void)state;
    const char *path = in_folder("bad.lks");
    history_free(write_run(path, 200, 50, true));
    size_t size;
    unsigned char *bytes = read_bytes(path, &size), *bad = malloc(size);
    unlink(path);
    struct made_run run;
    made_start(&run, 12);
    unsigned opened = 0, mended = 0, noted = 0;
    for (int i = 0; i < 10000; i++) {
        size_t length = size;
        memcpy(bad, bytes, size);
        mutate(&run, bad, &length);
        if (i % 2) {
            mend_checks(bad, length);
            mended++;
        }
        struct recording *recording;
        struct message message = {{0}};
        enum status status = recording_parse("bad.lks", bad, length, &recording, &message);
        if (status) {
            assert_true(message.text[0] != 0);
            assert_null(recording);
            continue;
        }
        opened++;
        noted += recording_note(recording) != NULL;
        if (i % 2 == 0 && !recording_note(recording))
            assert_true(length == size && memcmp(bad, bytes, size) == 0);
        use(recording);
        recording_free(recording);
    }
    print_message("10000 damaged, %u of them with right checks: %u opened, %u with a note\n", mended, opened, noted);
    assert_true(opened > 1000 && noted > 1000);
    free(bad);
    free(bytes);
}

static void assert_refused(const void *bytes, size_t size, enum status wanted, const char *said)
{
    struct recording *recording;
    struct message message = {{0}};
    assert_int_equal(recording_parse("x.lks", bytes, size, &recording, &message), wanted);
    if (!strstr(message.text, said))
        fail_msg("%s", message.text);
}

static void what_is_no_recording_is_said_to_be_none(void **state)
{
    (void)state;
    assert_refused("", 0, STATUS_INVALID, "not a recording");
    assert_refused("hello, world", 12, STATUS_INVALID, "not a recording");
    assert_refused("LKS1", 4, STATUS_INVALID, "byte 4: it ends within its header");
    assert_refused("LKS1\2\0\0\0", 8, STATUS_INVALID, "format version is 2 (byte 4)");
    assert_refused("LKS1\1\0\0\0", 8, STATUS_INVALID, "byte 8: it ends within its header");
    assert_refused("LKS1\1\0\0\0H\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0", 24, STATUS_INVALID, "longer than any may be");
    assert_refused("LKS1\1\0\0\0H\0\0\0\0\0\0\0\0\0\0\0\1\2\3\4", 24, STATUS_INVALID, "byte 8: a checksum is wrong");
    struct recording *recording;
    struct message message = {{0}};
    assert_int_equal(recording_open("/nowhere/x.lks", &recording, &message), STATUS_NOT_FOUND);
    assert_int_equal(recording_open("/tmp", &recording, &message), STATUS_REFUSED);
    assert_int_equal(recording_open("/dev/null", &recording, &message), STATUS_REFUSED);
    assert_int_equal(recording_open("/nowhere/\033[2J", &recording, &message), STATUS_NOT_FOUND);
    assert_null(strchr(message.text, '\033'));
}

static void another_file_is_never_overwritten(void **state)
{
    (void)state;
    const char *path = in_folder("thesis.txt");
    write_bytes(path, "years of work", 13);
    struct recording_writer *writer;
    struct message message = {{0}};
    assert_int_equal(recording_create(path, RECORDING_REPLACE_RECORDING, &about, &writer, &message), STATUS_REFUSED);
    assert_non_null(strstr(message.text, "left alone"));
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    assert_int_equal(size, 13);
    free(bytes);
    assert_int_equal(recording_create(path, RECORDING_REPLACE_ANY, &about, &writer, &message), STATUS_OK);
    recording_abandon(writer);
    /* Now it is a recording, and may be replaced by one. */
    assert_int_equal(recording_create(path, RECORDING_REPLACE_RECORDING, &about, &writer, &message), STATUS_OK);
    recording_abandon(writer);
    unlink(path);
    assert_int_equal(recording_create("/dev/null", RECORDING_REPLACE_ANY, &about, &writer, &message), STATUS_REFUSED);
    assert_int_equal(recording_create("/nowhere/x.lks", RECORDING_REPLACE_ANY, &about, &writer, &message), STATUS_IO);
}

static void write_limit(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes > limit.rlim_max ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void an_old_recording_stays_when_no_header_can_be_written(void **state)
{
    (void)state;
    const char *path = in_folder("kept.lks");
    history_free(write_run(path, 200, FLUSH_NEVER, true));
    struct recording_writer *writer;
    struct message message = {{0}};
    write_limit(20);
    assert_int_equal(recording_create(path, RECORDING_REPLACE_RECORDING, &about, &writer, &message), STATUS_IO);
    write_limit(RLIM_INFINITY);
    struct recording *recording;
    assert_int_equal(recording_open(path, &recording, &message), STATUS_OK);
    assert_int_equal(history_count(recording_history(recording)), 200);
    assert_null(recording_note(recording));
    recording_free(recording);
    unlink(path); /* folder_remove fails if a part was left */
}

static void a_full_disk_ends_the_recording_and_not_the_run(void **state)
{
    (void)state;
    const char *path = in_folder("full.lks");
    struct message message = {{0}};
    struct recording_writer *writer;
    assert_int_equal(recording_create(path, RECORDING_REPLACE_RECORDING, &about, &writer, &message), STATUS_OK);
    struct history *history = history_new();
    struct made_run run;
    made_start(&run, 11);
    write_limit(5000);
    unsigned told = 0;
    for (uint32_t n = 1; n <= 5000; n++) {
        struct event event;
        made_next(&run, &event);
        assert_int_equal(history_append(history, &event), STATUS_OK);
        enum status status = recording_write(writer, history, n % 10 ? RECORDING_WHEN_FULL : RECORDING_NOW, &message);
        if (status == STATUS_IO)
            told++;
        else
            assert_int_equal(status, told ? STATUS_ENDED : STATUS_OK);
    }
    write_limit(RLIM_INFINITY);
    assert_int_equal(told, 1);
    assert_non_null(strstr(message.text, "recording stopped after event"));
    assert_int_equal(recording_finish(writer, history, &message), STATUS_ENDED);
    assert_int_equal(history_count(history), 5000);
    struct recording *recording;
    assert_int_equal(recording_open(path, &recording, &message), STATUS_OK);
    assert_non_null(recording_note(recording));
    uint32_t count = history_count(recording_history(recording));
    assert_true(count > 100 && count < 5000);
    assert_same_run(history, recording_history(recording), count);
    recording_free(recording);
    history_free(history);
    unlink(path);
}

static void a_run_that_was_killed_is_read_up_to_there(void **state)
{
    (void)state;
    const char *path = in_folder("killed.lks");
    struct history *history = write_run(path, 1500, 100, false);
    struct recording *recording;
    struct message message = {{0}};
    assert_int_equal(recording_open(path, &recording, &message), STATUS_OK);
    assert_int_equal(history_count(recording_history(recording)), 1500);
    assert_non_null(strstr(recording_note(recording), "up to event 1500"));
    assert_same_run(history, recording_history(recording), 1500);
    recording_free(recording);
    history_free(history);
    unlink(path);
}

static void frames_of_later_versions_are_skipped(void **state)
{
    (void)state;
    const char *path = in_folder("later.lks");
    history_free(write_run(path, 100, 10, false));
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    unlink(path);
    unsigned char *more = malloc(size + RECORDING_FRAME + 5);
    memcpy(more, bytes, size);
    unsigned char *frame = more + size;
    memset(frame, 0, RECORDING_FRAME);
    frame[0] = 'Z';
    recording_put32(frame + 4, 5);
    memcpy(frame + RECORDING_FRAME, "later", 5);
    mend_checks(more, size + RECORDING_FRAME + 5);
    struct recording *recording;
    struct message message = {{0}};
    assert_int_equal(recording_parse("later", more, size + RECORDING_FRAME + 5, &recording, &message), STATUS_OK);
    assert_int_equal(history_count(recording_history(recording)), 100);
    assert_non_null(strstr(recording_note(recording), "cut short"));
    recording_free(recording);
    free(more);
    free(bytes);
}

/* Puts another text of the same length in place of one in the bytes. */
static void swap_text(unsigned char *bytes, size_t size, const char *text, const char *other)
{
    unsigned char *found = memmem(bytes, size, text, strlen(text));
    assert_non_null(found);
    memcpy(found, other, strlen(text));
}

static void a_recording_outlives_a_change_of_the_tables(void **state)
{
    (void)state;
    const char *path = in_folder("old.lks");
    struct history *history = write_run(path, 3000, 100, true);
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    unlink(path);
    /* As if mutex.lock and mutex.init, and the kinds mutex and timer, had had each other's numbers when it was made. */
    swap_text(bytes, size, " mutex.init ", " mutex.INIT ");
    swap_text(bytes, size, " mutex.lock ", " mutex.init ");
    swap_text(bytes, size, " mutex.INIT ", " mutex.lock ");
    swap_text(bytes, size, " mutex cond ", " cond mutex ");
    mend_checks(bytes, size);
    struct recording *recording;
    struct message message = {{0}};
    assert_int_equal(recording_parse("old.lks", bytes, size, &recording, &message), STATUS_OK);
    assert_null(recording_note(recording));
    struct history *read = recording_history(recording);
    assert_same_run(history, read, 3000);
    unsigned translated = 0;
    for (uint32_t n = 1; n <= 3000; n++) {
        struct event was, is;
        history_event(history, n, &was);
        history_event(read, n, &is);
        if (was.operation == OPERATION_mutex_lock) {
            assert_int_equal(is.operation, OPERATION_mutex_init);
            translated++;
        }
        if (was.kind == EVENT_OBJECT)
            assert_int_equal(is.value, OBJECT_cond);
    }
    assert_true(translated > 100);
    recording_free(recording);
    /* An operation that is not known here ends what can be shown. */
    swap_text(bytes, size, " mutex.unlock ", " mutex.frobn! ");
    mend_checks(bytes, size);
    assert_int_equal(recording_parse("old.lks", bytes, size, &recording, &message), STATUS_OK);
    assert_non_null(strstr(recording_note(recording), "not known to this lockstep"));
    uint32_t count = history_count(recording_history(recording));
    assert_true(count > 10 && count < 100);
    recording_free(recording);
    free(bytes);
    history_free(history);
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_read_as_it_was_written),
        cmocka_unit_test(a_recording_takes_few_bytes),
        cmocka_unit_test(cut_anywhere_it_is_read_up_to_the_cut),
        cmocka_unit_test(damaged_anyhow_it_does_no_harm),
        cmocka_unit_test(what_is_no_recording_is_said_to_be_none),
        cmocka_unit_test(another_file_is_never_overwritten),
        cmocka_unit_test(an_old_recording_stays_when_no_header_can_be_written),
        cmocka_unit_test(a_full_disk_ends_the_recording_and_not_the_run),
        cmocka_unit_test(a_run_that_was_killed_is_read_up_to_there),
        cmocka_unit_test(frames_of_later_versions_are_skipped),
        cmocka_unit_test(a_recording_outlives_a_change_of_the_tables),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
