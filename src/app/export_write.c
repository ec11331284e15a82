/* Writes runs as files, each from the events alone: the world is made anew from them, one by one, as it was when they came.
 * Nothing is run and nothing but the given file is touched. */
#include "app/export_write.h"

#include <stdlib.h>
#include <string.h>

#include "app/chronicle.h"
#include "app/report.h"
#include "base/text.h"
#include "export/pcapng.h"

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

/* ---- packets ---- */

struct packets {
    const struct export_run *run;
    struct export_pcapng *pcapng;
    struct chronicle *chronicle;
    uint32_t count;
    uint32_t told; /* the last step whose beats were told */
};

/* What the scene says of the steps that are over by now, each of the newest packet then. */
static enum status say_beats(struct packets *packets, uint32_t steps, struct message *message)
{
    const struct scene *scene = packets->run->scene;
    enum status status = STATUS_OK;
    while (packets->told < steps && !status) {
        size_t beats[BEATS_AT_ONCE];
        size_t count = chronicle_beats(packets->chronicle, ++packets->told, beats, BEATS_AT_ONCE);
        for (size_t i = 0; i < count && i < BEATS_AT_ONCE && !status; i++) {
            const char *say = scene->beats[beats[i]].say.in[packets->run->chinese ? SCENE_CHINESE : SCENE_ENGLISH];
            if (say && *say)
                status = export_pcapng_say(packets->pcapng, 0, say, message);
        }
    }
    return status;
}

static enum status write_packets(struct packets *packets, struct world *world, struct message *message)
{
    struct event event;
    struct history *history = packets->run->history;
    for (uint32_t number = 1; history_event(history, number, &event); number++) {
        bool settles = event.kind == EVENT_GRANTED || event.kind == EVENT_TIME || event.kind == EVENT_END;
        if (settles && chronicle_settle(packets->chronicle, world))
            return no_memory(message);
        enum status status = STATUS_OK;
        if (settles && packets->run->scene)
            status = say_beats(packets, chronicle_steps(packets->chronicle), message);
        if (world_step(world, &event) == STATUS_MEMORY ||
            chronicle_event(packets->chronicle, number, &event, world) != STATUS_OK)
            return no_memory(message);
        if (status)
            return status;
    }
    if (chronicle_settle(packets->chronicle, world))
        return no_memory(message);
    return packets->run->scene ? say_beats(packets, chronicle_steps(packets->chronicle) + 1, message) : STATUS_OK;
}

enum status export_write_pcapng(const struct export_run *run, FILE *out, struct message *message)
{
    struct packets packets = {
        .run = run,
        .pcapng = export_pcapng_new(out, &(struct export_pcapng_options){.title = run->title}),
        .chronicle = chronicle_new(run->scene, run->variant),
    };
    struct world *world = world_new();
    enum status status = packets.pcapng && packets.chronicle && world ? STATUS_OK : no_memory(message);
    if (!status)
        status = write_packets(&packets, world, message);
    if (!status && packets.count == 0)
        status = message_set(message, STATUS_NOT_FOUND,
                             _("no packet crossed the wire in this run, so there is nothing for a .pcapng file"));
    if (!status)
        status = export_pcapng_finish(packets.pcapng, message);
    export_pcapng_free(packets.pcapng);
    chronicle_free(packets.chronicle);
    world_free(world);
    return status;
}
