/* For tests of the wire: a network namespace of the test's own, with a wire in it. */
#ifndef TESTS_NETWORK_PLACE_H
#define TESTS_NETWORK_PLACE_H

#include "network/states.h"
#include "network/wire.h"

/* Enters a fresh network namespace (the first time, for an ordinary user, with a user namespace) and builds the wire.
 * NULL: the system refuses that, and *why says what; or, for a TUN, its device may not be opened. */
struct wire *network_place(enum network_kind kind, enum network_profile profile, const char **why);

/* The same with a loopback interface only. (A wire that was freed is none: its device goes when the kernel finds time.) */
bool network_place_loopback(const char **why);

#endif
