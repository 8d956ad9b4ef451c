// toml++ behind a C interface: parses a document and hands out its nodes, parents before children.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CTOML_MAXIMUM_LENGTH (1024 * 1024)
#define CTOML_MAXIMUM_DEPTH 64

#define CTOML_TABLE 0
#define CTOML_ARRAY 1
#define CTOML_STRING 2
#define CTOML_INTEGER 3
#define CTOML_FLOAT 4
#define CTOML_BOOLEAN 5
#define CTOML_DATE 6

/// One node. The pointers live as long as the document. Bytes are UTF-8, counted, and may contain NUL.
typedef struct CTomlNode {
    int32_t parent; // index of the table or array that holds it; -1 for the root, which is node 0
    int32_t kind;   // one of CTOML_…
    const char *key; // NULL for the root and for elements of arrays
    size_t key_length;
    const char *text; // only for strings
    size_t text_length;
    int64_t integer; // integers, and 0 or 1 for booleans
    double number;   // floats
    uint32_t line;   // of the key where there is one, else of the value; from 1, 0 when not known
    uint32_t column;
} CTomlNode;

typedef struct CTomlDocument CTomlDocument;

/// Parses `length` bytes at `text`, which need not end in NUL. NULL only when there is no memory.
/// Longer than CTOML_MAXIMUM_LENGTH or deeper than CTOML_MAXIMUM_DEPTH is an error of the document.
CTomlDocument *ctoml_parse(const char *text, size_t length);

/// The message of the error, or NULL when the document is sound; line and column are from 1.
const char *ctoml_error(const CTomlDocument *document, size_t *length, uint32_t *line, uint32_t *column);

/// How many nodes there are: at least the root, or none after an error.
size_t ctoml_count(const CTomlDocument *document);

/// The node at `index`, or NULL beyond the end.
const CTomlNode *ctoml_node(const CTomlDocument *document, size_t index);

/// Ends the document and everything its nodes point to. NULL is ignored.
void ctoml_free(CTomlDocument *document);

#ifdef __cplusplus
}
#endif
