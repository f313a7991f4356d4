// json.c is a validator of JSON: strict syntax, and an object must have the field "id". json_test.go holds the same code in Go.
// clang --target=wasm32 -O2 -nostdlib -ffreestanding -Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=65536 -o json.wasm json.c
typedef unsigned u32;
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
#define EXPORT(n) __attribute__((export_name(#n)))
#define MAX_DEPTH 64

_Alignas(8) static u8 in[1200000];
_Alignas(8) static u32 out[4 + 10 * 4096];

EXPORT(jd_abi_1) i32 abi(void) { return 0; }
EXPORT(jd_reserve) u32 reserve(u32 n) { return n <= sizeof in ? (u32)in : 0; }

typedef struct { const u8 *at, *end; i32 id; } scanner;

static void space(scanner *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r')) s->at++;
}

static i32 string(scanner *s) {
  if (s->at == s->end || *s->at != '"') return 0;
  const u8 *at = s->at + 1, *end = s->end;
  for (; at < end; at++) {
    if (*at == '"') { s->at = at + 1; return 1; }
    if (*at < 0x20) return 0;
    if (*at == '\\' && ++at == end) return 0;
  }
  return 0;
}

static i32 digits(scanner *s) {
  const u8 *from = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9') s->at++;
  return s->at > from;
}

static i32 number(scanner *s) {
  if (s->at < s->end && *s->at == '-') s->at++;
  if (!digits(s)) return 0;
  if (s->at < s->end && *s->at == '.') { s->at++; if (!digits(s)) return 0; }
  if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
    s->at++;
    if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
    if (!digits(s)) return 0;
  }
  return 1;
}

static i32 word(scanner *s, const char *w) {
  for (; *w; w++, s->at++)
    if (s->at == s->end || *s->at != (u8)*w) return 0;
  return 1;
}

static i32 value(scanner *s, i32 depth) {
  if (depth > MAX_DEPTH) return 0;
  space(s);
  if (s->at == s->end) return 0;
  u8 c = *s->at;
  if (c == '"') return string(s);
  if (c == 't') return word(s, "true");
  if (c == 'f') return word(s, "false");
  if (c == 'n') return word(s, "null");
  if (c != '{' && c != '[') return number(s);
  u8 close = c == '{' ? '}' : ']';
  s->at++;
  space(s);
  if (s->at < s->end && *s->at == close) { s->at++; return 1; }
  for (;;) {
    if (c == '{') {
      space(s);
      const u8 *key = s->at;
      if (!string(s)) return 0;
      if (depth == 0 && s->at - key == 4 && key[1] == 'i' && key[2] == 'd') s->id = 1;
      space(s);
      if (s->at == s->end || *s->at++ != ':') return 0;
    }
    if (!value(s, depth + 1)) return 0;
    space(s);
    if (s->at == s->end) return 0;
    if (*s->at == close) { s->at++; return 1; }
    if (*s->at++ != ',') return 0;
  }
}

EXPORT(jd_validate) i64 validate(const u8 *p, u32 len) {
  static const char message[] = "not a JSON object with an id";
  const u32 *h = (const u32 *)p;
  u32 n = h[2], rejected = 0;
  const u8 *e = p + h[0];
  if (n > 4096) return -3;
  out[0] = 16, out[1] = 40, out[2] = n, out[3] = 0;
  for (u32 i = 0; i < n; i++, e += h[1]) {
    const u32 *r = (const u32 *)e;
    u32 *v = out + 4 + 10 * i;
    v[0] = 0;
    if ((i32)r[3] < 0) continue;
    scanner s = {(const u8 *)(unsigned long)r[2], (const u8 *)(unsigned long)(r[2] + r[3]), 0};
    i32 good = value(&s, 0);
    space(&s);
    if (good && s.at == s.end && s.id) continue;
    v[0] = 3, v[1] = 1, v[8] = (u32)message, v[9] = sizeof message - 1;
    rejected = 1;
  }
  return rejected ? (i64)(u32)out << 32 | (16 + 40 * n) : 0;
}
