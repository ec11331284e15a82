/* Mermaid's sequenceDiagram: tasks, and the objects that they act on, are participants in order of appearance; a step is an
 * arrow, one that blocks or fails ends in a cross; faults are notes over all who are in them. Names and texts are spelt so
 * that nothing in them is taken for Mermaid's own words. */
#include "export/mermaid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct export_mermaid {
    FILE *out;
    const char *title;
    struct teller *teller;
    char **names; /* of participants; the nth is called pN */
    size_t count;
    char *lines;
    size_t length;
    FILE *body; /* into `lines` */
};

/* Which participant has this name; a new one if need be. 0: out of memory; else its number from 1. */
static size_t participant(struct export_mermaid *mermaid, const char *name)
{
    for (size_t i = 0; i < mermaid->count; i++)
        if (strcmp(mermaid->names[i], name) == 0)
            return i + 1;
    char **grown = realloc(mermaid->names, (mermaid->count + 1) * sizeof *grown);
    if (!grown)
        return 0;
    mermaid->names = grown;
    grown[mermaid->count] = strdup(name);
    return grown[mermaid->count] ? ++mermaid->count : 0;
}

/* A semicolon ends a statement there, and a number sign begins an entity: both are written as entities. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ';' || *text == '#' || *text == '<' || *text == '>')
            fprintf(out, "#%d;", *text);
        else
            putc(*text == '\n' ? ' ' : *text, out);
    }
}

static enum status no_memory(struct message *message)
{
    return message_set(message, STATUS_MEMORY, "out of memory");
}

/* "p1->>p2: lock" */
static enum status put_arrow(struct export_mermaid *mermaid, const char *from, const char *to, const char *arrow,
                             const char *what, struct message *message)
{
    size_t one = participant(mermaid, from), other = one && to[0] ? participant(mermaid, to) : one;
    if (!one || !other)
        return no_memory(message);
    fprintf(mermaid->body, "    p%zu%sp%zu: ", one, arrow, other);
    put_text(mermaid->body, what);
    putc('\n', mermaid->body);
    return STATUS_OK;
}

static enum status put_step(struct export_mermaid *mermaid, const struct tell *tell, struct message *message)
{
    char what[256];
    bool stopped = tell->outcome == OUTCOME_blocked || tell->outcome == OUTCOME_failed;
    const char *error = tell->error ? strerrorname_np(tell->error) : NULL;
    int length = snprintf(what, sizeof what, "%s", operation_row(tell->operation)->name);
    if (tell->outcome != OUTCOME_done)
        length +=
            snprintf(what + length, sizeof what - (size_t)length, " (%s)", error ? error : outcome_name(tell->outcome));
    else if (tell->value_kind == TELL_VALUE_number)
        snprintf(what + length, sizeof what - (size_t)length, " = %lld", (long long)tell->value);
    else if (tell->value_kind == TELL_VALUE_text)
        snprintf(what + length, sizeof what - (size_t)length, " = %s", tell->value_text);
    return put_arrow(mermaid, tell->task, tell->object, stopped ? "-x" : "->>", what, message);
}

static enum status put_packet(struct export_mermaid *mermaid, const struct tell *tell, struct message *message)
{
    char from[22], to[22], flags[40], what[128];
    const struct tell_packet *packet = &tell->packet;
    if (packet->act != PACKET_delivered && packet->act != PACKET_dropped)
        return STATUS_OK;
    if (packet->protocol == 6)
        snprintf(what, sizeof what, "%s seq=%u ack=%u len=%u", packet_flags_text(packet->flags, flags),
                 packet->sequence, packet->acknowledgement, packet->length);
    else
        snprintf(what, sizeof what, "%s len=%u",
                 packet->protocol == 17  ? "UDP"
                 : packet->protocol == 1 ? "ICMP"
                                         : "IP",
                 packet->length);
    return put_arrow(mermaid, world_address_text(packet->from, from), world_address_text(packet->to, to),
                     packet->act == PACKET_dropped ? "--x" : "-->>", what, message);
}

static enum status put_note(struct export_mermaid *mermaid, const char *say)
{
    if (mermaid->count == 0 || !say[0])
        return STATUS_OK;
    fprintf(mermaid->body, mermaid->count > 1 ? "    Note over p1,p%zu: " : "    Note over p%zu: ", mermaid->count);
    put_text(mermaid->body, say);
    putc('\n', mermaid->body);
    return STATUS_OK;
}

static enum status mermaid_tell(void *context, const struct tell *tell, struct message *message)
{
    struct export_mermaid *mermaid = context;
    switch (tell->kind) {
    case TELL_STEP:
        return tell->helper ? STATUS_OK : put_step(mermaid, tell, message);
    case TELL_PACKET:
        return put_packet(mermaid, tell, message);
    case TELL_FAULT:
        return put_note(mermaid, tell->say);
    default:
        return STATUS_OK;
    }
}

struct export_mermaid *export_mermaid_new(FILE *out, const char *title, enum tell_language language)
{
    struct export_mermaid *mermaid = calloc(1, sizeof *mermaid);
    if (!mermaid)
        return NULL;
    mermaid->out = out;
    mermaid->title = title;
    mermaid->teller = teller_new(language, mermaid_tell, mermaid);
    mermaid->body = open_memstream(&mermaid->lines, &mermaid->length);
    if (mermaid->teller && mermaid->body)
        return mermaid;
    export_mermaid_free(mermaid);
    return NULL;
}

void export_mermaid_free(struct export_mermaid *mermaid)
{
    if (!mermaid)
        return;
    teller_free(mermaid->teller);
    if (mermaid->body)
        fclose(mermaid->body);
    free(mermaid->lines);
    for (size_t i = 0; i < mermaid->count; i++)
        free(mermaid->names[i]);
    free(mermaid->names);
    free(mermaid);
}

enum status export_mermaid_event(struct export_mermaid *mermaid, const struct world *after, const struct event *event,
                                 struct message *message)
{
    return teller_event(mermaid->teller, after, event, message);
}

enum status export_mermaid_finish(struct export_mermaid *mermaid, struct message *message)
{
    enum status status = teller_flush(mermaid->teller, message);
    if (status)
        return status;
    if (fflush(mermaid->body) != 0)
        return no_memory(message);
    if (mermaid->title) {
        fputs("---\ntitle: \"", mermaid->out);
        for (const char *at = mermaid->title; *at; at++)
            if (*at != '"' && *at != '\\')
                putc(*at, mermaid->out);
        fputs("\"\n---\n", mermaid->out);
    }
    fputs("sequenceDiagram\n    autonumber\n", mermaid->out);
    for (size_t i = 0; i < mermaid->count; i++) {
        fprintf(mermaid->out, "    participant p%zu as ", i + 1);
        put_text(mermaid->out, mermaid->names[i]);
        putc('\n', mermaid->out);
    }
    fwrite(mermaid->lines, 1, mermaid->length, mermaid->out);
    if (fflush(mermaid->out) != 0 || ferror(mermaid->out))
        return message_set(message, STATUS_IO, "writing the diagram failed: %s", strerror(errno ? errno : EIO));
    return STATUS_OK;
}
