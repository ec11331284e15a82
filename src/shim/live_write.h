/* Writing one record of live mode: the hot path, inline. For live.c and live_locks.c. */
#ifndef LOCKSTEP_SHIM_LIVE_WRITE_H
#define LOCKSTEP_SHIM_LIVE_WRITE_H

#include "shim/live.h"

extern struct live_rings *live_rings;
void live_make_room(uint64_t index);
void live_bell(void);
int64_t live_remaining(clockid_t clock, const struct timespec *deadline);

/* What a record says, before it is one. */
struct live_event {
    enum live_kind kind;
    enum operation operation;
    struct record_key object, second;
    int64_t value, argument;
    int error;
    struct live_place place;
};

/* The next index of this thread's ring, in one instruction: a handler may come before it or after it. */
static inline uint64_t live_reserve(void)
{
#if defined(__x86_64__)
    uint64_t index = 1;
    __asm__ volatile("xaddq %0, %1" : "+r"(index), "+m"(live_self.next) : : "cc");
#else
    uint64_t index = __atomic_fetch_add(&live_self.next, 1, __ATOMIC_RELAXED);
#endif
    if (__builtin_expect(index - live_self.tail >= LIVE_RING, 0))
        live_make_room(index);
    return index;
}

static inline struct live_record *live_at(uint64_t index)
{
    return &live_self.records[index & (LIVE_RING - 1)];
}

static inline void live_commit(struct live_record *record, uint64_t index)
{
    atomic_store_explicit(&record->sequence, (uint32_t)(index + 1), memory_order_release);
    if (__builtin_expect((index + 1) % LIVE_BELL == 0, 0))
        live_bell();
}

/* A record about an object in private memory, or about none. `releases`: it is written before what it tells of. */
static inline void live_write(bool releases, enum live_kind kind, enum operation operation,
                              enum object_kind object_kind, const volatile void *object, const volatile void *second,
                              int64_t value, int error, int64_t argument, struct live_place place)
{
    uint64_t index = live_reserve();
    struct live_record *record = live_at(index);
    uint64_t now = releases ? live_clock_before(live_rings->ticks) : LIVE_NOT_CHEAP;
    record->time = now != LIVE_NOT_CHEAP ? now : live_clock(live_rings->ticks);
    record->operation = (uint16_t)operation;
    record->kind = (uint8_t)kind;
    record->object_kind = (uint8_t)object_kind;
    record->object = (uint64_t)(uintptr_t)object;
    record->second = (uint64_t)(uintptr_t)second;
    record->pc = place.pc;
    record->value = value;
    record->argument = argument;
    record->frame = (uint32_t)(place.frame >> 3);
    record->error = (int16_t)error;
    record->space = KEY_PRIVATE | (second ? KEY_PRIVATE << 4 : 0);
    record->flags = 0;
    live_commit(record, index);
}

/* A record about anything; where a key has a second half, it goes into a record before. */
static inline void live_tell(const struct live_event *event)
{
    uint64_t index, now = live_clock(live_rings->ticks);
    struct live_record *record;
    if (event->object.b || event->second.b) {
        index = live_reserve();
        record = live_at(index);
        record->kind = LIVE_MORE;
        record->object = event->object.b;
        record->second = event->second.b;
        record->value = (int64_t)event->object.address;
        record->argument = (int64_t)event->second.address;
        record->time = now;
        live_commit(record, index);
    }
    index = live_reserve();
    record = live_at(index);
    record->time = now;
    record->operation = (uint16_t)event->operation;
    record->kind = (uint8_t)event->kind;
    record->object_kind = event->object.kind;
    record->object = event->object.a;
    record->second = event->second.a;
    record->pc = event->place.pc;
    record->value = event->value;
    record->argument = event->argument;
    record->frame = (uint32_t)(event->place.frame >> 3);
    record->error = (int16_t)event->error;
    record->space = (uint8_t)(event->object.space | event->second.space << 4);
    record->flags = 0;
    live_commit(record, index);
}

#endif
