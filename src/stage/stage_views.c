/* The table of views, made of views.def, and how far a view is scrolled. Knows nothing of what a view shows. */
#include "stage/view.h"

#include <string.h>

static const struct stage_view *const views[STAGE_VIEW_COUNT] = {
#define VIEW(id, place, title) [STAGE_VIEW_##id] = &stage_view_##id,
#include "stage/views.def"
#undef VIEW
};

const struct stage_view *stage_view(enum stage_view_id id)
{
    return views[id < STAGE_VIEW_COUNT ? id : 0];
}

enum stage_view_id stage_view_by_name(const char *name)
{
    for (unsigned id = 0; id < STAGE_VIEW_COUNT; id++) {
        if (strcmp(views[id]->id, name) == 0)
            return (enum stage_view_id)id;
    }
    return STAGE_VIEW_COUNT;
}

int stage_scroll(const struct stage_frame *frame, enum stage_view_id id, int lines, int rows, int wanted)
{
    int last = lines > rows ? lines - rows : 0;
    int top = 0;
    /* In the middle, so that what stands around it is seen, too. */
    if (wanted >= rows)
        top = wanted - rows / 2;
    if (top > last)
        top = last;
    top += frame->views[id].scroll;
    return top > last ? last : top < 0 ? 0 : top;
}
