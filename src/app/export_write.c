/* Writes runs as files, each from the events alone: the world is made anew from them, one by one, as it was when they came.
 * Nothing is run and nothing but the given file is touched. */
#include "app/export_write.h"

#include <stdlib.h>
#include <string.h>

#include "app/chronicle.h"
#include "app/report.h"
#include "base/text.h"
#include "export/mermaid.h"
#include "export/pcapng.h"
#include "export/trace.h"

enum { BEATS_AT_ONCE = 64 };

static enum status no_memory(struct message *message)
{
    return message_set(message, STATUS_MEMORY, _("out of memory"));
}

/* ---- lines ---- */

static enum status write_report(const struct export_run *run, FILE *out, enum app_output output,
                                struct message *message)
{
    struct world *world = world_new();
    struct report *report = report_new(&(struct report_options){.out = out,
                                                                .output = output,
                                                                .chinese = run->chinese,
                                                                .helpers = run->helpers,
                                                                .scene = run->scene,
                                                                .variant = run->variant});
    enum status status = world && report ? STATUS_OK : no_memory(message);
    struct event event;
    for (uint32_t number = 1; !status && history_event(run->history, number, &event); number++) {
        /* INVALID: an event that contradicts the world; the world says so itself, and the report with it. */
        if (world_step(world, &event) == STATUS_MEMORY)
            status = no_memory(message);
        if (!status)
            status = report_event(report, &event, world, message);
    }
    if (!status)
        status = report_flush(report, message);
    report_free(report);
    world_free(world);
    return status;
}

enum status export_write_text(const struct export_run *run, FILE *out, struct message *message)
{
    return write_report(run, out, OUTPUT_plain, message);
}

enum status export_write_ndjson(const struct export_run *run, FILE *out, struct message *message)
{
    return write_report(run, out, OUTPUT_json, message);
}

/* ---- diagrams ---- */

/* Hands every event, with the world after it, to `take`. */
static enum status each_event(const struct export_run *run,
                              enum status (*take)(void *, const struct world *, const struct event *, struct message *),
                              void *to, struct message *message)
{
    struct world *world = world_new();
    enum status status = world ? STATUS_OK : no_memory(message);
    struct event event;
    for (uint32_t number = 1; !status && history_event(run->history, number, &event); number++) {
        if (world_step(world, &event) == STATUS_MEMORY)
            status = no_memory(message);
        if (!status)
            status = take(to, world, &event, message);
    }
    world_free(world);
    return status;
}

static enum tell_language language_of(const struct export_run *run)
{
    return run->chinese ? TELL_CHINESE : TELL_ENGLISH;
}

static enum status take_trace(void *to, const struct world *world, const struct event *event, struct message *message)
{
    return export_trace_event(to, world, event, message);
}

enum status export_write_trace(const struct export_run *run, FILE *out, struct message *message)
{
    struct export_trace *trace = export_trace_new(out, language_of(run));
    enum status status = trace ? each_event(run, take_trace, trace, message) : no_memory(message);
    if (!status)
        status = export_trace_finish(trace, message);
    export_trace_free(trace);
    return status;
}

static enum status take_mermaid(void *to, const struct world *world, const struct event *event, struct message *message)
{
    return export_mermaid_event(to, world, event, message);
}

enum status export_write_mermaid(const struct export_run *run, FILE *out, struct message *message)
{
    struct export_mermaid *mermaid = export_mermaid_new(out, run->title, language_of(run));
    enum status status = mermaid ? each_event(run, take_mermaid, mermaid, message) : no_memory(message);
    if (!status)
        status = export_mermaid_finish(mermaid, message);
    export_mermaid_free(mermaid);
    return status;
}

/* ---- packets ---- */

struct packets {
    const struct export_run *run;
    struct export_pcapng *pcapng;
    struct chronicle *chronicle;
    uint32_t told;  /* the last step whose beats were told */
    uint32_t about; /* the packet that this step is about, 0 none */
    uint32_t open;  /* all packets before this one have had their fate */
};

/* What the scene says of the steps that are over by now. */
static enum status say_beats(struct packets *packets, uint32_t steps, struct message *message)
{
    const struct scene *scene = packets->run->scene;
    enum status status = STATUS_OK;
    while (scene && packets->told < steps && !status) {
        size_t beats[BEATS_AT_ONCE];
        size_t count = chronicle_beats(packets->chronicle, ++packets->told, beats, BEATS_AT_ONCE);
        for (size_t i = 0; i < count && i < BEATS_AT_ONCE && !status; i++) {
            const char *say = scene->beats[beats[i]].say.in[packets->run->chinese ? SCENE_CHINESE : SCENE_ENGLISH];
            if (say && *say)
                status = export_pcapng_say(packets->pcapng, packets->about, say, message);
        }
    }
    return status;
}

/* A step is over: what belongs to it has been said, and packets that have had their fate can be written. */
static enum status settle(struct packets *packets, const struct world *world, uint32_t more, struct message *message)
{
    if (chronicle_settle(packets->chronicle, world))
        return no_memory(message);
    enum status status = say_beats(packets, chronicle_steps(packets->chronicle) + more, message);
    packets->about = 0;
    bool ended = true;
    for (uint32_t number = packets->open; number <= world_packet_count(world) && !status; number++) {
        const struct world_packet *packet = world_packet(world, number);
        bool has_ended = !packet || packet->fate != FATE_held;
        ended = ended && has_ended;
        if (ended)
            packets->open = number + 1;
        if (has_ended)
            status = export_pcapng_settled(packets->pcapng, number, message);
    }
    return status;
}

/* Of what a person did to a packet the capture says nothing by itself: that is a comment. */
static enum status write_packet(struct packets *packets, const struct event *event, const struct world *world,
                                struct message *message)
{
    char say[512];
    enum status status = STATUS_OK;
    if (!packets->about)
        packets->about = event->other;
    if (event->value == PACKET_sent)
        return export_pcapng_sent(packets->pcapng, event->other, world_time(world), event->payload, event->length,
                                  message);
    if (event->value == PACKET_duplicated)
        status = export_pcapng_duplicated(packets->pcapng, event->other, event->second, world_time(world), message);
    if (status || event->value == PACKET_delivered)
        return status;
    world_say(world, event, packets->run->chinese, say, sizeof say);
    return export_pcapng_say(packets->pcapng, event->other, say, message);
}

static enum status write_packets(struct packets *packets, struct world *world, struct message *message)
{
    struct event event;
    struct history *history = packets->run->history;
    for (uint32_t number = 1; history_event(history, number, &event); number++) {
        enum status status = STATUS_OK;
        if (event_is_choice(&event) || event.kind == EVENT_TIME || event.kind == EVENT_END)
            status = settle(packets, world, 0, message);
        if (!status && (world_step(world, &event) == STATUS_MEMORY ||
                        chronicle_event(packets->chronicle, number, &event, world) != STATUS_OK))
            status = no_memory(message);
        if (!status && event.kind == EVENT_PACKET)
            status = write_packet(packets, &event, world, message);
        if (status)
            return status;
    }
    return settle(packets, world, 1, message); /* the beats of what only the end brought stand one step further */
}

enum status export_write_pcapng(const struct export_run *run, FILE *out, struct message *message)
{
    struct packets packets = {
        .run = run,
        .pcapng = export_pcapng_new(
            out, &(struct export_pcapng_options){.title = run->title, .application = "lockstep " LOCKSTEP_VERSION}),
        .chronicle = chronicle_new(run->scene, run->variant),
        .open = 1,
    };
    struct world *world = world_new();
    enum status status = packets.pcapng && packets.chronicle && world ? STATUS_OK : no_memory(message);
    if (!status)
        status = write_packets(&packets, world, message);
    if (!status && world_packet_count(world) == 0)
        status = message_set(message, STATUS_NOT_FOUND,
                             _("no packet crossed the wire in this run, so there is nothing for a .pcapng file"));
    if (!status)
        status = export_pcapng_finish(packets.pcapng, message);
    export_pcapng_free(packets.pcapng);
    chronicle_free(packets.chronicle);
    world_free(world);
    return status;
}
