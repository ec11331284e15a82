/* `lockstep cc`: a C compiler call with what makes loads and stores steps. */
#ifndef LOCKSTEP_APP_CC_H
#define LOCKSTEP_APP_CC_H

/* Runs $CC, or cc, with the caller's options and ours; argv[0] is not looked at. Does not return when the compiler could
 * be started; else prints why not and returns an exit status of the interface (2 wrong usage, 3 environment). */
int cc_run(int argc, char **argv);

#endif
