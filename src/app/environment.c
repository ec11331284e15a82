/* Hides our own variable for the language while it copies. */
#include "app/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/language.h"

char **environment_before(void)
{
    language_hide();
    size_t count = 0;
    while (environ[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    if (copy)
        memcpy(copy, environ, count * sizeof *copy);
    language_show();
    return copy;
}
