/* The events of the step are told once more, by a teller that begins at the world before them. Only the step that is
 * looked at is told, so nothing is kept of the others, and another language costs nothing. */
#include "app/told.h"

#include <stdio.h>
#include <string.h>

#include "conductor/conductor.h"
#include "export/tell.h"

struct telling {
    struct told *told;
    size_t others;
    char other[TOLD_FACTS_MAX][640];
};

/* The kernel sends again and again what is held; that is said once. */
static bool is_said(const struct telling *telling, const struct tell *tell)
{
    if (tell->kind != TELL_PACKET || tell->packet.act != PACKET_absorbed)
        return false;
    for (size_t i = 0; i < telling->others; i++)
        if (strcmp(telling->other[i], tell->say) == 0)
            return true;
    return false;
}

static enum status take(void *context, const struct tell *tell, struct message *message)
{
    struct telling *telling = context;
    struct told *told = telling->told;
    (void)message;
    if (tell->kind == TELL_STEP) {
        told->operation = (uint16_t)tell->operation;
        told->outcome = (uint8_t)tell->outcome;
        snprintf(told->say, sizeof told->say, "%s", tell->say);
    } else if (tell->kind == TELL_PACKET && !told->say[0] && told->packet) {
        snprintf(told->say, sizeof told->say, "%s", tell->say);
    } else if (tell->kind == TELL_FAULT && told->fact_count < TOLD_FACTS_MAX) {
        snprintf(told->facts[told->fact_count++], sizeof told->facts[0], "%.630s", tell->say);
    } else if ((tell->kind == TELL_FACT || tell->kind == TELL_NOTICE || tell->kind == TELL_PACKET) && tell->say[0] &&
               telling->others < TOLD_FACTS_MAX && !is_said(telling, tell)) {
        snprintf(telling->other[telling->others++], sizeof telling->other[0], "%.630s", tell->say);
    }
    return STATUS_OK;
}

static void tell_events(struct history *history, struct teller *teller, struct world *world, uint32_t from, uint32_t to)
{
    struct message ignored;
    for (uint32_t number = from; number <= to; number++) {
        struct event event;
        if (!history_event(history, number, &event) || world_step(world, &event) == STATUS_MEMORY)
            return;
        if (event.kind == EVENT_END)
            teller_before_end(teller, world, &event, &ignored);
        else
            teller_event(teller, world, &event, &ignored);
    }
    teller_flush(teller, &ignored);
}

bool told_make(struct history *history, const struct chronicle *chronicle, uint32_t step, bool ended, bool chinese,
               struct told *out)
{
    memset(out, 0, sizeof *out);
    if (step == 0 || step > chronicle_steps(chronicle))
        return false;
    struct telling telling = {.told = out};
    uint32_t before = history_step_last(history, step - 1), last = history_step_last(history, step);
    uint32_t asked = chronicle_asked(chronicle, step);
    const struct world *start = history_world_at(history, before);
    struct world *world = start ? world_copy(start) : NULL;
    struct teller *teller = teller_new(chinese ? TELL_CHINESE : TELL_ENGLISH, take, &telling);
    bool fine = world && teller && teller_begin_at(teller, world);
    out->step = step;
    uint32_t mover = chronicle_mover(chronicle, step);
    out->task = mover < CONDUCTOR_DELIVER ? mover : 0;
    out->packet = mover < CONDUCTOR_DELIVER ? 0 : mover & (CONDUCTOR_DELIVER - 1);
    struct event event;
    if (fine && asked && history_event(history, asked, &event)) {
        struct message ignored;
        out->object = event.object;
        out->place = event.place;
        if (asked <= before)
            teller_event(teller, world, &event, &ignored);
    }
    if (fine)
        tell_events(history, teller, world, before + 1, ended ? history_count(history) : last);
    for (size_t i = 0; i < telling.others && out->fact_count < TOLD_FACTS_MAX; i++)
        memcpy(out->facts[out->fact_count++], telling.other[i], sizeof telling.other[i]);
    teller_free(teller);
    world_free(world);
    return fine;
}
