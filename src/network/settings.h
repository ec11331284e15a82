/* The settings (/proc/sys/net) of the private namespace. Raw calls only: it runs in the guests' init. */
#ifndef LOCKSTEP_NETWORK_SETTINGS_H
#define LOCKSTEP_NETWORK_SETTINGS_H

#include "network/build.h"

/* Writes one; `name` below /proc/sys. What an older kernel does not know, or the system refuses, stays as it is. */
void settings_write(const char *name, const char *value);
void settings_apply(enum network_profile profile);

#endif
