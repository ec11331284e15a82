/* Fuzzing what opens packets. For libFuzzer (clang):
 *   clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/fuzz_packet.c \
 *     src/network/decode.c src/network/decode_words.c -o fuzz_packet
 *   ./fuzz_packet -max_len=2048 corpus/
 * or, compiled with -DFUZZ_FILES by any compiler, for the files that are named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/decode.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Every byte belongs to a field and every field to the packet; what ICMP quotes is opened in its turn. */
static void look(const unsigned char *data, size_t size, unsigned depth)
{
    struct decode decode;
    size_t reached = 0;
    bool fine = decode_packet(data, size, NULL, &decode);
    if (fine != (decode.fault == DECODE_FAULT_none) || decode.field_count >= DECODE_FIELDS_MAX)
        abort();
    for (size_t i = 0; i < decode.field_count; i++) {
        const struct decode_field *field = &decode.fields[i];
        if (field->offset > reached || strlen(field->value) >= DECODE_VALUE_SIZE)
            abort();
        size_t end = (size_t)field->offset + field->length;
        reached = end > reached ? end : reached;
    }
    if (reached != size)
        abort();
    if (decode.icmp.quote && depth < 4)
        look(data + decode.icmp.quote, size - decode.icmp.quote, depth + 1);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    look(data, size < 65535 ? size : 65535, 0);
    return 0;
}

#ifdef FUZZ_FILES
int main(int argc, char **argv)
{
    static unsigned char bytes[65535];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file)
            return 1;
        LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
        fclose(file);
    }
    return 0;
}
#endif
