/* Help texts, made of the tables. */
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/say.h"
#include "base/escape.h"
#include "base/text.h"

enum { HELP_COLUMN = 28 };

static void print_row(const char *left, const char *help)
{
    size_t columns = escape_columns(left, strlen(left));
    if (columns + 2 > HELP_COLUMN)
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", help);
    else
        printf("%s%*s%s\n", left, (int)(HELP_COLUMN - columns), "", help);
}

static void print_options(enum app_command command)
{
    for (enum app_option option = 0; option < OPTION_COUNT; option++) {
        const struct app_option_row *row = options_option_row(option);
        char left[80];
        if (!(row->commands & 1u << command))
            continue;
        char letter[8] = "    ";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, row->name,
                 row->argument == ARGUMENT_optional   ? "[="
                 : row->argument == ARGUMENT_required ? " "
                                                      : "",
                 row->value, row->argument == ARGUMENT_optional ? "]" : "");
        print_row(left, _(row->help));
    }
}

static void print_all(void)
{
    printf(_("lockstep steps through the concurrency of a real program.\n\n"
             "  lockstep                      the menu: scenes and lectures, on a screen\n"
             "  lockstep play deadlock        one of them\n"
             "  lockstep run -- ./a.out       your own program, unchanged\n\n"));
    printf(_("Commands:\n"));
    for (enum app_command command = COMMAND_menu + 1; command < COMMAND_COUNT; command++) {
        const struct app_command_row *row = options_command_row(command);
        char left[80];
        snprintf(left, sizeof left, "  %s %s", row->name, row->operands);
        print_row(left, _(row->help));
    }
    printf(
        _("\n`lockstep help COMMAND` lists the options of a command.\n"
          "Exit status: 0 no fault, 1 a fault was found, 2 wrong usage, 3 the environment lacks something, 4 a bound\n"
          "was hit, 128+n ended by signal n.\n"));
}

void help_print(enum app_command command)
{
    if (command == COMMAND_menu) {
        print_all();
        return;
    }
    const struct app_command_row *row = options_command_row(command);
    printf(_("Usage: lockstep %s %s%s\n\n%s.\n"), row->name, command == COMMAND_cc ? "" : _("[options] "),
           row->operands, _(row->help));
    if (command == COMMAND_cc)
        return;
    printf(_("\nOptions:\n"));
    print_options(command);
}

int help_command(const struct options *options)
{
    if (options->operand_count > 1) {
        say(_("help: one command at a time"));
        return EXIT_USAGE;
    }
    enum app_command command = COMMAND_menu;
    if (options->operand_count == 1)
        command = options_command_by_name(options->operands[0]);
    if (command == COMMAND_COUNT) {
        const char *near = options_nearest_command(options->operands[0]);
        if (*near)
            say(_("there is no command %s; did you mean %s?"), options->operands[0], near);
        else
            say(_("there is no command %s; `lockstep help` lists them"), options->operands[0]);
        return EXIT_USAGE;
    }
    help_print(command);
    return EXIT_FINE;
}

int later_command(const struct options *options)
{
    say(_("%s: this command is not there yet; this version has list, play, run, cc, replay, export, check, doctor and "
          "help"),
        options_command_row(options->command)->name);
    return EXIT_USAGE;
}
