/* The command line read by getopt_long from tables. Every option is known everywhere, so that one in the wrong place can
 * be told from one that does not exist. Nothing is done here, and nothing printed. */
#include "app/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/nearest.h"
#include "base/escape.h"
#include "base/text.h"
#include "conductor/policy.h"
#include "export/tell.h"
#include "history/schedule.h"
#include "terminal/terminal.h"

#define ON(command) (1u << COMMAND_##command)
#define ON_ALL (~0u)
#define ON_GUESTS (ON(play) | ON(run) | ON(explore) | ON(export)) /* a guest is started */
#define ON_RUNS (ON_GUESTS | ON(replay))                          /* steps are told */
#define ON_STEPS (ON(play) | ON(run) | ON(replay))                /* of one run */
#define ON_SCREEN (ON_RUNS | ON(menu) | ON(list) | ON(notes))     /* that a screen may show */

static const struct app_command_row command_rows[COMMAND_COUNT] = {
#define COMMAND(id, function, command_operands, command_help)                                                          \
    [COMMAND_##id] = {.name = #id, .operands = command_operands, .help = command_help},
#include "app/commands.def"
#undef COMMAND
};

static const struct app_option_row option_rows[OPTION_COUNT] = {
#define OPTION(id, option_name, option_letter, option_argument, option_value, option_commands, option_help)            \
    [OPTION_##id] = {.name = option_name,                                                                              \
                     .letter = option_letter,                                                                          \
                     .argument = ARGUMENT_##option_argument,                                                           \
                     .value = option_value,                                                                            \
                     .commands = option_commands,                                                                      \
                     .help = option_help},
#include "app/options.def"
#undef OPTION
};

_Static_assert(COMMAND_COUNT <= 32, "a bit for each command");

enum { LONG_FIRST = 256 }; /* getopt's value of the first long option: beyond every letter */

const struct app_command_row *options_command_row(enum app_command command)
{
    return command < COMMAND_COUNT ? &command_rows[command] : NULL;
}

const struct app_option_row *options_option_row(enum app_option option)
{
    return option < OPTION_COUNT ? &option_rows[option] : NULL;
}

enum app_command options_command_by_name(const char *name)
{
    enum app_command command = 0;
    while (command < COMMAND_COUNT && strcmp(command_rows[command].name, name) != 0)
        command++;
    return command;
}

const char *options_nearest_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = command_rows[i].name;
    return nearest_name(name, names, COMMAND_COUNT);
}

const char *options_nearest_option(const char *name)
{
    const char *names[OPTION_COUNT];
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = option_rows[i].name;
    return nearest_name(name, names, OPTION_COUNT);
}

/* ---- values ---- */

/* What a person wrote, fit to be shown. */
struct shown {
    char text[160];
};
static struct shown show(const char *text)
{
    struct shown shown;
    escape_text(ESCAPE_LABEL, text, strlen(text), shown.text, sizeof shown.text);
    return shown;
}

static enum status wrong_value(enum app_option option, const char *text, const char *wanted, struct message *message)
{
    return message_set(message, STATUS_USAGE, _("--%s %s: that is not %s"), option_rows[option].name, show(text).text,
                       wanted);
}

/* A decimal number from `least` to `most`, and nothing else. */
static bool read_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end || number < least || number > most)
        return false;
    *out = number;
    return true;
}

/* Seconds, with a fraction perhaps, and a unit perhaps: 10s, 500ms, 2.5, 3min. */
static bool read_time(const char *text, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t nanoseconds;
    } units[] = {{"", 1000000000}, {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}, {"min", 60000000000}};
    const char *p = text;
    int64_t whole = 0, fraction = 0, scale = 1;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (whole > 99999999)
            return false;
        whole = whole * 10 + (*p - '0');
    }
    if (p == text)
        return false;
    if (*p == '.') {
        if (*++p < '0' || *p > '9')
            return false;
        for (; *p >= '0' && *p <= '9'; p++) {
            if (scale < 1000000000) {
                fraction = fraction * 10 + (*p - '0');
                scale *= 10;
            }
        }
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t unit = units[i].nanoseconds;
        if (strcmp(p, units[i].name) != 0)
            continue;
        if (whole > INT64_MAX / unit / 2)
            return false;
        /* Either `scale` divides `unit`, or digits beyond a nanosecond are lost; the product stays below 6 * 10^18. */
        for (; unit % scale != 0; scale /= 10)
            fraction /= 10;
        *out = whole * unit + fraction * (unit / scale);
        return *out > 0;
    }
    return false;
}

static bool is_verdict(const char *text)
{
    for (unsigned verdict = VERDICT_finished; verdict < VERDICT_COUNT; verdict++) {
        if (strcmp(text, tell_verdict_name(verdict)) == 0)
            return true;
    }
    return false;
}

/* ---- one option ---- */

static enum status set_number(enum app_option option, const char *text, uint64_t least, uint64_t most, uint64_t *out,
                              struct message *message)
{
    if (read_number(text, least, most, out))
        return STATUS_OK;
    return message_set(message, STATUS_USAGE, _("--%s %s: that is not a whole number from %llu to %llu"),
                       option_rows[option].name, show(text).text, (unsigned long long)least, (unsigned long long)most);
}

static enum status set_policy(const char *text, struct options *out, struct message *message)
{
    const char *names[POLICY_COUNT];
    for (unsigned i = 0; i < POLICY_COUNT; i++)
        names[i] = policy_name(i);
    out->policy = text;
    if (policy_by_name(text) != POLICY_COUNT)
        return STATUS_OK;
    const char *near = nearest_name(text, names, POLICY_COUNT);
    if (*near)
        return message_set(message, STATUS_USAGE, _("--policy %s: there is no such policy; did you mean %s?"),
                           show(text).text, near);
    return message_set(message, STATUS_USAGE,
                       _("--policy %s: there is no such policy; there are you rr fifo batch sjf priority random pct"),
                       show(text).text);
}

static enum status set_schedule(const char *text, struct options *out, struct message *message)
{
    struct schedule schedule = {0};
    struct message why = {{0}};
    out->schedule = text;
    enum status status = schedule_parse(text, &schedule, &why);
    schedule_clear(&schedule);
    if (status == STATUS_OK)
        return STATUS_OK;
    return message_set(message, STATUS_USAGE, "--schedule %s: %s", show(text).text, why.text);
}

/* STEP:TASK */
static enum status set_branch(const char *text, struct options *out, struct message *message)
{
    const char *colon = strchr(text, ':');
    char *number = colon ? strndup(text, (size_t)(colon - text)) : NULL;
    uint64_t step = 0;
    bool good = number && read_number(number, 1, UINT32_MAX, &step) && colon[1];
    free(number);
    if (!good)
        return wrong_value(OPTION_branch, text, _("a step and a task, such as 14:P1.T2"), message);
    out->branch_step = (uint32_t)step;
    out->branch_task = colon + 1;
    return STATUS_OK;
}

static enum status add_watch(const char *name, struct options *out, struct message *message)
{
    if (!*name)
        return wrong_value(OPTION_watch, name, _("a variable's name"), message);
    const char **grown = realloc(out->watches, (out->watch_count + 1) * sizeof *grown);
    if (!grown)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    out->watches = grown;
    out->watches[out->watch_count++] = name;
    return STATUS_OK;
}

/* KIND, KIND:RATE or KIND@STEP */
static enum status add_injection(const char *text, struct options *out, struct message *message)
{
    size_t length = strcspn(text, ":@");
    struct conductor_injection_rule rule = {.kind = injection_by_name(text, length), .rate = 1};
    const char *rest = text + length;
    char *end = NULL;
    if (rule.kind == INJECTION_none) {
        const char *names[INJECTION_COUNT];
        for (unsigned i = 1; i < INJECTION_COUNT; i++)
            names[i - 1] = injection_name(i);
        const char *near = nearest_name(text, names, INJECTION_COUNT - 1);
        if (*near)
            return message_set(message, STATUS_USAGE, _("--inject %s: there is no such fault; did you mean %s?"),
                               show(text).text, near);
        return message_set(message, STATUS_USAGE,
                           _("--inject %s: there is no such fault; there are spurious-wakeup eintr short-io drop "
                             "duplicate delay"),
                           show(text).text);
    }
    if (*rest == '@' && !read_number(rest + 1, 1, UINT32_MAX, &rule.step))
        return wrong_value(OPTION_inject, text, _("a step after the @, such as @14"), message);
    if (*rest == ':') {
        rule.rate = isdigit((unsigned char)rest[1]) ? strtod(rest + 1, &end) : -1;
        if (strspn(rest + 1, "0123456789.") != strlen(rest + 1) || !end || *end || rule.rate < 0 || rule.rate > 1)
            return wrong_value(OPTION_inject, text, _("a probability from 0 to 1 after the colon, such as :0.3"),
                               message);
    }
    struct conductor_injection_rule *grown = realloc(out->injections, (out->injection_count + 1) * sizeof *grown);
    if (!grown)
        return message_set(message, STATUS_MEMORY, _("out of memory"));
    out->injections = grown;
    out->injections[out->injection_count++] = rule;
    return STATUS_OK;
}

static enum status set_json(const char *value, struct options *out, struct message *message)
{
    out->output = value ? OUTPUT_json_changes : OUTPUT_json;
    if (!value || strcmp(value, "changes") == 0)
        return STATUS_OK;
    return message_set(message, STATUS_USAGE, _("--json=%s: there is only --json and --json=changes"),
                       show(value).text);
}

static enum status set_wire(const char *value, struct options *out, struct message *message)
{
    out->wire = value;
    if (strcmp(value, "auto") == 0 || strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
        return STATUS_OK;
    return wrong_value(OPTION_wire, value, _("auto, on or off"), message);
}

/* "100x30" */
static bool read_size(const char *value, struct options *out)
{
    char *end = NULL;
    unsigned long columns = strtoul(value, &end, 10), rows = 0;
    if (end != value && *end == 'x' && isdigit((unsigned char)end[1]))
        rows = strtoul(end + 1, &end, 10);
    out->columns = (unsigned)columns;
    out->rows = (unsigned)rows;
    return *end == '\0' && isdigit((unsigned char)value[0]) && columns >= 1 && rows >= 1 &&
           columns <= CANVAS_SIDE_MAX && rows <= CANVAS_SIDE_MAX;
}

static enum status set_option(enum app_option option, const char *value, struct options *out, struct message *message)
{
    uint64_t number = 0;
    enum status status = STATUS_OK;
    switch (option) {
    case OPTION_plain:
        out->output = OUTPUT_plain;
        return STATUS_OK;
    case OPTION_json:
        return set_json(value, out, message);
    case OPTION_policy:
        return set_policy(value, out, message);
    case OPTION_quantum:
        status = set_number(option, value, 1, 1000000, &number, message);
        out->quantum = (uint32_t)number;
        return status;
    case OPTION_cpus:
        status = set_number(option, value, 1, 64, &number, message);
        out->cpus = (uint32_t)number;
        return status;
    case OPTION_seed:
        out->seed_given = true;
        return set_number(option, value, 0, INT64_MAX, &out->seed, message);
    case OPTION_schedule:
        return set_schedule(value, out, message);
    case OPTION_branch:
        return set_branch(value, out, message);
    case OPTION_record:
        out->record = value;
        return *value ? STATUS_OK : wrong_value(option, value, _("a file's name"), message);
    case OPTION_watch:
        return add_watch(value, out, message);
    case OPTION_variant:
        out->variant = value;
        return STATUS_OK;
    case OPTION_expect:
        out->expect = value;
        return is_verdict(value) ? STATUS_OK
                                 : wrong_value(option, value, _("a verdict: finished failed deadlock bound"), message);
    case OPTION_max_steps:
        return set_number(option, value, 1, UINT32_MAX, &out->max_steps, message);
    case OPTION_max_time:
        return read_time(value, &out->max_time)
                   ? STATUS_OK
                   : wrong_value(option, value, _("a time, such as 10s, 500ms or 2 (seconds)"), message);
    case OPTION_lang:
        out->lang = value;
        return strcmp(value, "en") == 0 || strcmp(value, "zh") == 0
                   ? STATUS_OK
                   : wrong_value(option, value, _("a language of lockstep: en or zh"), message);
    case OPTION_wire:
        return set_wire(value, out, message);
    case OPTION_inject:
        return add_injection(value, out, message);
    case OPTION_live:
        out->live = true;
        return STATUS_OK;
    case OPTION_helpers:
        out->helpers = true;
        return STATUS_OK;
    case OPTION_names:
        out->names = true;
        return STATUS_OK;
    case OPTION_no_questions:
        out->no_questions = true;
        return STATUS_OK;
    case OPTION_lectures:
        out->lectures = true;
        return STATUS_OK;
    case OPTION_no_run:
        out->no_run = true;
        return STATUS_OK;
    case OPTION_help:
        out->help = true;
        return STATUS_OK;
    case OPTION_version:
        out->version = true;
        return STATUS_OK;
    case OPTION_theme:
        out->theme = value;
        return theme_by_name(value) != THEME_COUNT
                   ? STATUS_OK
                   : wrong_value(option, value, _("a theme: dark light high-contrast mono"), message);
    case OPTION_ascii:
        out->ascii = true;
        return STATUS_OK;
    case OPTION_no_color:
        out->no_color = true;
        return STATUS_OK;
    case OPTION_no_animation:
        out->no_animation = true;
        return STATUS_OK;
    case OPTION_size:
        return read_size(value, out) ? STATUS_OK
                                     : wrong_value(option, value, _("columns and rows, such as 100x30"), message);
    case OPTION_output:
        out->file = value;
        return STATUS_OK;
    /* Taken, though there is nothing yet that they could concern. */
    case OPTION_out:
    case OPTION_shard:
    case OPTION_max_executions:
    case OPTION_until:
    case OPTION_COUNT:
        break;
    }
    return STATUS_OK;
}

/* ---- the line ---- */

/* "play, run, replay" */
static void name_commands(unsigned commands, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (enum app_command command = COMMAND_menu + 1; command < COMMAND_COUNT && length < size; command++) {
        if (commands & 1u << command)
            length +=
                (size_t)snprintf(out + length, size - length, "%s%s", length ? ", " : "", command_rows[command].name);
    }
}

static enum status check_applies(enum app_option option, enum app_command command, struct message *message)
{
    char where[256];
    if (option_rows[option].commands & 1u << command)
        return STATUS_OK;
    name_commands(option_rows[option].commands, where, sizeof where);
    if (command == COMMAND_menu)
        return message_set(message, STATUS_USAGE, _("--%s needs a command before it; it is an option of: %s"),
                           option_rows[option].name, where);
    return message_set(message, STATUS_USAGE, _("--%s does not apply to `lockstep %s`; it is an option of: %s"),
                       option_rows[option].name, command_rows[command].name, where);
}

/* getopt could make nothing of an argument. */
static enum status unknown_option(const char *text, enum app_command command, struct message *message)
{
    char name[64] = "";
    if (strncmp(text, "--", 2) == 0)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    for (size_t i = 0; name[0] && i < OPTION_COUNT; i++) {
        if (strcmp(option_rows[i].name, name) == 0)
            return message_set(message, STATUS_USAGE, _("--%s takes no value"), name);
    }
    const char *near = name[0] ? options_nearest_option(name) : "";
    if (*near)
        return message_set(message, STATUS_USAGE, _("there is no option %s; did you mean --%s?"), show(text).text,
                           near);
    if (command == COMMAND_menu)
        return message_set(message, STATUS_USAGE, _("there is no option %s; `lockstep help` tells what there is"),
                           show(text).text);
    return message_set(message, STATUS_USAGE, _("there is no option %s; `lockstep help %s` lists them"),
                       show(text).text, command_rows[command].name);
}

static void make_getopt(struct option longs[OPTION_COUNT + 1], char *letters)
{
    *letters++ = '+'; /* what is no option ends them; we go on ourselves where they may follow */
    *letters++ = ':';
    memset(longs, 0, (OPTION_COUNT + 1) * sizeof *longs);
    for (int i = 0; i < OPTION_COUNT; i++) {
        longs[i] = (struct option){
            .name = option_rows[i].name, .has_arg = (int)option_rows[i].argument, .val = LONG_FIRST + i};
        if (option_rows[i].letter) {
            *letters++ = option_rows[i].letter;
            if (option_rows[i].argument == ARGUMENT_required)
                *letters++ = ':';
        }
    }
    *letters = '\0';
}

static int option_of_letter(int letter)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (option_rows[i].letter && option_rows[i].letter == letter)
            return i;
    }
    return OPTION_COUNT;
}

/* Options from argv[optind] on; stops at the first that is none. */
static enum status parse_some(int argc, char **argv, struct options *out, struct message *message)
{
    struct option longs[OPTION_COUNT + 1];
    char letters[3 + 2 * OPTION_COUNT];
    make_getopt(longs, letters);
    opterr = 0;
    for (;;) {
        int before = optind ? optind : 1;
        int found = getopt_long(argc, argv, letters, longs, NULL);
        if (found == -1)
            return STATUS_OK;
        const char *text = argv[before < argc ? before : argc - 1];
        if (found == '?' && optopt > 0 && optopt < LONG_FIRST && strncmp(text, "--", 2) != 0) {
            char letter[3] = {'-', (char)optopt, '\0'};
            return unknown_option(letter, out->command, message);
        }
        if (found == '?')
            return unknown_option(text, out->command, message);
        if (found == ':')
            return message_set(message, STATUS_USAGE, _("%s needs a value: `lockstep help %s` tells which"),
                               show(text).text, command_rows[out->command].name);
        enum app_option option = (enum app_option)(found >= LONG_FIRST ? found - LONG_FIRST : option_of_letter(found));
        enum status status = check_applies(option, out->command, message);
        if (!status)
            status = set_option(option, optarg, out, message);
        if (status)
            return status;
    }
}

static enum status parse_command(const char *name, struct options *out, struct message *message)
{
    out->command = options_command_by_name(name);
    if (out->command != COMMAND_COUNT)
        return STATUS_OK;
    out->command = COMMAND_menu;
    const char *near = options_nearest_command(name);
    if (*near)
        return message_set(message, STATUS_USAGE, _("there is no command %s; did you mean %s?"), show(name).text, near);
    return message_set(message, STATUS_USAGE,
                       _("there is no command %s; `lockstep help` lists them. A scene is `lockstep play %s`, a program "
                         "`lockstep run -- %s`"),
                       show(name).text, show(name).text, show(name).text);
}

/* Whether operands and options may be mixed: not where what follows is somebody else's command line. */
static bool mixes(enum app_command command)
{
    return command != COMMAND_run && command != COMMAND_cc;
}

enum status options_parse(int argc, char **argv, struct options *out, struct message *message)
{
    memset(out, 0, sizeof *out);
    optind = 0; /* glibc: start anew */
    enum status status = parse_some(argc, argv, out, message);
    if (status || optind >= argc) {
        out->operands = argv + argc;
        return status;
    }
    status = parse_command(argv[optind], out, message);
    int first = optind + 1;
    if (status || out->command == COMMAND_cc) {
        out->operands = argv + first;
        out->operand_count = argc - first;
        return status;
    }
    /* Operands are moved to the front of what is left, in their order. */
    int kept = first;
    bool literal = false;
    optind = first;
    while (!status && optind < argc) {
        int before = optind;
        if (!literal && (status = parse_some(argc, argv, out, message)) != STATUS_OK)
            break;
        literal |= optind > before && strcmp(argv[optind - 1], "--") == 0;
        if (optind >= argc)
            break;
        argv[kept++] = argv[optind++];
        literal |= !mixes(out->command);
    }
    argv[kept] = NULL;
    out->operands = argv + first;
    out->operand_count = kept - first;
    return status;
}

void options_clear(struct options *options)
{
    free(options->watches);
    free(options->injections);
    options->watches = NULL;
    options->injections = NULL;
    options->injection_count = 0;
    options->watch_count = 0;
}

const char *options_find_language(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0 && strcmp(argv[i], "cc") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0)
            return argv[i] + 7;
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}
