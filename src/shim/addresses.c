/* Looks at socket addresses, and puts them into words without stdio. Never changes what the guest gave. */
#include "shim/addresses.h"

#include <string.h>

const struct sockaddr *address_at_loopback(const struct sockaddr *address, socklen_t length, struct sockaddr_in *copy)
{
    enum { HOSTS = 0x0A000000, LOOPBACK = 0x7F000000 };
    if (!address || length < sizeof *copy || address->sa_family != AF_INET || !shim_process.gate ||
        !shim_process.gate->hosts_at_loopback)
        return address;
    memcpy(copy, address, sizeof *copy);
    uint32_t host = __builtin_bswap32(copy->sin_addr.s_addr);
    if (host != HOSTS + 1 && host != HOSTS + 2)
        return address;
    copy->sin_addr.s_addr = __builtin_bswap32(host - HOSTS + LOOPBACK);
    return (const struct sockaddr *)copy;
}

/* An IPv4 address in the shape of IPv6, ::ffff:10.0.0.2, is one of IPv4 (RFC 4291, 2.5.5.2). */
struct plain {
    bool known, six;
    uint32_t host; /* in the machine's byte order; 0 of IPv6 */
    uint16_t port;
    struct in6_addr whole; /* of IPv6 */
};

static struct plain plain_of(const struct sockaddr *address, socklen_t length)
{
    struct plain plain = {.known = false};
    if (address && length >= sizeof(struct sockaddr_in) && address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        plain.host = __builtin_bswap32(four.sin_addr.s_addr);
        plain.port = __builtin_bswap16(four.sin_port);
        plain.known = true;
    } else if (address && length >= sizeof(struct sockaddr_in6) && address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        plain.whole = six.sin6_addr;
        plain.port = __builtin_bswap16(six.sin6_port);
        plain.six = !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr);
        if (!plain.six)
            plain.host = __builtin_bswap32(six.sin6_addr.s6_addr32[3]);
        plain.known = true;
    }
    return plain;
}

int64_t address_kind(const struct sockaddr *address, socklen_t length)
{
    struct plain plain = plain_of(address, length);
    if (!plain.six)
        return RECORD_ADDRESS_plain;
    return IN6_IS_ADDR_LOOPBACK(&plain.whole) ? RECORD_ADDRESS_loopback6 : RECORD_ADDRESS_other6;
}

int64_t address_number(const struct sockaddr *address, socklen_t length)
{
    struct plain plain = plain_of(address, length);
    return plain.known ? (int64_t)((uint64_t)plain.host | (uint64_t)plain.port << 32) : 0;
}

static char *put_number(char *at, unsigned number, unsigned base)
{
    char digits[12];
    int count = 0;
    do
        digits[count++] = "0123456789abcdef"[number % base];
    while (number /= base);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* The longest row of groups that are 0, if it is longer than one, is "::" (RFC 5952, 4.2). */
static char *put_six(char *at, const struct in6_addr *host)
{
    int longest = 0, from = -1;
    for (int i = 0, row = 0; i < 8; i++) {
        row = host->s6_addr[2 * i] || host->s6_addr[2 * i + 1] ? 0 : row + 1;
        if (row > longest && row > 1) {
            longest = row;
            from = i - row + 1;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == from) {
            *at++ = ':';
            i += longest - 1;
            if (i == 7)
                *at++ = ':';
            continue;
        }
        if (i > 0)
            *at++ = ':';
        at = put_number(at, (unsigned)host->s6_addr[2 * i] << 8 | host->s6_addr[2 * i + 1], 16);
    }
    return at;
}

void address_text(const struct sockaddr *address, socklen_t length)
{
    struct plain plain = plain_of(address, length);
    char text[64], *at = text;
    if (!plain.known)
        return;
    if (plain.six) {
        *at++ = '[';
        at = put_six(at, &plain.whole);
        *at++ = ']';
    }
    for (int shift = 24; shift >= 0 && !plain.six; shift -= 8) {
        at = put_number(at, plain.host >> shift & 255, 10);
        if (shift > 0)
            *at++ = '.';
    }
    *at++ = ':';
    at = put_number(at, plain.port, 10);
    *at = 0;
    step_text(text);
}
