/* Standard error goes to a file in memory for a while. Where that cannot be made it stays as it is. */
#include "app/capture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/escape.h"

struct capture capture_begin(void)
{
    struct capture capture = {.kept = -1, .file = memfd_create("said", MFD_CLOEXEC)};
    fflush(stderr);
    if (capture.file >= 0)
        capture.kept = dup(STDERR_FILENO);
    if (capture.kept >= 0)
        dup2(capture.file, STDERR_FILENO);
    return capture;
}

void capture_end(struct capture *capture, char *out, size_t size)
{
    char raw[2048];
    fflush(stderr);
    if (capture->kept >= 0) {
        dup2(capture->kept, STDERR_FILENO);
        close(capture->kept);
    }
    ssize_t length = capture->file >= 0 ? pread(capture->file, raw, sizeof raw, 0) : 0;
    if (capture->file >= 0)
        close(capture->file);
    out[0] = '\0';
    if (length > 0)
        escape_text(ESCAPE_LABEL, raw, (size_t)length, out, size);
}
