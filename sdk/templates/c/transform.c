#include "jackdaw_plugin.h"

static int is_space(uint8_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Trims white space around values, and leaves out records that have nothing else. */
static jd_verdict trim(const jd_record *record, const jd_batch *batch) {
    (void)batch;
    jd_slice v = record->value;
    if (v.len < 0) return jd_keep(); /* null: a tombstone */
    while (v.len > 0 && is_space(v.data[0])) v.data++, v.len--;
    while (v.len > 0 && is_space(v.data[v.len - 1])) v.len--;
    if (v.len == 0) return jd_drop();
    if (v.len == record->value.len) return jd_keep();
    return jd_replace_value(record, v); /* it may point into the old value */
}

JD_TRANSFORM(trim)
JD_INTEREST(JD_VALUE)
