/* SIGINT, SIGTERM and SIGHUP while a guest runs: the run is ended in good order; SIGPIPE is ignored. */
#ifndef LOCKSTEP_APP_INTERRUPT_H
#define LOCKSTEP_APP_INTERRUPT_H

/* From here on the signals are only noted. Where nobody asks for them within some seconds the process ends at once (its
 * guest goes with it). */
void interrupt_catch(void);
/* Our standard input for a guest, borrowed until interrupt_release: it ends when a signal comes. -1: there is none. */
int interrupt_input(void);
/* The signal that came, 0 none. */
int interrupt_signal(void);
/* The signals act as they did before. */
void interrupt_release(void);

#endif
