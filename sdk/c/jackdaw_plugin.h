/* Jackdaw plugins in C or C++: this header is the whole SDK and needs no C library. Include it in one source file, write a
 * function that decides about one record, and name it in one macro:
 *
 *     #include "jackdaw_plugin.h"
 *
 *     static jd_verdict validate(const jd_record *record, const jd_batch *batch) {
 *         if (record->value.len > 1000) return jd_reject(1, "the value is too long");
 *         return jd_keep();
 *     }
 *     JD_VALIDATOR(validate)
 *
 *     clang --target=wasm32-freestanding -mbulk-memory -O2 -nostdlib -ffreestanding \
 *         -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 -o plugin.wasm plugin.c
 *
 * sdk/README.md explains what a plugin may do. Licensed as Jackdaw is: Apache 2.0. */
#ifndef JACKDAW_PLUGIN_H
#define JACKDAW_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__wasm32__)
#error "compile with --target=wasm32"
#elif defined(__wasi__)
#error "compile with --target=wasm32: the memory of this header does not go with malloc"
#elif !defined(__wasm_bulk_memory__)
#error "compile with -mbulk-memory, so that copies need no C library"
#endif

#ifdef __cplusplus
#define JD_EXPORT(name) extern "C" __attribute__((export_name(#name)))
#define JD_IMPORT(name) extern "C" __attribute__((import_module("jackdaw_1"), import_name(#name)))
#define JD_SAME_SIZE(type, size) static_assert(sizeof(type) == size, "layout of the ABI")
#else
#define JD_EXPORT(name) __attribute__((export_name(#name)))
#define JD_IMPORT(name) extern __attribute__((import_module("jackdaw_1"), import_name(#name)))
#define JD_SAME_SIZE(type, size) _Static_assert(sizeof(type) == size, "layout of the ABI")
#endif
#define JD_UNUSED __attribute__((unused))

/* Bytes. Length -1 is null, 0 is empty and not null; data counts for neither. */
typedef struct { const uint8_t *data; int32_t len; } jd_slice;
typedef struct { jd_slice key, value; } jd_header;

/* A record. All of it is valid during the call only. A serializer judges the value: bound to keys, it gets the key there. */
typedef struct {
    jd_slice key, value;
    const jd_header *headers;
    uint32_t header_count;
    int64_t timestamp; /* milliseconds */
} jd_record;

/* What all records of a call have in common. */
typedef struct {
    uint32_t header_size, entry_size, count, flags;
    jd_slice topic;
    int64_t time; /* of the broker, milliseconds; 0 for partitioners */
    int32_t partition, num_partitions;
    jd_slice client_id;
} jd_batch;

/* Why and to what the plugin is bound. kind: 1 partitioner, 2 key serializer, 3 value serializer, 4 assignor. */
typedef struct {
    uint32_t header_size, entry_size, count, flags, kind, unused;
    jd_slice name, binding, config; /* config: null when there is none */
} jd_config;

/* The decision about one record: made by jd_keep, jd_replace, jd_replace_value, jd_drop, jd_reject and jd_fail. */
typedef struct {
    uint32_t action;
    int32_t code;
    jd_slice key, value;
    const jd_header *headers;
    uint32_t header_count;
    jd_slice message;
} jd_verdict;

JD_SAME_SIZE(jd_slice, 8);
JD_SAME_SIZE(jd_record, 32);
JD_SAME_SIZE(jd_batch, 48);
JD_SAME_SIZE(jd_config, 48);
JD_SAME_SIZE(jd_verdict, 40);

/* Fields for JD_INTEREST: what the host copies. By default all of them. */
enum { JD_KEY = 1, JD_VALUE = 2, JD_HEADERS = 4, JD_TIMESTAMP = 8 };
enum { JD_DEBUG, JD_INFO, JD_WARN, JD_ERROR };
/* Classes for jd_fail: the plugin can't do its work. The host retries a call that ran out of memory with fewer records. */
enum { JD_INVALID_CONFIG = 1, JD_INVALID_INPUT, JD_OUT_OF_MEMORY, JD_INTERNAL, JD_RETRIABLE };
enum { JD_ACTION_KEEP, JD_ACTION_REPLACE, JD_ACTION_DROP, JD_ACTION_REJECT, JD_ACTION_FAIL };

/* The host's functions. The module asks only for those that it calls. */
JD_IMPORT(log) void jd_host_log(int32_t level, const void *text, int32_t len);
JD_IMPORT(log_level) int32_t jd_log_level(void);
JD_IMPORT(error) void jd_host_error(const void *text, int32_t len);
JD_IMPORT(metric) int32_t jd_host_metric(int32_t kind, const void *name, int32_t len);
JD_IMPORT(counter_add) void jd_counter_add(int32_t counter, int64_t n);

static inline jd_slice jd_bytes(const void *data, int32_t len) {
    jd_slice s = {(const uint8_t *)data, len};
    return s;
}
static inline jd_slice jd_null(void) { return jd_bytes(NULL, -1); }
static inline jd_slice jd_text(const char *text) { /* up to the zero byte */
    int32_t n = 0;
    while (text[n]) n++;
    return jd_bytes(text, n);
}
static inline int jd_equal(jd_slice a, jd_slice b) {
    if (a.len != b.len) return 0;
    for (int32_t i = 0; i < a.len; i++)
        if (a.data[i] != b.data[i]) return 0;
    return 1;
}

static inline JD_UNUSED void jd_log(int32_t level, const char *text) {
    jd_slice s = jd_text(text);
    jd_host_log(level, s.data, s.len);
}
/* A counter of the plugin, to be made in configure. */
static inline JD_UNUSED int32_t jd_counter(const char *name) {
    jd_slice s = jd_text(name);
    return jd_host_metric(0, s.data, s.len);
}

static inline jd_verdict jd_decide(uint32_t action, int32_t code, jd_slice message) {
    jd_verdict v = {action, code, jd_null(), jd_null(), NULL, 0, message};
    return v;
}
/* The record stays as it is. */
static inline jd_verdict jd_keep(void) { return jd_decide(JD_ACTION_KEEP, 0, jd_null()); }
/* The record is left out. */
static inline JD_UNUSED jd_verdict jd_drop(void) { return jd_decide(JD_ACTION_DROP, 0, jd_null()); }
/* The record is refused. The client gets the message; the code is the plugin's own number. */
static inline JD_UNUSED jd_verdict jd_reject(int32_t code, const char *message) {
    return jd_decide(JD_ACTION_REJECT, code, jd_text(message));
}
/* The record gets another key, value and headers. What they point to must live until the next call: in the record, in
 * memory of jd_alloc, or in static memory. */
static inline jd_verdict jd_replace(jd_slice key, jd_slice value, const jd_header *headers, uint32_t header_count) {
    jd_verdict v = {JD_ACTION_REPLACE, 0, key, value, headers, header_count, jd_null()};
    return v;
}
static inline JD_UNUSED jd_verdict jd_replace_value(const jd_record *r, jd_slice value) {
    return jd_replace(r->key, value, r->headers, r->header_count);
}
/* The whole call fails: this is no verdict about a record. */
static inline jd_verdict jd_fail(int32_t class_, const char *message) {
    return jd_decide(JD_ACTION_FAIL, class_, jd_text(message));
}

/* Memory. One pointer moves up: what configure allocates stays, what a call allocates is gone when the next one begins.
 * There is nothing to free. */
extern uint8_t __heap_base[];
static uint32_t jd_top, jd_bottom;

static uint32_t jd_align(uint32_t n) { return (n + 7) & ~(uint32_t)7; }

/* Memory on an address that is a multiple of 8, or NULL when there is none left. */
static void *jd_alloc(uint32_t size) {
    if (jd_top == 0) jd_top = jd_align((uint32_t)(uintptr_t)__heap_base);
    uint64_t end = ((uint64_t)jd_top + size + 7) & ~(uint64_t)7, have = (uint64_t)__builtin_wasm_memory_size(0) << 16;
    if (end > have) {
        uint64_t pages = (end - have + 65535) >> 16;
        if (end >> 31 || __builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
    }
    void *p = (void *)(uintptr_t)jd_top;
    jd_top = (uint32_t)end;
    return p;
}

/* Bytes that are put together piece by piece. Begin with {0}. A buffer that could not grow has failed set. */
typedef struct { uint8_t *data; uint32_t len, cap; int failed; } jd_buffer;

static JD_UNUSED void jd_put(jd_buffer *b, const void *data, uint32_t len) {
    if (b->cap - b->len < len) {
        uint32_t cap = jd_align((b->cap + len) * 2 + 64);
        uint8_t *bigger = (uint8_t *)jd_alloc(cap);
        if (bigger == NULL) {
            b->failed = 1;
            return;
        }
        if (b->len) __builtin_memcpy(bigger, b->data, b->len);
        b->data = bigger, b->cap = cap;
    }
    if (len) __builtin_memcpy(b->data + b->len, data, len);
    b->len += len;
}
static inline JD_UNUSED jd_slice jd_done(const jd_buffer *b) { return jd_bytes(b->data, (int32_t)b->len); }

/* What the macros below are made of. */
typedef jd_verdict jd_record_function(const jd_record *, const jd_batch *);
typedef int32_t jd_partition_function(jd_slice key, jd_slice value, int32_t num_partitions);
typedef jd_verdict jd_configure_function(const jd_config *);

JD_EXPORT(jd_abi_1) JD_UNUSED int32_t jd_abi_1(void) { return 0; }

JD_EXPORT(jd_reserve) JD_UNUSED uint32_t jd_reserve(uint32_t size) {
    static uint32_t area, capacity;
    if (size <= capacity) return area;
    jd_top = jd_bottom;
    void *p = jd_alloc(size);
    if (p == NULL) return 0;
    area = (uint32_t)(uintptr_t)p, capacity = size, jd_bottom = jd_top;
    return area;
}

static inline int64_t jd_result(const void *p, uint32_t len) { return (int64_t)(uintptr_t)p << 32 | len; }

static inline JD_UNUSED int64_t jd_failed(const jd_verdict *v) {
    if (v->message.len > 0) jd_host_error(v->message.data, v->message.len);
    return v->code > 0 ? -(int64_t)v->code : -JD_INTERNAL;
}

static inline JD_UNUSED int64_t jd_each(const jd_batch *b, jd_record_function *decide) {
    jd_top = jd_bottom;
    uint32_t size = 16 + b->count * (uint32_t)sizeof(jd_verdict), changed = 0;
    uint32_t *out = (uint32_t *)jd_alloc(size);
    if (out == NULL) return -JD_OUT_OF_MEMORY;
    out[0] = 16, out[1] = sizeof(jd_verdict), out[2] = b->count, out[3] = 0;
    const uint8_t *entry = (const uint8_t *)b + b->header_size; /* strides: newer hosts append fields */
    jd_verdict *verdict = (jd_verdict *)(out + 4);
    for (uint32_t i = 0; i < b->count; i++, entry += b->entry_size, verdict++) {
        *verdict = decide((const jd_record *)entry, b);
        if (verdict->action == JD_ACTION_FAIL) return jd_failed(verdict);
        changed |= verdict->action;
    }
    return changed ? jd_result(out, size) : 0;
}

static inline JD_UNUSED int64_t jd_each_key(const jd_batch *b, jd_partition_function *choose) {
    jd_top = jd_bottom;
    int32_t *out = (int32_t *)jd_alloc(b->count * 4);
    if (out == NULL) return -JD_OUT_OF_MEMORY;
    const uint8_t *entry = (const uint8_t *)b + b->header_size;
    for (uint32_t i = 0; i < b->count; i++, entry += b->entry_size) {
        const jd_slice *key = (const jd_slice *)entry;
        out[i] = choose(key[0], key[1], b->num_partitions);
    }
    return jd_result(out, b->count * 4);
}

/* jd_record_function: verdicts keep and reject. */
#define JD_VALIDATOR(f) JD_EXPORT(jd_validate) int64_t jd_validate(const jd_batch *b, uint32_t n) { (void)n; return jd_each(b, f); }
/* jd_record_function: all verdicts. It runs before a record is stored. */
#define JD_TRANSFORM(f) JD_EXPORT(jd_serialize) int64_t jd_serialize(const jd_batch *b, uint32_t n) { (void)n; return jd_each(b, f); }
/* jd_record_function: all verdicts but drop. It runs for readers that ask for decoded records. */
#define JD_DECODER(f) JD_EXPORT(jd_deserialize) int64_t jd_deserialize(const jd_batch *b, uint32_t n) { (void)n; return jd_each(b, f); }
/* jd_partition_function: 0 to num_partitions-1, or -1 for the host's default. */
#define JD_PARTITIONER(f) JD_EXPORT(jd_partition) int64_t jd_partition(const jd_batch *b, uint32_t n) { (void)n; return jd_each_key(b, f); }
/* jd_configure_function: jd_keep() takes the configuration, jd_fail(JD_INVALID_CONFIG, "why") refuses it. */
#define JD_CONFIGURE(f) \
    JD_EXPORT(jd_configure) int64_t jd_configure(const jd_config *c, uint32_t n) { \
        (void)n; \
        jd_verdict v = f(c); \
        if (v.action == JD_ACTION_FAIL) return jd_failed(&v); \
        jd_bottom = jd_top; \
        return 0; \
    }
#define JD_INTEREST(fields) JD_EXPORT(jd_interest) int32_t jd_interest(void) { return (fields); }

#endif
