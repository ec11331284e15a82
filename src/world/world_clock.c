/* Vector clocks for happens-before, as persistent trees: a leaf holds the clocks of 16 tasks, an inner node 16 nodes.
 * Nodes are counted and shared, so that taking over another's clock copies nothing, merging visits only what differs,
 * and ten thousand short threads cost a few nodes each instead of a vector each. */
#include "world/world_state.h"

#include <string.h>

enum { FAN_BITS = 4, FAN = 1 << FAN_BITS, DEPTH_MAX = 7 };

struct node {
    uint32_t references;
    uint32_t item[FAN]; /* clocks in a leaf, else nodes */
};
_Static_assert(sizeof(struct node) == WORLD_NODE_SIZE, "the list's entries are nodes");

static struct node *node_at(const struct world *world, uint32_t id)
{
    return (struct node *)world->list[LIST_NODE].items + id;
}

static uint32_t retain(struct world *world, uint32_t id)
{
    if (id)
        node_at(world, id)->references++;
    return id;
}

static void drop(struct world *world, uint32_t id, uint32_t depth)
{
    if (!id || --node_at(world, id)->references)
        return;
    if (depth)
        for (unsigned i = 0; i < FAN; i++)
            drop(world, node_at(world, id)->item[i], depth - 1);
    world_list_give(world, LIST_NODE, id);
}

static uint32_t node_new(struct world *world)
{
    uint32_t id = world_list_take(world, LIST_NODE);
    if (id)
        node_at(world, id)->references = 1;
    return id;
}

/* Makes the node the caller's alone: the same one if it is, else a copy (whose children are shared). */
static uint32_t own(struct world *world, uint32_t id, uint32_t depth)
{
    if (id && node_at(world, id)->references == 1)
        return id;
    uint32_t copy = node_new(world);
    if (!copy || !id)
        return copy;
    memcpy(node_at(world, copy)->item, node_at(world, id)->item, sizeof node_at(world, id)->item);
    if (depth)
        for (unsigned i = 0; i < FAN; i++)
            retain(world, node_at(world, copy)->item[i]);
    node_at(world, id)->references--;
    return copy;
}

static void lift(struct world *world, struct clock *clock, uint32_t depth)
{
    while (clock->depth < depth) {
        if (clock->root) {
            uint32_t above = node_new(world);
            if (!above)
                return;
            node_at(world, above)->item[0] = clock->root;
            clock->root = above;
        }
        clock->depth++;
    }
}

static uint32_t depth_for(uint32_t task)
{
    uint32_t depth = 0;
    while (depth < DEPTH_MAX && task >> (FAN_BITS * (depth + 1)))
        depth++;
    return depth;
}

uint32_t world_clock_get(const struct world *world, struct clock clock, uint32_t task)
{
    if (depth_for(task) > clock.depth)
        return 0;
    uint32_t id = clock.root;
    for (uint32_t level = clock.depth; id && level; level--)
        id = node_at(world, id)->item[task >> (FAN_BITS * level) & (FAN - 1)];
    return id ? node_at(world, id)->item[task & (FAN - 1)] : 0;
}

void world_clock_tick(struct world *world, struct clock *clock, uint32_t task)
{
    lift(world, clock, depth_for(task));
    uint32_t id = own(world, clock->root, clock->depth);
    if (!id)
        return;
    clock->root = id;
    for (uint32_t level = clock->depth; level; level--) {
        unsigned i = task >> (FAN_BITS * level) & (FAN - 1);
        uint32_t child = own(world, node_at(world, id)->item[i], level - 1);
        if (!child)
            return;
        node_at(world, id)->item[i] = child;
        id = child;
    }
    node_at(world, id)->item[task & (FAN - 1)]++;
}

/* Is every entry of b at most a's? (Of two leaves.) */
static bool leaf_covers(const struct node *a, const struct node *b)
{
    for (unsigned i = 0; i < FAN; i++)
        if (b->item[i] > a->item[i])
            return false;
    return true;
}

/* The merge of a (owned by the caller, given up) and b (borrowed), owned by the caller. */
static uint32_t merge(struct world *world, uint32_t a, uint32_t b, uint32_t depth)
{
    if (a == b || !b)
        return a;
    if (!a)
        return retain(world, b);
    if (!depth) {
        if (leaf_covers(node_at(world, a), node_at(world, b)))
            return a;
        if (leaf_covers(node_at(world, b), node_at(world, a))) {
            drop(world, a, 0);
            return retain(world, b);
        }
        a = own(world, a, 0);
        if (!a)
            return 0;
        for (unsigned i = 0; i < FAN; i++)
            if (node_at(world, b)->item[i] > node_at(world, a)->item[i])
                node_at(world, a)->item[i] = node_at(world, b)->item[i];
        return a;
    }
    for (unsigned i = 0; i < FAN; i++) {
        uint32_t left = node_at(world, a)->item[i], right = node_at(world, b)->item[i];
        if (left == right || !right)
            continue;
        uint32_t merged = merge(world, retain(world, left), right, depth - 1);
        if (merged == left) {
            drop(world, merged, depth - 1);
            continue;
        }
        a = own(world, a, depth);
        if (!a)
            return 0;
        drop(world, node_at(world, a)->item[i], depth - 1);
        node_at(world, a)->item[i] = merged;
    }
    return a;
}

void world_clock_copy(struct world *world, struct clock *to, struct clock from)
{
    retain(world, from.root);
    drop(world, to->root, to->depth);
    *to = from;
}

void world_clock_join(struct world *world, struct clock *to, struct clock from)
{
    if (!from.root || from.root == to->root)
        return;
    if (!to->root) {
        world_clock_copy(world, to, from);
        return;
    }
    retain(world, from.root);
    lift(world, to, from.depth);
    lift(world, &from, to->depth);
    to->root = merge(world, to->root, from.root, to->depth);
    drop(world, from.root, from.depth);
}

void world_clock_clear(struct world *world, struct clock *clock)
{
    drop(world, clock->root, clock->depth);
    *clock = (struct clock){0};
}

/* ---- edges ---- */

void world_release(struct world *world, uint32_t task, uint32_t object)
{
    struct clock clock = task_at(world, task)->clock;
    if (!object_at(world, object)->view.id || !clock.root)
        return;
    world_clock_join(world, &object_at(world, object)->clock, clock);
    world_clock_tick(world, &task_at(world, task)->clock, task);
}

void world_acquire(struct world *world, uint32_t task, uint32_t object)
{
    struct clock clock = object_at(world, object)->clock;
    if (task_at(world, task)->view.id)
        world_clock_join(world, &task_at(world, task)->clock, clock);
}

void world_edge(struct world *world, uint32_t from, uint32_t to)
{
    if (!task_at(world, from)->view.id || !task_at(world, to)->view.id || from == to)
        return;
    struct clock clock = task_at(world, from)->clock;
    world_clock_join(world, &task_at(world, to)->clock, clock);
    if (!task_at(world, from)->ended)
        world_clock_tick(world, &task_at(world, from)->clock, from);
}
