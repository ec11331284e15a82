/* Fuzzing the reader of recordings, the worlds that come of them and what is told of those. For libFuzzer (clang):
 *   clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/fuzz_recording.c \
 *     src/base/{status,escape,arena}.c src/operations/*.c src/history/*.c src/world/*.c src/export/*.c -ljansson -o fuzz_recording
 *   ./fuzz_recording -max_len=65536 corpus/ tests/hostile/recordings/
 * or, compiled with -DFUZZ_FILES by any compiler, for the files that are named.
 *
 * The checksums of the input are made right first, or no mutation would get beyond them; an input whose first byte is
 * not that of a recording's magic is read as it is, without that byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/json.h"
#include "export/text.h"
#include "history/crc.h"
#include "history/recording.h"
#include "history/recording_frame.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void mend(unsigned char *bytes, size_t size)
{
    size_t at = RECORDING_START;
    while (at < size && size - at >= RECORDING_FRAME) {
        uint32_t length = recording_get32(bytes + at + 4);
        if (length > size - at - RECORDING_FRAME)
            break;
        recording_put32(bytes + at + 12,
                        crc32c(crc32c(0, bytes + at, RECORDING_CHECKED), bytes + at + RECORDING_FRAME, length));
        at += RECORDING_FRAME + length;
    }
}

/* What replay does with a recording: each event, each step's world, sentences, faults, the schedule. */
static void replay(struct history *history)
{
    char *written[2] = {NULL, NULL};
    size_t sizes[2];
    FILE *json_file = open_memstream(&written[0], &sizes[0]), *text_file = open_memstream(&written[1], &sizes[1]);
    struct export_json *json = export_json_new(json_file, (struct export_json_options){.states = EXPORT_JSON_CHANGES});
    struct export_text *text = export_text_new(text_file, TELL_CHINESE);
    struct message message;
    uint32_t count = history_count(history);
    for (uint32_t n = 1; n <= count && n <= 2000; n++) {
        struct event event;
        const struct world *world = history_world_at(history, n);
        if (!world || !history_event(history, n, &event))
            abort();
        char say[1024], label[96];
        world_say(world, &event, (int)(n & 1), say, sizeof say);
        if (event.object)
            world_object_label(world, event.object, label, sizeof label);
        uint32_t enabled[16];
        world_enabled(world, enabled, 16);
        if (export_json_event(json, world, &event, &message) || export_text_event(text, world, &event, &message))
            abort();
    }
    export_json_flush(json, &message);
    export_text_flush(text, &message);
    fclose(json_file);
    fclose(text_file);
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            unsigned char c = (unsigned char)written[i][k];
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
                abort(); /* a control character on its way to a terminal */
        }
        free(written[i]);
    }
    export_json_free(json);
    export_text_free(text);
    const struct world *world = history_world(history);
    for (size_t i = 0; world && i < world_fault_count(world); i++) {
        char say[1024];
        world_fault_say(world, world_fault(world, i), 0, say, sizeof say);
    }
    free(history_schedule(history, count));
    history_world_at(history, count / 3);
    history_world_step(history, history_steps(history) / 2);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    unsigned char *bytes = malloc(size + 1);
    if (!bytes)
        return 0;
    if (size > 0)
        memcpy(bytes, data, size);
    size_t skip = size > 0 && bytes[0] != 'L';
    if (!skip && size > RECORDING_START)
        mend(bytes, size);
    struct recording *recording;
    struct message message = {{0}};
    if (recording_parse("fuzz", bytes + skip, size - skip, &recording, &message) == STATUS_OK) {
        replay(recording_history(recording));
        recording_free(recording);
    } else if (!message.text[0]) {
        abort(); /* a refusal without a word */
    }
    free(bytes);
    return 0;
}

#ifdef FUZZ_FILES
int main(int count, char **names)
{
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(names[i], "rb");
        if (!file) {
            perror(names[i]);
            return 1;
        }
        static unsigned char bytes[1 << 22];
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    return 0;
}
#endif
