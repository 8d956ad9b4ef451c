#include "CToml.h"

// Values nested deeper than this are refused by toml++ before it recurses.
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <new>
#include <string>
#include <string_view>
#include <vector>

#ifndef NDEBUG
#error "toml++ 3.3 asserts on some hostile input: NDEBUG must be defined"
#endif

struct CTomlDocument {
    toml::table root;
    std::vector<CTomlNode> nodes;
    bool failed = false;
    std::string message;
    uint32_t line = 0;
    uint32_t column = 0;

    void fail(std::string_view text, uint32_t at_line, uint32_t at_column) {
        failed = true;
        message = text;
        line = at_line;
        column = at_column;
        nodes.clear();
    }
};

namespace {

constexpr size_t maximum_segments = 32;

/// Finds a dotted key of too many segments. toml++ 3.3 has no limit for them and destroys nested tables
/// recursively, so half a million dots would exhaust the stack. Returns its line, or 0.
///
/// Outside of comments and strings only numbers and keys have dots, so counting the dots between two
/// separators is enough. Where the text is malformed this may be wrong, but toml++ stops there.
uint32_t line_of_overlong_key(std::string_view text) {
    uint32_t line = 1;
    size_t dots = 0;
    size_t i = 0;
    auto at = [&](size_t index) { return index < text.size() ? text[index] : '\0'; };
    while (i < text.size()) {
        char c = text[i];
        if (c == '#') {
            while (i < text.size() && text[i] != '\n') i++;
            continue;
        }
        if (c == '"' || c == '\'') {
            bool multiline = at(i + 1) == c && at(i + 2) == c;
            i += multiline ? 3 : 1;
            while (i < text.size()) {
                if (text[i] == '\\' && c == '"') {
                    if (at(i + 1) == '\n') line++;
                    i += 2;
                } else if (text[i] == '\n') {
                    line++;
                    i++;
                    if (!multiline) break;
                } else if (text[i] == c && !multiline) {
                    i++;
                    break;
                } else if (text[i] == c && at(i + 1) == c && at(i + 2) == c) {
                    i += 3;
                    // Up to two quotes may belong to the string.
                    while (at(i) == c) i++;
                    break;
                } else {
                    i++;
                }
            }
            continue;
        }
        if (c == '.') {
            if (++dots >= maximum_segments) return line;
        } else if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '}' || c == '[' || c == ']') {
            dots = 0;
            if (c == '\n') line++;
        }
        i++;
    }
    return 0;
}

bool add(CTomlDocument &document, const toml::node &node, const toml::key *key, int32_t parent, int depth);

bool add_children(CTomlDocument &document, const toml::node &node, int32_t index, int depth) {
    if (const toml::table *table = node.as_table()) {
        for (auto &&[key, value] : *table)
            if (!add(document, value, &key, index, depth)) return false;
    } else if (const toml::array *array = node.as_array()) {
        for (auto &&value : *array)
            if (!add(document, value, nullptr, index, depth)) return false;
    }
    return true;
}

bool add(CTomlDocument &document, const toml::node &node, const toml::key *key, int32_t parent, int depth) {
    toml::source_position position = key ? key->source().begin : node.source().begin;
    if (depth > CTOML_MAXIMUM_DEPTH) {
        document.fail("nested too deeply", position.line, position.column);
        return false;
    }
    CTomlNode entry = {};
    entry.parent = parent;
    entry.line = position.line;
    entry.column = position.column;
    if (key) {
        entry.key = key->str().data();
        entry.key_length = key->str().size();
    }
    if (node.is_table()) {
        entry.kind = CTOML_TABLE;
    } else if (node.is_array()) {
        entry.kind = CTOML_ARRAY;
    } else if (auto *string = node.as_string()) {
        entry.kind = CTOML_STRING;
        entry.text = string->get().data();
        entry.text_length = string->get().size();
    } else if (auto *integer = node.as_integer()) {
        entry.kind = CTOML_INTEGER;
        entry.integer = integer->get();
    } else if (auto *number = node.as_floating_point()) {
        entry.kind = CTOML_FLOAT;
        entry.number = number->get();
    } else if (auto *boolean = node.as_boolean()) {
        entry.kind = CTOML_BOOLEAN;
        entry.integer = boolean->get() ? 1 : 0;
    } else {
        entry.kind = CTOML_DATE;
    }
    int32_t index = static_cast<int32_t>(document.nodes.size());
    document.nodes.push_back(entry);
    return add_children(document, node, index, depth + 1);
}

void fill(CTomlDocument &document, std::string_view text) {
    if (text.size() > CTOML_MAXIMUM_LENGTH) {
        document.fail("the document is over 1 MiB", 1, 1);
        return;
    }
    if (uint32_t line = line_of_overlong_key(text)) {
        document.fail("a key of too many parts", line, 1);
        return;
    }
    toml::parse_result result = toml::parse(text);
    if (!result) {
        const toml::parse_error &error = result.error();
        document.fail(error.description(), error.source().begin.line, error.source().begin.column);
        return;
    }
    document.root = std::move(result).table();
    add(document, document.root, nullptr, -1, 0);
}

} // namespace

extern "C" CTomlDocument *ctoml_parse(const char *text, size_t length) {
    try {
        CTomlDocument *document = new CTomlDocument;
        try {
            fill(*document, std::string_view(text ? text : "", text ? length : 0));
        } catch (...) {
            delete document;
            return nullptr;
        }
        return document;
    } catch (...) {
        return nullptr;
    }
}

extern "C" const char *ctoml_error(
    const CTomlDocument *document, size_t *length, uint32_t *line, uint32_t *column) {
    if (!document->failed) return nullptr;
    *length = document->message.size();
    *line = document->line;
    *column = document->column;
    return document->message.c_str();
}

extern "C" size_t ctoml_count(const CTomlDocument *document) {
    return document->nodes.size();
}

extern "C" const CTomlNode *ctoml_node(const CTomlDocument *document, size_t index) {
    return index < document->nodes.size() ? &document->nodes[index] : nullptr;
}

extern "C" void ctoml_free(CTomlDocument *document) {
    delete document;
}
