/* The event: one fact, in the order in which it became true. The conductor makes events from records, choices and
 * look-ups; the world is a pure function of them; the recording holds nothing else. All ids start at 1; 0 is "none". */
#ifndef LOCKSTEP_WORLD_EVENT_H
#define LOCKSTEP_WORLD_EVENT_H

#include <stdint.h>

enum event_kind {
    EVENT_NONE,
    EVENT_STRING,        /* text id `text` := payload (guest text is escaped before it becomes a string) */
    EVENT_PLACE,         /* place id `place` := file name `text`, line `value`, function name `second` (a text id) */
    EVENT_PROCESS,       /* process `other` is born; parent process `value` (0: lockstep started it); pid argument[0]; of one
                            that was started on a host of its own, argument[1] = the host's address, else 0 */
    EVENT_TASK,          /* task `task` is born in process `other`; number in its process `value` (0 = main); creator task argument[0] */
    EVENT_OBJECT,        /* object `object` of kind `value` is called `text` (without kind word); process `other` or 0 if shared.
                            May come again: renamed. argument[0] = size or capacity where known; `second` != 0: a fork's copy
                            of that object of the parent, in whose state it begins */
    EVENT_ASKED,         /* task wants `operation` on `object` (`second`) at `place`; arguments as below */
    EVENT_GRANTED,       /* a step begins: task gets CPU argument[0] (from 0) at virtual time `time`; argument[1] = number of
                            tasks that were enabled, argument[2] = index chosen among them in the order of names;
                            argument[3] = what was injected (enum injection); value = enum grant_action */
    EVENT_GOT,           /* the step of `task` is over with `outcome`, `value`, `error`; arguments as below */
    EVENT_BLOCKED,       /* the step of `task` is over: it waits for `object` (outcome OUTCOME_blocked); `other` != 0: until
                            deadline argument[3] (virtual ns) */
    EVENT_READY,         /* probe: what `task` waits for has become ready (descriptors, outside facts) */
    EVENT_TASK_ENDED,    /* the kernel has let go of `task` */
    EVENT_PROCESS_ENDED, /* process `other` has ended: wait status `value` (wait(2)); a zombie unless argument[0] == 1 (reaped at once) */
    EVENT_REAPED,        /* process `other` was reaped; by task `task` (0: by init) */
    EVENT_ADOPTED,       /* process `other` now belongs to process `value` (0 = init) */
    EVENT_STOPPED,       /* process `other` was stopped (value 1) or continued (value 0) */
    EVENT_OUTPUT,        /* `task` printed: stream `value` (1 or 2), raw bytes in payload, `text` = length */
    EVENT_TIME,          /* virtual time jumps to `time`: nobody could run (task 0), or the sleeping `task` was chosen to
                            be woken, as a sleep is a lower bound */
    EVENT_WATCH,         /* watched variable: object `object` has the value text `text`, integer `value` (argument[0]=1 if it is one) */
    EVENT_PREEMPTED,     /* task's CPU taken by the clock while computing (value 1: by counted blocks, repeatable) */
    EVENT_UNOBSERVED,    /* process `other` runs unobserved; `text` says why */
    EVENT_OUTSIDE,       /* task sleeps in the kernel outside the shim (value 1), or is back (value 0); `text`: where */
    EVENT_DIVERGED,      /* model and outcome differ; `text` says how */
    EVENT_LOST,          /* `value` records of process `other` were lost */
    EVENT_DEADLINE,      /* task gets an additional deadline ... reserved for timers: timer `object` fires at `time` */
    EVENT_SIGNAL,        /* signal `value` comes to process `other` without a step: a timer is due */
    EVENT_END,           /* the run is over: verdict `value` (enum verdict) */
    EVENT_PACKET,        /* packet `other` of the wire: `value` says what (enum packet_act); below */
    EVENT_SOCKET,        /* the kernel's socket `other` is in state `value` (enum socket_state); below */
    EVENT_KIND_COUNT
};

/* What becomes of a packet. Delivering, dropping and duplicating are choices, each a step of its own without a task. */
enum packet_act {
    PACKET_sent = 1,   /* it is on the wire now; `task`: whose step sent it, 0: the kernel by itself */
    PACKET_delivered,  /* the other end has it */
    PACKET_dropped,    /* nobody will ever get it */
    PACKET_duplicated, /* a second copy of it, packet `second`, is on the wire now (no PACKET_sent is told of that one) */
    PACKET_absorbed,   /* the kernel has sent again what this held packet carries; the wire swallowed that copy */
    PACKET_ACT_COUNT
};

/* States of sockets, by the kernel's own numbers (linux/tcp_states.h); 0: it is gone, or never was. */
enum socket_state {
    SOCKET_gone, SOCKET_established, SOCKET_syn_sent, SOCKET_syn_recv, SOCKET_fin_wait_1, SOCKET_fin_wait_2,
    SOCKET_time_wait, SOCKET_closed, SOCKET_close_wait, SOCKET_last_ack, SOCKET_listen, SOCKET_closing,
    SOCKET_STATE_COUNT
};

/* Why there is no IPv6, where a socket's step failed for that. */
enum socket_ipv6 {
    SOCKET_ipv6_no_matter,
    SOCKET_ipv6_wire,    /* the wire carries none; without the wire there would be ::1 */
    SOCKET_ipv6_neither, /* nor would there be without the wire */
    SOCKET_ipv6_machine, /* there is no wire, and the machine has none */
    SOCKET_ipv6_outside  /* as the first, but what was meant lies outside, which is cut off anyway */
};

enum verdict { VERDICT_none, VERDICT_finished, VERDICT_failed, VERDICT_deadlock, VERDICT_bound, VERDICT_COUNT };

/* ASKED / GOT arguments by operation (argument[0..3]); what is not listed is 0:
 *   thread.create   GOT: value = error or 0; other = new task
 *   thread.join     ASKED: other = target task.  GOT value = 0 or error
 *   thread.cancel   ASKED: other = target task
 *   thread.priority ASKED: other = target task, argument[0] = priority
 *   mutex.init      ASKED: argument[0] = type (0 normal 1 recursive 2 errorcheck 3 adaptive), argument[1] = robust, [2] = pshared, [3] = protocol
 *   mutex.*lock     GOT value = return value
 *   cond.*wait      ASKED: object = cond, second = mutex. First BLOCKED: on cond (the mutex is released); woken; then GOT, or
 *                   BLOCKED on the mutex. GOT value = return value
 *   cond.signal     GRANTED follows; GOT: other = task to be woken (0: the model takes the first in order of arrival)
 *   semaphore.init  ASKED: argument[0] = initial count, argument[1] = pshared.   open: GOT argument[0] = count now
 *   semaphore.wait/trywait/timedwait/post  GOT: argument[0] = count afterwards as the kernel's object says (sem_getvalue); value = 0 or -1
 *   barrier.init    ASKED: argument[0] = number of tasks
 *   process.fork    GOT: value = child's process id (world id; 0 on error); other = child's main task
 *   process.start   GOT: argument[0] = 1 in a child of fork, 2 of vfork, where value = 0 is what that call returns; else 0
 *   process.exit    ASKED: argument[0] = exit status
 *   process.wait    ASKED: argument[0] = pid argument, argument[1] = options. GOT: value = world id of the child reaped (0 none), argument[1] = wait status
 *   process.exec    ASKED: payload = path
 *   signal.action   ASKED: argument[0] = signal, argument[1] = 0 default, 1 ignore, 2 handler; argument[2] = sa_flags
 *   signal.mask     GOT: argument[0] = new mask (bit n-1 = signal n)
 *   signal.send     ASKED: argument[0] = signal, other = target task (pthread_kill) or 0, argument[1] = target process (world id), 0 if none
 *   signal.deliver  ASKED: argument[0] = signal.  GOT when the handler has returned
 *   signal.wait     ASKED: argument[0] = set.  GOT value = signal
 *   signal.suspend  ASKED: argument[0] = mask while it waits if argument[1] = 1 (sigsuspend), else the task's own (pause)
 *   socket.connect/send/shutdown/close  GOT: second = the peer's end where it is known (its receiver happens after)
 *   any             ASKED with RECORD_RETRY: the same question after a GRANT_INTERRUPT; no new one
 *   socket.bind     ASKED: argument[0] = protocol, [1] = enum record_address, [2] = event_address (of IPv6 without the host), text
 *   socket.connect  ASKED: argument[1] = enum record_address, text = to what.  send: argument[1] likewise
 *   socket.create/bind/connect/send  GOT, failed: argument[1] = enum socket_ipv6
 *   pipe.create     GOT: object = the pipe, argument[0] = capacity
 *   pipe.read/write GOT: value = bytes, argument[0] = bytes in the pipe afterwards (FIONREAD), argument[1] = capacity; ASKED: argument[2] = count asked for
 *   *.close         GOT: argument[0] = descriptor, flags
 *   io.poll         ASKED: argument[0] = number of descriptors; deadline in argument[3], other = 1 if there is one;
 *                   argument[1] = mask while it waits if argument[2] = 1 (ppoll, pselect, epoll_pwait)
 *   time.sleep      ASKED: argument[3] = wake-up time (virtual ns), other = 1
 *   timed forms     ASKED: argument[3] = deadline (virtual ns), other = 1 (for thread.timedjoin: second = 1)
 *   memory.load     GOT: value, argument[0] = size, argument[1] = address.  memory.store likewise
 *   memory.atomic   GOT: value = value before; argument[0] = size, [1] = address, [2] = new value, [3] = enum atomic kind (0 load 1 store 2 exchange 3 add 4 sub 5 and 6 or 7 xor 8 nand 9 compare-exchange done 10 compare-exchange failed)
 *
 * EVENT_PACKET: argument[1], [2] of a choice as of GRANTED (the number of choices, the index of this one). PACKET_sent:
 *   payload = the packet from its IP header on, as it was on the wire (raw: sequence numbers and checksums differ from run
 *   to run); argument[0] = from, argument[1] = to (event_address), argument[2] = relative sequence number | relative
 *   acknowledgement << 32 (TCP), type | code << 8 (ICMP); argument[3] = event_packet
 * EVENT_SOCKET: object = the guest's object, 0: none (not accepted yet, or closed by the guest); second = the address of
 *   the host that it is on, 0: one network for all; argument[0] = its own,
 *   argument[1] = the peer's address (event_address; 0: none); argument[2] = bytes to be read | bytes not acknowledged
 *   << 32; for a listener connections to be accepted | most of them << 32; argument[3] = event_socket; payload: struct
 *   event_window, for TCP connections
 */
struct event {
    uint8_t kind;    /* enum event_kind */
    uint8_t outcome; /* enum outcome */
    uint16_t operation;
    uint32_t task;
    uint32_t object, second;
    uint32_t place, text;
    uint32_t other;
    int32_t error;
    uint32_t flags; /* enum record_flags */
    uint32_t length; /* bytes of payload */
    int64_t value;
    int64_t argument[4];
    int64_t time; /* virtual nanoseconds */
    const void *payload; /* borrowed by whoever gets the event; not terminated */
};

/* An IPv4 address and a port, in the machine's byte order, in one number. */
static inline int64_t event_address(uint32_t host, uint16_t port)
{
    return (int64_t)((uint64_t)host | (uint64_t)port << 32);
}
static inline uint32_t event_address_host(int64_t address)
{
    return (uint32_t)address;
}
static inline uint16_t event_address_port(int64_t address)
{
    return (uint16_t)((uint64_t)address >> 32);
}

/* TCP flags as in the header (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128), protocol as in the IP header
 * (1 ICMP, 6 TCP, 17 UDP), bytes of payload, window as it is meant (scaled). */
static inline int64_t event_packet(uint8_t flags, uint8_t protocol, uint16_t length, uint32_t window)
{
    return (int64_t)((uint64_t)flags | (uint64_t)protocol << 8 | (uint64_t)length << 16 | (uint64_t)window << 32);
}

/* Protocol, the timer that runs (idiag_timer of sock_diag(7): 0 none, 1 retransmission, 2 keep-alive, 3 TIME_WAIT, 4 zero
 * window probe), how often it has fired without success, when it is due (ms of real time from then on). */
static inline int64_t event_socket(uint8_t protocol, uint8_t timer, uint8_t retransmits, uint32_t due)
{
    return (int64_t)((uint64_t)protocol | (uint64_t)timer << 8 | (uint64_t)retransmits << 16 | (uint64_t)due << 32);
}

/* Of a TCP connection, by TCP_INFO (tcp(7)). Little-endian on the machines that lockstep runs on. */
struct event_window {
    uint32_t congestion; /* congestion window, segments */
    uint32_t threshold;  /* of slow start, segments; UINT32_MAX: not known yet */
    uint32_t send;       /* the peer's window, bytes; 0 where the kernel does not tell (before Linux 5.4) */
    uint32_t receive;    /* its own, bytes */
    uint32_t in_flight;  /* segments sent and not acknowledged */
    uint32_t lost;       /* of these, those held for lost */
    uint32_t segment;    /* bytes in a full segment (MSS) */
    uint32_t congestion_state; /* 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss */
    uint32_t unsent;           /* bytes that the kernel has and has not sent yet; older recordings end before it */
};

/* Does a choice, and so a new step, begin with this event? */
static inline int event_is_choice(const struct event *event)
{
    return event->kind == EVENT_GRANTED ||
           (event->kind == EVENT_PACKET && event->value >= PACKET_delivered && event->value <= PACKET_duplicated);
}

#endif
