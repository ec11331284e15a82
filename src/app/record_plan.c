/* The options of a recording are texts "key=value"; what a scene or the command line says, in full. */
#include "app/record_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

/* Owns its texts. */
struct option_texts {
    char **list;
    size_t count;
    bool failed;
};

static void add_option(struct option_texts *texts, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_option(struct option_texts *texts, const char *format, ...)
{
    char **grown = realloc(texts->list, (texts->count + 1) * sizeof *grown), *text = NULL;
    texts->list = grown ? grown : texts->list;
    va_list arguments;
    va_start(arguments, format);
    if (grown && vasprintf(&text, format, arguments) >= 0)
        texts->list[texts->count++] = text;
    else
        texts->failed = true;
    va_end(arguments);
}

/* What a branch needs to start them again (replay.c): each host, then its program's arguments. */
static void list_hosts(const struct session_plan *plan, struct option_texts *out)
{
    add_option(out, "profile=%u", plan->wire_profile);
    for (size_t i = 0; i < plan->host_count; i++) {
        const struct conductor_host *host = &plan->hosts[i];
        add_option(out, "host=%u %s %s", host->number, operation_row(host->after)->name, host->program);
        for (size_t k = 1; host->arguments[k]; k++)
            add_option(out, "argument=%s", host->arguments[k]);
    }
}

static void list_options(const struct session_plan *plan, struct option_texts *out)
{
    add_option(out, "policy=%s", policy_name(plan->policy.kind));
    add_option(out, "quantum=%u", plan->policy.quantum);
    add_option(out, "seed=%llu", (unsigned long long)plan->policy.seed);
    add_option(out, "cpus=%u", plan->cpus);
    add_option(out, "stdout=%s", plan->stdout_pipe ? "pipe" : "pty");
    add_option(out, "folder=%s", plan->fresh_working_folder ? "fresh" : "own");
    add_option(out, "mode=%s", plan->live ? "live" : "held");
    list_hosts(plan, out);
    if (plan->scene) {
        add_option(out, "scene=%s", plan->scene->id);
        add_option(out, "variant=%s", plan->scene->variants[plan->variant].id);
    }
    if (plan->schedule)
        add_option(out, "schedule=%s", plan->schedule);
    for (size_t i = 0; i < plan->injection_count; i++) {
        const struct conductor_injection_rule *rule = &plan->injections[i];
        if (rule->step)
            add_option(out, "inject=%s@%llu", injection_name(rule->kind), (unsigned long long)rule->step);
        else
            add_option(out, "inject=%s:%g", injection_name(rule->kind), rule->rate);
    }
    for (size_t i = 0; i < plan->watch_count; i++)
        add_option(out, "watch=%s", plan->watches[i]);
}

enum status record_plan_start(const struct session_plan *plan, const char *path, struct record **out,
                              struct message *message)
{
    struct option_texts texts = {0};
    list_options(plan, &texts);
    enum status status = texts.failed ? message_set(message, STATUS_MEMORY, _("out of memory"))
                                      : record_start(path, plan->program, plan->arguments,
                                                     (const char *const *)texts.list, texts.count, out, message);
    for (size_t i = 0; i < texts.count; i++)
        free(texts.list[i]);
    free(texts.list);
    return status;
}
