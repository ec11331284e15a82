/* What the parts of the bench share. */
#ifndef LOCKSTEP_BENCH_BENCH_H
#define LOCKSTEP_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

struct bench {
    const char *guest;    /* path of the guest program */
    const char *preload;  /* path of the shim */
    const char *keys;     /* path of the key file */
    const char *lockstep; /* path of the program */
    int rounds;
};

double bench_now(void); /* ns */
/* Sorts; the middle one, 0 if there is none. */
double bench_median(double *values, size_t count);
double bench_quantile(double *values, size_t count, double part);
/* One row of the table: what, how lockstep does, what it is compared with, the ratio, the target. */
void bench_row(const char *what, const char *lockstep, const char *peer, const char *ratio, const char *target);

void bench_live(const struct bench *);
void bench_stepped(const struct bench *);
void bench_history(const struct bench *);
void bench_screen(const struct bench *);
void bench_wire(void); /* last: it leaves this process in another network namespace */

#endif
