/* Walking through JSON text, as far as redacting needs it: it finds strings, field names and the ends of values, and does
 * not check what stands between them. */
#ifndef JSON_H
#define JSON_H

#include "jackdaw_plugin.h"

typedef struct { const uint8_t *at, *end; } cursor;

static cursor read(jd_slice s) {
    cursor c = {s.data, s.data + (s.len > 0 ? s.len : 0)};
    return c;
}

static int peek(const cursor *c) { return c->at < c->end ? *c->at : -1; }

static void skip_space(cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r')) c->at++;
}

/* Skips white space, and a byte behind it if it is there. */
static int skip(cursor *c, int byte) {
    skip_space(c);
    int found = peek(c) == byte;
    c->at += found;
    return found;
}

/* Reads a string from its quote on, without decoding it. 0: it has no end. */
static int read_string(cursor *c, jd_slice *raw) {
    const uint8_t *start = ++c->at;
    for (; c->at < c->end; c->at++) {
        if (*c->at == '\\') c->at++;
        else if (*c->at == '"') {
            *raw = jd_bytes(start, (int32_t)(c->at++ - start));
            return 1;
        }
    }
    c->at = c->end;
    return 0;
}

/* Skips a value of any kind. 0: it has no end. */
static int skip_value(cursor *c) {
    jd_slice ignored;
    int32_t depth = 0;
    skip_space(c);
    if (c->at == c->end) return 0;
    do {
        uint8_t ch = *c->at;
        if (ch == '"') {
            if (!read_string(c, &ignored)) return 0;
            continue;
        }
        if (depth == 0 && (ch == ',' || ch == '}' || ch == ']')) return 1;
        depth += (ch == '{' || ch == '[') - (ch == '}' || ch == ']');
        c->at++;
        if (depth == 0 && (ch == '}' || ch == ']')) return 1;
    } while (c->at < c->end);
    return depth == 0;
}

static int32_t hex4(const uint8_t *p, const uint8_t *end) {
    int32_t code = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        uint8_t ch = p[i] | 0x20;
        if (p[i] >= '0' && p[i] <= '9') code = code << 4 | (p[i] - '0');
        else if (ch >= 'a' && ch <= 'f') code = code << 4 | (ch - 'a' + 10);
        else return -1;
    }
    return code;
}

static void put_utf8(jd_buffer *b, uint32_t code) {
    uint8_t out[4];
    uint32_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (uint32_t i = n - 1; i > 0; i--, code >>= 6) out[i] = 0x80 | (code & 0x3f);
    out[0] = first[n] | (uint8_t)code;
    jd_put(b, out, n);
}

/* Decodes the escapes of a string. Those that are not JSON stay as they are. */
static jd_slice decode(jd_slice raw) {
    const uint8_t *p = raw.data, *end = p + raw.len, *plain = p;
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    while (p < end && *p != '\\') p++;
    if (p == end) return raw;
    jd_buffer b = {0};
    while (p < end) {
        if (*p != '\\' || end - p < 2) {
            p++;
            continue;
        }
        jd_put(&b, plain, (uint32_t)(p - plain));
        plain = p;
        if (p[1] == 'u') {
            int32_t code = hex4(p + 2, end), low;
            p += 2;
            if (code < 0) continue;
            p += 4;
            if (code >= 0xd800 && code < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
                (low = hex4(p + 2, end)) >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                p += 6;
            }
            if (code >= 0xd800 && code < 0xe000) continue; /* half of a pair */
            put_utf8(&b, (uint32_t)code);
            plain = p;
            continue;
        }
        for (int i = 0; from[i]; i++)
            if (p[1] == (uint8_t)from[i]) {
                jd_put(&b, &to[i], 1);
                plain = p + 2;
            }
        p += 2;
    }
    jd_put(&b, plain, (uint32_t)(end - plain));
    return b.failed ? jd_null() : jd_done(&b);
}

/* Appends text as the inside of a JSON string. */
static void encode(jd_buffer *b, jd_slice text) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *plain = text.data, *end = text.data + text.len;
    for (const uint8_t *p = plain; p < end; p++) {
        if (*p >= 0x20 && *p != '"' && *p != '\\') continue;
        jd_put(b, plain, (uint32_t)(p - plain));
        plain = p + 1;
        char escape[] = {'\\', 'u', '0', '0', digits[*p >> 4], digits[*p & 15]};
        if (*p >= 0x20) escape[1] = (char)*p;
        jd_put(b, escape, *p >= 0x20 ? 2 : 6);
    }
    jd_put(b, plain, (uint32_t)(end - plain));
}

#endif
