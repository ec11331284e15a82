/* S, the process that the shell started (DESIGN.md "Who watches whom"). It forks lockstep proper (F), and whatever
 * becomes of F, the terminal is usable afterwards and no guest is left. It prints nothing unless F used the screen. */
#ifndef LOCKSTEP_APP_SUPERVISOR_H
#define LOCKSTEP_APP_SUPERVISOR_H

/* To be called first in main(), before any thread, with standard descriptors as they came (closed ones are opened on
 * /dev/null). Runs `front(context)` in F, whose exit status is what it returns, and returns in S when F has ended, with
 * F's exit status, or 128+n if signal n ended it, for main() to return. F leaves by exit(), so stdio is flushed.
 * S passes SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 on to F (not those that the terminal sent to both),
 * stops when F is stopped and continues it, ends all processes that F leaves behind.
 * If S is killed, F gets SIGHUP and supervisor_watch() becomes readable.
 * If F cannot be forked: front() runs in this process, unsupervised. */
int supervisor_run(int (*front)(void *context), void *context);

/* In F: just before the screen is taken (endwin() undone, modes set), and just after it was given back. In between an
 * end of F, however it comes, makes S reset the terminal. After a clean giving back S repeats a soft reset only. */
void supervisor_screen_entered(void);
void supervisor_screen_left(void);

/* In F, from its main loop, at least once a second while the screen is taken: after the first of these, silence for 3 s
 * makes S end F with SIGABRT (1 s later SIGKILL), because a person sits in front of a dead screen. */
void supervisor_heartbeat(void);

/* In F: a descriptor to poll that reports an end of file when S is gone; -1 when unsupervised. */
int supervisor_watch(void);

#endif
