/* Runs variants to their ends, nobody watching, and keeps of each only what a chart needs: who ran in which tick, and the
 * jobs' times. A job is any task but the first process's main one. Times count from the run's beginning; or, where the
 * scene names the operation with which a job arrives, from the first arrival. */
#include "app/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/play_run.h"
#include "app/scenes.h"
#include "operations/operations.h"

enum { STEPS_MAX = 3000, JOBS_MAX = 12, TICK = 1000000 /* ns */, ROWS_MAX = 4 };

struct job {
    char name[24];
    uint32_t task;
    bool arrived, ran;
    int64_t arrival, response, end; /* ns; response: from its arrival to its first step */
};

struct run {
    size_t variant;
    struct job jobs[JOBS_MAX];
    size_t job_count;
    struct stage_burst *bursts;
    size_t burst_count;
    unsigned rows; /* CPUs that were in use at once */
    int64_t begin, end;
    bool complete;
};

struct comparison {
    const struct scene *scene;
    struct run *runs;
    size_t count;
};

/* ---- a run ---- */

static const struct world *world_at(const struct play_run *run, uint32_t step)
{
    return history_world_step(run->history, step);
}

static struct job *job_of(struct run *out, uint32_t task)
{
    for (size_t i = 0; i < out->job_count; i++) {
        if (out->jobs[i].task == task)
            return &out->jobs[i];
    }
    return NULL;
}

/* "P2" for the main task of a process; "T1" where there is one process. */
static void job_name(const struct world *world, const struct world_task *task, char *out, size_t size)
{
    const char *name = task->name, *dot = strchr(name, '.');
    if (!dot)
        snprintf(out, size, "%s", name);
    else if (world_process_count(world) == 1)
        snprintf(out, size, "%s", dot + 1);
    else
        snprintf(out, size, "%.*s", strcmp(dot, ".main") == 0 ? (int)(dot - name) : (int)strlen(name), name);
}

/* The last world tells who the jobs are. */
static void find_jobs(struct run *out, const struct world *last)
{
    for (uint32_t id = 2; id <= world_task_count(last) && out->job_count < JOBS_MAX; id++) {
        const struct world_task *task = world_task(last, id);
        if (!task || task->helper)
            continue;
        struct job *job = &out->jobs[out->job_count++];
        job->task = id;
        job_name(last, task, job->name, sizeof job->name);
    }
}

/* '2' of P2, '1' of T1. */
static char label_of(const struct world *last, uint32_t task)
{
    const struct world_task *known = world_task(last, task);
    unsigned number = !known ? 0 : world_process_count(last) > 1 ? known->process : known->number;
    return (char)('0' + number % 10);
}

/* Jobs whose arrival is an operation: from when they could go on after it, which for a sleep is its deadline. */
static void note_arrival(struct job *job, const struct world *world, unsigned operation, int64_t now)
{
    const struct world_task *task = world_task(world, job->task);
    if (!task || job->arrived)
        return;
    if (operation == OPERATION_none) {
        job->arrived = true; /* handed in when the run began */
    } else if (task->state == STATE_blocked && task->operation == operation) {
        job->arrived = true;
        job->arrival = task->deadline != INT64_MAX ? task->deadline : now;
    }
}

static void note_step(struct run *out, const struct play_run *run, uint32_t step, const struct world *last,
                      unsigned operation)
{
    const struct world *world = world_at(run, step);
    uint32_t mover = chronicle_mover(run->chronicle, step);
    if (!world)
        return;
    int64_t end = world_time(world), begin = end - TICK;
    for (size_t i = 0; i < out->job_count; i++)
        note_arrival(&out->jobs[i], world, operation, end);
    struct job *job = job_of(out, mover);
    if (job && job->arrived && begin >= job->arrival) {
        if (!job->ran)
            job->response = begin - job->arrival;
        job->ran = true;
        job->end = end;
    }
    out->bursts[out->burst_count++] =
        (struct stage_burst){.tick = begin / TICK, .label = label_of(last, mover), .job = job != NULL};
}

/* A row for each CPU in use; whoever goes on keeps its row. */
static void give_rows(struct run *out)
{
    for (size_t i = 0; i < out->burst_count;) {
        size_t end = i, before = i;
        bool taken[ROWS_MAX] = {false};
        while (end < out->burst_count && out->bursts[end].tick == out->bursts[i].tick)
            end++;
        while (before > 0 && out->bursts[before - 1].tick == out->bursts[i].tick - 1)
            before--;
        for (size_t k = i; k < end; k++) {
            out->bursts[k].row = ROWS_MAX;
            for (size_t b = before; b < i; b++) {
                unsigned row = out->bursts[b].row;
                if (out->bursts[b].label == out->bursts[k].label && row < ROWS_MAX && !taken[row])
                    out->bursts[k].row = row;
            }
            if (out->bursts[k].row < ROWS_MAX)
                taken[out->bursts[k].row] = true;
        }
        for (size_t k = i; k < end; k++) {
            for (unsigned row = 0; row < ROWS_MAX && out->bursts[k].row == ROWS_MAX; row++) {
                if (!taken[row]) {
                    taken[row] = true;
                    out->bursts[k].row = row;
                }
            }
            if (out->bursts[k].row < ROWS_MAX && out->bursts[k].row + 1 > out->rows)
                out->rows = out->bursts[k].row + 1;
        }
        i = end;
    }
}

/* From where the clock counts, and to where. */
static void set_clock(struct run *out, const struct world *last, unsigned operation)
{
    out->end = world_time(last);
    if (operation == OPERATION_none)
        return;
    out->begin = INT64_MAX;
    out->end = 0;
    for (size_t i = 0; i < out->job_count; i++) {
        const struct job *job = &out->jobs[i];
        if (job->ran && job->arrival < out->begin)
            out->begin = job->arrival;
        if (job->ran && job->end > out->end)
            out->end = job->end;
    }
    if (out->begin == INT64_MAX)
        out->begin = 0;
}

static bool take_run(struct run *out, const struct play_run *run, unsigned operation)
{
    uint32_t steps = chronicle_steps(run->chronicle);
    /* A copy, for the history's own changes as other steps are looked at. */
    struct world *last = world_copy(history_world(run->history));
    out->bursts = calloc((size_t)steps + 1, sizeof *out->bursts);
    out->complete = last && out->bursts && world_verdict(last) != VERDICT_none && world_verdict(last) != VERDICT_bound;
    if (out->complete) {
        find_jobs(out, last);
        for (uint32_t step = 1; step <= steps; step++)
            note_step(out, run, step, last, operation);
        give_rows(out);
        set_clock(out, last, operation);
    }
    world_free(last);
    return out->complete;
}

static bool never_paused(void *context)
{
    (void)context;
    return false;
}

static bool run_variant(const struct scene *scene, const struct paths *paths, struct run *out, unsigned operation)
{
    struct scenes_program program;
    struct session_plan plan;
    struct message message = {{0}};
    struct play_run *run = NULL;
    int ignored = 0;
    bool fine = scenes_load(scene, out->variant, NULL, paths, &program, &plan, &ignored) && !plan.live;
    if (fine) {
        struct play_setting setting = {.plan = &plan, .paths = paths, .listing = listing_new(), .paused = never_paused};
        plan.max_steps = STEPS_MAX;
        fine = setting.listing && play_run_start(&setting, 1, NULL, &run, &message) == STATUS_OK;
        for (bool stepped = true; fine && stepped && !run->over;) {
            enum status status = play_run_step(run, 0, &stepped, &message);
            fine = status == STATUS_OK || status == STATUS_ENDED;
        }
        fine = fine && run->over && take_run(out, run, operation);
        play_run_free(run);
        listing_free(setting.listing);
    }
    scenes_unload(&program);
    return fine;
}

/* ---- all ---- */

struct comparison *comparison_new(const struct scene *scene, const struct paths *paths)
{
    size_t wanted = scene ? scene->compare.count : 0;
    struct comparison *comparison = wanted ? calloc(1, sizeof *comparison) : NULL;
    if (!comparison)
        return NULL;
    unsigned operation = scene->arrival ? operation_by_name(scene->arrival) : OPERATION_none;
    comparison->scene = scene;
    comparison->runs = calloc(wanted, sizeof *comparison->runs);
    bool fine = comparison->runs != NULL;
    for (size_t i = 0; fine && i < wanted; i++) {
        struct run *run = &comparison->runs[comparison->count++];
        run->variant = scene_variant_find(scene, scene->compare.items[i]);
        fine = run->variant < scene->variant_count && run_variant(scene, paths, run, operation);
    }
    if (fine)
        return comparison;
    comparison_free(comparison);
    return NULL;
}

void comparison_free(struct comparison *comparison)
{
    if (!comparison)
        return;
    for (size_t i = 0; i < comparison->count; i++)
        free(comparison->runs[i].bursts);
    free(comparison->runs);
    free(comparison);
}

static void frame_run(const struct comparison *comparison, const struct run *run, bool chinese, size_t variant,
                      struct stage_job *jobs, struct stage_compared *out)
{
    const char *title = comparison->scene->variants[run->variant].title.in[chinese ? SCENE_CHINESE : SCENE_ENGLISH];
    *out = (struct stage_compared){.title = title ? title : comparison->scene->variants[run->variant].id,
                                   .shown = run->variant == variant,
                                   .bursts = run->bursts,
                                   .burst_count = run->burst_count,
                                   .rows = run->rows,
                                   .begin = run->begin / TICK,
                                   .end = run->end / TICK,
                                   .jobs = jobs};
    for (size_t i = 0; i < run->job_count; i++) {
        if (run->jobs[i].ran)
            jobs[out->job_count++] = (struct stage_job){.name = run->jobs[i].name,
                                                        .turnaround = (run->jobs[i].end - run->jobs[i].arrival) / TICK,
                                                        .response = run->jobs[i].response / TICK};
    }
}

const struct stage_comparison *comparison_frame(const struct comparison *comparison, bool chinese, size_t variant,
                                                struct arena *arena)
{
    if (!comparison)
        return NULL;
    struct stage_comparison *frame = arena_obtain(arena, sizeof *frame);
    struct stage_compared *runs = arena_obtain_array(arena, comparison->count, sizeof *runs);
    struct stage_job *jobs = arena_obtain_array(arena, comparison->count * JOBS_MAX, sizeof *jobs);
    if (!frame || !runs || !jobs)
        return NULL;
    for (size_t i = 0; i < comparison->count; i++)
        frame_run(comparison, &comparison->runs[i], chinese, variant, jobs + i * JOBS_MAX, &runs[i]);
    *frame = (struct stage_comparison){.runs = runs, .count = comparison->count};
    return frame;
}
