#!/bin/sh
# The steps of a struct copy have no value: they are told before the copy is done, and may hold addresses.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/copy.c" <<'C'
#include <pthread.h>
#include <stdio.h>
struct s { int a, b, c, d; char *p; } from = {1, 2, 3, 4, "x"}, to;
static void *copy(void *unused) { to = from; return unused; }
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, copy, NULL);
    pthread_join(thread, NULL);
    printf("%d\n", to.b);
    return 0;
}
C
"$LOCKSTEP_BUILD/lockstep" cc -g -pthread -o "$folder/copy" "$folder/copy.c"
"$LOCKSTEP_BUILD/lockstep" run --json -- "$folder/copy" >"$folder/out"
pieces=$(grep -c '"task":"P1.T1","operation":"memory\.[a-z]*","object":"variable [a-z]' "$folder/out")
valued=$(grep '"task":"P1.T1","operation":"memory\.' "$folder/out" | grep -vc '"value":null' || true)
read_back=$(grep -c '"task":"P1.main","operation":"memory.load","object":"variable to.b","outcome":"done","value":2,' "$folder/out")
echo "pieces $pieces, of these with a value $valued; read back $read_back"
[ "$pieces" -ge 6 ] && [ "$valued" -eq 0 ] && [ "$read_back" -eq 1 ]
