/* Standard input and output: buffers that are filled and flushed, by lines, in blocks, not at all; streams on pipes;
 * formats; locks of streams. Prints the same under every schedule. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

static FILE *in, *out;

static void open_pipe(void)
{
    int ends[2];
    pipe(ends);
    in = fdopen(ends[0], "r");
    out = fdopen(ends[1], "w");
}

static void printing(void)
{
    printf("no newline, ");
    printf("%d and %s\n", 42, "text");
    puts("puts");
    fputs("fputs\n", stdout);
    putchar('p');
    putc('u', stdout);
    fputc('t', stdout);
    putchar_unlocked('c');
    putc_unlocked('\n', stdout);
    fwrite("block\nhalf ", 1, 11, stdout);
    fprintf(stdout, "%5.2f|%-4d|%x\n", 3.14159, 7, 255);
    fflush(stdout);
    dprintf(1, "dprintf %d\n", 5);
    fprintf(stderr, "to stderr %d\n", 1);
    errno = ENOENT;
    perror("perror");
    static char line[3000];
    memset(line, '=', sizeof line - 1);
    printf("%s\n", line);
    printf("%.*s|", 1500, line);
    printf("\n");
    fflush(NULL);
}

static void *produce(void *argument)
{
    for (int i = 0; i < 3; i++) {
        fprintf(out, "line %d\n", i);
        fflush(out);
    }
    fprintf(out, "12 ab");
    fflush(out);
    fprintf(out, "c\n 3.5\n\n\n17 x\nlast without newline");
    fclose(out);
    return NULL;
}

static void reading(void)
{
    pthread_t thread;
    char line[64], word[16], *grown = NULL;
    size_t room = 0;
    int number = 0, many;
    double real = 0;
    open_pipe();
    pthread_create(&thread, NULL, produce, NULL);
    printf("fgets %s", fgets(line, sizeof line, in));
    printf("getline %d ", (int)getline(&grown, &room, in));
    printf("%s", grown);
    many = fgetc(in);
    ungetc(many, in);
    printf("ungetc %c %c\n", many, getc(in));
    printf("rest %s", fgets(line, 4, in));
    printf("%s", fgets(line, sizeof line, in));
    many = fscanf(in, "%d %15s", &number, word);
    pthread_join(thread, NULL);
    printf("fscanf %d %d %.2s\n", many, number, word);
    /* what was left of the word, if it came in two parts */
    many = fscanf(in, "%*[^0-9]%lf %d %c", &real, &number, word);
    printf("fscanf %d %.1f %d %c\n", many, real, number, word[0]);
    printf("fread %d\n", (int)fread(line, 1, 5, in));
    printf("fread %d\n", (int)fread(line, 4, 10, in));
    printf("eof %d %d\n", feof(in) != 0, fgetc(in));
    printf("scan at the end %d\n", fscanf(in, "%d", &number));
    free(grown);
    fclose(in);
}

/* More than a pipe holds, through a stream. */
static void *flood(void *argument)
{
    static char block[150000];
    memset(block, 'b', sizeof block);
    for (int i = 0; i < 5000; i++)
        fprintf(out, "number %d of the flood\n", i);
    if (fwrite(block, 1, sizeof block, out) != sizeof block)
        printf("short\n");
    for (int i = 0; i < 3000; i++)
        fputc('c', out);
    fclose(out);
    return NULL;
}

static void flooding(void)
{
    pthread_t thread;
    long sum = 0, got;
    static char buffer[5000];
    open_pipe();
    pthread_create(&thread, NULL, flood, NULL);
    while ((got = fread(buffer, 1, sizeof buffer, in)) > 0)
        sum += got;
    pthread_join(thread, NULL);
    printf("flood %ld\n", sum);
    fclose(in);
}

static void errors(void)
{
    FILE *none = fopen("/dev/full", "w");
    fprintf(none, "x");
    errno = 0;
    printf("flush %d", fflush(none));
    printf(" %d\n", errno == ENOSPC);
    fclose(none);
    none = fopen("/dev/null", "w");
    printf("getc %d", getc(none));
    printf(" %d\n", ferror(none) != 0);
    fclose(none);
    FILE *memory = tmpfile();
    fprintf(memory, "one two\nthree");
    rewind(memory);
    char word[16];
    while (fscanf(memory, "%15s", word) == 1)
        printf("word %s\n", word);
    rewind(memory);
    fseek(memory, 4, SEEK_SET);
    printf("seek %c\n", getc(memory));
    fclose(memory);
    char text[32];
    memory = fmemopen(text, sizeof text, "w");
    fprintf(memory, "in memory\n");
    fclose(memory);
    printf("%s", text);
}

static int inside, worst;

static void *speaker(void *argument)
{
    for (int i = 0; i < 3; i++) {
        flockfile(stdout);
        if (inside++)
            worst = 1;
        flockfile(stdout);
        funlockfile(stdout);
        sched_yield();
        inside--;
        funlockfile(stdout);
    }
    return NULL;
}

static void *trier(void *argument)
{
    if (ftrylockfile(out) == 0)
        printf("not locked\n");
    return NULL;
}

static void locks(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, speaker, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("locks %d %d\n", inside, worst);
    out = stderr;
    flockfile(stderr);
    pthread_create(&threads[0], NULL, trier, NULL);
    pthread_join(threads[0], NULL);
    fprintf(stderr, "mine\n");
    funlockfile(stderr);
}

static void *late_printer(void *argument)
{
    printf("after the lock\n");
    return NULL;
}

static void wait_for_stream(void)
{
    pthread_t thread;
    flockfile(stdout);
    pthread_create(&thread, NULL, late_printer, NULL);
    for (int i = 0; i < 5; i++)
        sched_yield();
    printf("under the lock\n");
    funlockfile(stdout);
    pthread_join(thread, NULL);
}

static void buffers(void)
{
    printf("pending %d\n", (int)__fpending(stdout));
    printf("abc");
    printf(" pending %d\n", (int)__fpending(stdout));
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("unbuffered ");
    putchar('\n');
    static char space[64];
    setvbuf(stdout, space, _IOFBF, sizeof space);
    for (int i = 0; i < 30; i++)
        printf("%d ", i);
    printf("\n");
    fflush(stdout);
    setvbuf(stdout, NULL, _IOLBF, 0);
    pid_t child = fork();
    if (child == 0) {
        printf("child without newline");
        exit(0);
    }
    waitpid(child, NULL, 0);
    printf("\n");
}

static void wide(void)
{
    FILE *tmp = tmpfile();
    fwprintf(tmp, L"%ls %d\n", L"wide", 5);
    rewind(tmp);
    wchar_t line[32];
    printf("wide %d\n", fgetws(line, 32, tmp) != NULL && wcscmp(line, L"wide 5\n") == 0);
    printf("end %d\n", fgetwc(tmp) == WEOF);
    fclose(tmp);
}

int main(void)
{
    printing();
    reading();
    flooding();
    errors();
    locks();
    wait_for_stream();
    buffers();
    wide();
    errno = 77;
    printf("errno ");
    puts("kept");
    printf("%d\n", errno);
    return 0;
}
