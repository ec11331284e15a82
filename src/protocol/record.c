/* Checking of records: the reader's only gate against a torn, foreign or hostile record. */
#include "protocol/record.h"

#include "operations/operations.h"
#include "protocol/gate.h"

#include <string.h>

int record_check(const void *bytes, size_t size)
{
    struct record head;
    if (size < sizeof head)
        return 0;
    memcpy(&head, bytes, sizeof head);
    if (head.magic != RECORD_MAGIC || head.length < sizeof head || head.length > RECORD_MAX || head.length % 8 != 0)
        return -1;
    if (head.kind == 0 || head.kind >= RECORD_KIND_COUNT || head.operation >= OPERATION_COUNT ||
        head.slot >= GATE_SLOTS || head.outcome >= OUTCOME_COUNT || head.object.kind >= OBJECT_COUNT ||
        head.second.kind >= OBJECT_COUNT)
        return -1;
    return size < head.length ? 0 : head.length;
}
