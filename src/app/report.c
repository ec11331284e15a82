/* Hands each event to the exporter, and before that to a teller of its own whose steps and faults are what a scene's
 * beats wait for: so a beat is told after all lines of the step that fired it, and before what the event brings. */
#include "app/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app/beats.h"
#include "base/text.h"
#include "export/json.h"
#include "export/tell.h"
#include "export/text.h"
#include "scene/scene_match.h"

enum { BEATS_AT_ONCE = 64 };

struct report {
    struct report_options options;
    struct export_json *json;
    struct export_text *text;
    struct teller *facts;
    struct scene_matcher *matcher;
    enum status failed;
};

static enum status tell_fact(void *context, const struct tell *, struct message *);

struct report *report_new(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof *report);
    if (!report)
        return NULL;
    report->options = *options;
    enum tell_language language = options->chinese ? TELL_CHINESE : TELL_ENGLISH;
    bool json = options->output == OUTPUT_json || options->output == OUTPUT_json_changes;
    bool complete = true;
    if (options->out && json) {
        report->json = export_json_new(
            options->out, (struct export_json_options){
                              .states = options->output == OUTPUT_json_changes ? EXPORT_JSON_CHANGES : EXPORT_JSON_ALL,
                              .language = language,
                              .helpers = options->helpers});
        complete = report->json != NULL;
    } else if (options->out) {
        report->text = export_text_new(options->out, language);
        complete = report->text != NULL;
        if (complete)
            export_text_show_helpers(report->text, options->helpers);
    }
    if (options->scene) {
        report->facts = teller_new(language, tell_fact, report);
        report->matcher = scene_matcher_new(options->scene, options->variant);
        complete = complete && report->facts && report->matcher;
    }
    if (!complete) {
        report_free(report);
        return NULL;
    }
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    export_json_free(report->json);
    export_text_free(report->text);
    teller_free(report->facts);
    scene_matcher_free(report->matcher);
    free(report);
}

/* ---- narration ---- */

static const char *in_language(const struct report *report, const struct scene_text *text)
{
    return text->in[report->options.chinese ? SCENE_CHINESE : SCENE_ENGLISH];
}

static json_t *both(const struct scene_text *text)
{
    return json_pack("{s:s?, s:s?}", "en", text->in[SCENE_ENGLISH], "zh", text->in[SCENE_CHINESE]);
}

/* {"v":1,"step":14,"beat":2,"say":{"en":...,"zh":...},"ask":{...}}: a line of its own, no step's. */
static enum status beat_as_json(struct report *report, uint32_t step, size_t index, struct message *message)
{
    const struct scene_beat *beat = &report->options.scene->beats[index];
    json_t *line = json_pack("{s:i, s:I, s:I, s:o}", "v", 1, "step", (json_int_t)step, "beat", (json_int_t)index + 1,
                             "say", both(&beat->say));
    if (line && beat->ask.choice_count > 0) {
        json_t *choices = json_array();
        for (size_t i = 0; i < beat->ask.choice_count; i++)
            json_array_append_new(choices, both(&beat->ask.choices[i]));
        json_object_set_new(line, "ask",
                            json_pack("{s:o, s:o, s:i, s:o}", "question", both(&beat->ask.question), "choices", choices,
                                      "answer", (int)beat->ask.answer, "because", both(&beat->ask.because)));
    }
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (!text)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    fprintf(report->options.out, "%s\n", text);
    free(text);
    return STATUS_OK;
}

/* In the language of the run; nothing for a text that the scene does not have. */
static enum status say_text(struct report *report, const char *before, const struct scene_text *text,
                            struct message *message)
{
    const char *say = in_language(report, text);
    return say && *say ? export_text_say(report->text, before, say, message) : STATUS_OK;
}

static enum status beat_as_text(struct report *report, size_t index, struct message *message)
{
    const struct scene_beat *beat = &report->options.scene->beats[index];
    enum status status = say_text(report, "** ", &beat->say, message);
    if (status || beat->ask.choice_count == 0)
        return status;
    status = say_text(report, "?? ", &beat->ask.question, message);
    for (size_t i = 0; i < beat->ask.choice_count && !status; i++) {
        char before[32];
        snprintf(before, sizeof before, "   %zu) ", i + 1);
        status = say_text(report, before, &beat->ask.choices[i], message);
    }
    char answer[64];
    snprintf(answer, sizeof answer, _("   answer %u: "), beat->ask.answer);
    return status ? status : say_text(report, answer, &beat->ask.because, message);
}

static enum status export_flush(struct report *report, struct message *message)
{
    if (report->json)
        return export_json_flush(report->json, message);
    return report->text ? export_text_flush(report->text, message) : STATUS_OK;
}

/* A step or a fault, as a scene's beats know it. */
static enum status tell_fact(void *context, const struct tell *tell, struct message *message)
{
    struct report *report = context;
    struct beats_text text;
    struct scene_fact fact;
    if (!beats_fact(tell, &text, &fact))
        return STATUS_OK;
    size_t fired[BEATS_AT_ONCE];
    size_t count = scene_matcher_feed(report->matcher, &fact, fired, BEATS_AT_ONCE);
    enum status status = count > 0 ? export_flush(report, message) : STATUS_OK;
    for (size_t i = 0; i < count && i < BEATS_AT_ONCE && !status; i++) {
        if (report->json)
            status = beat_as_json(report, tell->step, fired[i], message);
        else if (report->text)
            status = beat_as_text(report, fired[i], message);
    }
    return status;
}

/* ---- events ---- */

static enum status export_event(struct report *report, const struct event *event, const struct world *world,
                                struct message *message)
{
    if (report->json)
        return export_json_event(report->json, world, event, message);
    return report->text ? export_text_event(report->text, world, event, message) : STATUS_OK;
}

static enum status export_before_end(struct report *report, const struct event *event, const struct world *world,
                                     struct message *message)
{
    if (report->json)
        return export_json_before_end(report->json, world, event, message);
    return report->text ? export_text_before_end(report->text, world, event, message) : STATUS_OK;
}

enum status report_event(struct report *report, const struct event *event, const struct world *world,
                         struct message *message)
{
    enum status status = report->failed;
    /* With the end the exporter writes its last line; what is found at the end, and the beats of that, come before. */
    if (!status && event->kind == EVENT_END && report->facts)
        status = export_before_end(report, event, world, message);
    if (!status && report->facts)
        status = teller_event(report->facts, world, event, message);
    if (!status)
        status = export_event(report, event, world, message);
    report->failed = status;
    return status;
}

enum status report_flush(struct report *report, struct message *message)
{
    if (!report->failed)
        report->failed = export_flush(report, message);
    if (!report->failed && report->facts)
        report->failed = teller_flush(report->facts, message);
    if (!report->failed && report->options.out)
        fflush(report->options.out);
    return report->failed;
}

enum status report_notice(struct report *report, const char *kind, const char *text, struct message *message)
{
    if (report->failed || report_flush(report, message))
        return report->failed;
    if (report->json)
        report->failed = export_json_notice(report->json, kind, text, message);
    else if (report->text)
        report->failed = export_text_say(report->text, "", text, message);
    return report->failed;
}

size_t report_unfired(const struct report *report, size_t *beats, size_t capacity)
{
    return report->matcher ? scene_matcher_unfired(report->matcher, beats, capacity) : 0;
}
