/* The wire is built: settings of the namespace, a device whose other end is ours, and the routing by which everything that
 * the guests send to one another leaves by that device and is local only when it comes back by it. No NAT, no packet
 * filter, no `ip`. Runs in the guests' init: raw calls only. Must change nothing outside the namespace. */
#include "network/build.h"
#include "network/rtnetlink.h"
#include "network/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUILD_TABLE = 100, BUILD_QUEUE = 16384, BUILD_RTO_MIN = 120000 };

static const char build_device[] = "wire0", build_far_end[] = "wire1";

struct build {
    const struct network_plan *plan;
    struct network_made *made;
    struct network_end *end; /* that is being made */
    struct rtnetlink netlink;
    int index;
};

static bool build_failed(struct build *build, enum network_stage stage, int error)
{
    build->made->stage = (int32_t)stage;
    build->made->error = error ? error : EIO;
    return false;
}

/* Above 2, where the guests' init puts other things. */
static int build_raise(int descriptor)
{
    if (descriptor < 0 || descriptor > 2)
        return descriptor;
    int raised = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    close(descriptor);
    return raised;
}

static void build_close(int32_t *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static void build_end_close(struct network_end *end)
{
    build_close(&end->device);
    build_close(&end->barrier);
    build_close(&end->diag);
}

void network_made_clear(struct network_made *made)
{
    *made = (struct network_made){0};
    for (int i = 0; i < NETWORK_HOSTS; i++)
        made->ends[i] = (struct network_end){.device = -1, .barrier = -1, .diag = -1, .entry = -1};
}

void network_made_close(struct network_made *made)
{
    for (int i = 0; i < NETWORK_HOSTS; i++) {
        build_end_close(&made->ends[i]);
        build_close(&made->ends[i].entry);
    }
}

/* ---- interfaces ---- */

static int build_index(const char *name)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, strlen(name));
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int index = any >= 0 && ioctl(any, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
    if (any >= 0)
        close(any);
    return index;
}

static int build_up(struct rtnetlink *netlink, int index, unsigned flags)
{
    struct ifinfomsg about = {.ifi_index = index, .ifi_flags = IFF_UP | flags, .ifi_change = IFF_UP | flags};
    rtnetlink_begin(netlink, RTM_NEWLINK, 0, &about, sizeof about);
    if (flags) {
        rtnetlink_add_number(netlink, IFLA_MTU, NETWORK_MTU);
        rtnetlink_add_number(netlink, IFLA_TXQLEN, BUILD_QUEUE);
    }
    return rtnetlink_ask(netlink);
}

/* One of the device's IPv4 settings (conf/DEVICE/...), which need no /proc/sys this way. */
static int build_set(struct rtnetlink *netlink, int index, unsigned what, uint32_t value)
{
    struct ifinfomsg about = {.ifi_index = index};
    rtnetlink_begin(netlink, RTM_NEWLINK, 0, &about, sizeof about);
    size_t families = rtnetlink_nest(netlink, IFLA_AF_SPEC), family = rtnetlink_nest(netlink, AF_INET),
           settings = rtnetlink_nest(netlink, IFLA_INET_CONF);
    rtnetlink_add_number(netlink, what, value);
    rtnetlink_nest_end(netlink, settings);
    rtnetlink_nest_end(netlink, family);
    rtnetlink_nest_end(netlink, families);
    return rtnetlink_ask(netlink);
}

/* No IPv6 address of its own, for which it would send packets by itself. */
static void build_quiet(struct rtnetlink *netlink, int index)
{
    struct ifinfomsg about = {.ifi_index = index};
    uint8_t none = IN6_ADDR_GEN_MODE_NONE;
    rtnetlink_begin(netlink, RTM_NEWLINK, 0, &about, sizeof about);
    size_t families = rtnetlink_nest(netlink, IFLA_AF_SPEC), family = rtnetlink_nest(netlink, AF_INET6);
    rtnetlink_add(netlink, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
    rtnetlink_nest_end(netlink, family);
    rtnetlink_nest_end(netlink, families);
    (void)rtnetlink_ask(netlink); /* a kernel without IPv6 knows nothing of it */
}

/* ---- TUN ---- */

static int build_tun(struct build *build)
{
    int device = build_raise(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (device < 0)
        return errno;
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    memcpy(request.ifr_name, build_device, sizeof build_device);
    if (ioctl(device, TUNSETIFF, &request) < 0) {
        int error = errno;
        close(device);
        return error;
    }
    build->end->device = device;
    build->index = build_index(build_device);
    build->end->barrier = build_raise(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!build->index)
        return ENODEV;
    build->made->kind = NETWORK_tun;
    return 0;
}

/* ---- veth: its far end lies in an empty namespace, where only our packet socket is ---- */

static int build_packet_socket(void)
{
    /* Deaf until it is bound to its interface. */
    int made = build_raise(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (made < 0)
        return -1;
    int one = 1, room = 64 << 20;
    (void)setsockopt(made, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
    /* The end that was brought up first gets its queue only when the kernel finds time for it (linkwatch); until then
     * what is sent through the queue is thrown away. */
    (void)setsockopt(made, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    if (setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        (void)setsockopt(made, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* as much as one may have */
    return made;
}

static int build_packet_bind(int packets, int index, int protocol)
{
    struct sockaddr_ll where = {
        .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = index};
    return bind(packets, (struct sockaddr *)&where, sizeof where) == 0 ? 0 : errno;
}

static int build_veth_pair(struct build *build, int far_namespace)
{
    struct rtnetlink *netlink = &build->netlink;
    struct ifinfomsg about = {0};
    rtnetlink_begin(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &about, sizeof about);
    rtnetlink_add(netlink, IFLA_IFNAME, build_device, sizeof build_device);
    rtnetlink_add(netlink, IFLA_ADDRESS, NETWORK_HOST_ADDRESS, 6);
    size_t information = rtnetlink_nest(netlink, IFLA_LINKINFO);
    rtnetlink_add(netlink, IFLA_INFO_KIND, "veth", 5);
    size_t data = rtnetlink_nest(netlink, IFLA_INFO_DATA), peer = rtnetlink_nest(netlink, VETH_INFO_PEER);
    rtnetlink_put(netlink, &about, sizeof about);
    rtnetlink_add(netlink, IFLA_IFNAME, build_far_end, sizeof build_far_end);
    rtnetlink_add(netlink, IFLA_ADDRESS, NETWORK_WIRE_ADDRESS, 6);
    rtnetlink_add_number(netlink, IFLA_NET_NS_FD, (uint32_t)far_namespace);
    rtnetlink_nest_end(netlink, peer);
    rtnetlink_nest_end(netlink, data);
    rtnetlink_nest_end(netlink, information);
    return rtnetlink_ask(netlink);
}

/* With offload the kernel would leave the checksums to a card that there is not, and throw away what comes back. */
static int build_veth_offload(void)
{
    static const uint32_t commands[] = {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = any < 0 ? errno : 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && !error; i++) {
        struct ethtool_value off = {.cmd = commands[i]};
        struct ifreq request = {.ifr_data = (void *)&off};
        memcpy(request.ifr_name, build_device, sizeof build_device);
        if (ioctl(any, SIOCETHTOOL, &request) < 0 && commands[i] == ETHTOOL_STXCSUM)
            error = errno;
    }
    if (any >= 0)
        close(any);
    return error;
}

/* In the far namespace: its ends of things. The caller comes back from it by setns. */
static int build_veth_far(struct rtnetlink *far, int *far_namespace, int *packets)
{
    if (unshare(CLONE_NEWNET) < 0)
        return errno;
    settings_write("net/ipv6/conf/default/disable_ipv6", "1");
    *far_namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int error = *far_namespace < 0 ? errno : rtnetlink_open(far);
    if (!error && (*packets = build_packet_socket()) < 0)
        error = errno;
    return error;
}

static int build_veth(struct build *build)
{
    struct rtnetlink far = {.socket = -1};
    int far_namespace = -1, here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (here < 0)
        return errno;
    struct network_end *made = build->end;
    int error = build_veth_far(&far, &far_namespace, &made->device);
    if (setns(here, CLONE_NEWNET) < 0 && !error)
        error = errno;
    close(here);
    if (!error)
        error = build_veth_pair(build, far_namespace);
    if (far_namespace >= 0)
        close(far_namespace);
    build->index = error ? 0 : build_index(build_device);
    if (!error)
        error = build_veth_offload();
    /* The number of the far end, which is the only device there beside lo: it is asked of the packet socket. */
    struct ifreq request = {0};
    memcpy(request.ifr_name, build_far_end, sizeof build_far_end);
    if (!error && ioctl(made->device, SIOCGIFINDEX, &request) < 0)
        error = errno;
    if (!error)
        error = build_up(&far, request.ifr_ifindex, IFF_NOARP);
    rtnetlink_close(&far);
    if (!error)
        error = build_packet_bind(made->device, request.ifr_ifindex, ETH_P_ALL);
    if (!error && (made->barrier = build_packet_socket()) < 0)
        error = errno;
    if (!error)
        error = build_packet_bind(made->barrier, build->index, NETWORK_MARK);
    if (error)
        return error;
    build->made->kind = NETWORK_veth;
    made->wire_index = request.ifr_ifindex;
    made->host_index = build->index;
    return 0;
}

/* ---- addresses, routes, rules ---- */

static int build_address(struct build *build, uint32_t host)
{
    struct ifaddrmsg about = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = (unsigned)build->index};
    uint32_t address = htonl(host);
    rtnetlink_begin(&build->netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &about, sizeof about);
    rtnetlink_add(&build->netlink, IFA_LOCAL, &address, sizeof address);
    rtnetlink_add(&build->netlink, IFA_ADDRESS, &address, sizeof address);
    return rtnetlink_ask(&build->netlink);
}

/* Out by the device. Each segment is acknowledged at once: when a delayed acknowledgement comes depends on the machine's
 * speed, and no two runs would be alike. */
static int build_route(struct build *build, uint8_t table, uint32_t to, uint8_t bits, uint32_t from)
{
    struct rtnetlink *netlink = &build->netlink;
    struct rtmsg about = {.rtm_family = AF_INET,
                          .rtm_dst_len = bits,
                          .rtm_table = table,
                          .rtm_protocol = RTPROT_BOOT,
                          .rtm_scope = RT_SCOPE_LINK,
                          .rtm_type = RTN_UNICAST};
    uint32_t destination = htonl(to), source = htonl(from);
    rtnetlink_begin(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &about, sizeof about);
    rtnetlink_add(netlink, RTA_DST, &destination, sizeof destination);
    rtnetlink_add(netlink, RTA_PREFSRC, &source, sizeof source);
    rtnetlink_add_number(netlink, RTA_OIF, (uint32_t)build->index);
    size_t metrics = rtnetlink_nest(netlink, RTA_METRICS);
    rtnetlink_add_number(netlink, RTAX_QUICKACK, 1);
    if (build->plan->profile != NETWORK_loss) { /* locked, or the kernel ignores it */
        rtnetlink_add_number(netlink, RTAX_LOCK, 1u << RTAX_RTO_MIN);
        rtnetlink_add_number(netlink, RTAX_RTO_MIN, BUILD_RTO_MIN);
    }
    rtnetlink_nest_end(netlink, metrics);
    return rtnetlink_ask(netlink);
}

static int build_rule(struct build *build, uint32_t preference, const char *from_device, uint32_t table)
{
    struct rtnetlink *netlink = &build->netlink;
    struct fib_rule_hdr about = {.family = AF_INET, .action = FR_ACT_TO_TBL, .table = (uint8_t)table};
    rtnetlink_begin(netlink, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &about, sizeof about);
    rtnetlink_add_number(netlink, FRA_PRIORITY, preference);
    if (from_device)
        rtnetlink_add(netlink, FRA_IIFNAME, from_device, strlen(from_device) + 1);
    return rtnetlink_ask(netlink);
}

static int build_rules(struct build *build)
{
    int error = build_rule(build, 10, build_device, RT_TABLE_LOCAL); /* what comes in by the wire is for us */
    if (!error)
        error = build_rule(build, 20, "lo", BUILD_TABLE); /* what is made here leaves by it */
    if (!error)
        error = build_rule(build, 100, NULL, RT_TABLE_LOCAL);
    if (error)
        return error;
    /* Last: never without a rule for the local table. */
    struct fib_rule_hdr first = {.family = AF_INET, .action = FR_ACT_TO_TBL, .table = RT_TABLE_LOCAL};
    rtnetlink_begin(&build->netlink, RTM_DELRULE, 0, &first, sizeof first);
    rtnetlink_add_number(&build->netlink, FRA_PRIORITY, 0);
    return rtnetlink_ask(&build->netlink);
}

enum { BUILD_LOOPBACK = 0x7F000000, BUILD_HOST_1 = NETWORK_ADDRESS, BUILD_HOST_2 = NETWORK_ADDRESS + 1 };

/* One namespace for all: whatever they send leaves by the device, and what comes in by it is theirs. */
static bool build_hairpin(struct build *build)
{
    int error = build_set(&build->netlink, build->index, IPV4_DEVCONF_ROUTE_LOCALNET, 1);
    if (!error)
        error = build_set(&build->netlink, build->index, IPV4_DEVCONF_ACCEPT_LOCAL, 1);
    if (error)
        return build_failed(build, NETWORK_STAGE_up, error);
    error = build_address(build, BUILD_HOST_1);
    if (!error)
        error = build_address(build, BUILD_HOST_2);
    if (error)
        return build_failed(build, NETWORK_STAGE_address, error);
    error = build_route(build, BUILD_TABLE, BUILD_LOOPBACK, 8, BUILD_LOOPBACK + 1);
    if (!error)
        error = build_route(build, BUILD_TABLE, BUILD_HOST_1, 32, BUILD_HOST_2);
    if (!error)
        error = build_route(build, BUILD_TABLE, BUILD_HOST_2, 32, BUILD_HOST_1);
    if (error)
        return build_failed(build, NETWORK_STAGE_routes, error);
    error = build_rules(build);
    return error ? build_failed(build, NETWORK_STAGE_rules, error) : true;
}

/* One of two hosts: its own address, and a way to the other. */
static bool build_host(struct build *build)
{
    bool second = build->end != build->made->ends;
    uint32_t own = second ? BUILD_HOST_2 : BUILD_HOST_1, other = second ? BUILD_HOST_1 : BUILD_HOST_2;
    int error = build_address(build, own);
    if (error)
        return build_failed(build, NETWORK_STAGE_address, error);
    error = build_route(build, RT_TABLE_MAIN, other, 32, own);
    return error ? build_failed(build, NETWORK_STAGE_routes, error) : true;
}

static int build_device_make(struct build *build)
{
    bool tun = !build->plan->veth && build->made->kind != NETWORK_veth;
    int error = tun ? build_tun(build) : EACCES;
    if (!error || build->made->kind == NETWORK_tun) /* both ends are of a kind */
        return error;
    build_end_close(build->end);
    return build_veth(build);
}

static bool build_all(struct build *build)
{
    struct rtnetlink *netlink = &build->netlink;
    int error = build_up(netlink, 1, 0);
    if (error)
        return build_failed(build, NETWORK_STAGE_loopback, error);
    error = build_device_make(build);
    if (error)
        return build_failed(build, NETWORK_STAGE_device, error);
    build_quiet(netlink, build->index);
    error = build_up(netlink, build->index, IFF_NOARP);
    if (!error)
        error = build_set(netlink, build->index, IPV4_DEVCONF_RP_FILTER, 0);
    if (error)
        return build_failed(build, NETWORK_STAGE_up, error);
    if (!(build->plan->two_hosts ? build_host(build) : build_hairpin(build)))
        return false;
    build->end->diag = build_raise(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (build->end->diag < 0)
        return build_failed(build, NETWORK_STAGE_diag, errno);
    return true;
}

/* In the namespace that the caller is in. */
static bool build_end(const struct network_plan *plan, struct network_made *made, int number)
{
    struct build build = {.plan = plan, .made = made, .end = &made->ends[number]};
    if (plan->two_hosts) {
        build.end->entry = build_raise(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
        if (build.end->entry < 0)
            return build_failed(&build, NETWORK_STAGE_namespace, errno);
    }
    settings_apply((enum network_profile)plan->profile);
    int error = rtnetlink_open(&build.netlink);
    bool done = error ? build_failed(&build, NETWORK_STAGE_loopback, error) : build_all(&build);
    rtnetlink_close(&build.netlink);
    return done;
}

bool network_build(const struct network_plan *plan, struct network_made *made)
{
    network_made_clear(made);
    int count = plan->two_hosts ? NETWORK_HOSTS : 1;
    bool done = true;
    for (int i = 0; i < count && done; i++) {
        if (i > 0 && unshare(CLONE_NEWNET) < 0)
            done = build_failed(&(struct build){.made = made}, NETWORK_STAGE_namespace, errno);
        else
            done = build_end(plan, made, i);
    }
    made->count = done ? count : 0;
    if (done)
        return true;
    /* Without its descriptors the device goes, and with it all routes by it; the local table has a rule at any time. */
    network_made_close(made);
    made->kind = NETWORK_none;
    return false;
}
