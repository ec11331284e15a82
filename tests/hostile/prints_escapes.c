/* Prints what would take over a terminal: sequences that retitle, clear, answer, switch; broken and forbidden UTF-8; text
 * that runs from right to left; every byte there is; one line without end. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put(const char *text, size_t length)
{
    if (write(1, text, length) < 0)
        _exit(1);
}

int main(void)
{
    static const char *const texts[] = {
        "\033]0;owned\007", "\033[2J\033[H", "\033[c\033[6n", "\033P+q544e\033\\", "\033[?1049h", "\033(0", "\033]52;c;Zm9v\007",
        "\302\205\302\233", "\300\200", "\355\240\200", "\364\220\200\200", "\360\237", "\377\376", "\342\200\256gnirts\342\200\254",
        "e\314\201\314\201\314\201\314\201\314\201\314\201", "\r\b\b\177\t\v\f", "\016\017\005", "\357\273\277", "\357\277\277",
    };
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        put(texts[i], strlen(texts[i]));
        put("\n", 1);
    }
    for (int byte = 0; byte < 256; byte++)
        put((char[]){(char)byte}, 1);
    put("\n", 1);
    for (int i = 0; i < 1000; i++)
        put("\033[31mlong ", 10);
    fprintf(stderr, "\033[31merror\n");
    return 0;
}
