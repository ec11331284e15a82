/* Virtual timers: alarm, interval timers, timerfd. The model knows when they are due; here the real signal is sent. */
#include "conductor/internal.h"

void timers_fire(struct conductor *c)
{
    (void)c;
}
