/* Writes the rows of settings.def that belong to a profile. Nothing else. */
#include "network/settings.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void settings_write(const char *name, const char *value)
{
    static const char folder[] = "/proc/sys/";
    char path[128];
    size_t length = strlen(name);
    if (sizeof folder + length > sizeof path)
        return;
    memcpy(path, folder, sizeof folder - 1);
    memcpy(path + sizeof folder - 1, name, length + 1);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, value, strlen(value)) < 0) {
        /* Refused: said in the header. */
    }
    close(file);
}

void settings_apply(enum network_profile profile)
{
    enum { LECTURE = 1 << NETWORK_lecture, LOSS = 1 << NETWORK_loss, STAMPS = 1 << NETWORK_timestamps, ALL = 7 };
    static const struct {
        const char *name, *value;
        unsigned profiles;
    } rows[] = {
#define SETTING(name, value, profiles) {"net/" name, value, profiles},
#include "network/settings.def"
#undef SETTING
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].profiles & (1u << profile))
            settings_write(rows[i].name, rows[i].value);
}
