/* `lockstep run`: a program as it is; and `lockstep cc`, which makes one whose loads and stores are steps. */
#include "app/cc.h"
#include "app/commands.h"
#include "app/say.h"
#include "app/session.h"
#include "app/theatre.h"
#include "base/text.h"

int run_command(const struct options *options)
{
    if (options->operand_count == 0) {
        say(_("run: no program is named; `lockstep run [options] -- PROGRAM [ARG...]`"));
        return EXIT_USAGE;
    }
    struct paths paths;
    struct session_plan plan;
    struct session_result result;
    struct message message = {{0}};
    paths_find(&paths);
    session_plan_options(options, &plan);
    plan.program = options->operands[0];
    plan.arguments = (const char *const *)options->operands;
    if (screen_is_wanted(options) && !options->branch_step)
        return theatre_program(&plan, options, &paths);
    session_run(&plan, &paths, &result, &message);
    return session_exit(&result, &message, options->expect);
}

int cc_command(const struct options *options)
{
    /* The operands are the rest of the command line, "cc" is before them; the compiler's options are not ours to read. */
    return cc_run(options->operand_count + 1, (char **)(uintptr_t)(options->operands - 1));
}
