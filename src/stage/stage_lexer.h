/* C (and enough of C++) told apart for the eye: comments, strings, numbers, keywords, types, calls that are operations.
 * No parser: it looks at one line at a time and carries over what a line leaves open. Any bytes are survived. */
#ifndef LOCKSTEP_STAGE_STAGE_LEXER_H
#define LOCKSTEP_STAGE_STAGE_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "stage/canvas.h"

enum stage_lexer_state {
    STAGE_LEXER_code,
    STAGE_LEXER_comment,      /* until the closing mark */
    STAGE_LEXER_line_comment, /* to the end of the line */
    STAGE_LEXER_string,       /* until the closing quote */
    STAGE_LEXER_character,
    STAGE_LEXER_raw /* R"mark( ... )mark" */
};

/* Where one stands between two pieces. {0} is the beginning of a file. */
struct stage_lexer {
    enum stage_lexer_state state;
    bool fresh;     /* nothing but blanks on this line so far */
    bool include;   /* <...> is a file's name */
    char mark[18];  /* of a raw string */
    const char *at; /* in the line; borrowed */
};

/* Bytes of a line that are of one kind. */
struct stage_lexer_piece {
    const char *text; /* borrowed from the line */
    size_t length;
    enum role role;
};

/* Begins the next line (without its newline), in the state in which the one before ended. */
void stage_lexer_line(struct stage_lexer *, const char *line);
/* The next piece of the line; the pieces of a line make up the whole line. False: the line is over. */
bool stage_lexer_next(struct stage_lexer *, struct stage_lexer_piece *);
/* Goes over a whole line for what it leaves open. */
void stage_lexer_pass(struct stage_lexer *, const char *line);

#endif
