/* The command line: commands.def and options.def made into what a command is told. */
#ifndef LOCKSTEP_APP_OPTIONS_H
#define LOCKSTEP_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "conductor/conductor.h"

enum app_command {
#define COMMAND(id, function, operands, help) COMMAND_##id,
#include "app/commands.def"
#undef COMMAND
    COMMAND_COUNT
};

enum app_option {
#define OPTION(id, name, letter, argument, value, commands, help) OPTION_##id,
#include "app/options.def"
#undef OPTION
    OPTION_COUNT
};

enum app_argument { ARGUMENT_no, ARGUMENT_required, ARGUMENT_optional };

struct app_command_row {
    const char *name, *operands, *help; /* help: English, to be translated */
};
struct app_option_row {
    const char *name;
    char letter;
    enum app_argument argument;
    const char *value;
    unsigned commands; /* bit 1 << enum app_command: it applies there */
    const char *help;
};

const struct app_command_row *options_command_row(enum app_command command);
const struct app_option_row *options_option_row(enum app_option option);
/* COMMAND_COUNT if there is none of that name. */
enum app_command options_command_by_name(const char *name);
/* The name nearest to a mistyped one, "" if none is near enough to be meant. */
const char *options_nearest_command(const char *name);
const char *options_nearest_option(const char *name);

enum app_output { OUTPUT_default, OUTPUT_plain, OUTPUT_json, OUTPUT_json_changes };

/* What was asked for. Numbers are 0 and pointers NULL where nothing was; texts are borrowed from argv. */
struct options {
    enum app_command command;
    char *const *operands; /* NULL-terminated */
    int operand_count;
    enum app_output output;
    const char *policy;
    uint32_t quantum, cpus;
    uint64_t seed;
    bool seed_given;
    const char *schedule, *record, *variant, *expect, *wire, *lang, *file; /* file: to export to */
    const char **watches; /* owned */
    size_t watch_count;
    struct conductor_injection_rule *injections; /* owned */
    size_t injection_count;
    uint32_t branch_step; /* 0: no branch */
    const char *branch_task;
    uint64_t max_steps;
    int64_t max_time; /* ns */
    const char *theme;      /* NULL: find out */
    unsigned columns, rows; /* of the screen at most; 0: as the terminal has */
    bool ascii, no_color, no_animation;
    bool live, helpers, names, no_run, no_questions, lectures, help, version;
};

/* Reads the command line (it may be reordered: what is no option comes last). Numbers, names of policies and verdicts,
 * schedules and units are checked here, so that nothing is started on a command line that is wrong. STATUS_OK;
 * STATUS_USAGE and one sentence. `out` is to be cleared in every case. */
enum status options_parse(int argc, char **argv, struct options *out, struct message *message);
void options_clear(struct options *);

/* What --lang said, before anything else is known of the command line (messages are to come in that language); NULL. */
const char *options_find_language(int argc, char *const *argv);

#endif
