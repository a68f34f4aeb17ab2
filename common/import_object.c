// Short import objects (PE format, "Import Header"). What surprises: the header begins like that of a bigobj (machine
// 0, 0xffff sections) and is told from it by its version, 0; and the name that the loader looks for is not in the
// file but for EXPORTAS: it is made from the symbol by the rule that the name type states.
#include "common/import_object.h"

bool import_object_is(struct bytes content)
{
    const struct coff_import_header *header = (const void *)content.data;
    return content.size >= sizeof *header && le16_get(header->signature1) == MACHINE_UNKNOWN &&
           le16_get(header->signature2) == 0xffff && le16_get(header->version) == 0;
}

// Reads up to the next NUL and past it. False where there is none.
static bool read_name(struct reader *r, struct text *name)
{
    struct bytes left = bytes_from(r->view, r->position);
    *name = text_until_nul(left);
    if (name->size == left.size)
        return false;
    read_bytes(r, name->size + 1);
    return true;
}

// The symbol without the one character that a compiler puts in front of it.
static struct text without_prefix(struct text symbol)
{
    char first = symbol.size ? symbol.data[0] : 0;
    bool has_prefix = first == '?' || first == '@' || first == '_';
    return text_skip(symbol, has_prefix ? 1 : 0);
}

// Sets exported_name by the rule of the name type. NULL, or what is wrong.
static const char *settle_exported_name(struct import_object *import, struct reader *r)
{
    switch (import->name_type) {
    case IMPORT_ORDINAL: import->exported_name = (struct text){"", 0}; return NULL;
    case IMPORT_NAME: import->exported_name = import->symbol; return NULL;
    case IMPORT_NAME_NO_PREFIX: import->exported_name = without_prefix(import->symbol); return NULL;
    case IMPORT_NAME_UNDECORATE:
        import->exported_name = without_prefix(import->symbol);
        import->exported_name = text_prefix(import->exported_name, text_find(import->exported_name, '@'));
        return NULL;
    case IMPORT_NAME_EXPORT_AS:
        return read_name(r, &import->exported_name) ? NULL : "import object's exported name is cut short";
    }
    return "import object has an unknown name type";
}

const char *import_object_parse(struct bytes content, struct import_object *out)
{
    if (!import_object_is(content))
        return "not an import object";
    const struct coff_import_header *header = (const void *)content.data;
    struct bytes names = bytes_slice(content, sizeof *header, le32_get(header->data_size));
    if (!names.data)
        return "import object is cut short";

    uint16_t type = le16_get(header->type);
    *out = (struct import_object){
        .machine = le16_get(header->machine),
        .ordinal_or_hint = le16_get(header->ordinal_or_hint),
        .type = type & 3,
        .name_type = type >> 2 & 7,
    };
    if ((type & 3) > IMPORT_CONST)
        return "import object has an unknown type";
    struct reader r = reader_of(names);
    if (!read_name(&r, &out->symbol))
        return "import object's symbol name is cut short";
    if (!read_name(&r, &out->dll))
        return "import object's DLL name is cut short";
    if (!out->symbol.size || !out->dll.size)
        return "import object has an empty name";
    return settle_exported_name(out, &r);
}
