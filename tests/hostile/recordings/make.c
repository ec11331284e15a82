/* Makes the recordings of this folder anew, in the folder named by the argument (when the format has changed):
 *   cc -std=c11 -D_GNU_SOURCE -Isrc -Itests/unit tests/hostile/recordings/make.c src/base/{status,escape,arena}.c \
 *     src/operations/*.c src/history/*.c src/world/*.c -o make && ./make tests/hostile/recordings
 * tests/unit/test_history_hostile.c says of each what must become of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/codec.h"
#include "history/crc.h"
#include "history/recording.h"
#include "history/recording_frame.h"
#include "history_events.h"

static const char *folder;
static unsigned char whole[1 << 16];
static size_t whole_size;

static void put(const char *name, const void *bytes, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void die_unless(enum status status, const struct message *message)
{
    if (status) {
        fprintf(stderr, "%s\n", message->text);
        exit(1);
    }
}

static void make_whole(void)
{
    static const char source[] = "int main(void)\n{\n\treturn 0;\n}\n";
    static const struct recording_text arguments[] = {{.bytes = "3"},
                                                      {.bytes = "\033]0;pwned\a\xC2\x9B"
                                                                "31m"}};
    static const struct recording_text options[] = {{.bytes = "policy=random"}, {.bytes = "seed=7"}};
    static const struct recording_text sources[] = {{.name = "mill.c", .bytes = source, .length = sizeof source - 1},
                                                    {.name = "../../etc/passwd", .bytes = "not opened", .length = 10}};
    static const struct recording_about about = {.lockstep = "0.1.0",
                                                 .program = "./mill\033[2J",
                                                 .arguments = arguments,
                                                 .argument_count = 2,
                                                 .options = options,
                                                 .option_count = 2,
                                                 .sources = sources,
                                                 .source_count = 2};
    char path[512];
    snprintf(path, sizeof path, "%s/whole.lks", folder);
    struct message message = {{0}};
    struct recording_writer *writer;
    die_unless(recording_create(path, RECORDING_REPLACE_ANY, &about, &writer, &message), &message);
    struct history *history = history_new();
    struct made_run run;
    made_start(&run, 11);
    for (int n = 1; n <= 300; n++) {
        struct event event;
        made_next(&run, &event);
        die_unless(history_append(history, &event), &message);
        if (n % 60 == 0)
            die_unless(recording_write(writer, history, RECORDING_NOW, &message), &message);
    }
    die_unless(recording_finish(writer, history, &message), &message);
    history_free(history);
    FILE *file = fopen(path, "rb");
    whole_size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (file)
        fclose(file);
}

/* Adds a frame with a right check. */
static size_t frame(unsigned char *out, char type, unsigned flags, unsigned events, const void *body, size_t length)
{
    memset(out, 0, RECORDING_FRAME);
    out[0] = (unsigned char)type;
    out[1] = (unsigned char)flags;
    out[2] = (unsigned char)events;
    out[3] = (unsigned char)(events >> 8);
    recording_put32(out + 4, (uint32_t)length);
    memcpy(out + RECORDING_FRAME, body, length);
    recording_put32(out + 12, crc32c(crc32c(0, out, RECORDING_CHECKED), body, length));
    return RECORDING_FRAME + length;
}

/* The header of the whole one, then one frame of these events. */
static void put_events(const char *name, const struct event *events, unsigned count)
{
    static unsigned char bytes[1 << 17], body[1 << 16];
    struct codec codec;
    codec_reset(&codec);
    size_t length = 0;
    for (unsigned i = 0; i < count; i++)
        length += codec_encode(&codec, &events[i], false, body + length);
    memcpy(bytes, RECORDING_MAGIC, 4);
    recording_put32(bytes + 4, RECORDING_VERSION);
    size_t size = RECORDING_START;
    size_t header = RECORDING_FRAME + recording_get32(whole + RECORDING_START + 4);
    memcpy(bytes + size, whole + RECORDING_START, header);
    size += header;
    size += frame(bytes + size, 'E', RECORDING_BLOCK_STARTS, count, body, length);
    put(name, bytes, size);
}

static void make_events(void)
{
    const struct event text = {.kind = EVENT_STRING, .text = 1, .payload = "\033[2J", .length = 4};
    put_events("text-with-escapes.lks", &text, 1);
    const struct event ids[] = {
        {.kind = EVENT_TASK, .task = UINT32_MAX, .other = 77, .value = -1},
        {.kind = EVENT_OBJECT, .object = UINT32_MAX, .value = 1 << 30, .text = UINT32_MAX, .other = 5},
        {.kind = EVENT_PLACE, .place = UINT32_MAX, .text = UINT32_MAX, .value = INT64_MAX},
        {.kind = EVENT_PROCESS, .other = UINT32_MAX, .value = INT64_MIN},
        {.kind = EVENT_GRANTED, .task = 12345, .argument = {-1, INT64_MAX, INT64_MIN}, .time = INT64_MIN},
        {.kind = EVENT_GRANTED, .task = 0, .argument = {1 << 30, 2, 1 << 30}, .time = INT64_MAX},
        {.kind = EVENT_GOT, .task = 9, .operation = OPERATION_process_fork, .value = 1 << 20, .other = 1 << 20},
        {.kind = EVENT_PROCESS_ENDED, .other = 0, .value = -1},
        {.kind = EVENT_TASK_ENDED, .task = 1u << 31},
        {.kind = EVENT_WATCH, .object = 3, .text = 9},
        {.kind = EVENT_END, .value = 99},
    };
    put_events("absurd-numbers.lks", ids, sizeof ids / sizeof *ids);
}

int main(int count, char **names)
{
    if (count != 2) {
        fprintf(stderr, "usage: make FOLDER\n");
        return 2;
    }
    folder = names[1];
    make_whole();
    make_events();
    put("empty.lks", "", 0);
    put("text.lks", "this is no recording\n", 21);
    put("cut.lks", whole, whole_size - 400);
    put("cut-header.lks", whole, 30);
    static unsigned char bad[sizeof whole];
    memcpy(bad, whole, whole_size);
    bad[4] = 2;
    put("other-version.lks", bad, whole_size);
    memcpy(bad, whole, whole_size);
    bad[whole_size - 600] ^= 1;
    put("flipped-bit.lks", bad, whole_size);
    memcpy(bad, whole, whole_size);
    recording_put32(bad + RECORDING_START + 4, 0xFFFFFFF0u);
    put("huge-length.lks", bad, whole_size);
    memcpy(bad, whole, whole_size);
    memcpy(bad + whole_size, "more", 4);
    put("more-after-end.lks", bad, whole_size + 4);
    return 0;
}
