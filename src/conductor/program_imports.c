/* Which functions a program takes from others, by the table of symbols of its ELF file (elf(5)) and of the libraries that
 * it names. Reads only; a file that makes no sense imports nothing. */
#include "conductor/program.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRAM_DEPTH = 3 };

struct program_file {
    const unsigned char *bytes;
    size_t size;
};

static bool program_map(const char *path, struct program_file *file)
{
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    void *bytes = fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0
                      ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0)
                      : MAP_FAILED;
    close(descriptor);
    if (bytes == MAP_FAILED)
        return false;
    *file = (struct program_file){bytes, (size_t)about.st_size};
    return true;
}

/* `size` bytes at `at`, NULL if they are not there. */
static const void *program_at(const struct program_file *file, uint64_t at, uint64_t size)
{
    return at <= file->size && size <= file->size - at ? file->bytes + at : NULL;
}

static const char *program_string(const struct program_file *file, const Elf64_Shdr *strings, uint64_t at)
{
    const char *text = at < strings->sh_size ? program_at(file, strings->sh_offset + at, 1) : NULL;
    return text && memchr(text, 0, file->size - (size_t)(text - (const char *)file->bytes)) ? text : NULL;
}

/* The section of this type; copied, as nothing is aligned for certain. */
static bool program_section(const struct program_file *file, unsigned type, Elf64_Shdr *found, Elf64_Shdr *strings)
{
    Elf64_Ehdr head;
    const void *at = program_at(file, 0, sizeof head);
    if (!at)
        return false;
    memcpy(&head, at, sizeof head);
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_shentsize != sizeof *found)
        return false;
    for (unsigned i = 0; i < head.e_shnum; i++) {
        const void *row = program_at(file, head.e_shoff + (uint64_t)i * sizeof *found, sizeof *found);
        if (!row)
            return false;
        memcpy(found, row, sizeof *found);
        const void *link = found->sh_type == type && found->sh_link < head.e_shnum
                               ? program_at(file, head.e_shoff + found->sh_link * sizeof *strings, sizeof *strings)
                               : NULL;
        if (!link)
            continue;
        memcpy(strings, link, sizeof *strings);
        return true;
    }
    return false;
}

/* "sem_*" stands for all names that begin so. */
static bool program_is(const char *name, const char *sought)
{
    size_t length = strlen(sought);
    return length > 0 && sought[length - 1] == '*' ? strncmp(name, sought, length - 1) == 0 : strcmp(name, sought) == 0;
}

static bool program_imports(const struct program_file *file, const char *const *names)
{
    Elf64_Shdr table, strings;
    if (!program_section(file, SHT_DYNSYM, &table, &strings))
        return false;
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        const void *row = program_at(file, table.sh_offset + at, sizeof symbol);
        if (!row)
            return false;
        memcpy(&symbol, row, sizeof symbol);
        const char *name = symbol.st_shndx == SHN_UNDEF ? program_string(file, &strings, symbol.st_name) : NULL;
        for (size_t i = 0; name && names[i]; i++)
            if (program_is(name, names[i]))
                return true;
    }
    return false;
}

static bool program_uses_at(const char *path, const char *const *names, unsigned depth);

static bool program_library_uses(const char *name, const char *const *names, unsigned depth)
{
    static const char *const folders[] = {"/lib/x86_64-linux-gnu",
                                          "/lib/aarch64-linux-gnu",
                                          "/usr/lib/x86_64-linux-gnu",
                                          "/usr/lib/aarch64-linux-gnu",
                                          "/lib64",
                                          "/usr/lib64",
                                          "/usr/local/lib",
                                          "/lib",
                                          "/usr/lib"};
    static const char *const system[] = {"libc.so",  "ld-linux", "libm.so",      "libpthread.so",
                                         "libdl.so", "librt.so", "libstdc++.so", "libgcc_s.so"};
    for (size_t i = 0; i < sizeof system / sizeof *system; i++)
        if (strncmp(name, system[i], strlen(system[i])) == 0)
            return false;
    char path[4096];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        if (access(path, R_OK) == 0)
            return program_uses_at(path, names, depth + 1);
    }
    return false;
}

static bool program_libraries_use(const struct program_file *file, const char *const *names, unsigned depth)
{
    Elf64_Shdr table, strings;
    if (depth >= PROGRAM_DEPTH || !program_section(file, SHT_DYNAMIC, &table, &strings))
        return false;
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= table.sh_size; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        const void *row = program_at(file, table.sh_offset + at, sizeof entry);
        if (!row)
            return false;
        memcpy(&entry, row, sizeof entry);
        if (entry.d_tag == DT_NULL)
            return false;
        const char *name = entry.d_tag == DT_NEEDED ? program_string(file, &strings, entry.d_un.d_val) : NULL;
        if (name && program_library_uses(name, names, depth))
            return true;
    }
    return false;
}

static bool program_uses_at(const char *path, const char *const *names, unsigned depth)
{
    struct program_file file;
    if (!program_map(path, &file))
        return false;
    bool uses = false;
    if (depth == 0 && file.size > 2 && memcmp(file.bytes, "#!", 2) == 0) {
        char interpreter[256] = "";
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)(file.size < sizeof line ? file.size : sizeof line - 1),
                 (const char *)file.bytes);
        uses = sscanf(line, "#! %255[^ \t\r\n]", interpreter) == 1 && program_uses_at(interpreter, names, 1);
    } else {
        uses = program_imports(&file, names) || program_libraries_use(&file, names, depth);
    }
    munmap((void *)(uintptr_t)file.bytes, file.size);
    return uses;
}

bool program_uses(const char *path, const char *const *names)
{
    return program_uses_at(path, names, 0);
}

bool program_talks(const char *path)
{
    static const char *const names[] = {"connect", "accept", "accept4", "sendto", "recvfrom", NULL};
    return program_uses(path, names);
}
