/* Puts names, numbers and reasons in the places of a sentence that has been chosen (world_say.c). */
#include "world/world_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_error(struct world_writer *writer, const struct world_saying *of)
{
    int error = of->event->error                                  ? of->event->error
                : of->event->value > 0 && of->event->value < 4096 ? (int)of->event->value
                                                                  : 0;
    struct world_pair words = world_words_error(error);
    const char *name = strerrorname_np(error);
    if (words.text[of->chinese])
        world_words_put(writer, "%s", words.text[of->chinese]);
    else if (error && name)
        world_words_put(writer, "%s", name);
    else
        world_words_put(writer, "%s", of->chinese ? "原因不明" : "no reason is given");
}

static uint32_t other_task(const struct world_saying *of)
{
    if (of->event->operation == OPERATION_cond_signal)
        return object_at(of->world, of->object)->woken_last;
    return of->task->other ? of->task->other : of->event->other;
}

static int64_t signal_number(const struct world_saying *of)
{
    if (of->event->operation == OPERATION_signal_wait)
        return of->event->value;
    return of->event->operation == OPERATION_signal_deliver ? of->task->delivered : of->task->view.argument[0];
}

static void put_receiver(struct world_writer *writer, const struct world_saying *of)
{
    if (of->event->operation == OPERATION_signal_send && !of->task->other) {
        if (of->task->view.argument[1])
            world_words_process(writer, of->world, (uint32_t)of->task->view.argument[1], of->chinese);
        else
            world_words_put(writer, "%s", of->chinese ? "一组进程" : "a group of processes");
    } else {
        world_words_task(writer, of->world, other_task(of), of->chinese);
    }
}

bool world_value_text(const struct event *event, int64_t value, char *out, size_t n)
{
    if (event->flags & RECORD_OPAQUE) {
        snprintf(out, n, "%s", value ? "pointer" : "NULL");
        return true;
    }
    if (!(event->flags & RECORD_FLOAT))
        return false;
    bool single = event->argument[0] == sizeof(float);
    float narrow;
    double number;
    uint32_t low = (uint32_t)value;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&number, &value, sizeof number);
    if (single)
        number = narrow;
    /* The fewest digits that give the number again. */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, n, "%.*g", digits, number);
        double again = strtod(out, NULL);
        if (single ? (float)again == narrow : again == number)
            break;
    }
    return true;
}

static void put_value(struct world_writer *writer, const struct world_saying *of, int64_t value)
{
    static const struct world_pair words[] = {{{"NULL", "空指针"}}, {{"a pointer", "一个指针"}}};
    char text[32];
    if (of->event->flags & RECORD_OPAQUE)
        world_words_put(writer, "%s", words[value != 0].text[of->chinese]);
    else if (world_value_text(of->event, value, text, sizeof text))
        world_words_put(writer, "%s", text);
    else
        world_words_put(writer, "%lld", (long long)value);
}

static void put_place_holder(struct world_writer *writer, const struct world_saying *of, char key)
{
    const struct world *world = of->world;
    const struct world_object *object = &object_at(world, of->object)->view;
    const struct world_address on = {.host = process_at(world, of->task->view.process)->view.host};
    char address[22];
    switch (key) {
    case 'T':
        world_words_task(writer, world, of->event->task, of->chinese);
        break;
    case 'Y':
        world_words_put(writer, "%s", world_text(world, object->value_text));
        break;
    case 'O':
        world_words_object(writer, world, of->object, of->chinese);
        break;
    case 'S':
        world_words_object(writer, world, of->second, of->chinese);
        break;
    case 'W':
        world_words_holder(writer, world, of->object, of->chinese);
        break;
    case 'X':
        put_receiver(writer, of);
        break;
    case 'P':
        world_words_process(writer, world, (uint32_t)of->event->value, of->chinese);
        break;
    case 'U':
        world_words_process(writer, world, of->task->view.process, of->chinese);
        break;
    case 'V':
        put_value(writer, of, of->event->value);
        break;
    case 'M':
        put_value(writer, of, of->event->argument[2]);
        break;
    case 'K':
        world_words_put(writer, of->event->value == 1 ? "%lld byte" : "%lld bytes", (long long)of->event->value);
        break;
    case 'A':
        world_words_put(writer, "%lld", (long long)of->task->view.argument[0]);
        break;
    case 'N':
        world_words_put(writer, "%d", object->count);
        break;
    case 'C':
        world_words_put(writer, "%d", object->capacity);
        break;
    case 'D':
        world_words_time(writer, of->task->view.deadline, of->chinese);
        break;
    case 'E':
        put_error(writer, of);
        break;
    case 'G':
        world_words_signal(writer, signal_number(of), of->chinese);
        break;
    case 'Q':
        world_words_put(writer, "%zu", world_waiters(world, of->object, NULL, 0));
        break;
    case 'H':
        world_words_holder(writer, world, of->second, of->chinese);
        break;
    case 'I':
        world_words_put(writer, "%s", world_address_text(on, address));
        break;
    case 'R':
        world_words_waiters(writer, world, of->object, of->chinese);
        break;
    case 'F':
        world_words_put(writer, "%s", operation_row(of->event->operation)->name);
        break;
    default:
        break;
    }
}

/* In Chinese the blanks beside a place holder depend on what stands in it. */
void world_say_fill(struct world_writer *writer, const struct world_saying *of, const char *text)
{
    enum world_letter last = LETTER_none;
    while (*text) {
        size_t plain = strcspn(text, "{");
        if (of->chinese) {
            size_t from = plain && text[0] == ' ';
            size_t to = plain > from && text[plain - 1] == ' ' && text[plain] ? plain - 1 : plain;
            world_words_joined(writer, text + from, to - from, &last);
        } else {
            world_words_bytes(writer, text, plain);
        }
        text += plain;
        if (!*text)
            break;
        char part[256];
        struct world_writer own = {.out = part, .size = sizeof part};
        put_place_holder(&own, of, text[1]);
        world_words_finish(&own);
        if (of->chinese)
            world_words_joined(writer, part, strlen(part), &last);
        else
            world_words_bytes(writer, part, strlen(part));
        text += 3;
    }
}
