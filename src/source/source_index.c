/* What a file's debug information contains, as sorted arrays: ranges of code, variables with static storage, main source
 * files, and the symbols of the symbol table. Built once per file, on the first question that needs it.
 *
 * The ranges are our own because clang writes no .debug_aranges, which libdw's search by address relies on. */
#include "source/source_internal.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT_LIMIT = 200000, RANGE_LIMIT = 2000000, DIE_LIMIT = 5000000, NESTING_LIMIT = 40, SYMBOL_LIMIT = 2000000 };

static int compare_units(const void *a, const void *b)
{
    const struct source_unit *left = a;
    const struct source_unit *right = b;
    return left->low < right->low ? -1 : left->low > right->low;
}

/* Calls visit for each compilation unit; each offset is beyond the last, so this ends. */
static void each_unit(struct source_module *module, void (*visit)(struct source_module *, Dwarf_Die *, void *),
                      void *context)
{
    Dwarf_Off offset = 0;
    Dwarf_Off next;
    size_t header;
    for (unsigned count = 0; count < UNIT_LIMIT; count++) {
        if (dwarf_nextcu(module->dwarf, offset, &next, &header, NULL, NULL, NULL) != 0 || next <= offset)
            return;
        Dwarf_Die unit;
        if (dwarf_offdie(module->dwarf, offset + header, &unit) && dwarf_tag(&unit) == DW_TAG_compile_unit)
            visit(module, &unit, context);
        offset = next;
    }
}

static void add_ranges(struct source_module *module, Dwarf_Die *unit, void *context)
{
    size_t *capacity = context;
    Dwarf_Addr base;
    Dwarf_Addr low;
    Dwarf_Addr high;
    ptrdiff_t offset = 0;
    while (module->unit_count < RANGE_LIMIT && (offset = dwarf_ranges(unit, offset, &base, &low, &high)) > 0) {
        /* Functions that the linker dropped begin at 0; low == high would never match. */
        if (low == 0 || low >= high)
            continue;
        if (!source_grow((void **)&module->units, module->unit_count, capacity, sizeof *module->units))
            return;
        module->units[module->unit_count++] =
            (struct source_unit){.low = low, .high = high, .die = dwarf_dieoffset(unit)};
    }
}

void source_index_units(struct source_module *module)
{
    size_t capacity = 0;
    each_unit(module, add_ranges, &capacity);
    if (module->unit_count)
        qsort(module->units, module->unit_count, sizeof *module->units, compare_units);
}

bool source_module_unit(struct source_module *module, uint64_t pc, Dwarf_Die *unit)
{
    size_t low = 0;
    size_t high = module->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (module->units[middle].low <= pc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && pc < module->units[low - 1].high &&
           dwarf_offdie(module->dwarf, module->units[low - 1].die, unit) != NULL;
}

/* ---- variables with static storage ---- */
struct gathering {
    size_t globals, files; /* capacities */
    unsigned left;         /* DIEs that may still be looked at, over all units */
};

static bool static_address(Dwarf_Die *die, uint64_t *address)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t count;
    if (!dwarf_attr_integrate(die, DW_AT_location, &attribute) ||
        dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1)
        return false;
    if (operations[0].atom == DW_OP_addr) {
        *address = operations[0].number;
        return true;
    }
    Dwarf_Attribute indirect; /* clang's DWARF 5: an index into .debug_addr */
    return (operations[0].atom == DW_OP_addrx || operations[0].atom == DW_OP_GNU_addr_index) &&
           dwarf_getlocation_attr(&attribute, operations, &indirect) == 0 && dwarf_formaddr(&indirect, address) == 0;
}

static void add_global(struct source_module *module, Dwarf_Die *die, const char *function, const char *path,
                       struct gathering *gathering)
{
    struct source_global global = {.function = function, .path = path, .name = dwarf_diename(die)};
    const struct source_moment constants = {0};
    if (!global.name || !static_address(die, &global.address) || global.address == 0)
        return;
    if (!source_type_of(die, &global.type))
        return;
    global.size = source_type_size(&constants, &global.type);
    Dwarf_Attribute attribute;
    bool external = false;
    global.external =
        dwarf_attr_integrate(die, DW_AT_external, &attribute) && dwarf_formflag(&attribute, &external) == 0 && external;
    if (source_grow((void **)&module->globals, module->global_count, &gathering->globals, sizeof global))
        module->globals[module->global_count++] = global;
}

static void gather(struct source_module *module, Dwarf_Die *parent, const char *function, const char *path,
                   unsigned nesting, struct gathering *gathering)
{
    Dwarf_Die child;
    if (nesting == 0)
        return;
    for (bool more = source_die_first(parent, &child, &gathering->left); more;
         more = source_die_next(&child, &gathering->left)) {
        switch (dwarf_tag(&child)) {
        case DW_TAG_variable:
            add_global(module, &child, function, path, gathering);
            break;
        case DW_TAG_subprogram:
            gather(module, &child, dwarf_diename(&child), path, nesting - 1, gathering);
            break;
        case DW_TAG_lexical_block:
        case DW_TAG_namespace:
            gather(module, &child, function, path, nesting - 1, gathering);
            break;
        default:
            break;
        }
    }
}

static void gather_unit(struct source_module *module, Dwarf_Die *unit, void *context)
{
    struct gathering *gathering = context;
    const char *name = dwarf_diename(unit);
    const char *path = name ? source_module_path(module, unit, name) : NULL;
    if (!path)
        return;
    bool known = false;
    for (size_t i = 0; i < module->file_count && !known; i++)
        known = module->files[i] == path; /* interned, so the pointers tell */
    if (!known && path[0] == '/' &&
        source_grow((void **)&module->files, module->file_count, &gathering->files, sizeof *module->files))
        module->files[module->file_count++] = path;
    gather(module, unit, NULL, path, NESTING_LIMIT, gathering);
}

static int compare_globals(const void *a, const void *b)
{
    const struct source_global *left = a;
    const struct source_global *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return strcmp(left->name, right->name);
}

void source_index_variables(struct source_module *module)
{
    struct gathering gathering = {.left = DIE_LIMIT};
    each_unit(module, gather_unit, &gathering);
    if (module->global_count == 0)
        return;
    qsort(module->globals, module->global_count, sizeof *module->globals, compare_globals);
    size_t kept = 1; /* an inline function's static appears once per copy of the function */
    for (size_t i = 1; i < module->global_count; i++) {
        const struct source_global *last = &module->globals[kept - 1];
        if (module->globals[i].address != last->address || strcmp(module->globals[i].name, last->name) != 0)
            module->globals[kept++] = module->globals[i];
    }
    module->global_count = kept;
}

void source_module_index(struct source_module *module)
{
    source_module_load(module);
    if (module->is_indexed || !module->dwarf)
        return;
    module->is_indexed = true;
    source_index_variables(module);
}

/* ---- symbols ---- */
static int compare_symbols(const void *a, const void *b)
{
    const struct source_symbol *left = a;
    const struct source_symbol *right = b;
    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    if ((left->name[0] == '_') != (right->name[0] == '_'))
        return right->name[0] == '_' ? -1 : 1; /* puts, not _IO_puts */
    if (left->is_global != right->is_global)
        return left->is_global ? -1 : 1;
    return strcmp(left->name, right->name); /* of several names for one place always the same */
}

static void add_symbols(struct source_module *module, Elf_Scn *section, const GElf_Shdr *header, size_t *capacity)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || header->sh_entsize == 0)
        return;
    size_t count = data->d_size / sizeof(Elf64_Sym);
    for (size_t i = 1; i < count && module->symbol_count < SYMBOL_LIMIT; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_value == 0)
            continue;
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        const char *name = elf_strptr(module->elf, header->sh_link, symbol.st_name);
        if ((type != STT_OBJECT && type != STT_FUNC) || !name || !*name)
            continue;
        if (!source_grow((void **)&module->symbols, module->symbol_count, capacity, sizeof *module->symbols))
            return;
        module->symbols[module->symbol_count++] =
            (struct source_symbol){.name = name,
                                   .address = symbol.st_value,
                                   .size = symbol.st_size,
                                   .is_function = type == STT_FUNC,
                                   .is_global = GELF_ST_BIND(symbol.st_info) == STB_GLOBAL};
    }
}

void source_index_symbols(struct source_module *module)
{
    size_t capacity = 0;
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(module->elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
            add_symbols(module, section, &header, &capacity);
    }
    if (module->symbol_count)
        qsort(module->symbols, module->symbol_count, sizeof *module->symbols, compare_symbols);
}

void source_module_symbols(struct source_module *module)
{
    source_module_load(module);
    if (module->is_symbols_read || !module->elf || gelf_getclass(module->elf) != ELFCLASS64)
        return;
    module->is_symbols_read = true;
    source_index_symbols(module);
}

/* The first symbol that begins exactly at `address`, or NULL. */
const struct source_symbol *source_module_symbol(struct source_module *module, uint64_t address)
{
    source_module_symbols(module);
    size_t low = 0;
    size_t high = module->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (module->symbols[middle].address < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < module->symbol_count && module->symbols[low].address == address ? &module->symbols[low] : NULL;
}
