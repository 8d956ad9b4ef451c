#pragma once
#include <jansson.h>

/// `json_decref` and `json_typeof` are macros or inline; Swift sees these.
static inline void cellbridge_json_release(json_t *value) { json_decref(value); }
static inline int cellbridge_json_kind(const json_t *value) { return json_typeof(value); }
