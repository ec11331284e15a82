/* Why there is no IPv6, when a step of a guest has failed for that. The wire turns it off: ip6_input drops ::1 on any
 * device but the loopback, so it could not be carried. Whether the guest would have it without the wire is looked up, not
 * guessed: advice that does not help is worse than none. */
#include "conductor/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static char first_of(const char *path)
{
    char first = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    if (read(file, &first, 1) != 1)
        first = 0;
    close(file);
    return first;
}

/* In a new network namespace (net.core.devconf_inherit_init_net: 1 and 3 are settings of others that it takes over), or
 * in this one, which is the guest's where namespaces are refused. */
static bool there_without_a_wire(bool own_network)
{
    bool inherits = !own_network || first_of("/proc/sys/net/core/devconf_inherit_init_net") == '1' ||
                    first_of("/proc/sys/net/core/devconf_inherit_init_net") == '3';
    if (access("/proc/net/if_inet6", F_OK) != 0 || first_of("/sys/module/ipv6/parameters/disable_ipv6") == '1')
        return false;
    return !inherits || (first_of("/proc/sys/net/ipv6/conf/all/disable_ipv6") != '1' &&
                         first_of("/proc/sys/net/ipv6/conf/lo/disable_ipv6") != '1');
}

int64_t carry_ipv6(const struct conductor *c, const struct record *record)
{
    bool create = record->operation == OPERATION_socket_create;
    bool meant = create ? record->argument[0] == AF_INET6 : record->argument[1] != RECORD_ADDRESS_plain;
    bool absent = record->error == EADDRNOTAVAIL || record->error == ENETUNREACH || record->error == EAFNOSUPPORT;
    const char *why;
    if (!meant || !absent)
        return SOCKET_ipv6_no_matter;
    bool there = there_without_a_wire(contain_has_own_network(c->contain));
    if (create)
        return there ? SOCKET_ipv6_no_matter : SOCKET_ipv6_machine;
    bool wire = conductor_wire(c, &why), own = record->argument[1] == RECORD_ADDRESS_loopback6;
    if (wire && !own)
        return SOCKET_ipv6_outside;
    if (wire)
        return there ? SOCKET_ipv6_wire : SOCKET_ipv6_neither;
    return own && !there ? SOCKET_ipv6_machine : SOCKET_ipv6_no_matter;
}
