/* A transform that takes personal data out of JSON values before they are stored. The binding's configuration says which:
 *
 *     {"fields": ["password", "iban"], "emails": true, "replacement": "***"}
 *
 * The value of a field with one of the names, at any depth, becomes the replacement, and so does what looks like an e-mail
 * address within any string. The rest of a value keeps its bytes. */
#include "json.h"

enum { NOT_JSON = 1 };

static jd_slice *fields;
static uint32_t field_count;
static int emails;
static jd_slice replacement; /* as it stands in JSON, without its quotes */

static int is_secret(jd_slice raw) {
    jd_slice name = decode(raw);
    for (uint32_t i = 0; i < field_count; i++)
        if (jd_equal(fields[i], name)) return 1;
    return 0;
}

static int is_domain(uint8_t c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c >= 0x80;
}

static int is_local(uint8_t c) { return is_domain(c) || c == '.' || c == '_' || c == '%' || c == '+'; }

/* Finds the first address from a position on: something, @, and a domain with a dot in it. */
static int find_email(jd_slice text, int32_t from, int32_t *start, int32_t *end) {
    for (int32_t at = from; at < text.len; at++) {
        if (text.data[at] != '@') continue;
        int32_t s = at, e = at + 1, dots = 0;
        while (s > from && is_local(text.data[s - 1])) s--;
        while (e < text.len && (is_domain(text.data[e]) ||
               (text.data[e] == '.' && e + 1 < text.len && is_domain(text.data[e + 1])))) dots += text.data[e++] == '.';
        if (s == at || dots == 0 || text.data[at + 1] == '.') continue;
        *start = s, *end = e;
        return 1;
    }
    return 0;
}

/* Appends a string without the addresses in it; 0 when there are none. */
static int put_without_emails(jd_buffer *out, jd_slice raw) {
    jd_slice text = decode(raw);
    int32_t from = 0, start, end;
    if (!find_email(text, 0, &start, &end)) return 0;
    do {
        encode(out, jd_bytes(text.data + from, start - from));
        jd_put(out, replacement.data, (uint32_t)replacement.len);
        from = end;
    } while (find_email(text, from, &start, &end));
    encode(out, jd_bytes(text.data + from, text.len - from));
    return 1;
}

/* Copies JSON to out without what is secret. out stays empty when nothing is. 0: it is not JSON. */
static int redact(jd_slice json, jd_buffer *out) {
    cursor c = read(json);
    const uint8_t *copied = c.at;
    int32_t depth = 0;
    while (c.at < c.end) {
        const uint8_t *token = c.at;
        depth += (*token == '{' || *token == '[') - (*token == '}' || *token == ']');
        if (depth < 0) return 0;
        if (*token != '"') {
            c.at++;
            continue;
        }
        jd_slice raw;
        if (!read_string(&c, &raw)) return 0;
        jd_buffer clean = {0};
        cursor next = c;
        if (skip(&next, ':')) { /* a name */
            c = next;
            if (!is_secret(raw)) continue;
            skip_space(&c);
            token = c.at;
            if (!skip_value(&c)) return 0;
            jd_put(&clean, replacement.data, (uint32_t)replacement.len);
        } else if (!emails || !put_without_emails(&clean, raw)) {
            continue;
        }
        jd_put(out, copied, (uint32_t)(token - copied));
        jd_put(out, "\"", 1);
        jd_put(out, clean.data, clean.len);
        jd_put(out, "\"", 1);
        out->failed |= clean.failed;
        copied = c.at;
    }
    if (out->len) jd_put(out, copied, (uint32_t)(c.end - copied));
    return depth == 0;
}

static jd_verdict serialize(const jd_record *record, const jd_batch *batch) {
    (void)batch;
    if (record->value.len < 0) return jd_keep(); /* a tombstone */
    cursor c = read(record->value);
    skip_space(&c);
    jd_buffer out = {0};
    if (c.at == c.end || !redact(record->value, &out)) return jd_reject(NOT_JSON, "the value is not JSON");
    if (out.failed) return jd_fail(JD_OUT_OF_MEMORY, "");
    return out.len ? jd_replace_value(record, jd_done(&out)) : jd_keep();
}

static int read_fields(cursor *c) {
    if (!skip(c, '[')) return 0;
    if (skip(c, ']')) return 1;
    fields = (jd_slice *)jd_alloc((uint32_t)(c->end - c->at) * sizeof(jd_slice)); /* more than there can be */
    if (fields == NULL) return 0;
    do {
        jd_slice raw;
        skip_space(c);
        if (peek(c) != '"' || !read_string(c, &raw)) return 0;
        fields[field_count++] = decode(raw);
    } while (skip(c, ','));
    return skip(c, ']');
}

static int read_setting(cursor *c) {
    jd_slice name;
    skip_space(c);
    if (peek(c) != '"' || !read_string(c, &name) || !skip(c, ':')) return 0;
    if (jd_equal(name, jd_text("fields"))) return read_fields(c);
    skip_space(c);
    if (jd_equal(name, jd_text("replacement"))) return peek(c) == '"' && read_string(c, &replacement);
    if (!jd_equal(name, jd_text("emails"))) return 0;
    const uint8_t *start = c->at;
    if (!skip_value(c)) return 0;
    jd_slice word = jd_bytes(start, (int32_t)(c->at - start));
    while (word.len > 0 && word.data[word.len - 1] <= ' ') word.len--;
    emails = jd_equal(word, jd_text("true"));
    return emails || jd_equal(word, jd_text("false"));
}

static jd_verdict configure(const jd_config *config) {
    static const char want[] = "want {\"fields\": [NAME, ...], \"emails\": true or false, \"replacement\": TEXT}";
    replacement = jd_text("***");
    if (config->config.len <= 0) return jd_fail(JD_INVALID_CONFIG, want);
    uint8_t *copy = (uint8_t *)jd_alloc((uint32_t)config->config.len); /* the host takes its own back */
    if (copy == NULL) return jd_fail(JD_OUT_OF_MEMORY, "");
    __builtin_memcpy(copy, config->config.data, (uint32_t)config->config.len);
    cursor c = read(jd_bytes(copy, config->config.len));
    int good = skip(&c, '{');
    do good = good && read_setting(&c);
    while (good && skip(&c, ','));
    good = good && skip(&c, '}');
    skip_space(&c);
    if (!good || c.at < c.end) return jd_fail(JD_INVALID_CONFIG, want);
    if (field_count == 0 && !emails) return jd_fail(JD_INVALID_CONFIG, "there is nothing to redact: no fields, no emails");
    return jd_keep();
}

JD_CONFIGURE(configure)
JD_INTEREST(JD_VALUE)
JD_TRANSFORM(serialize)
