/* The arena gives aligned, zeroed, separate memory, and refuses what cannot be. Leaks are the sanitizer build's to find. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    struct arena *arena = arena_new();
    assert_non_null(arena);
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i * 7 % 3001;
        pieces[i] = arena_obtain(arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 251 + 1), size);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < i * 7 % 3001; j++)
            assert_int_equal(pieces[i][j], i % 251 + 1);
    arena_free(arena);
}

static void a_piece_larger_than_any_block_is_given(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    unsigned char *large = arena_obtain(arena, 5 << 20);
    assert_non_null(large);
    large[(5 << 20) - 1] = 1;
    assert_non_null(arena_obtain(arena, 1));
    arena_free(arena);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_null(arena_obtain(arena, SIZE_MAX));
    assert_null(arena_obtain(arena, SIZE_MAX - 64));
    assert_null(arena_obtain_array(arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy_text(arena, "", SIZE_MAX));
    assert_non_null(arena_obtain(arena, 0));
    arena_free(arena);
    arena_free(NULL);
}

static void a_cleared_arena_gives_zeroed_memory_again_without_growing(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    arena_clear(arena);
    for (int i = 0; i < 100; i++)
        memset(arena_obtain(arena, 100000), 1, 100000);
    arena_clear(arena);
    size_t size = arena_size(arena);
    assert_true(size > 0 && size < 2u << 20);
    for (int round = 0; round < 50; round++) {
        unsigned char *piece = arena_obtain(arena, 4000);
        for (int i = 0; i < 4000; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 1, 4000);
        arena_clear(arena);
    }
    assert_int_equal(arena_size(arena), size);
    arena_free(arena);
}

static void a_copied_text_is_terminated_and_its_own(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char text[] = "mutex A and more";
    char *copy = arena_copy_text(arena, text, 7);
    text[0] = 'M';
    assert_string_equal(copy, "mutex A");
    assert_string_equal(arena_copy_text(arena, NULL, 0), "");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_do_not_overlap),
        cmocka_unit_test(a_piece_larger_than_any_block_is_given),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_cleared_arena_gives_zeroed_memory_again_without_growing),
        cmocka_unit_test(a_copied_text_is_terminated_and_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
