/* The last line while something is typed: a command, what to search for, or a line for the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/player_internal.h"
#include "base/escape.h"
#include "base/text.h"

void player_start_typing(struct player *player, enum typing typing)
{
    player->typing = typing;
    player->typed[0] = '\0';
    player->typed_length = player->typed_cursor = 0;
    player->overlay = OVERLAY_none;
}

bool player_is_typing(const struct player *player)
{
    return player->typing != TYPING_none;
}

unsigned player_cursor(const struct player *player)
{
    return (unsigned)escape_columns(player->typed, player->typed_cursor);
}

void player_type(struct player *player, const char *text)
{
    char clean[ESCAPE_BOUND(64)];
    size_t length = escape_text(ESCAPE_LABEL, text, strnlen(text, 64), clean, sizeof clean);
    if (player->typing == TYPING_none || player->typed_length + length >= sizeof player->typed)
        return;
    memmove(player->typed + player->typed_cursor + length, player->typed + player->typed_cursor,
            player->typed_length - player->typed_cursor + 1);
    memcpy(player->typed + player->typed_cursor, clean, length);
    player->typed_length += length;
    player->typed_cursor += length;
}

/* ---- moving and erasing: by whole characters ---- */

static size_t before(const struct player *player, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && ((unsigned char)player->typed[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static size_t after(const struct player *player, size_t at)
{
    if (at < player->typed_length)
        at++;
    while (at < player->typed_length && ((unsigned char)player->typed[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static void erase(struct player *player, size_t from)
{
    memmove(player->typed + from, player->typed + player->typed_cursor,
            player->typed_length - player->typed_cursor + 1);
    player->typed_length -= player->typed_cursor - from;
    player->typed_cursor = from;
}

static size_t word_start(const struct player *player)
{
    size_t at = player->typed_cursor;
    while (at > 0 && player->typed[at - 1] == ' ')
        at--;
    while (at > 0 && player->typed[at - 1] != ' ')
        at--;
    return at;
}

/* ---- taking it ---- */

static enum player_outcome command(struct player *player)
{
    char *end;
    unsigned long step = strtoul(player->typed, &end, 10);
    if (end != player->typed && *end == '\0') {
        uint32_t target = step > UINT32_MAX ? UINT32_MAX : (uint32_t)step;
        if (target <= player_known(player))
            player_go(player, (struct place){.step = target});
        else
            player_run_to(player, WORK_to_step, target);
        return PLAYER_stay;
    }
    if (strcmp(player->typed, "q") == 0)
        return PLAYER_leave;
    if (strcmp(player->typed, "status") == 0) {
        player_message(player, false, _("the program was started %u times; step %u of %u; what-ifs: %zu"),
                       player_starts(player), player->at.step, player_known(player), player->run_count - 1);
        return PLAYER_stay;
    }
    enum request request = request_by_name(player->typed);
    if (request != REQUEST_none && request != REQUEST_choose)
        return player_request(player, request, 0);
    player_message(player, true, _("“%.60s” is no step's number and no request's name (? lists them)"), player->typed);
    return PLAYER_stay;
}

static void type_line(struct player *player)
{
    char line[PLAYER_TYPED_MAX + 2];
    struct message message = {{0}};
    size_t length = (size_t)snprintf(line, sizeof line, "%s\n", player->typed);
    struct play_run *run = player_run(player);
    if (!run->conductor)
        player_message(player, true,
                       _("nobody listens any more: the program has ended, or this what-if is not its newest"));
    else if (play_run_type(run, line, length, &message))
        player_message(player, true, "%s", message.text);
    else
        player_message(player, false, _("typed; the program reads it when its turn comes"));
}

static enum player_outcome take(struct player *player)
{
    enum typing typing = player->typing;
    player->typing = TYPING_none;
    if (typing == TYPING_command)
        return player->typed_length ? command(player) : PLAYER_stay;
    if (typing == TYPING_search && player->typed_length) {
        memcpy(player->sought, player->typed, player->typed_length + 1);
        player_search(player, 1);
    } else if (typing == TYPING_input) {
        type_line(player);
    }
    return PLAYER_stay;
}

enum player_outcome player_edit(struct player *player, enum terminal_edit edit)
{
    switch (edit) {
    case EDIT_enter:
        return take(player);
    case EDIT_cancel:
        player->typing = TYPING_none;
        break;
    case EDIT_end_of_file:
        if (player->typing == TYPING_input) {
            play_run_end_input(player_run(player));
            player_message(player, false, _("end of file: the program gets no more input"));
        }
        player->typing = TYPING_none;
        break;
    case EDIT_erase:
        if (player->typed_length == 0 && player->typing != TYPING_input)
            player->typing = TYPING_none;
        else
            erase(player, before(player, player->typed_cursor));
        break;
    case EDIT_erase_word:
        erase(player, word_start(player));
        break;
    case EDIT_erase_all:
        erase(player, 0);
        break;
    case EDIT_left:
        player->typed_cursor = before(player, player->typed_cursor);
        break;
    case EDIT_right:
        player->typed_cursor = after(player, player->typed_cursor);
        break;
    case EDIT_home:
        player->typed_cursor = 0;
        break;
    case EDIT_end:
        player->typed_cursor = player->typed_length;
        break;
    default:
        break;
    }
    return PLAYER_stay;
}
