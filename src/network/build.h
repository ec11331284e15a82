/* Building the wire, from the network namespace of the calling process. Runs in the guests' init: raw calls only, no
 * heap, no stdio, no lock. Two shapes (network_namespaces(7)):
 * one namespace, whose one device carries all of 127.0.0.0/8 and the two hosts 10.0.0.1 and 10.0.0.2, and what comes in by
 * it is local ("hairpin"): so any two programs inside talk over the wire;
 * or two hosts: a namespace each, with ports, settings and a loopback of its own, and one device, over which 10.0.0.1 and
 * 10.0.0.2 reach one another and nobody else. */
#ifndef LOCKSTEP_NETWORK_BUILD_H
#define LOCKSTEP_NETWORK_BUILD_H

#include <stdbool.h>
#include <stdint.h>

enum network_kind {
    NETWORK_none, /* no wire */
    NETWORK_tun,
    NETWORK_veth /* with packet sockets, where /dev/net/tun cannot be opened */
};
enum network_profile {
    NETWORK_lecture,   /* no time-outs while a person thinks; a SYN carries only its MSS */
    NETWORK_loss,      /* the kernel's own retransmission times, at most 1 s */
    NETWORK_timestamps /* lecture with timestamps, so that a held handshake does not shrink the congestion window */
};

struct network_plan {
    bool veth;       /* not a TUN even where there is one */
    bool two_hosts;  /* a namespace for each of 10.0.0.1 and 10.0.0.2 */
    uint8_t profile; /* enum network_profile */
};

/* The Ethernet addresses of a veth's two ends, and the type of frames that are no packets but mark a place in the queue
 * (IEEE's for local experiments). */
#define NETWORK_HOST_ADDRESS "\x02\0\0\0\0\x01"
#define NETWORK_WIRE_ADDRESS "\x02\0\0\0\0\x02"
enum { NETWORK_MARK = 0x88B5, NETWORK_MTU = 1500 };

/* What the wire has in one network namespace. */
struct network_end {
    int32_t device; /* tun: packets to read and write; veth: the packet socket at the wire's end */
    int32_t
        barrier;   /* veth: a packet socket at the hosts' end; TUN: a socket of rtnetlink(7), for the device's counts */
    int32_t diag;  /* NETLINK_SOCK_DIAG socket of the namespace; -1: none */
    int32_t entry; /* of two hosts: for setns(2) into the namespace; else -1: the caller is in it */
    int32_t wire_index, host_index; /* veth: interface numbers of its two ends */
};

enum { NETWORK_HOSTS = 2, NETWORK_ADDRESS = 0x0A000001 /* the first host's; the second's is the next */ };

struct network_made {
    int32_t kind;                           /* enum network_kind */
    int32_t count;                          /* of ends: 1, 2 for two hosts, 0 for no wire */
    struct network_end ends[NETWORK_HOSTS]; /* the first is that of 10.0.0.1, or of all; descriptors: -1 where none */
    int32_t error;                          /* why there is no wire: an errno; 0 if there is one */
    int32_t stage;                          /* what failed: enum network_stage */
};

#define NETWORK_STAGES(X)                                                                                              \
    X(none, "make it")                                                                                                 \
    X(namespace, "make a network namespace for each host")                                                             \
    X(loopback, "bring up the loopback interface")                                                                     \
    X(device, "make a network device (neither /dev/net/tun nor a veth pair)")                                          \
    X(up, "bring the device up")                                                                                       \
    X(address, "give the device its addresses")                                                                        \
    X(routes, "set the routes")                                                                                        \
    X(rules, "set the routing rules (CONFIG_IP_MULTIPLE_TABLES)")                                                      \
    X(offload, "turn off the device's checksum offload")                                                               \
    X(diag, "open a socket for the states of sockets (sock_diag)")

enum network_stage {
#define X(name, text) NETWORK_STAGE_##name,
    NETWORK_STAGES(X)
#undef X
};

/* Nothing: no descriptors, no ends. */
void network_made_clear(struct network_made *made);
/* Closes all descriptors. */
void network_made_close(struct network_made *made);

/* The caller is in a network namespace of its own, with all capabilities over it. Fills `made`, whose descriptors then
 * belong to the caller (close-on-exec, above 2). With two hosts the caller is in the second one's namespace afterwards.
 * False: there is no wire, and the loopback interface is as before; the caller may then be in another network namespace,
 * as empty as the first. */
bool network_build(const struct network_plan *plan, struct network_made *made);

#endif
