/* What the machine allows, for `lockstep doctor`: each namespace is tried by itself, then a whole containment without a
 * guest is made and ended by its leash. Nothing is concluded from versions or settings: only what was done counts. */
#include "conductor/contain.h"
#include "conductor/contain_launch.h"

#include <errno.h>
#include <libintl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBE_KILL_MILLISECONDS = 500 };

/* 0, or the errno with which a process in these new namespaces is refused. */
static int probe_clone(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return errno;
    while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return 0;
}

static void probe_say(struct contain_probe *probe, const char *format, const char *what, const char *why)
{
    size_t length = strlen(probe->text);
    snprintf(probe->text + length, sizeof probe->text - length, "%s", length ? ", " : gettext("partial: "));
    length = strlen(probe->text);
    snprintf(probe->text + length, sizeof probe->text - length, gettext(format), gettext(what), why);
    probe->level = CONTAIN_PARTIAL;
}

static void probe_note_missing(struct contain_probe *probe, uint32_t missing)
{
    static const char *const texts[] = {
#define X(name, text) [INIT_LACK_NUMBER_##name] = text,
        INIT_LACKS(X)
#undef X
    };
    for (int i = 0; i < INIT_LACK_COUNT; i++)
        if (missing & (1u << i))
            probe_say(probe, "no %s%s", texts[i], "");
    bool mounts = !(missing & INIT_LACK_MOUNTS);
    probe->own_proc = mounts && !(missing & INIT_LACK_PROC);
    probe->own_terminals = mounts && !(missing & INIT_LACK_PTS);
    probe->own_shared_memory = mounts && !(missing & INIT_LACK_SHM);
    probe->loopback = !(missing & INIT_LACK_LOOPBACK) && !probe->network;
    probe->fixed_addresses = !(missing & INIT_LACK_LAYOUT);
}

void contain_probe(struct contain_probe *probe)
{
    *probe = (struct contain_probe){.level = CONTAIN_FULL};
    probe->user = probe_clone(CLONE_NEWUSER);
    probe->process = probe->user ? probe->user : probe_clone(CLONE_NEWUSER | CLONE_NEWPID);
    probe->mount = probe->user ? probe->user : probe_clone(CLONE_NEWUSER | CLONE_NEWNS);
    probe->ipc = probe->user ? probe->user : probe_clone(CLONE_NEWUSER | CLONE_NEWIPC);
    probe->network = probe->user ? probe->user : probe_clone(CLONE_NEWUSER | CLONE_NEWNET);
    const char *forced = getenv("LOCKSTEP_NO_NAMESPACES");
    int refusal = probe->user      ? probe->user
                  : probe->process ? probe->process
                  : probe->mount   ? probe->mount
                                   : probe->ipc;
    if (forced && *forced && strcmp(forced, "0") != 0) {
        probe_say(probe, "no namespaces (%s): processes are found and killed one by one%s",
                  gettext("LOCKSTEP_NO_NAMESPACES is set"), "");
        return;
    }
    if (refusal) {
        probe_say(probe, "no namespaces (%s): processes are found and killed one by one%s", strerror(refusal), "");
        return;
    }
    struct contain_launch launch;
    struct network_plan plan = {.profile = NETWORK_lecture};
    struct init_options options = {.wire = &plan,
                                   .own_processes = true,
                                   .own_mounts = true,
                                   .own_network = probe->network == 0,
                                   .root = geteuid() == 0,
                                   .columns = 80,
                                   .rows = 24};
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;
    bool refused = false;
    int error = contain_launch(&launch, &options, flags | (probe->network ? 0 : (unsigned long)CLONE_NEWNET), &refused);
    if (error) {
        probe_say(probe, "a test containment failed: %s%s", strerror(error), "");
        return;
    }
    probe_note_missing(probe, launch.ready.missing);
    probe->wire = launch.ready.wire;
    if (probe->network)
        probe_say(probe, "no network of its own (%s)%s", strerror(probe->network), "");
    probe->kill_proven = contain_launch_end(&launch, false, PROBE_KILL_MILLISECONDS);
    if (!probe->kill_proven) {
        probe_say(probe, "the test containment did not end %s%s", gettext("within half a second"), "");
        contain_launch_end(&launch, true, PROBE_KILL_MILLISECONDS);
    }
    contain_launch_close(&launch);
    if (probe->level == CONTAIN_FULL)
        snprintf(probe->text, sizeof probe->text, "%s", gettext("full"));
}
