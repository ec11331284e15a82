/* The nearest name by edit distance (optimal string alignment). Long texts are nobody's slip of the fingers. */
#include "app/nearest.h"

#include <string.h>

enum { NEAREST_MAX = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t table[NEAREST_MAX + 1][NEAREST_MAX + 1];
    for (size_t i = 0; i <= a_length; i++)
        table[i][0] = i;
    for (size_t k = 0; k <= b_length; k++)
        table[0][k] = k;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t k = 1; k <= b_length; k++) {
            size_t best = table[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            best = least(best, least(table[i - 1][k], table[i][k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                best = least(best, table[i - 2][k - 2] + 1);
            table[i][k] = best;
        }
    }
    return table[a_length][b_length];
}

const char *nearest_name(const char *text, const char *const *names, size_t count)
{
    size_t length = strlen(text);
    if (length == 0 || length > NEAREST_MAX)
        return "";
    size_t best = length <= 3 ? 2 : length <= 7 ? 3 : 4;
    const char *found = "";
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(names[i]);
        if (other > NEAREST_MAX || other == 0)
            continue;
        size_t d = distance(text, length, names[i], other);
        /* Nothing of a short name may be replaced altogether. */
        if (d < best && d < other) {
            best = d;
            found = names[i];
        }
    }
    return found;
}
