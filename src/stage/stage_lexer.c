/* Tells C apart for the eye (see the header). What is an operation is not written here: it comes from the table of
 * intercepted calls, so that a call is marked exactly if lockstep sees it. Must not read beyond the line's end. */
#include "stage/stage_lexer.h"

#include <string.h>

#include "operations/operations.h"

static bool is_word_start(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(unsigned char c)
{
    return is_word_start(c) || is_digit(c);
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* ---- words ---- */

static bool among(const char *const *words, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (words[i][0] == word[0] && strncmp(words[i], word, length) == 0 && words[i][length] == 0)
            return true;
    return false;
}

static bool is_keyword(const char *word, size_t length)
{
    static const char *const words[] = {"auto",
                                        "break",
                                        "case",
                                        "catch",
                                        "class",
                                        "const",
                                        "constexpr",
                                        "continue",
                                        "default",
                                        "delete",
                                        "do",
                                        "else",
                                        "enum",
                                        "explicit",
                                        "extern",
                                        "false",
                                        "for",
                                        "friend",
                                        "goto",
                                        "if",
                                        "inline",
                                        "mutable",
                                        "namespace",
                                        "new",
                                        "noexcept",
                                        "nullptr",
                                        "operator",
                                        "override",
                                        "private",
                                        "public",
                                        "protected",
                                        "register",
                                        "restrict",
                                        "return",
                                        "sizeof",
                                        "static",
                                        "struct",
                                        "switch",
                                        "template",
                                        "this",
                                        "throw",
                                        "true",
                                        "try",
                                        "typedef",
                                        "typename",
                                        "union",
                                        "using",
                                        "virtual",
                                        "volatile",
                                        "while",
                                        "static_cast",
                                        "thread_local",
                                        "NULL",
                                        "_Alignas",
                                        "_Alignof",
                                        "_Atomic",
                                        "_Generic",
                                        "_Noreturn",
                                        "_Static_assert",
                                        "static_assert",
                                        "_Thread_local",
                                        "co_await",
                                        "co_return",
                                        "co_yield"};
    return among(words, sizeof words / sizeof *words, word, length);
}

static bool is_type(const char *word, size_t length)
{
    static const char *const words[] = {"void",   "char",     "short", "int",   "long", "float",  "double",
                                        "signed", "unsigned", "bool",  "_Bool", "FILE", "wchar_t"};
    if (length > 2 && word[length - 2] == '_' && word[length - 1] == 't')
        return true;
    return among(words, sizeof words / sizeof *words, word, length);
}

/* A function whose calls lockstep sees as steps. */
static bool is_operation(const char *word, size_t length)
{
    static const struct {
        const char *name;
        unsigned operation;
    } calls[] = {
#define CALL(name, operation, version, type, parameters) {#name, OPERATION_##operation},
#include "operations/calls.def"
#undef CALL
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].name[0] == word[0] && strncmp(calls[i].name, word, length) == 0 && calls[i].name[length] == 0)
            return calls[i].operation != OPERATION_none;
    return false;
}

static bool is_call(const char *after)
{
    while (is_blank((unsigned char)*after))
        after++;
    return *after == '(';
}

static enum role role_of_word(const char *word, size_t length)
{
    if (is_keyword(word, length))
        return ROLE_code_keyword;
    if (is_type(word, length))
        return ROLE_code_type;
    if (is_call(word + length) && is_operation(word, length))
        return ROLE_code_call;
    return ROLE_code;
}

/* ---- what has an end of its own ---- */

/* After the closing mark, or at the end of the line. */
static const char *comment_end(struct stage_lexer *lexer, const char *at)
{
    const char *end = strstr(at, "*/");
    if (!end)
        return at + strlen(at);
    lexer->state = STAGE_LEXER_code;
    return end + 2;
}

/* A string goes on in the next line only after a backslash. */
static const char *quoted_end(struct stage_lexer *lexer, const char *at, char quote)
{
    for (; *at; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        } else if (*at == '\\') {
            return at + 1;
        } else if (*at == quote) {
            lexer->state = STAGE_LEXER_code;
            return at + 1;
        }
    }
    lexer->state = STAGE_LEXER_code;
    return at;
}

static const char *line_comment_end(struct stage_lexer *lexer, const char *at)
{
    size_t length = strlen(at);
    if (length == 0 || at[length - 1] != '\\')
        lexer->state = STAGE_LEXER_code;
    return at + length;
}

static const char *raw_end(struct stage_lexer *lexer, const char *at)
{
    const char *end = strstr(at, lexer->mark);
    if (!end)
        return at + strlen(at);
    lexer->state = STAGE_LEXER_code;
    return end + strlen(lexer->mark);
}

/* At the quote of R"mark(: keeps `)mark"`, gives what comes after the parenthesis; NULL: this is none. */
static const char *raw_start(struct stage_lexer *lexer, const char *quote)
{
    size_t length = strcspn(quote + 1, "()\\ \"");
    if (length > sizeof lexer->mark - 3 || quote[1 + length] != '(')
        return NULL;
    lexer->mark[0] = ')';
    memcpy(lexer->mark + 1, quote + 1, length);
    lexer->mark[length + 1] = '"';
    lexer->mark[length + 2] = 0;
    lexer->state = STAGE_LEXER_raw;
    return quote + length + 2;
}

static const char *rest_of_open(struct stage_lexer *lexer, const char *at, enum role *role)
{
    *role = ROLE_code_string;
    switch (lexer->state) {
    case STAGE_LEXER_comment:
        *role = ROLE_code_comment;
        return comment_end(lexer, at);
    case STAGE_LEXER_line_comment:
        *role = ROLE_code_comment;
        return line_comment_end(lexer, at);
    case STAGE_LEXER_string:
        return quoted_end(lexer, at, '"');
    case STAGE_LEXER_character:
        return quoted_end(lexer, at, '\'');
    case STAGE_LEXER_raw:
        return raw_end(lexer, at);
    case STAGE_LEXER_code:
        break;
    }
    return at;
}

/* ---- code ---- */

static const char *number_end(const char *at)
{
    for (; *at; at++) {
        bool exponent = strchr("eEpP", *at) && (at[1] == '+' || at[1] == '-');
        if (exponent)
            at++;
        else if (!is_word((unsigned char)*at) && *at != '.' && !(*at == '\'' && is_word((unsigned char)at[1])))
            break;
    }
    return at;
}

/* Opens a comment, string or character: gives its end on this line; NULL: none begins here. */
static const char *opened(struct stage_lexer *lexer, const char *at, enum role *role)
{
    if (at[0] == '/' && at[1] == '*')
        lexer->state = STAGE_LEXER_comment;
    else if (at[0] == '/' && at[1] == '/')
        lexer->state = STAGE_LEXER_line_comment;
    else if (at[0] == '"')
        lexer->state = STAGE_LEXER_string;
    else if (at[0] == '\'')
        lexer->state = STAGE_LEXER_character;
    else
        return NULL;
    bool comment = at[0] == '/';
    return rest_of_open(lexer, at + (comment ? 2 : 1), role);
}

static const char *word_piece(struct stage_lexer *lexer, const char *at, enum role *role)
{
    const char *end = at;
    while (is_word((unsigned char)*end))
        end++;
    size_t length = (size_t)(end - at);
    if (*end == '"' && at[length - 1] == 'R' && length <= 3) {
        const char *inside = raw_start(lexer, end);
        if (inside)
            return rest_of_open(lexer, inside, role);
    }
    *role = role_of_word(at, length);
    return end;
}

static const char *directive_piece(struct stage_lexer *lexer, const char *at, enum role *role)
{
    const char *word = at + 1;
    while (is_blank((unsigned char)*word))
        word++;
    const char *end = word;
    while (is_word((unsigned char)*end))
        end++;
    lexer->include = (size_t)(end - word) == 7 && strncmp(word, "include", 7) == 0;
    *role = ROLE_code_keyword;
    return end;
}

static const char *code_piece(struct stage_lexer *lexer, const char *at, enum role *role)
{
    *role = ROLE_code;
    if (lexer->fresh && *at == '#')
        return directive_piece(lexer, at, role);
    if (lexer->include && *at == '<') {
        const char *end = strchr(at, '>');
        *role = ROLE_code_string;
        return end ? end + 1 : at + strlen(at);
    }
    const char *end = opened(lexer, at, role);
    if (end)
        return end;
    if (is_word_start((unsigned char)*at))
        return word_piece(lexer, at, role);
    if (is_digit((unsigned char)*at) || (*at == '.' && is_digit((unsigned char)at[1]))) {
        *role = ROLE_code_number;
        return number_end(at);
    }
    /* All up to what may begin something. */
    for (end = at + 1; *end; end++)
        if (is_word((unsigned char)*end) || strchr("\"'/.<", *end))
            break;
    return end;
}

void stage_lexer_line(struct stage_lexer *lexer, const char *line)
{
    lexer->at = line;
    lexer->include = false;
    lexer->fresh = true;
    bool to_the_end = lexer->state != STAGE_LEXER_comment && lexer->state != STAGE_LEXER_raw;
    if (!*line && to_the_end)
        lexer->state = STAGE_LEXER_code;
}

bool stage_lexer_next(struct stage_lexer *lexer, struct stage_lexer_piece *piece)
{
    const char *at = lexer->at;
    if (!*at)
        return false;
    const char *end = at;
    enum role role = ROLE_code;
    if (lexer->state != STAGE_LEXER_code) {
        end = rest_of_open(lexer, at, &role);
    } else if (is_blank((unsigned char)*at)) {
        while (is_blank((unsigned char)*end))
            end++;
    } else {
        end = code_piece(lexer, at, &role);
        lexer->fresh = false;
    }
    *piece = (struct stage_lexer_piece){.text = at, .length = (size_t)(end - at), .role = role};
    lexer->at = end;
    return true;
}

void stage_lexer_pass(struct stage_lexer *lexer, const char *line)
{
    struct stage_lexer_piece piece;
    stage_lexer_line(lexer, line);
    while (stage_lexer_next(lexer, &piece))
        continue;
}
