/* Playing by itself: how long each moment stands. */
#include "app/player_internal.h"

enum { SPEEDS = 7 };

static const int dwell_ms[SPEEDS] = {6000, 3500, 2200, 1300, 650, 300, 100};

static int dwell(struct player *player)
{
    int wait = dwell_ms[player->speed];
    size_t beats[PLAYER_BEATS_MAX];
    uint32_t step = player_place_step(player->at);
    if (step && chronicle_beats(player_run(player)->chronicle, step, beats, PLAYER_BEATS_MAX) > 0)
        wait *= 3; /* there is something to read */
    return wait;
}

void player_set_playing(struct player *player, bool on)
{
    player->playing = on;
    player->next_tick = player_now() + dwell(player);
}

int player_wait(const struct player *player)
{
    if (!player->playing || player->work.kind != WORK_none)
        return -1;
    int64_t left = player->next_tick - player_now();
    return left < 0 ? 0 : (int)left;
}

void player_tick(struct player *player)
{
    if (!player->playing || player_now() < player->next_tick)
        return;
    player_forward(player);
    if (player->at.end || player->work.kind != WORK_none)
        player->playing = player->work.kind != WORK_none;
    player->next_tick = player_now() + dwell(player);
}

void player_change_speed(struct player *player, int by)
{
    if (by > 0 && player->speed + 1 < SPEEDS)
        player->speed++;
    if (by < 0 && player->speed > 0)
        player->speed--;
    player_set_playing(player, player->playing);
}
