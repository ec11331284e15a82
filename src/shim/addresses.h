/* What the shim makes of the addresses that a guest binds to, connects to and sends to. */
#ifndef LOCKSTEP_SHIM_ADDRESSES_H
#define LOCKSTEP_SHIM_ADDRESSES_H

#include "shim/shim.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Where there is no wire, its hosts are addresses of the loopback (of which one asks for the other by itself). Gives
 * `address`, or `copy` with the other address. */
const struct sockaddr *address_at_loopback(const struct sockaddr *address, socklen_t length, struct sockaddr_in *copy);

/* What kind of address it is (enum record_address), for the step's argument[1]. */
int64_t address_kind(const struct sockaddr *address, socklen_t length);

/* Of IPv4 and IPv6: its text ("10.0.0.2:8080", "[::1]:8080") goes with the question, for the sentences. */
void address_text(const struct sockaddr *address, socklen_t length);
/* As event_address() of world/event.h: IPv4 host | port << 32; of IPv6 without the host. 0: neither. */
int64_t address_number(const struct sockaddr *address, socklen_t length);

#endif
