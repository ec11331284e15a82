/* scene.yaml to struct scene: the tables of its keys, and the rules that tie one key to another. It runs nothing, follows
 * no link out of the scene's folder, and goes on after a finding, so that an author sees all of them at once. */
#include "scene/scene_read.h"
#include "base/text.h"
#include "scene/scene_fields.h"
#include "scene/scene_match.h"
#include "scene/scene_network.h"
#include "scene/scene_queues.h"
#include "scene/scene_words.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD_COUNT(fields) (sizeof(fields) / sizeof *(fields))

bool scene_id_is_good(const char *id)
{
    if (!(id[0] >= 'a' && id[0] <= 'z') || strlen(id) > 40)
        return false;
    return id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
}

static void read_id(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                    void *place)
{
    const char *id = NULL;
    scene_field_string(reading, node, field, &id);
    if (id && !scene_id_is_good(id))
        scene_reading_refuse(reading, node,
                             "`id` must be small letters, digits and hyphens, at most 40, a letter first");
    else if (id)
        *(const char **)place = id;
}

/* Every step of the path opened without following links: a source may not lead out of the scene's folder. */
static bool source_is_there(const char *folder, const char *relative)
{
    int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool there = false;
    char part[128];
    while (at >= 0) {
        size_t length = strcspn(relative, "/");
        if (length == 0 || length >= sizeof part)
            break;
        memcpy(part, relative, length);
        part[length] = 0;
        bool last = relative[length] == 0;
        int next = openat(at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC | (last ? 0 : O_DIRECTORY));
        close(at);
        at = next;
        if (last) {
            struct stat about;
            there = at >= 0 && fstat(at, &about) == 0 && S_ISREG(about.st_mode);
            break;
        }
        relative += length + 1;
    }
    if (at >= 0)
        close(at);
    return there;
}

void scene_read_sources(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    scene_field_strings(reading, node, field, place);
    if (node->kind != SCENE_NODE_SEQUENCE)
        return;
    for (const struct scene_node *item = node->first; item; item = item->next) {
        if (item->kind != SCENE_NODE_SCALAR)
            continue;
        size_t length = strlen(item->text);
        if (item->text[0] == '/' || item->text[0] == '-' || strstr(item->text, ".."))
            scene_reading_refuse(reading, item, "a source must lie in the scene's own folder: %.60s", item->text);
        else if (length < 3 || strcmp(item->text + length - 2, ".c") != 0)
            scene_reading_refuse(reading, item, "a source must be a C file (.c): %.60s", item->text);
        else if (!source_is_there(reading->folder, item->text))
            scene_reading_refuse(reading, item, "there is no file `%.60s` in the scene's folder", item->text);
    }
}

static void read_program(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                         void *place)
{
    static const struct scene_field fields[] = {SCENE_PROGRAM_FIELDS(0, true)};
    (void)field;
    scene_fields_read(reading, node, fields, FIELD_COUNT(fields), place, "`program`");
}

static void read_lengths(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                         void *place)
{
    struct scene_scheduler *scheduler = place;
    if (node->kind != SCENE_NODE_MAPPING || node->count > 64) {
        scene_reading_refuse(reading, node, "`lengths` must be a mapping of tasks to steps: {P1.T1: 5}");
        return;
    }
    struct scene_length *lengths = scene_reading_obtain(reading, node->count * sizeof *lengths);
    if (!lengths)
        return;
    size_t count = 0;
    for (const struct scene_node *value = node->first; value; value = value->next) {
        struct scene_field steps = {.name = "lengths", .least = 1, .most = 1000000};
        lengths[count].task = value->key->text;
        scene_field_number(reading, value, &steps, &lengths[count].steps);
        count++;
    }
    (void)field;
    scheduler->lengths = lengths;
    scheduler->length_count = count;
}

/* Reads over what is there already: a variant's scheduler starts as the scene's. */
static void read_scheduler(struct scene_reading *reading, const struct scene_node *node,
                           const struct scene_field *field, void *place)
{
#define AT(member) .offset = offsetof(struct scene_scheduler, member)
    static const struct scene_field fields[] = {
        {.name = "policy", .read = scene_field_word, AT(policy), .words = scene_words_policies, .what = N_("policy")},
        {.name = "quantum", .read = scene_field_number, AT(quantum), .least = 1, .most = 1000},
        {.name = "cpus", .read = scene_field_number, AT(cpus), .least = 1, .most = 64},
        {.name = "seed", .read = scene_field_number, AT(seed), .most = 999999999},
        {.name = "schedule", .read = scene_field_string, AT(schedule), .nullable = true, .most = 4096},
        {.name = "mode", .read = scene_field_choice, AT(mode), .words = scene_words_modes, .what = N_("mode")},
        {.name = "lengths", .read = read_lengths, .nullable = true},
    };
#undef AT
    struct scene_scheduler *scheduler = place;
    scene_fields_read(reading, node, fields, FIELD_COUNT(fields), scheduler, "`scheduler`");
    if (scheduler->policy && strcmp(scheduler->policy, "sjf") == 0 && scheduler->length_count == 0)
        scene_reading_refuse(reading, node, "policy `sjf` needs `lengths`: how many steps each task takes");
    (void)field;
}

void scene_read_operation(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                          void *place)
{
    const char *name = NULL;
    scene_field_string(reading, node, field, &name);
    if (name && !scene_words_operation(name))
        scene_reading_refuse(reading, node, "unknown operation `%.60s`; they are named like mutex.lock, process.fork",
                             name);
    else if (name)
        *(const char **)place = name;
}

/* P1.main, P2.T13 */
static void read_task(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                      void *place)
{
    const char *name = NULL;
    scene_field_string(reading, node, field, &name);
    if (!name)
        return;
    const char *digits = "0123456789", *at = name;
    bool good = *at++ == 'P' && strspn(at, digits) > 0;
    if (good) {
        at += strspn(at, digits);
        good = strcmp(at, ".main") == 0 || (strncmp(at, ".T", 2) == 0 && at[2] && at[2 + strspn(at + 2, digits)] == 0);
    }
    if (good)
        *(const char **)place = name;
    else
        scene_reading_refuse(reading, node, "`%.60s` names no task; tasks are called P1.main, P1.T1, P2.main", name);
}

/* SYN, FIN+ACK, TCP */
static void read_packet(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    static const char *const protocols[] = {"TCP", "UDP", "ICMP", "IP", NULL};
    const char *name = NULL;
    scene_field_string(reading, node, field, &name);
    if (!name)
        return;
    bool good = scene_packet_flags(name) != 0;
    for (size_t i = 0; protocols[i] && !good; i++)
        good = strcmp(name, protocols[i]) == 0;
    if (good)
        *(const char **)place = name;
    else
        scene_reading_refuse(reading, node,
                             "`%.60s` names no packet; packets are called by their flags, as SYN, SYN+ACK, FIN+ACK, or "
                             "by their protocol: TCP, UDP, ICMP",
                             name);
}

/* client, server, 10.0.0.1:40000 */
static void read_end(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                     void *place)
{
    const char *name = NULL;
    scene_field_string(reading, node, field, &name);
    if (!name)
        return;
    unsigned part[5];
    char rest;
    bool address = sscanf(name, "%3u.%3u.%3u.%3u:%5u%c", &part[0], &part[1], &part[2], &part[3], &part[4], &rest) == 5;
    if (address || strcmp(name, "client") == 0 || strcmp(name, "server") == 0)
        *(const char **)place = name;
    else
        scene_reading_refuse(
            reading, node, "`%.60s` is no end of a connection; ends are client, server, or like 10.0.0.1:40000", name);
}

static void read_count(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
    struct scene_number *number = place;
    size_t before = reading->errors->count;
    unsigned is = 0;
    scene_field_number(reading, node, field, &is);
    if (reading->errors->count == before)
        *number = (struct scene_number){.given = true, .is = is};
}

void scene_read_when(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                     void *place)
{
#define AT(member) .offset = offsetof(struct scene_when, member)
    static const struct scene_field fields[] = {
        {.name = "task", .read = read_task, AT(task)},
        {.name = "operation", .read = scene_read_operation, AT(operation)},
        {.name = "object", .read = scene_field_string, AT(object)},
        {.name = "outcome",
         .read = scene_field_word,
         AT(outcome),
         .words = scene_words_outcomes,
         .what = N_("outcome")},
        {.name = "value", .read = scene_field_value, AT(value), .nullable = true},
        {.name = "error", .read = scene_field_string, AT(error)},
        {.name = "fault", .read = scene_field_word, AT(fault), .words = scene_words_faults, .what = N_("fault")},
        {.name = "packet", .read = read_packet, AT(packet)},
        {.name = "event", .read = scene_field_word, AT(event), .words = scene_words_packets, .what = N_("event")},
        {.name = "from", .read = read_end, AT(from)},
        {.name = "to", .read = read_end, AT(to)},
        {.name = "seq", .read = read_count, AT(seq), .most = 999999999},
        {.name = "ack", .read = read_count, AT(ack), .most = 999999999},
        {.name = "length", .read = read_count, AT(length), .most = 65535},
        {.name = "window", .read = read_count, AT(window), .most = 999999999},
        {.name = "occurrence", .read = scene_field_number, AT(occurrence), .least = 1, .most = 10000},
    };
#undef AT
    struct scene_when *when = place;
    when->occurrence = 1;
    size_t before = reading->errors->count;
    scene_fields_read(reading, node, fields, FIELD_COUNT(fields), when, "`when`");
    if (reading->errors->count == before && !when->task && !when->operation && !when->fault && !when->packet)
        scene_reading_refuse(reading, node, "`when` must name a task, an operation, a fault or a packet");
    if (when->packet &&
        (when->task || when->operation || when->object || when->outcome || when->value || when->error || when->fault))
        scene_reading_refuse(reading, node,
                             "`packet` goes with `event`, `from`, `to`, `seq`, `ack`, `length`, `window` and "
                             "`occurrence` only");
    if (when->event && !when->packet)
        scene_reading_refuse(reading, node, "`event` says what becomes of a `packet`, which is missing");
    if (!when->packet &&
        (when->from || when->to || when->seq.given || when->ack.given || when->length.given || when->window.given))
        scene_reading_refuse(
            reading, node,
            "`from`, `to`, `seq`, `ack`, `length` and `window` are said of a `packet`, which is missing");
    if (when->fault && (when->operation || when->outcome || when->value || when->error))
        scene_reading_refuse(reading, node, "`fault` goes with `task` and `occurrence` only");
    (void)field;
}

void scene_read_choices(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                        void *place)
{
    struct scene_question *question = place;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count < 2 || node->count > SCENE_CHOICES_MAX) {
        scene_reading_refuse(reading, node, "`choices` must be a list of 2 to %d texts", SCENE_CHOICES_MAX);
        return;
    }
    for (const struct scene_node *item = node->first; item; item = item->next)
        scene_field_text(reading, item, field, &question->choices[question->choice_count++]);
}

void scene_read_ask(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                    void *place)
{
#define AT(member) .offset = offsetof(struct scene_question, member)
    static const struct scene_field fields[] = {
        {.name = "question", .read = scene_field_text, AT(question), .required = true, .room = ROOM_SAY},
        {.name = "choices", .read = scene_read_choices, .required = true, .room = ROOM_CHOICE},
        {.name = "answer",
         .read = scene_field_number,
         AT(answer),
         .required = true,
         .least = 1,
         .most = SCENE_CHOICES_MAX},
        {.name = "because", .read = scene_field_text, AT(because), .required = true, .room = ROOM_BECAUSE},
    };
#undef AT
    struct scene_question *question = place;
    scene_fields_read(reading, node, fields, FIELD_COUNT(fields), question, "`ask`");
    if (question->choice_count && question->answer > question->choice_count)
        scene_reading_refuse(reading, scene_node_child(node, "answer"),
                             "`answer` is %u, but there are only %zu choices", question->answer,
                             question->choice_count);
    (void)field;
}

static void read_beats(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                       void *place)
{
#define AT(member) .offset = offsetof(struct scene_beat, member)
    static const struct scene_field fields[] = {
        {.name = "when", .read = scene_read_when, AT(when), .required = true},
        {.name = "say", .read = scene_field_text, AT(say), .required = true, .room = ROOM_SAY},
        {.name = "ask", .read = scene_read_ask, AT(ask), .nullable = true},
        {.name = "variants", .read = scene_field_strings, AT(variants), .least = 1, .most = 16},
    };
#undef AT
    struct scene *scene = place;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count > 200) {
        scene_reading_refuse(reading, node, "`beats` must be a list of at most 200");
        return;
    }
    struct scene_beat *beats = scene_reading_obtain(reading, node->count * sizeof *beats);
    if (!beats)
        return;
    scene->beats = beats;
    for (const struct scene_node *item = node->first; item; item = item->next) {
        struct scene_beat *beat = &beats[scene->beat_count++];
        beat->line = item->line;
        scene_fields_read(reading, item, fields, FIELD_COUNT(fields), beat, N_("a beat"));
        for (size_t i = 0; i < beat->variants.count; i++) {
            if (scene->variant_count && scene_variant_find(scene, beat->variants.items[i]) == scene->variant_count)
                scene_reading_refuse(reading, item,
                                     "the beat belongs to variant `%.40s`, which the scene does not have",
                                     beat->variants.items[i]);
        }
    }
    (void)field;
}

static void read_variants(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                          void *place)
{
#define AT(member) .offset = offsetof(struct scene_variant, member)
    static const struct scene_field fields[] = {
        {.name = "id", .read = read_id, AT(id), .required = true},
        {.name = "title", .read = scene_field_text, AT(title), .room = ROOM_TITLE},
        SCENE_PROGRAM_FIELDS(offsetof(struct scene_variant, program), false),
        {.name = "scheduler", .read = read_scheduler, AT(scheduler)},
        {.name = "expect", .read = scene_field_word, AT(expect), .words = scene_words_verdicts, .what = N_("verdict")},
        {.name = "stdout", .read = scene_field_choice, AT(out), .words = scene_words_stdout, .what = N_("stdout")},
    };
#undef AT
    struct scene *scene = place;
    if (node->kind != SCENE_NODE_SEQUENCE || node->count == 0 || node->count > 16) {
        scene_reading_refuse(reading, node, "`variants` must be a list of 1 to 16");
        return;
    }
    struct scene_variant *variants = scene_reading_obtain(reading, node->count * sizeof *variants);
    if (!variants)
        return;
    scene->variants = variants;
    for (const struct scene_node *item = node->first; item; item = item->next) {
        struct scene_variant *variant = &variants[scene->variant_count];
        *variant = (struct scene_variant){.id = "",
                                          .program = scene->program,
                                          .scheduler = scene->scheduler,
                                          .expect = scene->expect,
                                          .out = scene->out};
        scene_fields_read(reading, item, fields, FIELD_COUNT(fields), variant, N_("a variant"));
        variant->own_sources = variant->program.sources.items != scene->program.sources.items;
        if (scene_hosts_play(scene) && variant->program.sources.count > 0 && variant->own_sources)
            scene_reading_refuse(reading, item, "the scene's programs are those of its `hosts`: a variant has none");
        if (variant->id[0] && scene_variant_find(scene, variant->id) < scene->variant_count)
            scene_reading_refuse(reading, item, "there are two variants `%.40s`", variant->id);
        if (variant->program.sources.count == 0 && !scene_hosts_play(scene) && reading->errors->count == 0)
            scene_reading_refuse(reading, item, "variant `%.40s` has no `sources`, and the scene has no `program`",
                                 variant->id);
        scene->variant_count++;
    }
    (void)field;
}

/* A list of variants, or a mapping of them and of what a job's arrival is. */
static void read_compare(struct scene_reading *reading, const struct scene_node *node, const struct scene_field *field,
                         void *place)
{
#define AT(member) .offset = offsetof(struct scene, member)
    static const struct scene_field fields[] = {
        {.name = "variants", .read = scene_field_strings, AT(compare), .required = true, .least = 2, .most = 8},
        {.name = "arrival", .read = scene_read_operation, AT(arrival)},
    };
#undef AT
    struct scene *scene = place;
    (void)field;
    if (node->kind == SCENE_NODE_SEQUENCE)
        scene_field_strings(reading, node, &(struct scene_field){.name = "compare", .least = 2, .most = 8},
                            &scene->compare);
    else
        scene_fields_read(reading, node, fields, FIELD_COUNT(fields), scene, "`compare`");
    for (size_t i = 0; i < scene->compare.count; i++) {
        if (scene_variant_find(scene, scene->compare.items[i]) == scene->variant_count)
            scene_reading_refuse(reading, node, "`compare` names the variant `%.40s`, which the scene does not have",
                                 scene->compare.items[i]);
    }
}

/* The order of the rows is the order of reading: variants start from what the scene says, beats name variants. */
static void read_scene(struct scene_reading *reading, const struct scene_node *root, struct scene *scene)
{
#define AT(member) .offset = offsetof(struct scene, member)
    static const struct scene_field fields[] = {
        {.name = "id", .read = read_id, AT(id), .required = true},
        {.name = "title", .read = scene_field_text, AT(title), .required = true, .room = ROOM_TITLE},
        {.name = "teaches", .read = scene_field_text, AT(teaches), .required = true, .room = ROOM_SAY},
        {.name = "minutes", .read = scene_field_number, AT(minutes), .required = true, .least = 1, .most = 60},
        {.name = "program", .read = read_program, AT(program), .nullable = true},
        {.name = "scheduler", .read = read_scheduler, AT(scheduler), .nullable = true},
        {.name = "stdout", .read = scene_field_choice, AT(out), .words = scene_words_stdout, .what = N_("stdout")},
        {.name = "expect", .read = scene_field_word, AT(expect), .words = scene_words_verdicts, .what = N_("verdict")},
        {.name = "views",
         .read = scene_field_strings,
         AT(views),
         .required = true,
         .least = 1,
         .most = 12,
         .words = scene_words_views,
         .what = N_("view")},
        {.name = "watch", .read = scene_field_strings, AT(watch), .most = 16},
        {.name = "network", .read = scene_network_read, AT(network), .nullable = true},
        {.name = "variants", .read = read_variants, .nullable = true},
        {.name = "compare", .read = read_compare, .nullable = true},
        {.name = "queues", .read = scene_queues_read},
        {.name = "beats", .read = read_beats, .required = true},
        {.name = "notes", .read = scene_field_text, AT(notes), .nullable = true, .room = ROOM_NOTES},
    };
#undef AT
    scene->scheduler = (struct scene_scheduler){.policy = "rr", .quantum = 1, .cpus = 1, .seed = 1};
    scene->expect = "finished";
    scene_fields_read(reading, root, fields, FIELD_COUNT(fields), scene, N_("the scene"));
    if (scene->variant_count == 0 && reading->errors->count == 0) {
        if (scene->program.sources.count == 0 && !scene_hosts_play(scene))
            scene_reading_refuse(reading, root, "the scene has neither `program` nor `variants`");
        struct scene_variant *only = scene_reading_obtain(reading, sizeof *only);
        if (only) {
            *only = (struct scene_variant){.id = "",
                                           .program = scene->program,
                                           .scheduler = scene->scheduler,
                                           .expect = scene->expect,
                                           .out = scene->out};
            scene->variants = only;
            scene->variant_count = 1;
        }
    }
    for (size_t i = 0; i < scene->variant_count; i++)
        if (scene_hosts_play(scene) && scene->variants[i].scheduler.mode == SCENE_MODE_LIVE)
            scene_reading_refuse(reading, root,
                                 "programs on hosts of their own are held at every step: no `mode: live`");
    scene_queues_watch(reading, scene);
}

/* Splits the path into the scene's folder and its file. */
static bool paths_find(struct scene_reading *reading, const char *path, bool *is_folder)
{
    struct stat about;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    *is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    struct scene *scene = reading->scene;
    if (*is_folder) {
        char *file = scene_reading_obtain(reading, length + sizeof "/scene.yaml");
        scene->folder = arena_copy_text(reading->arena, path, length);
        if (!file || !scene->folder)
            return false;
        memcpy(file, path, length);
        memcpy(file + length, "/scene.yaml", sizeof "/scene.yaml");
        scene->file = file;
    } else {
        const char *slash = strrchr(path, '/');
        scene->file = arena_copy_text(reading->arena, path, strlen(path));
        if (slash == path)
            scene->folder = "/";
        else
            scene->folder = slash ? arena_copy_text(reading->arena, path, (size_t)(slash - path)) : ".";
    }
    reading->folder = scene->folder;
    return scene->folder && scene->file;
}

/* A scene in a folder is found by the folder's name: the two must agree. */
static void id_check(struct scene_reading *reading, const struct scene_node *root)
{
    char *real = realpath(reading->folder, NULL);
    if (!real)
        return;
    const char *name = strrchr(real, '/') + 1;
    const struct scene_node *value = scene_node_child(root, "id");
    if (value && strcmp(reading->scene->id, name) != 0)
        scene_reading_refuse(reading, value, "the scene is called `%s`, but its folder is called `%.60s`",
                             reading->scene->id, name);
    free(real);
}

enum status scene_read(const char *path, struct scene **out, struct scene_errors *errors)
{
    *out = NULL;
    *errors = (struct scene_errors){0};
    struct arena *arena = arena_new();
    struct scene *scene = arena ? arena_obtain(arena, sizeof *scene) : NULL;
    struct scene_reading reading = {.scene = scene, .arena = arena, .errors = errors};
    const struct scene_node *root = NULL;
    bool is_folder = false;
    enum status status = STATUS_MEMORY;
    snprintf(errors->file, sizeof errors->file, "%s", path);
    if (scene && paths_find(&reading, path, &is_folder)) {
        scene->arena = arena;
        snprintf(errors->file, sizeof errors->file, "%s", scene->file);
        status = scene_tree_read(scene->file, arena, &reading.source, &root, errors);
    } else {
        scene_error_add(errors, NULL, 0, 0, 1, "out of memory");
    }
    if (status == STATUS_OK) {
        read_scene(&reading, root, scene);
        if (is_folder && scene->id)
            id_check(&reading, root);
        if (reading.out_of_memory) {
            scene_error_add(errors, NULL, 0, 0, 1, "out of memory");
            status = STATUS_MEMORY;
        } else if (errors->count) {
            status = STATUS_INVALID;
        }
    }
    if (status == STATUS_OK)
        *out = scene;
    else
        arena_free(arena);
    return status;
}

void scene_free(struct scene *scene)
{
    if (scene)
        arena_free(scene->arena);
}

enum status scene_drop_questions(struct scene *scene)
{
    struct scene_beat *beats = arena_obtain_array(scene->arena, scene->beat_count + 1, sizeof *beats);
    if (!beats)
        return STATUS_MEMORY;
    for (size_t i = 0; i < scene->beat_count; i++) {
        beats[i] = scene->beats[i];
        beats[i].ask = (struct scene_question){0};
    }
    scene->beats = beats;
    return STATUS_OK;
}

size_t scene_variant_find(const struct scene *scene, const char *id)
{
    if (!id || !id[0])
        return 0;
    size_t i = 0;
    while (i < scene->variant_count && strcmp(scene->variants[i].id, id) != 0)
        i++;
    return i;
}

bool scene_beat_in_variant(const struct scene_beat *beat, const struct scene_variant *variant)
{
    for (size_t i = 0; i < beat->variants.count; i++) {
        if (strcmp(beat->variants.items[i], variant->id) == 0)
            return true;
    }
    return beat->variants.count == 0;
}
