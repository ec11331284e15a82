/* The other names of stdio's calls: old ones, those without locking, those that checked compilation and C99 make. */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What headers and compilers call behind one's back. */
int __printf_chk(int, const char *, ...);
int __fprintf_chk(FILE *, int, const char *, ...);
int __vprintf_chk(int, const char *, va_list);
int __vfprintf_chk(FILE *, int, const char *, va_list);
int __overflow(FILE *, int);
int __uflow(FILE *);
int _IO_putc(int, FILE *);
int _IO_getc(FILE *);
ssize_t __getdelim(char **, size_t *, int, FILE *);
void __assert_fail(const char *, const char *, unsigned, const char *) __attribute__((noreturn));
int plain_vfscanf(FILE *, const char *, va_list) __asm__("vfscanf");

static void printed(const char *format, ...)
{
    va_list list;
    for (int form = 0; form < 5; form++) {
        va_start(list, format);
        int count = 0;
        if (form == 0)
            count = vprintf(format, list);
        else if (form == 1)
            count = vfprintf(stdout, format, list);
        else if (form == 2)
            count = __vprintf_chk(1, format, list);
        else if (form == 3)
            count = __vfprintf_chk(stdout, 1, format, list);
        else
            fflush(stdout), count = vdprintf(1, format, list);
        va_end(list);
        printf("form %d: %d\n", form, count);
    }
}

static int scanned(int form, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int count = form == 0 ? vscanf(format, list) : form == 1 ? vfscanf(stdin, format, list) : plain_vfscanf(stdin, format, list);
    va_end(list);
    return count;
}

static void reading(void)
{
    static const char text[] = "abcd 11 22 33 44;one;two;three\nlast\n";
    int file = memfd_create("input", 0), numbers[4] = {0};
    char *line = NULL;
    size_t size = 0;
    if (write(file, text, sizeof text - 1) < 0)
        exit(1);
    lseek(file, 0, SEEK_SET);
    dup2(file, 0);
    printf("%c", getchar());
    printf("%c", _IO_getc(stdin));
    printf("%c", getc_unlocked(stdin));
    printf("%c\n", __uflow(stdin));
    TELL_ERRNO(scanf("%d", &numbers[0]));
    TELL_ERRNO(scanned(0, "%d", &numbers[1]));
    TELL_ERRNO(scanned(1, "%d", &numbers[2]));
    TELL_ERRNO(scanned(2, "%d", &numbers[3]));
    printf("%d %d %d %d\n", numbers[0], numbers[1], numbers[2], numbers[3]);
    TELL_ERRNO(getdelim(&line, &size, ';', stdin));
    TELL_ERRNO(getdelim(&line, &size, ';', stdin));
    TELL_ERRNO(__getdelim(&line, &size, ';', stdin));
    printf("%s\n", line);
    TELL_ERRNO(getline(&line, &size, stdin));
    TELL_ERRNO(getdelim(&line, &size, '\n', stdin));
    TELL_ERRNO(getdelim(&line, &size, '\n', stdin));
    free(line);
}

int main(void)
{
    printed("%s %d\n", "words", 42);
    TELL_ERRNO(__printf_chk(1, "%d checked\n", 7));
    TELL_ERRNO(__fprintf_chk(stdout, 1, "%d checked\n", 8));
    TELL_ERRNO(fputs("fputs\n", stdout));
    TELL_ERRNO(fputs_unlocked("unlocked\n", stdout));
    TELL_ERRNO(_IO_putc('p', stdout));
    TELL_ERRNO(fputc_unlocked('u', stdout));
    TELL_ERRNO(fwrite_unlocked("fwrite\n", 1, 7, stdout));
    TELL_ERRNO(fflush_unlocked(stdout));
    setvbuf(stdout, NULL, _IOFBF, 1024);
    TELL_ERRNO(__overflow(stdout, 'o'));
    TELL_ERRNO(fflush_unlocked(stdout));
    reading();
    fflush(stdout);
    if (fork() == 0)
        __assert_fail("two is three", "a file", 12, "a function");
    int status;
    wait(&status);
    printf("the child ended by signal %d\n", WTERMSIG(status));
    return 0;
}
