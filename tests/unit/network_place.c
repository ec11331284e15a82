/* See network_place.h. */
#include "network_place.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool say(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return done;
}

static bool enter(void)
{
    static bool own;
    if (geteuid() == 0 || own)
        return unshare(CLONE_NEWNET) == 0;
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
    own = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return own && say("/proc/self/setgroups", "deny") && say("/proc/self/uid_map", users) &&
           say("/proc/self/gid_map", groups);
}

struct wire *network_place(enum network_kind kind, enum network_profile profile, const char **why)
{
    struct network_plan plan = {.veth = kind == NETWORK_veth, .profile = (uint8_t)profile};
    struct network_made made;
    struct wire *wire = NULL;
    *why = "namespaces are refused here";
    if (!enter())
        return NULL;
    if (!network_build(&plan, &made)) {
        static char text[128];
        snprintf(text, sizeof text, "no wire: stage %d, %s", made.stage, strerror(made.error));
        *why = text;
        return NULL;
    }
    if (wire_new(&made, &wire, NULL) != STATUS_OK)
        return NULL;
    if (made.kind == (int32_t)kind)
        return wire;
    *why = "/dev/net/tun may not be opened here";
    wire_free(wire);
    return NULL;
}

bool network_place_loopback(const char **why)
{
    *why = "namespaces are refused here";
    if (!enter())
        return false;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0;
    if (any >= 0)
        close(any);
    *why = "the loopback interface cannot be brought up";
    return up;
}
