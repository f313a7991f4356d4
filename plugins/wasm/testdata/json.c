// json.c is a validator of JSON: an object must have the field "id". It takes any escape and zeros before a number; else its syntax is
// strict. json_test.go holds the same code in Go.
// clang --target=wasm32 -O2 -nostdlib -ffreestanding -Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=65536 -o json.wasm json.c
typedef unsigned u32;
typedef int i32;
typedef long long i64;
typedef unsigned long long u64;
typedef unsigned char u8;
#define MAX_DEPTH 64
#define EACH(byte) (0x0101010101010101ull * (byte))

// stops has the high bit set in each byte that ends a run of plain characters: a quote, a backslash, a control character. Above
// the first of them it may also mark others.
static u64 stops(u64 w) {
  u64 quote = w ^ EACH('"'), escape = w ^ EACH('\\');
  return (((quote - EACH(1)) & ~quote) | ((escape - EACH(1)) & ~escape) | ((w - EACH(0x20)) & ~w)) & EACH(0x80);
}

// string returns what follows the string that begins before at, or 0.
static const u8 *string(const u8 *at, const u8 *end) {
  for (;;) {
    while (end - at >= 8) {
      u64 w;
      __builtin_memcpy(&w, at, 8);
      u64 s = stops(w);
      if (s) { at += __builtin_ctzll(s) >> 3; break; }
      at += 8;
    }
    while (at < end && *at != '"' && *at != '\\' && *at >= 0x20) at++;
    if (at == end) return 0;
    u8 c = *at++;
    if (c == '"') return at;
    if (c != '\\' || at++ == end) return 0;
  }
}

// next skips space and returns the byte at *at, or -1 at the end.
static i32 next(const u8 **at, const u8 *end) {
  for (; *at < end; (*at)++) {
    u8 c = **at;
    if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r')) return c;
  }
  return -1;
}

static const u8 *digits(const u8 *at, const u8 *end) {
  const u8 *from = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at > from ? at : 0;
}

// number returns what follows the number that begins with first, or 0.
static const u8 *number(i32 first, const u8 *at, const u8 *end) {
  if (first == '-') at++;
  if (!(at = digits(at, end))) return 0;
  if (at < end && *at == '.' && !(at = digits(at + 1, end))) return 0;
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    return digits(at, end);
  }
  return at;
}

static const u8 *word(const u8 *at, const u8 *end, const char *w) {
  for (; *w; w++, at++)
    if (at == end || *at != (u8)*w) return 0;
  return at;
}

// scalar returns what follows a value that begins with first and holds no others, or 0.
static const u8 *scalar(i32 first, const u8 *at, const u8 *end) {
  switch (first) {
  case '"': return string(at + 1, end);
  case 't': return word(at, end, "true");
  case 'f': return word(at, end, "false");
  case 'n': return word(at, end, "null");
  }
  return number(first, at, end);
}

// valid keeps one bit for each open object or array.
static i32 valid(const u8 *at, const u8 *end) {
  u64 objects = 0;
  u32 depth = 0;
  i32 id = 0;
  for (;;) {
    i32 c = next(&at, end);
    if (objects & 1) {
      const u8 *key = at;
      if (c != '"' || !(at = string(at + 1, end))) return 0;
      if (depth == 1 && at - key == 4 && key[1] == 'i' && key[2] == 'd') id = 1;
      if (next(&at, end) != ':') return 0;
      at++;
      c = next(&at, end);
    }
    if (c == '{' || c == '[') {
      if (depth == MAX_DEPTH) return 0;
      at++;
      if (next(&at, end) != c + 2) {
        objects = objects << 1 | (c == '{');
        depth++;
        continue;
      }
      at++;
    } else if (!(at = scalar(c, at, end))) {
      return 0;
    }
    for (;;) {
      c = next(&at, end);
      if (depth == 0) return c < 0 && id;
      at++;
      if (c == ',') break;
      if (c != (objects & 1 ? '}' : ']')) return 0;
      objects >>= 1;
      depth--;
    }
  }
}

#ifdef __wasm__
#define EXPORT(n) __attribute__((export_name(#n)))

_Alignas(8) static u8 in[1200000];
_Alignas(8) static u32 out[4 + 10 * 4096];

EXPORT(jd_abi_1) i32 abi(void) { return 0; }
EXPORT(jd_reserve) u32 reserve(u32 n) { return n <= sizeof in ? (u32)in : 0; }

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
    if ((i32)r[3] < 0 || valid((const u8 *)r[2], (const u8 *)(r[2] + r[3]))) continue;
    v[0] = 3, v[1] = 1, v[8] = (u32)message, v[9] = sizeof message - 1;
    rejected = 1;
  }
  return rejected ? (i64)(u32)out << 32 | (16 + 40 * n) : 0;
}
#endif
