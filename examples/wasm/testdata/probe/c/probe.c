/* Uses everything that the SDK has. probe.vectors says what it does; the probes in Rust and Go do the same. */
#include "jackdaw_plugin.h"

static jd_slice prefix;
static int32_t replaced;

static jd_verdict configure(const jd_config *c) {
    if (c->config.len < 0) return jd_fail(JD_INVALID_CONFIG, "there is no prefix");
    uint8_t *copy = (uint8_t *)jd_alloc((uint32_t)c->config.len);
    if (copy == NULL) return jd_fail(JD_OUT_OF_MEMORY, "");
    __builtin_memcpy(copy, c->config.data, (uint32_t)c->config.len);
    prefix = jd_bytes(copy, c->config.len);
    replaced = jd_counter("replaced");
    if (jd_log_level() <= JD_INFO) jd_log(JD_INFO, "configured");
    return jd_keep();
}

static jd_slice concat(jd_slice a, jd_slice b) {
    jd_buffer out = {0};
    jd_put(&out, a.data, a.len > 0 ? (uint32_t)a.len : 0);
    jd_put(&out, b.data, b.len > 0 ? (uint32_t)b.len : 0);
    return jd_done(&out);
}

static jd_verdict serialize(const jd_record *r, const jd_batch *b) {
    if (jd_equal(r->value, jd_text("drop"))) return jd_drop();
    if (jd_equal(r->value, jd_text("fail"))) return jd_fail(JD_INVALID_INPUT, "told to fail");
    if (jd_equal(r->value, jd_text("null"))) return jd_replace(r->key, jd_null(), NULL, 0);
    if (jd_equal(r->value, jd_text("same"))) return jd_replace_value(r, r->value);
    if (jd_equal(r->value, jd_text("reject"))) {
        jd_verdict v = jd_reject(-7, "");
        v.message = concat(prefix, r->key);
        return v;
    }
    if (!jd_equal(r->value, jd_text("replace"))) return jd_keep();
    jd_counter_add(replaced, 1);
    uint32_t n = r->header_count;
    jd_header *headers = (jd_header *)jd_alloc((n + 1) * sizeof(jd_header));
    if (headers == NULL) return jd_fail(JD_OUT_OF_MEMORY, "");
    for (uint32_t i = 0; i < n; i++) headers[i] = r->headers[n - 1 - i];
    headers[n].key = jd_bytes("", 0);
    headers[n].value = jd_null();
    return jd_replace(r->key.len < 0 ? jd_bytes("", 0) : jd_null(), concat(prefix, b->topic), headers, n + 1);
}

static jd_verdict deserialize(const jd_record *r, const jd_batch *b) {
    (void)b;
    if (r->value.len < 0 || r->timestamp == 0) return jd_keep();
    uint8_t *out = (uint8_t *)jd_alloc((uint32_t)r->value.len);
    if (out == NULL) return jd_fail(JD_OUT_OF_MEMORY, "");
    for (int32_t i = 0; i < r->value.len; i++) out[i] = r->value.data[r->value.len - 1 - i];
    return jd_replace_value(r, jd_bytes(out, r->value.len));
}

static int32_t partition(jd_slice key, jd_slice value, int32_t n) {
    return key.len < 0 ? -1 : (key.len + (value.len > 0 ? value.len : 0)) % n;
}

JD_CONFIGURE(configure)
JD_INTEREST(JD_KEY | JD_VALUE | JD_HEADERS | JD_TIMESTAMP)
JD_VALIDATOR(serialize)
JD_TRANSFORM(serialize)
JD_DECODER(deserialize)
JD_PARTITIONER(partition)
