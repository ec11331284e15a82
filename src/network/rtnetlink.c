/* rtnetlink by hand: one message at a time, each acknowledged. Needs no library, and `ip` may be missing or without the
 * capabilities that we have only until the guest's exec. */
#include "network/rtnetlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int rtnetlink_open(struct rtnetlink *netlink)
{
    netlink->serial = 0;
    netlink->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return netlink->socket < 0 ? errno : 0;
}

void rtnetlink_close(struct rtnetlink *netlink)
{
    if (netlink->socket >= 0)
        close(netlink->socket);
    netlink->socket = -1;
}

void rtnetlink_put(struct rtnetlink *netlink, const void *data, size_t size)
{
    struct nlmsghdr *header = &netlink->message.header;
    size_t at = NLMSG_ALIGN(header->nlmsg_len);
    if (at + NLMSG_ALIGN(size) > sizeof netlink->message) {
        header->nlmsg_type = NLMSG_OVERRUN; /* too long for us: the kernel shall not see half of it */
        return;
    }
    memcpy(netlink->message.bytes + at, data, size);
    header->nlmsg_len = (uint32_t)(at + size);
}

void rtnetlink_begin(struct rtnetlink *netlink, unsigned type, unsigned flags, const void *fixed, size_t size)
{
    memset(&netlink->message, 0, sizeof netlink->message);
    netlink->message.header = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(0),
                                                .nlmsg_type = (uint16_t)type,
                                                .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
                                                .nlmsg_seq = ++netlink->serial};
    rtnetlink_put(netlink, fixed, size);
}

void rtnetlink_add(struct rtnetlink *netlink, unsigned type, const void *data, size_t size)
{
    struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = (uint16_t)type};
    rtnetlink_put(netlink, &attribute, sizeof attribute);
    if (size > 0)
        rtnetlink_put(netlink, data, size);
}

void rtnetlink_add_number(struct rtnetlink *netlink, unsigned type, uint32_t number)
{
    rtnetlink_add(netlink, type, &number, sizeof number);
}

size_t rtnetlink_nest(struct rtnetlink *netlink, unsigned type)
{
    size_t at = NLMSG_ALIGN(netlink->message.header.nlmsg_len);
    rtnetlink_add(netlink, type, NULL, 0);
    return at;
}

void rtnetlink_nest_end(struct rtnetlink *netlink, size_t nest)
{
    uint16_t length = (uint16_t)(netlink->message.header.nlmsg_len - nest);
    memcpy(netlink->message.bytes + nest, &length, sizeof length);
}

int rtnetlink_ask(struct rtnetlink *netlink)
{
    const struct nlmsghdr *header = &netlink->message.header;
    if (header->nlmsg_type == NLMSG_OVERRUN)
        return EMSGSIZE;
    if (send(netlink->socket, header, header->nlmsg_len, 0) != (ssize_t)header->nlmsg_len)
        return errno ? errno : EIO;
    for (;;) {
        union {
            struct nlmsghdr header;
            char bytes[RTNETLINK_MAX];
        } answer;
        ssize_t length = recv(netlink->socket, &answer, sizeof answer, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)))
            return length < 0 ? errno : EPROTO;
        const struct nlmsgerr *error = NLMSG_DATA(&answer.header);
        if (answer.header.nlmsg_type == NLMSG_ERROR && answer.header.nlmsg_seq == netlink->serial)
            return -error->error;
    }
}
