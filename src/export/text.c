/* Plain text: a line per step, under it the sentence, what was printed and by whom, and faults; at the end the verdict.
 * What the guest printed is escaped here and nowhere else in this room. No colours, no widths asked of the terminal. */
#include "export/text.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "operations/operations.h"

#define TEXT_INDENT "       "
#define TEXT_SOURCE_COLUMN 58
#define TEXT_COLUMNS 80

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

/* ---- sentences ---- */

static size_t character_length(const char *at)
{
    size_t length = 1;
    while (((unsigned char)at[length] & 0xC0) == 0x80)
        length++;
    return length;
}

static bool is_one_of(const char *at, const char *const *list)
{
    for (; *list; list++)
        if (strncmp(at, *list, strlen(*list)) == 0)
            return true;
    return false;
}

/* Whether a line may end before `next`: at a blank, and beside a wide character unless punctuation would then begin a
 * line that belongs to the one before, or end one that belongs to the next. */
static bool may_break(const char *previous, const char *next)
{
    static const char *const never_first[] = {"，", "。", "、", "；", "：", "？", "！", "）", "》",
                                              "」", "』", "”",  "’",  "…",  ",",  ".",  ";",  ":",
                                              "?",  "!",  ")",  "]",  "}",  "%",  NULL};
    static const char *const never_last[] = {"（", "《", "「", "『", "“", "‘", "(", "[", "{", NULL};
    if (*previous == ' ' || *next == ' ')
        return *previous != ' ';
    size_t before = escape_columns(previous, character_length(previous));
    size_t after = escape_columns(next, character_length(next));
    return after > 0 && (before > 1 || after > 1) && !is_one_of(next, never_first) && !is_one_of(previous, never_last);
}

/* How many bytes of `say` are to be its first line: what fits into `room` columns, or the first word if that does not. */
static size_t line_length(const char *say, size_t room)
{
    size_t fits = 0, columns = 0;
    const char *previous = say;
    for (const char *at = say; *at && *at != '\n'; at += character_length(at)) {
        if (at > say && may_break(previous, at) && (columns <= room || fits == 0))
            fits = (size_t)(at - say);
        columns += escape_columns(at, character_length(at));
        if (columns > room && fits > 0 && *at != ' ')
            return fits;
        previous = at;
    }
    return strcspn(say, "\n");
}

/* A sentence, or several on lines of their own, with `before` in front of it and all further lines below its beginning. */
static void text_sentence(struct export_text *text, const char *before, const char *say)
{
    size_t indent = strlen(TEXT_INDENT) + escape_columns(before, strlen(before));
    fprintf(text->out, TEXT_INDENT "%s", before);
    for (bool more = true; more;) {
        size_t length = line_length(say, indent < TEXT_COLUMNS ? TEXT_COLUMNS - indent : 1);
        fprintf(text->out, "%.*s\n", (int)length, say);
        say += length;
        say += *say == '\n' ? 1 : strspn(say, " ");
        more = *say != 0;
        if (more && *say != '\n')
            fprintf(text->out, "%*s", (int)indent, "");
    }
}

/* ---- what is told ---- */

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
    if (n < sizeof what && tell->injected)
        snprintf(what + n, sizeof what - n, ", injected %s", injection_name(tell->injected));
    size_t columns = escape_columns(what, strlen(what));
    fputs(what, text->out);
    if (tell->source[0])
        fprintf(text->out, "%*s  %s", columns < TEXT_SOURCE_COLUMN ? (int)(TEXT_SOURCE_COLUMN - columns) : 0, "",
                tell->source);
    putc('\n', text->out);
    if (tell->say[0])
        text_sentence(text, "", tell->say);
    for (size_t i = 0; i < tell->watch_count; i++) {
        const struct tell_watch *watch = &tell->watches[i];
        if (watch->is_number && !watch->text[0])
            fprintf(text->out, TEXT_INDENT "%s = %lld\n", watch->name, (long long)watch->number);
        else
            fprintf(text->out, TEXT_INDENT "%s = %s\n", watch->name, watch->text);
    }
}

/* "  14  packet 3 SYN+ACK 10.0.0.2:8080 > 10.0.0.1:40000 delivered         ESTABLISHED | SYN_RECV", without a step's number
 * where it is none (sent, absorbed). */
static void text_packet(struct export_text *text, const struct tell *tell)
{
    static const char *const acts[PACKET_ACT_COUNT] = {"?", "sent", "delivered", "dropped", "duplicated", "absorbed"};
    const struct tell_packet *packet = &tell->packet;
    char what[256], flags[40], from[22], to[22];
    bool step = packet->act != PACKET_sent && packet->act != PACKET_absorbed;
    const char *kind = packet->protocol == 6    ? packet_flags_text(packet->flags, flags)
                       : packet->protocol == 17 ? "UDP"
                       : packet->protocol == 1  ? "ICMP"
                                                : "IP";
    int n = step ? snprintf(what, sizeof what, "%5u  ", tell->step) : snprintf(what, sizeof what, TEXT_INDENT);
    n += snprintf(what + n, sizeof what - (size_t)n, "packet %u %s %s > %s", packet->number, kind,
                  world_address_text(packet->from, from), world_address_text(packet->to, to));
    if (packet->length)
        n += snprintf(what + n, sizeof what - (size_t)n, " length %u", packet->length);
    n += snprintf(what + n, sizeof what - (size_t)n, " -> %s", acts[packet->act < PACKET_ACT_COUNT ? packet->act : 0]);
    fputs(what, text->out);
    putc('\n', text->out);
    if (step && tell->say[0])
        text_sentence(text, "", tell->say);
    if (packet->client)
        fprintf(text->out, text->chinese ? TEXT_INDENT "客户端 %s，服务器 %s\n" : TEXT_INDENT "client %s, server %s\n",
                packet->client, packet->server);
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

/* The signal by which the process has stopped itself: the step that sends it is not over. 0: not known. */
static int stopped_itself_by(const struct world *world, uint32_t process)
{
    for (uint32_t id = 1; id <= world_task_count(world); id++) {
        const struct world_task *task = world_task(world, id);
        bool sends = task->process == process && task->operation == OPERATION_signal_send && !task->held;
        if (!sends || (task->argument[1] && task->argument[1] != process))
            continue;
        int number = (int)task->argument[0];
        if (number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU)
            return number;
    }
    return 0;
}

static void text_stopped(struct export_text *text, const struct world *world, const struct world_process *process)
{
    int number = stopped_itself_by(world, process->id);
    bool for_ever = world_verdict(world) == VERDICT_deadlock;
    char by[32] = "";
    if (number)
        snprintf(by, sizeof by, text->chinese ? "被 SIG%s " : " by SIG%s", sigabbrev_np(number));
    if (text->chinese)
        fprintf(text->out, "%s：尚未结束，它%s暂停了%s\n", process->name, number ? by : "被",
                for_ever ? "，没有人会让它继续" : "");
    else
        fprintf(text->out, "%s has not ended: it is stopped%s%s\n", process->name, by,
                for_ever ? ", and nobody is left to continue it" : "");
}

static void text_exits(struct export_text *text, const struct world *world)
{
    for (uint32_t id = 1; id <= world_process_count(world); id++) {
        const struct world_process *process = world_process(world, id);
        if (process->state == STATE_stopped) {
            text_stopped(text, world, process);
        } else if (process->state != STATE_zombie && process->state != STATE_terminated) {
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
    char before[80];
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
        snprintf(before, sizeof before, "[%s] %s%s", tell->notice, tell->task[0] ? tell->task : tell->process,
                 tell->task[0] || tell->process[0] ? ": " : "");
        text_sentence(text, before, tell->say);
        break;
    case TELL_FACT:
        text_sentence(text, "", tell->say);
        break;
    case TELL_FAULT:
        snprintf(before, sizeof before, text->chinese ? "错误（%s）：" : "fault (%s): ", tell->notice);
        text_sentence(text, before, tell->say);
        break;
    case TELL_PACKET:
        text_packet(text, tell);
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

enum status export_text_say(struct export_text *text, const char *before, const char *say, struct message *message)
{
    enum status status = teller_flush(text->teller, message);
    errno = 0;
    text_sentence(text, before, say);
    return status ? status : written(text, message);
}
