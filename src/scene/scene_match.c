/* Beats against facts. It must not know where facts come from, nor what becomes of a beat that fires. */
#include "scene/scene_match.h"

#include <stdlib.h>
#include <string.h>

struct scene_matcher {
    const struct scene *scene;
    size_t variant;
    unsigned seen[]; /* facts that matched each beat */
};

/* "01" and "1" are one value, "P2" is itself. */
static bool value_equal(const char *wanted, const char *got)
{
    char *wanted_end, *got_end;
    long long a = strtoll(wanted, &wanted_end, 10), b = strtoll(got, &got_end, 10);
    if (wanted_end != wanted && got_end != got && *wanted_end == 0 && *got_end == 0)
        return a == b;
    return strcmp(wanted, got) == 0;
}

static bool field_equal(const char *wanted, const char *got)
{
    return !wanted || (got && strcmp(wanted, got) == 0);
}

unsigned scene_packet_flags(const char *text)
{
    static const char names[8][4] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    unsigned flags = 0;
    for (const char *at = text;; at += 4) {
        unsigned bit = 0;
        while (bit < 8 && strncmp(at, names[bit], 3) != 0)
            bit++;
        if (bit == 8 || flags >> bit & 1 || (at[3] && at[3] != '+'))
            return 0;
        flags |= 1u << bit;
        if (!at[3])
            return flags;
    }
}

/* A protocol, or exactly these flags. */
static bool packet_named(const char *wanted, const struct scene_fact *fact)
{
    unsigned flags = scene_packet_flags(wanted);
    if (flags)
        return scene_packet_flags(fact->packet) == flags;
    return strcmp(wanted, fact->packet) == 0 || (fact->protocol && strcmp(wanted, fact->protocol) == 0);
}

static bool end_equal(const char *wanted, const char *address, bool client)
{
    return !wanted || strcmp(wanted, client ? "client" : "server") == 0 || field_equal(wanted, address);
}

static bool number_equal(struct scene_number wanted, uint32_t got)
{
    return !wanted.given || wanted.is == got;
}

static bool packet_matches(const struct scene_when *when, const struct scene_fact *fact)
{
    return packet_named(when->packet, fact) && field_equal(when->event, fact->event) &&
           end_equal(when->from, fact->from, fact->client) && end_equal(when->to, fact->to, !fact->client) &&
           number_equal(when->seq, fact->seq) && number_equal(when->ack, fact->ack) &&
           number_equal(when->length, fact->length) && number_equal(when->window, fact->window);
}

bool scene_beat_matches(const struct scene_beat *beat, const struct scene_fact *fact)
{
    const struct scene_when *when = &beat->when;
    if (!when->fault != !fact->fault || !when->packet != !fact->packet)
        return false;
    if (when->packet)
        return packet_matches(when, fact);
    if (when->fault)
        return strcmp(when->fault, fact->fault) == 0 && field_equal(when->task, fact->task) &&
               field_equal(when->object, fact->object);
    return field_equal(when->task, fact->task) && field_equal(when->operation, fact->operation) &&
           field_equal(when->object, fact->object) && field_equal(when->outcome, fact->outcome) &&
           field_equal(when->error, fact->error) &&
           (!when->value || (fact->value && value_equal(when->value, fact->value)));
}

struct scene_matcher *scene_matcher_new(const struct scene *scene, size_t variant)
{
    struct scene_matcher *matcher = calloc(1, sizeof *matcher + scene->beat_count * sizeof *matcher->seen);
    if (matcher) {
        matcher->scene = scene;
        matcher->variant = variant;
    }
    return matcher;
}

void scene_matcher_free(struct scene_matcher *matcher)
{
    free(matcher);
}

void scene_matcher_reset(struct scene_matcher *matcher)
{
    memset(matcher->seen, 0, matcher->scene->beat_count * sizeof *matcher->seen);
}

static bool beat_counts(const struct scene_matcher *matcher, size_t beat)
{
    const struct scene *scene = matcher->scene;
    return scene_beat_in_variant(&scene->beats[beat], &scene->variants[matcher->variant]) &&
           matcher->seen[beat] < scene->beats[beat].when.occurrence;
}

size_t scene_matcher_feed(struct scene_matcher *matcher, const struct scene_fact *fact, size_t *fired, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < matcher->scene->beat_count; i++) {
        const struct scene_beat *beat = &matcher->scene->beats[i];
        if (!beat_counts(matcher, i) || !scene_beat_matches(beat, fact))
            continue;
        matcher->seen[i]++;
        if (matcher->seen[i] == beat->when.occurrence) {
            if (count < capacity)
                fired[count] = i;
            count++;
        }
    }
    return count;
}

size_t scene_matcher_unfired(const struct scene_matcher *matcher, size_t *unfired, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < matcher->scene->beat_count; i++) {
        if (!beat_counts(matcher, i))
            continue;
        if (count < capacity)
            unfired[count] = i;
        count++;
    }
    return count;
}
