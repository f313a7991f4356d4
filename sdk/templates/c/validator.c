#include "jackdaw_plugin.h"

static int is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Whether a JSON object has a field, looking at its outermost level only. */
static int has_field(jd_slice json, jd_slice name) {
    int depth = 0;
    for (int32_t i = 0; i < json.len; i++) {
        uint8_t c = json.data[i];
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (c != '"') continue;
        int32_t start = ++i;
        while (i < json.len && json.data[i] != '"') i += json.data[i] == '\\' ? 2 : 1;
        if (i >= json.len) return 0;
        if (depth != 1 || !jd_equal(jd_bytes(json.data + start, i - start), name)) continue;
        int32_t next = i + 1;
        while (next < json.len && is_space(json.data[next])) next++;
        if (next < json.len && json.data[next] == ':') return 1;
    }
    return 0;
}

static jd_verdict validate(const jd_record *record, const jd_batch *batch) {
    (void)batch;
    jd_slice v = record->value;
    if (v.len < 0) return jd_reject(1, "the value is null");
    while (v.len > 0 && is_space(v.data[0])) v.data++, v.len--;
    while (v.len > 0 && is_space(v.data[v.len - 1])) v.len--;
    if (v.len < 2 || v.data[0] != '{' || v.data[v.len - 1] != '}') return jd_reject(2, "the value is not a JSON object");
    if (!has_field(v, jd_text("user"))) return jd_reject(3, "the field \"user\" is missing");
    return jd_keep();
}

JD_VALIDATOR(validate)
JD_INTEREST(JD_VALUE)
