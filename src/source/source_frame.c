/* Live frames of held tasks, walked by frame pointers, and the places of their locals.
 *
 * A frame's locals are only believed if the unwind table says that the function keeps a frame pointer at that
 * instruction: in other code the frame pointer is somebody else's, and a wrong name is worse than none. */
#include "source/source_internal.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
enum { FRAME_REGISTER = 6, FRAME_ATOM_BASE = DW_OP_breg6, FRAME_ATOM = DW_OP_reg6 };
#elif defined(__aarch64__)
enum { FRAME_REGISTER = 29, FRAME_ATOM_BASE = DW_OP_breg29, FRAME_ATOM = DW_OP_reg29 };
#else
#error "source: no rule for the frames of this processor"
#endif
enum { EXPRESSION_STACK = 16, EXPRESSION_LIMIT = 64 };
static const uint64_t largest_frame = (uint64_t)64 << 20;

/* ---- expressions ---- */
struct machine {
    const struct source_moment *moment;
    Dwarf_Attribute *attribute;
    uint64_t stack[EXPRESSION_STACK];
    unsigned depth;
};

static bool push(struct machine *machine, uint64_t value)
{
    if (machine->depth == EXPRESSION_STACK)
        return false;
    machine->stack[machine->depth++] = value;
    return true;
}

static bool step_binary(struct machine *machine, unsigned atom)
{
    if (machine->depth < 2)
        return false;
    uint64_t right = machine->stack[--machine->depth];
    uint64_t *left = &machine->stack[machine->depth - 1];
    switch (atom) {
    case DW_OP_plus:
        *left += right;
        return true;
    case DW_OP_minus:
        *left -= right;
        return true;
    case DW_OP_mul:
        *left *= right;
        return true;
    case DW_OP_and:
        *left &= right;
        return true;
    case DW_OP_shl:
        *left = right < 64 ? *left << right : 0;
        return true;
    default:
        return false;
    }
}

static bool step(struct machine *machine, Dwarf_Op *operation)
{
    const struct source_frame *frame = machine->moment->frame;
    uint64_t bias = machine->moment->placed ? machine->moment->placed->bias : 0;
    unsigned atom = operation->atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
        return push(machine, atom - DW_OP_lit0);
    switch (atom) {
    case DW_OP_addr:
        return push(machine, operation->number + bias);
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index: {
        Dwarf_Attribute indirect;
        Dwarf_Addr address;
        return dwarf_getlocation_attr(machine->attribute, operation, &indirect) == 0 &&
               dwarf_formaddr(&indirect, &address) == 0 && push(machine, address + bias);
    }
    case DW_OP_fbreg:
        return frame && frame->has_base && push(machine, frame->base + operation->number);
    case FRAME_ATOM_BASE:
        return frame && frame->has_cfa && push(machine, frame->frame_pointer + operation->number);
    case DW_OP_call_frame_cfa:
        return frame && frame->has_cfa && push(machine, frame->cfa);
    case DW_OP_plus_uconst:
        if (machine->depth == 0)
            return false;
        machine->stack[machine->depth - 1] += operation->number;
        return true;
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
        return push(machine, operation->number);
    case DW_OP_dup:
        return machine->depth && push(machine, machine->stack[machine->depth - 1]);
    case DW_OP_deref: {
        uint64_t value;
        if (machine->depth == 0 ||
            !source_fetch(machine->moment->source, machine->stack[machine->depth - 1], &value, sizeof value))
            return false;
        machine->stack[machine->depth - 1] = value;
        return true;
    }
    default:
        return step_binary(machine, atom);
    }
}

bool source_place_of(const struct source_moment *moment, Dwarf_Attribute *attribute, uint64_t *out)
{
    struct machine machine = {.moment = moment, .attribute = attribute};
    Dwarf_Op *operations = NULL;
    size_t count = 0;
    if (!moment->source)
        return false;
    int found = moment->frame ? dwarf_getlocation_addr(attribute, moment->frame->pc, &operations, &count, 1)
                              : dwarf_getlocation(attribute, &operations, &count) == 0;
    if (found != 1 || count == 0 || count > EXPRESSION_LIMIT)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!step(&machine, &operations[i]))
            return false;
    }
    if (machine.depth == 0)
        return false;
    *out = machine.stack[machine.depth - 1];
    return true;
}

/* ---- scopes ---- */
static bool find_function(Dwarf_Die *parent, uint64_t pc, Dwarf_Die *function, unsigned nesting, unsigned *left)
{
    Dwarf_Die child;
    if (nesting == 0)
        return false;
    for (bool more = source_die_first(parent, &child, left); more; more = source_die_next(&child, left)) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram && dwarf_haspc(&child, pc) == 1) {
            *function = child;
            return true;
        }
        /* C++ keeps functions in namespaces and classes; C never needs this. */
        if ((tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type) &&
            dwarf_haschildren(&child) && find_function(&child, pc, function, nesting - 1, left))
            return true;
    }
    return false;
}

unsigned source_scopes_at(Dwarf_Die *unit, uint64_t pc, Dwarf_Die *scopes)
{
    unsigned left = 2000000;
    unsigned count = 0;
    if (!find_function(unit, pc, &scopes[count], 8, &left))
        return 0;
    count++;
    for (bool deeper = true; deeper && count < SOURCE_SCOPES;) {
        Dwarf_Die child;
        deeper = false;
        for (bool more = source_die_first(&scopes[count - 1], &child, &left); more && !deeper;
             more = source_die_next(&child, &left)) {
            int tag = dwarf_tag(&child);
            if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram) &&
                dwarf_haspc(&child, pc) == 1) {
                scopes[count++] = child;
                deeper = true;
                break;
            }
        }
        /* A nested function (GNU C) has a frame of its own: its parent's locals are not in it. */
        if (deeper && dwarf_tag(&scopes[count - 1]) == DW_TAG_subprogram) {
            scopes[0] = scopes[count - 1];
            count = 1;
        }
    }
    return count;
}

/* ---- frames ---- */
static Dwarf_CFI *cfi_of(struct source_module *module)
{
    if (!module->is_cfi_tried) {
        module->is_cfi_tried = true;
        module->cfi = dwarf_getcfi_elf(module->elf);
        if (!module->cfi && module->dwarf)
            return dwarf_getcfi(module->dwarf); /* owned by the Dwarf */
    }
    return module->cfi;
}

/* The canonical frame address, if the unwind table agrees that it hangs on the frame pointer. */
static bool find_cfa(struct source_frame *frame)
{
    Dwarf_CFI *cfi = cfi_of(frame->placed->module);
    Dwarf_Frame *unwind = NULL;
    if (!cfi || dwarf_cfi_addrframe(cfi, frame->pc, &unwind) != 0) {
        frame->cfa = frame->frame_pointer + 16; /* no table: both processors' usual layout */
        return true;
    }
    Dwarf_Op *operations = NULL;
    size_t count = 0;
    bool known = false;
    if (dwarf_frame_cfa(unwind, &operations, &count) == 0 && count == 1) {
        bool by_frame = operations[0].atom == DW_OP_bregx && operations[0].number == FRAME_REGISTER;
        uint64_t offset = operations[0].number2;
        if (operations[0].atom == FRAME_ATOM_BASE) {
            by_frame = true;
            offset = operations[0].number;
        }
        frame->cfa = frame->frame_pointer + offset;
        known = by_frame;
    }
#if defined(__aarch64__)
    /* gcc describes the frame by the stack pointer there; x29 points at the saved pair, whose place the table tells. */
    Dwarf_Op storage[3];
    if (!known && dwarf_frame_register(unwind, FRAME_REGISTER, storage, &operations, &count) == 0 && count == 2 &&
        operations[0].atom == DW_OP_call_frame_cfa && operations[1].atom == DW_OP_plus_uconst) {
        frame->cfa = frame->frame_pointer - operations[1].number;
        known = true;
    }
#endif
    free(unwind);
    return known;
}

static void find_base(struct source *source, struct source_frame *frame)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t count;
    frame->has_cfa = frame->frame_pointer && find_cfa(frame);
    if (!frame->has_cfa || !dwarf_attr_integrate(&frame->scopes[0], DW_AT_frame_base, &attribute))
        return;
    if (dwarf_getlocation_addr(&attribute, frame->pc, &operations, &count, 1) != 1 || count == 0)
        return;
    if (count == 1 && operations[0].atom == FRAME_ATOM) { /* clang: the frame pointer itself */
        frame->base = frame->frame_pointer;
        frame->has_base = true;
        return;
    }
    const struct source_moment moment = {.source = source, .placed = frame->placed, .frame = frame};
    frame->has_base = source_place_of(&moment, &attribute, &frame->base);
}

/* Fills in everything but the frame pointer's meaning; false where there is no debug information. */
static bool frame_at(struct source *source, uint64_t return_address, uint64_t frame_pointer, const char *task,
                     struct source_frame *frame)
{
    struct source_placed *placed = source_placed_at(source, return_address - 1);
    Dwarf_Die unit;
    if (!placed || !placed->is_guest || !placed->module->dwarf)
        return false;
    *frame = (struct source_frame){
        .placed = placed, .task = task, .pc = return_address - 1 - placed->bias, .frame_pointer = frame_pointer};
    if (!source_module_unit(placed->module, frame->pc, &unit))
        return false;
    frame->scope_count = source_scopes_at(&unit, frame->pc, frame->scopes);
    if (frame->scope_count == 0)
        return false;
    find_base(source, frame);
    return true;
}

static bool is_same_function(struct source_frame *a, struct source_frame *b)
{
    return a->placed == b->placed && a->scopes[0].addr == b->scopes[0].addr;
}

static bool is_same_task(const struct source_frame *a, const struct source_frame *b)
{
    return a->task == b->task || (a->task && b->task && strcmp(a->task, b->task) == 0);
}

static void count_activations(struct source_frames *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct source_frame *frame = &all->frames[i];
        for (size_t j = 0; j < all->count; j++) {
            if (!is_same_function(frame, &all->frames[j]))
                continue;
            if (!is_same_task(frame, &all->frames[j])) {
                frame->is_in_other_task = true;
                continue;
            }
            frame->activations++;
            if (j <= i)
                frame->activation++;
        }
    }
}

static void walk_task(struct source *source, const struct source_task *task, struct source_frames *out)
{
    size_t first = out->count;
    uint64_t pc = task->pc;
    uint64_t fp = task->frame_pointer;
    for (unsigned depth = 0; depth < SOURCE_FRAMES && pc > 1 && out->count < SOURCE_ALL_FRAMES; depth++) {
        if (frame_at(source, pc, fp, task->name, &out->frames[out->count]))
            out->count++;
        uint64_t saved[2]; /* the caller's frame pointer, the return address */
        if (fp == 0 || fp % 8 || !source_fetch(source, fp, saved, sizeof saved))
            break;
        if (saved[0] && (saved[0] <= fp || saved[0] - fp > largest_frame))
            saved[0] = 0; /* the caller keeps none: its line is known, its locals are not */
        fp = saved[0];
        pc = saved[1];
    }
    for (size_t low = first, high = out->count; low + 1 < high; low++, high--) {
        struct source_frame swapped = out->frames[low];
        out->frames[low] = out->frames[high - 1];
        out->frames[high - 1] = swapped;
    }
}

bool source_frames_walk(struct source *source, const struct source_task *tasks, size_t task_count,
                        struct source_frames *out)
{
    *out = (struct source_frames){0};
    if (!tasks || task_count == 0)
        return true;
    out->frames = calloc(SOURCE_ALL_FRAMES, sizeof *out->frames);
    if (!out->frames)
        return false;
    for (size_t i = 0; i < task_count; i++)
        walk_task(source, &tasks[i], out);
    count_activations(out);
    return true;
}

bool source_frame_locals(struct source *source, const struct source_frame *frame, source_local_visit *visit,
                         void *context)
{
    const struct source_moment moment = {.source = source, .placed = frame->placed, .frame = frame};
    struct source_local local = {.frame = frame};
    unsigned left = SOURCE_CHILDREN;
    for (unsigned i = frame->scope_count; i-- > 0;) { /* innermost first: it hides outer ones of its name */
        for (unsigned j = i + 1; j-- > 0;) {
            Dwarf_Die owner = frame->scopes[j];
            local.function = dwarf_tag(&owner) == DW_TAG_lexical_block ? NULL : dwarf_diename(&owner);
            if (local.function)
                break;
        }
        Dwarf_Die scope = frame->scopes[i];
        Dwarf_Die child;
        for (bool more = source_die_first(&scope, &child, &left); more; more = source_die_next(&child, &left)) {
            int tag = dwarf_tag(&child);
            Dwarf_Attribute attribute;
            if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter)
                continue;
            local.name = dwarf_diename(&child);
            if (!local.name || !local.function || !source_type_of(&child, &local.type) ||
                !dwarf_attr_integrate(&child, DW_AT_location, &attribute) ||
                !source_place_of(&moment, &attribute, &local.address))
                continue;
            if (visit(context, &local))
                return true;
        }
    }
    return false;
}

void source_local_name(const struct source_local *local, struct source_text_builder *text)
{
    const struct source_frame *frame = local->frame;
    source_text_add(text, "%s:%s", local->function, local->name);
    if (frame->activations > 1 && frame->activation > 1)
        source_text_add(text, "#%u", frame->activation);
    if (frame->is_in_other_task && frame->task)
        source_text_add(text, "@%s", frame->task);
}
