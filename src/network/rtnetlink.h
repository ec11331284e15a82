/* Messages of rtnetlink(7), made by hand: what the wire needs of interfaces, addresses, routes and rules. Raw calls only,
 * no heap: it runs in the guests' init. */
#ifndef LOCKSTEP_NETWORK_RTNETLINK_H
#define LOCKSTEP_NETWORK_RTNETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

enum { RTNETLINK_MAX = 1024 };

struct rtnetlink {
    int socket;
    uint32_t serial;
    union {
        struct nlmsghdr header;
        char bytes[RTNETLINK_MAX];
    } message;
};

/* 0, or an errno. */
int rtnetlink_open(struct rtnetlink *);
void rtnetlink_close(struct rtnetlink *);

/* A new message with its fixed part (`size` bytes, copied). */
void rtnetlink_begin(struct rtnetlink *, unsigned type, unsigned flags, const void *fixed, size_t size);
void rtnetlink_add(struct rtnetlink *, unsigned type, const void *data, size_t size);
void rtnetlink_add_number(struct rtnetlink *, unsigned type, uint32_t number);
/* A nested attribute: give what rtnetlink_nest returned to rtnetlink_nest_end. */
size_t rtnetlink_nest(struct rtnetlink *, unsigned type);
void rtnetlink_nest_end(struct rtnetlink *, size_t nest);
/* Bytes as they are (the fixed part of a nested message). */
void rtnetlink_put(struct rtnetlink *, const void *data, size_t size);
/* Sends, and waits for the kernel's word: 0, or an errno. */
int rtnetlink_ask(struct rtnetlink *);

#endif
