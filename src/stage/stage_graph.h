/* Shapes of the wait-for graph: a line that is broken before arrows, a ring as a loop or as a ladder. Of view_graph only,
 * which decides what stands in them. */
#ifndef LOCKSTEP_STAGE_GRAPH_H
#define LOCKSTEP_STAGE_GRAPH_H

#include "stage/stage_names.h"

enum { GRAPH_ELEMENTS_MAX = 32, GRAPH_RING_ROWS = 3 };

/* A task, some tasks or an object, and the word on the arrow that leads from it to the next. */
struct graph_element {
    char text[STAGE_NAME_SIZE];
    enum role role;
    unsigned emphasis;
    const char *edge;
};
struct graph_line {
    struct graph_element element[GRAPH_ELEMENTS_MAX];
    int count;
    bool full;
    const char *remark; /* behind the last; NULL none */
    char remark_text[STAGE_NAME_SIZE + 64];
};

struct graph_ring {
    uint32_t tasks[16];
    unsigned count;
};

/* What is drawn, and which of its rows are seen. */
struct graph {
    const struct stage_frame *frame;
    const struct world *world;
    const struct pane *pane;
    int top, rows;
    bool measuring; /* nothing is drawn, only rows are counted */
};

/* Another element at the end; the last one again where the line is full. */
struct graph_element *graph_add(struct graph_line *, enum role, const char *text);
struct graph_element *graph_add_task(const struct graph *, struct graph_line *, uint32_t task);
/* "T1 T2 +3": the first ones by name; of `count` the array holds `kept`. */
struct graph_element *graph_add_tasks(const struct graph *, struct graph_line *, const uint32_t *tasks, size_t kept,
                                      size_t count);
struct graph_element *graph_add_object(const struct graph *, struct graph_line *, uint32_t object);

/* Words on arrows: from one or several tasks to an object, from an object to its holder, from a task to another's end. */
const char *graph_word_wants(const struct world *, uint32_t object, size_t tasks);
const char *graph_word_held(const struct world *, uint32_t object);
const char *graph_word_end(const struct world *, uint32_t task);

/* From `row` on, in at most `rows` if that can be had by shorter arrows. Both return the rows that it takes. */
int graph_line_draw(const struct graph *, const struct graph_line *, int row, enum role edges, int rows);
int graph_ring_draw(const struct graph *, const struct graph_ring *, int row);

#endif
