/* Plain text: a line per step, under it the sentence, what was printed and by whom, and faults; at the end the verdict.
 * What the guest printed is escaped here and nowhere else in this room. No colours, no widths asked of the terminal. */
#include "export/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "operations/operations.h"

#define TEXT_INDENT "       "
#define TEXT_SOURCE_COLUMN 58

struct export_text {
    FILE *out;
    int chinese;
    struct teller *teller;
};

static enum status text_tell(void *context, const struct tell *, struct message *);

struct export_text *export_text_new(FILE *out, enum tell_language language)
{
    struct export_text *text = calloc(1, sizeof *text);
    if (!text)
        return NULL;
    text->out = out;
    text->chinese = language == TELL_CHINESE;
    text->teller = teller_new(language, text_tell, text);
    if (!text->teller) {
        free(text);
        return NULL;
    }
    return text;
}

void export_text_show_helpers(struct export_text *text, bool show)
{
    teller_show_helpers(text->teller, show);
}

void export_text_free(struct export_text *text)
{
    if (!text)
        return;
    teller_free(text->teller);
    free(text);
}

static enum status written(struct export_text *text, struct message *message)
{
    if (!ferror(text->out))
        return STATUS_OK;
    return message_set(message, STATUS_IO, "writing the run as text failed: %s", strerror(errno ? errno : EIO));
}

/* "  14  P1.T2    mutex.lock mutex A -> blocked            deadlock.c:37" */
static void text_step(struct export_text *text, const struct tell *tell)
{
    char what[256];
    size_t n = (size_t)snprintf(what, sizeof what, "%5u  %-8s %s%s%s -> %s", tell->step, tell->task,
                                operation_row(tell->operation)->name, tell->object[0] ? " " : "", tell->object,
                                outcome_name(tell->outcome));
    if (n < sizeof what && tell->value_kind == TELL_VALUE_number)
        n += (size_t)snprintf(what + n, sizeof what - n, " %lld", (long long)tell->value);
    if (n < sizeof what && tell->value_kind == TELL_VALUE_text)
        n += (size_t)snprintf(what + n, sizeof what - n, " %s", tell->value_text);
    if (n < sizeof what && tell->error) {
        const char *name = strerrorname_np(tell->error);
        n += name ? (size_t)snprintf(what + n, sizeof what - n, " (%s)", name)
                  : (size_t)snprintf(what + n, sizeof what - n, " (%d)", tell->error);
    }
    size_t columns = escape_columns(what, strlen(what));
    fputs(what, text->out);
    if (tell->source[0])
        fprintf(text->out, "%*s  %s", columns < TEXT_SOURCE_COLUMN ? (int)(TEXT_SOURCE_COLUMN - columns) : 0, "",
                tell->source);
    putc('\n', text->out);
    if (tell->say[0])
        fprintf(text->out, TEXT_INDENT "%s\n", tell->say);
    for (size_t i = 0; i < tell->watch_count; i++) {
        const struct tell_watch *watch = &tell->watches[i];
        if (watch->is_number && !watch->text[0])
            fprintf(text->out, TEXT_INDENT "%s = %lld\n", watch->name, (long long)watch->number);
        else
            fprintf(text->out, TEXT_INDENT "%s = %s\n", watch->name, watch->text);
    }
}

/* One line of output: "       P1.T1 | got A", on standard error "P1.T1 (stderr) | ...". */
static bool text_output_line(struct export_text *text, const struct tell *tell, const char *bytes, size_t length)
{
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    char *shown = malloc(ESCAPE_BOUND(length));
    if (!shown)
        return false;
    escape_text(ESCAPE_LINES, bytes, length, shown, ESCAPE_BOUND(length));
    fprintf(text->out, TEXT_INDENT "%s%s | %s\n", tell->task[0] ? tell->task : "?",
            tell->stream == 2 ? " (stderr)" : "", shown);
    free(shown);
    return true;
}

static bool text_output(struct export_text *text, const struct tell *tell)
{
    const char *p = tell->bytes, *end = tell->bytes + tell->length;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        if (!text_output_line(text, tell, p, (size_t)(stop - p)))
            return false;
        p = newline ? newline + 1 : end;
    }
    return true;
}

static void text_exits(struct export_text *text, const struct world *world)
{
    for (uint32_t id = 1; id <= world_process_count(world); id++) {
        const struct world_process *process = world_process(world, id);
        if (process->state != STATE_zombie && process->state != STATE_terminated) {
            fprintf(text->out, text->chinese ? "%s：尚未结束\n" : "%s has not ended\n", process->name);
        } else if (WIFSIGNALED(process->status)) {
            const char *name = sigabbrev_np(WTERMSIG(process->status));
            fprintf(text->out, text->chinese ? "%s：被信号终止：SIG%s\n" : "%s was ended by SIG%s\n", process->name,
                    name ? name : "?");
        } else {
            fprintf(text->out, text->chinese ? "%s：退出状态 %d\n" : "%s ended with status %d\n", process->name,
                    WEXITSTATUS(process->status));
        }
    }
}

static void text_end(struct export_text *text, const struct tell *tell)
{
    static const char *const chinese[VERDICT_COUNT] = {"无", "正常结束", "失败", "死锁", "达到界限"};
    const struct world *world = tell->world;
    unsigned verdict = world_verdict(world) < VERDICT_COUNT ? world_verdict(world) : VERDICT_none;
    text_exits(text, world);
    if (text->chinese)
        fprintf(text->out, "结论：%s，共 %u 步", chinese[verdict], tell->step);
    else
        fprintf(text->out, "verdict: %s after %u step%s", tell_verdict_name(verdict), tell->step,
                tell->step == 1 ? "" : "s");
    if (tell->schedule[0])
        fprintf(text->out, text->chinese ? "，调度 %s" : ", schedule %s", tell->schedule);
    putc('\n', text->out);
}

static enum status text_tell(void *context, const struct tell *tell, struct message *message)
{
    struct export_text *text = context;
    errno = 0;
    switch (tell->kind) {
    case TELL_STEP:
        text_step(text, tell);
        break;
    case TELL_OUTPUT:
        if (!text_output(text, tell))
            return message_set(message, STATUS_MEMORY, "out of memory while writing the run as text");
        break;
    case TELL_NOTICE:
        fprintf(text->out, TEXT_INDENT "[%s] %s%s%s\n", tell->notice, tell->task[0] ? tell->task : tell->process,
                tell->task[0] || tell->process[0] ? ": " : "", tell->say);
        break;
    case TELL_FACT:
        fprintf(text->out, TEXT_INDENT "%s\n", tell->say);
        break;
    case TELL_FAULT:
        fprintf(text->out, text->chinese ? TEXT_INDENT "错误（%s）：%s\n" : TEXT_INDENT "fault (%s): %s\n",
                tell->notice, tell->say);
        break;
    case TELL_END:
        text_end(text, tell);
        fflush(text->out);
        break;
    }
    return written(text, message);
}

enum status export_text_event(struct export_text *text, const struct world *after, const struct event *event,
                              struct message *message)
{
    return teller_event(text->teller, after, event, message);
}

enum status export_text_before_end(struct export_text *text, const struct world *after, const struct event *event,
                                   struct message *message)
{
    return teller_before_end(text->teller, after, event, message);
}

enum status export_text_flush(struct export_text *text, struct message *message)
{
    enum status status = teller_flush(text->teller, message);
    errno = 0;
    fflush(text->out);
    return status ? status : written(text, message);
}

enum status export_text_say(struct export_text *text, const char *say, struct message *message)
{
    enum status status = teller_flush(text->teller, message);
    errno = 0;
    fprintf(text->out, TEXT_INDENT "%s\n", say);
    return status ? status : written(text, message);
}
