/* lockstep's entry: the language, the command line, and the command. Only here is the process ended. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/language.h"
#include "app/options.h"
#include "app/paths.h"
#include "app/say.h"
#include "app/screen.h"
#include "app/supervisor.h"

static int (*const functions[COMMAND_COUNT])(const struct options *) = {
#define COMMAND(id, function, operands, help) function,
#include "app/commands.def"
#undef COMMAND
};

struct front {
    const struct options *options;
};

static int run_front(void *context)
{
    const struct front *front = context;
    return functions[front->options->command](front->options);
}

/* Whether the command may start a guest or take the screen, so that somebody must watch over lockstep itself. */
static bool starts_guest(const struct options *options)
{
    if (screen_is_wanted(options))
        return options->command == COMMAND_menu || options->command == COMMAND_play ||
               options->command == COMMAND_run || options->command == COMMAND_replay ||
               options->command == COMMAND_check || options->command == COMMAND_notes;
    switch (options->command) {
    case COMMAND_play:
    case COMMAND_run:
        return true;
    case COMMAND_check:
        return !options->no_run;
    case COMMAND_replay:
        return options->branch_step > 0;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct paths paths;
    struct options options;
    struct message message = {{0}};
    signal(SIGPIPE, SIG_IGN);
    paths_find(&paths);
    language_start(options_find_language(argc, argv), paths.locale);
    enum status status = options_parse(argc, argv, &options, &message);
    int result;
    if (status) {
        result = say_failure(status, &message);
    } else if (options.help) {
        help_print(options.command);
        result = say_close_output();
    } else if (options.version) {
        printf("lockstep " LOCKSTEP_VERSION "\n");
        result = say_close_output();
    } else if (starts_guest(&options)) {
        struct front front = {.options = &options};
        result = supervisor_run(run_front, &front);
    } else {
        result = functions[options.command](&options);
        int closed = say_close_output();
        if (closed && result < EXIT_SIGNAL)
            result = closed;
    }
    options_clear(&options);
    return result;
}
