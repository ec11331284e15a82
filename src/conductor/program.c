/* What a program file is before it is started: can it be observed at all? From its ELF header (elf(5)). */
#include "conductor/internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status check_elf(int file, const char *path, struct message *message)
{
    Elf64_Ehdr head;
    ssize_t got = pread(file, &head, sizeof head, 0);
    if (got >= 2 && memcmp(&head, "#!", 2) == 0)
        return STATUS_OK; /* a script: its interpreter is what runs */
    if (got < (ssize_t)sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return message_set(message, STATUS_INVALID, "cannot run %s: it is not a program (neither ELF nor a script)",
                           path);
    if (head.e_ident[EI_CLASS] != ELFCLASS64)
        return message_set(message, STATUS_INVALID,
                           "cannot observe %s: it is a 32-bit program and lockstep's shim is not; build it for 64 bits",
                           path);
    for (unsigned i = 0; i < head.e_phnum && i < 128; i++) {
        Elf64_Phdr segment;
        if (pread(file, &segment, sizeof segment, (off_t)(head.e_phoff + i * sizeof segment)) !=
            (ssize_t)sizeof segment)
            break;
        if (segment.p_type == PT_INTERP)
            return STATUS_OK;
    }
    return message_set(
        message, STATUS_INVALID,
        "cannot observe %s: it is statically linked, so no library can be loaded into it; link it without -static",
        path);
}

enum status program_check(const char *path, struct message *message)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return message_set(message, STATUS_NOT_FOUND, "cannot run %s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return message_set(message, STATUS_INVALID, "cannot run %s: it is a folder", path);
    if (access(path, X_OK) != 0)
        return message_set(message, STATUS_INVALID, "cannot run %s: it is not executable; chmod +x %s makes it so",
                           path, path);
    if (about.st_mode & (S_ISUID | S_ISGID))
        return message_set(
            message, STATUS_INVALID,
            "cannot observe %s: it is setuid or setgid, and the system loads no foreign library into such; "
            "run a copy without that bit",
            path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return message_set(message, STATUS_INVALID, "cannot read %s: %s", path, strerror(errno));
    enum status status = check_elf(file, path, message);
    close(file);
    return status;
}
