/* The environment as a guest is to be given it. */
#ifndef LOCKSTEP_APP_ENVIRONMENT_H
#define LOCKSTEP_APP_ENVIRONMENT_H

/* What the guest would have had without us, while our messages are in the language asked for. The array is the caller's
 * (free), the strings stay the environment's. NULL: out of memory. */
char **environment_before(void);

#endif
