/* What is known of fields whatever packet they are in, made of the tables; no packet is looked at here. */
#include "network/decode.h"

const struct decode_row *decode_row(unsigned id)
{
    static const struct decode_row rows[DECODE_FIELD_COUNT] = {
#define FIELD(field, of, filter, section, english, chinese, explain_en, explain_zh)                                    \
    [DECODE_FIELD_##field] = {.id = #field,                                                                            \
                              .name = {english, chinese},                                                              \
                              .explain = {explain_en, explain_zh},                                                     \
                              .rfc = section,                                                                          \
                              .wireshark = filter,                                                                     \
                              .layer = DECODE_##of},
#include "network/decode.def"
#undef FIELD
    };
    return &rows[id < DECODE_FIELD_COUNT ? id : DECODE_FIELD_unknown];
}

const char *decode_layer_name(unsigned layer)
{
    static const char *const names[DECODE_LAYERS] = {"IP", "TCP", "UDP", "ICMP", ""};
    return names[layer < DECODE_LAYERS ? layer : DECODE_data];
}

const char *decode_fault_text(unsigned fault, enum decode_language language)
{
    static const char *const texts[DECODE_FAULT_COUNT][DECODE_LANGUAGES] = {
#define FAULT(id, text, text_zh) [DECODE_FAULT_##id] = {text, text_zh},
#include "network/decode_faults.def"
#undef FAULT
    };
    return texts[fault < DECODE_FAULT_COUNT ? fault : DECODE_FAULT_none][language];
}

const char *decode_note_text(unsigned note, enum decode_language language)
{
    static const char *const texts[DECODE_NOTES][DECODE_LANGUAGES] = {
        [DECODE_NOTE_none] = {"", ""},
        [DECODE_NOTE_right] = {"correct", "正确"},
        [DECODE_NOTE_wrong] = {"wrong", "有误"},
        [DECODE_NOTE_relative] = {"relative", "相对值"},
    };
    return texts[note < DECODE_NOTES ? note : DECODE_NOTE_none][language];
}
