/* One way for all arrays to grow. */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

enum { ARRAY_FIRST = 16 };

bool array_grow(void *array, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return true;
    size_t more = *capacity ? *capacity : ARRAY_FIRST;
    while (more < count)
        more *= 2;
    void *old;
    memcpy(&old, array, sizeof old);
    char *grown = realloc(old, more * size);
    if (!grown)
        return false;
    memset(grown + *capacity * size, 0, (more - *capacity) * size);
    *capacity = more;
    memcpy(array, &grown, sizeof grown);
    return true;
}
