/* The guest's terminal: what it printed becomes events in whole, at the end of the step that printed it; what was typed
 * to us is typed to it when it asks. */
#include "conductor/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 4096u         /* bytes of one event */
#define STEP_MAX (1u << 20) /* of one step kept back until the step is over; more is told at once */

static void tell(struct conductor *c, int stream, size_t count)
{
    size_t told = 0;
    while (told < count) {
        size_t part = count - told < CHUNK ? count - told : CHUNK;
        conductor_tell(c, &(struct event){.kind = EVENT_OUTPUT,
                                          .task = c->speaker,
                                          .value = stream + 1,
                                          .text = 0,
                                          .payload = c->output[stream].bytes + told,
                                          .length = (uint32_t)part});
        told += part;
    }
    memmove(c->output[stream].bytes, c->output[stream].bytes + count, c->output[stream].length - count);
    c->output[stream].length -= count;
}

static void drain(struct conductor *c, int stream, int descriptor)
{
    for (;;) {
        if (c->output[stream].length + CHUNK > c->output[stream].capacity) {
            size_t capacity = c->output[stream].capacity ? c->output[stream].capacity * 2 : 4 * CHUNK;
            char *larger = realloc(c->output[stream].bytes, capacity);
            if (!larger)
                return;
            c->output[stream].bytes = larger;
            c->output[stream].capacity = capacity;
        }
        ssize_t got = read(descriptor, c->output[stream].bytes + c->output[stream].length, CHUNK);
        if (got <= 0) {
            if (got < 0 && errno == EINTR)
                continue;
            return;
        }
        c->output[stream].length += (size_t)got;
        c->printed += (uint64_t)got;
        if (c->output[stream].length >= STEP_MAX)
            tell(c, stream, STEP_MAX);
    }
}

void output_drain(struct conductor *c)
{
    drain(c, 0, contain_output(c->contain));
    drain(c, 1, contain_error(c->contain));
}

void conductor_output(struct conductor *c)
{
    output_drain(c);
    c->printing = false;
    for (int stream = 0; stream < 2; stream++)
        if (c->output[stream].length > 0)
            tell(c, stream, c->output[stream].length);
}

static bool waits_for_terminal(const struct conductor *c)
{
    for (uint32_t id = 1; id <= c->task_count; id++)
        if (c->tasks[id].phase == PHASE_held && c->tasks[id].blocked_space != KEY_NONE &&
            (c->tasks[id].blocked_kind == OBJECT_terminal || c->tasks[id].blocked_kind == OBJECT_poll))
            return true;
    return false;
}

/* Types the next line, or the end of the input, to a guest that waits for its terminal. `patient`: may wait for a line
 * to come. Returns whether something was typed. */
bool input_type(struct conductor *c, bool patient)
{
    if (c->input_eof_typed || !waits_for_terminal(c))
        return false;
    char *end = memchr(c->input, '\n', c->input_length);
    while (!end && !c->input_ended && c->input_length < sizeof c->input) {
        struct pollfd source = {.fd = c->options.input, .events = POLLIN};
        if (c->options.input < 0) {
            c->input_ended = true;
            break;
        }
        int ready = poll(&source, 1, patient ? 50 : 0);
        if (ready <= 0)
            return false;
        ssize_t got = read(c->options.input, c->input + c->input_length, sizeof c->input - c->input_length);
        if (got <= 0)
            c->input_ended = true;
        else
            c->input_length += (size_t)got;
        end = memchr(c->input, '\n', c->input_length);
    }
    size_t length = end ? (size_t)(end - c->input) + 1 : c->input_length;
    if (length > 0) {
        ssize_t typed = write(contain_input(c->contain), c->input, length);
        if (typed <= 0)
            return false;
        memmove(c->input, c->input + typed, c->input_length - (size_t)typed);
        c->input_length -= (size_t)typed;
        conductor_mark(c, "it was given input from outside");
    } else {
        static const char end_of_file = 4;
        if (write(contain_input(c->contain), &end_of_file, 1) != 1)
            return false;
        c->input_eof_typed = true;
    }
    c->readiness = true;
    return true;
}

bool input_awaited(const struct conductor *c)
{
    return !c->input_eof_typed && waits_for_terminal(c);
}
