/* What each command does. Every function takes the options that apply to it and returns the exit status. */
#ifndef LOCKSTEP_APP_COMMANDS_H
#define LOCKSTEP_APP_COMMANDS_H

#include "app/options.h"

int menu_command(const struct options *);
int list_command(const struct options *);
int play_command(const struct options *);
int run_command(const struct options *);
int cc_command(const struct options *);
int replay_command(const struct options *);
int export_command(const struct options *);
int check_command(const struct options *);
int doctor_command(const struct options *);
int help_command(const struct options *);
int notes_command(const struct options *);
/* For what is announced and not there yet: says so. */
int later_command(const struct options *);

/* Help for a command (COMMAND_menu: for all of lockstep), on standard output. */
void help_print(enum app_command command);

#endif
