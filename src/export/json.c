/* JSON lines. Keys stand in the order of the interface; the same run gives the same bytes. Bytes of the guest are JSON
 * strings, in which no control character is left raw (C1 controls and characters that turn the direction of text are
 * written as \u escapes, too, by asking for ASCII in that line). */
#include "export/json.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <jansson.h>

#include "operations/operations.h"

#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

struct export_json {
    FILE *out;
    struct export_json_options options;
    struct teller *teller;
    uint32_t step; /* told last */
};

static enum status json_tell(void *context, const struct tell *, struct message *);

struct export_json *export_json_new(FILE *out, struct export_json_options options)
{
    struct export_json *json = calloc(1, sizeof *json);
    if (!json)
        return NULL;
    json->out = out;
    json->options = options;
    json->teller = teller_new(options.language, json_tell, json);
    if (!json->teller) {
        free(json);
        return NULL;
    }
    teller_show_helpers(json->teller, options.helpers);
    return json;
}

void export_json_free(struct export_json *json)
{
    if (!json)
        return;
    teller_free(json->teller);
    free(json);
}

static enum status write_failed(struct message *message)
{
    return message_set(message, STATUS_IO, "writing the run as JSON failed: %s", strerror(errno ? errno : EIO));
}

/* jansson leaves DEL as it is, which is allowed in JSON but does not belong on a terminal. */
static int write_piece(const char *bytes, size_t length, void *context)
{
    FILE *out = context;
    const char *end = bytes + length;
    while (bytes < end) {
        const char *del = memchr(bytes, 0x7F, (size_t)(end - bytes));
        size_t plain = (size_t)((del ? del : end) - bytes);
        if (fwrite(bytes, 1, plain, out) != plain || (del && fputs("\\u007F", out) == EOF))
            return -1;
        bytes += plain + (del != NULL);
    }
    return 0;
}

/* Writes the object as a line and gives it up. NULL: out of memory. */
static enum status write_line(struct export_json *json, json_t *line, size_t flags, struct message *message)
{
    if (!line)
        return message_set(message, STATUS_MEMORY, "out of memory while writing the run as JSON");
    errno = 0;
    int failed =
        json_dump_callback(line, write_piece, json->out, JSON_FLAGS | flags) < 0 || putc('\n', json->out) == EOF;
    json_decref(line);
    return failed ? write_failed(message) : STATUS_OK;
}

/* Adds a member and gives its value up. A failure leaves the line NULL, which write_line reports. */
static void add(json_t **line, const char *key, json_t *value)
{
    if (!*line) {
        json_decref(value);
    } else if (json_object_set_new(*line, key, value) < 0) {
        json_decref(*line);
        *line = NULL;
    }
}

static void append(json_t **array, json_t *value)
{
    if (!*array) {
        json_decref(value);
    } else if (json_array_append_new(*array, value) < 0) {
        json_decref(*array);
        *array = NULL;
    }
}

/* Text that is fit to be shown is UTF-8; should it ever not be, the line says so and is not lost. */
static json_t *text_of(const char *text)
{
    json_t *made = json_string(text);
    return made ? made : json_string("?");
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? text_of(text) : json_null();
}

static json_t *line_start(uint32_t step)
{
    json_t *line = json_object();
    add(&line, "v", json_integer(1));
    add(&line, "step", json_integer(step));
    return line;
}

/* ---- steps ---- */

static json_t *error_of(int error)
{
    if (error == 0)
        return json_null();
    const char *name = strerrorname_np(error);
    if (name)
        return json_string(name);
    return json_integer(error);
}

static json_t *value_of(const struct tell *tell)
{
    if (tell->value_kind == TELL_VALUE_number)
        return json_integer(tell->value);
    return tell->value_kind == TELL_VALUE_text ? text_of(tell->value_text) : json_null();
}

static enum status json_step(struct export_json *json, const struct tell *tell, struct message *message)
{
    json_t *line = line_start(tell->step);
    add(&line, "task", text_or_null(tell->task));
    add(&line, "operation", json_string(operation_row(tell->operation)->name));
    add(&line, "object", text_or_null(tell->object));
    add(&line, "outcome", json_string(outcome_name(tell->outcome)));
    if (tell->injected)
        add(&line, "injected", json_string(injection_name(tell->injected)));
    add(&line, "value", value_of(tell));
    add(&line, "error", error_of(tell->error));
    add(&line, "source", text_or_null(tell->source));
    add(&line, "time", json_real((double)tell->time / 1e9));
    json_t *states = json_object();
    for (size_t i = 0; i < tell->state_count; i++) {
        const struct tell_state *state = &tell->states[i];
        if (json->options.states == EXPORT_JSON_ALL || state->state != state->told)
            add(&states, state->name, json_string(tell_state_name(state->state)));
    }
    add(&line, "states", states);
    json_t *enabled = json_array();
    for (size_t i = 0; i < tell->enabled_count; i++)
        append(&enabled, json_string(tell->enabled[i]));
    add(&line, "enabled", enabled);
    add(&line, "say", text_of(tell->say));
    if (tell->watch_count > 0) {
        json_t *watch = json_object();
        for (size_t i = 0; i < tell->watch_count; i++) {
            const struct tell_watch *one = &tell->watches[i];
            add(&watch, one->name, one->is_number ? json_integer(one->number) : text_of(one->text));
        }
        add(&line, "watch", watch);
    }
    return write_line(json, line, 0, message);
}

/* ---- output and notices ---- */

static json_t *base64(const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((length + 2) / 3 * 4 + 1), *p = text;
    if (!text)
        return NULL;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)(unsigned char)bytes[i] << 16;
        if (i + 1 < length)
            three |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
        if (i + 2 < length)
            three |= (unsigned char)bytes[i + 2];
        *p++ = digits[three >> 18];
        *p++ = digits[three >> 12 & 63];
        *p++ = i + 1 < length ? digits[three >> 6 & 63] : '=';
        *p++ = i + 2 < length ? digits[three & 63] : '=';
    }
    json_t *made = json_stringn(text, (size_t)(p - text));
    free(text);
    return made;
}

/* Whether valid UTF-8 holds a C1 control (C2 80..9F) or a mark that turns the direction of text (E2 80 8E/8F/AA..AE, E2
 * 81 A6..A9, D8 9C). */
static int needs_ascii(const char *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i + 1 < length; i++) {
        if ((p[i] == 0xC2 && p[i + 1] < 0xA0) || (p[i] == 0xD8 && p[i + 1] == 0x9C))
            return 1;
        if (p[i] == 0xE2 && i + 2 < length &&
            ((p[i + 1] == 0x80 && (p[i + 2] == 0x8E || p[i + 2] == 0x8F || (p[i + 2] >= 0xAA && p[i + 2] <= 0xAE))) ||
             (p[i + 1] == 0x81 && p[i + 2] >= 0xA6 && p[i + 2] <= 0xA9)))
            return 1;
    }
    return 0;
}

static enum status json_output(struct export_json *json, const struct tell *tell, struct message *message)
{
    json_t *line = line_start(tell->step);
    add(&line, "task", text_or_null(tell->task));
    add(&line, "stream", json_string(tell->stream == 2 ? "stderr" : "stdout"));
    json_t *text = json_stringn(tell->bytes, tell->length);
    size_t flags = text && needs_ascii(tell->bytes, tell->length) ? JSON_ENSURE_ASCII : 0;
    if (text)
        add(&line, "text", text);
    else
        add(&line, "bytes", base64(tell->bytes, tell->length));
    return write_line(json, line, flags, message);
}

static enum status json_notice(struct export_json *json, const struct tell *tell, struct message *message)
{
    json_t *line = line_start(tell->step);
    add(&line, "notice", json_string(tell->notice));
    if (tell->task[0])
        add(&line, "task", text_of(tell->task));
    if (tell->process[0])
        add(&line, "process", text_of(tell->process));
    add(&line, "text", text_of(tell->say));
    return write_line(json, line, 0, message);
}

/* ---- packets ---- */

static enum status json_packet(struct export_json *json, const struct tell *tell, struct message *message)
{
    static const char *const acts[PACKET_ACT_COUNT] = {"?", "sent", "delivered", "dropped", "duplicated", "absorbed"};
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    const struct tell_packet *packet = &tell->packet;
    char address[22];
    json_t *line = line_start(tell->step), *flags = json_array();
    add(&line, "packet", json_integer(packet->number));
    add(&line, "event", json_string(acts[packet->act < PACKET_ACT_COUNT ? packet->act : 0]));
    add(&line, "from", json_string(world_address_text(packet->from, address)));
    add(&line, "to", json_string(world_address_text(packet->to, address)));
    for (unsigned bit = 0; bit < 8; bit++)
        if (packet->flags >> bit & 1)
            append(&flags, json_string(names[bit]));
    add(&line, "flags", flags);
    add(&line, "seq", json_integer(packet->sequence));
    add(&line, "ack", json_integer(packet->acknowledgement));
    add(&line, "length", json_integer(packet->length));
    add(&line, "window", json_integer(packet->window));
    json_t *sockets = json_null();
    if (packet->client) {
        sockets = json_object();
        add(&sockets, "client", json_string(packet->client));
        add(&sockets, "server", json_string(packet->server));
    }
    add(&line, "sockets", sockets);
    if (packet->copy)
        add(&line, "copy", json_integer(packet->copy));
    if (packet->protocol != 6)
        add(&line, "protocol",
            packet->protocol == 17  ? json_string("UDP")
            : packet->protocol == 1 ? json_string("ICMP")
                                    : json_integer(packet->protocol));
    if (packet->protocol == 1) {
        add(&line, "type", json_integer(packet->type));
        add(&line, "code", json_integer(packet->code));
    }
    add(&line, "say", text_of(tell->say));
    return write_line(json, line, 0, message);
}

/* ---- the end ---- */

/* Exit status; the signal's name if one ended it; null while it has not ended. */
static json_t *exit_of(const struct world_process *process)
{
    if (process->state != STATE_zombie && process->state != STATE_terminated)
        return json_null();
    if (WIFEXITED(process->status))
        return json_integer(WEXITSTATUS(process->status));
    if (!WIFSIGNALED(process->status))
        return json_integer(process->status);
    char name[32];
    const char *abbreviation = sigabbrev_np(WTERMSIG(process->status));
    if (abbreviation)
        snprintf(name, sizeof name, "SIG%s", abbreviation);
    else
        snprintf(name, sizeof name, "signal %d", WTERMSIG(process->status));
    return json_string(name);
}

static json_t *source_of(const struct world *world, uint32_t id)
{
    struct world_place place = world_place(world, id);
    const char *file = world_text(world, place.text);
    char text[320];
    snprintf(text, sizeof text, place.line ? "%.280s:%u" : "%.280s", file, place.line);
    return file[0] ? text_of(text) : json_null();
}

static json_t *fault_of(const struct world *world, const struct world_fault *fault, enum tell_language language)
{
    json_t *made = json_object(), *tasks = json_array(), *objects = json_array();
    add(&made, "kind", json_string(fault_name(fault->kind)));
    for (unsigned i = 0; i < fault->task_count && i < sizeof fault->tasks / sizeof *fault->tasks; i++) {
        const struct world_task *task = world_task(world, fault->tasks[i]);
        if (task)
            append(&tasks, text_of(task->name));
    }
    for (unsigned i = 0; i < fault->object_count && i < sizeof fault->objects / sizeof *fault->objects; i++) {
        char label[96];
        append(&objects, text_of(world_object_label(world, fault->objects[i], label, sizeof label)));
    }
    add(&made, "tasks", tasks);
    add(&made, "objects", objects);
    add(&made, "step", json_integer(fault->step));
    const struct world_process *process = fault->process ? world_process(world, fault->process) : NULL;
    if (process)
        add(&made, "process", text_of(process->name));
    if (fault->places[0] || fault->places[1]) {
        json_t *source = json_array();
        for (int i = 0; i < 2; i++)
            append(&source, source_of(world, fault->places[i]));
        add(&made, "source", source);
    }
    char say[1024] = "";
    world_fault_say(world, fault, language == TELL_CHINESE, say, sizeof say);
    add(&made, "say", text_of(say));
    return made;
}

static enum status json_end(struct export_json *json, const struct tell *tell, struct message *message)
{
    const struct world *world = tell->world;
    json_t *line = json_object(), *exits = json_object(), *faults = json_array();
    add(&line, "v", json_integer(1));
    add(&line, "end", json_true());
    add(&line, "verdict", json_string(tell_verdict_name(world_verdict(world))));
    add(&line, "steps", json_integer(tell->step));
    add(&line, "schedule", json_string(tell->schedule));
    for (uint32_t id = 1; id <= world_process_count(world); id++)
        add(&exits, world_process(world, id)->name, exit_of(world_process(world, id)));
    add(&line, "exit", exits);
    for (size_t i = 0; i < world_fault_count(world); i++)
        append(&faults, fault_of(world, world_fault(world, i), json->options.language));
    add(&line, "faults", faults);
    enum status status = write_line(json, line, 0, message);
    errno = 0;
    return !status && fflush(json->out) == EOF ? write_failed(message) : status;
}

static enum status json_tell(void *context, const struct tell *tell, struct message *message)
{
    struct export_json *json = context;
    json->step = tell->step;
    switch (tell->kind) {
    case TELL_STEP:
        return json_step(json, tell, message);
    case TELL_OUTPUT:
        return json_output(json, tell, message);
    case TELL_NOTICE:
        return json_notice(json, tell, message);
    case TELL_END:
        return json_end(json, tell, message);
    case TELL_PACKET:
        return json_packet(json, tell, message);
    case TELL_FACT:
    case TELL_FAULT:
        break;
    }
    return STATUS_OK;
}

enum status export_json_event(struct export_json *json, const struct world *after, const struct event *event,
                              struct message *message)
{
    return teller_event(json->teller, after, event, message);
}

enum status export_json_before_end(struct export_json *json, const struct world *after, const struct event *event,
                                   struct message *message)
{
    return teller_before_end(json->teller, after, event, message);
}

enum status export_json_flush(struct export_json *json, struct message *message)
{
    enum status status = teller_flush(json->teller, message);
    errno = 0;
    return !status && fflush(json->out) == EOF ? write_failed(message) : status;
}

enum status export_json_notice(struct export_json *json, const char *kind, const char *text, struct message *message)
{
    enum status status = teller_flush(json->teller, message);
    if (status)
        return status;
    json_t *line = line_start(json->step);
    add(&line, "notice", text_of(kind));
    add(&line, "text", text_of(text));
    return write_line(json, line, 0, message);
}
