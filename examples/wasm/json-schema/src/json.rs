//! A JSON parser (RFC 8259). Strings without escapes refer to the input.
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How deep arrays and objects may be nested: the module's stack is small.
const MAX_DEPTH: u32 = 64;

#[derive(Clone, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Number(Number<'a>),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// A number, and how it was written, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    pub value: f64,
    pub text: &'a str,
}

pub struct Error {
    what: &'static str,
    at: usize,
}

impl Error {
    pub fn to_string(&self, subject: &str) -> String {
        format!("{} is not JSON: {} at byte {}", subject, self.what, self.at)
    }
}

/// Equality as JSON Schema defines it: numbers by value, objects in any order.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a.value == b.value,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(k, v)| b.iter().any(|(l, w)| k == l && v == w))
            }
            _ => false,
        }
    }
}

pub fn parse(text: &[u8]) -> Result<Value<'_>, Error> {
    let text = core::str::from_utf8(text).map_err(|e| Error { what: "invalid UTF-8", at: e.valid_up_to() })?;
    let mut p = Parser { text, at: 0, depth: 0 };
    let value = p.value()?;
    p.space();
    if p.at < text.len() {
        return Err(p.error("something follows the end"));
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn error(&self, what: &'static str) -> Error {
        Error { what, at: self.at }
    }

    /// The next byte; 0 at the end, where no byte of JSON stands.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips a byte if it is the next one.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += found as usize;
        found
    }

    fn value(&mut self) -> Result<Value<'a>, Error> {
        self.space();
        match self.peek() {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => Ok(Value::String(self.string()?)),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => Err(self.error("a value is missing")),
        }
    }

    fn nested(&mut self, f: fn(&mut Self) -> Result<Value<'a>, Error>) -> Result<Value<'a>, Error> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("too deeply nested"));
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        let value = f(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Error> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("a value is missing"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self) -> Result<Value<'a>, Error> {
        let mut items = Vec::new();
        if self.skip(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.skip(b']') {
                return Ok(Value::Array(items));
            }
            if !self.skip(b',') {
                return Err(self.error("',' or ']' is missing"));
            }
        }
    }

    fn object(&mut self) -> Result<Value<'a>, Error> {
        let mut fields = Vec::new();
        if self.skip(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            self.space();
            if self.peek() != b'"' {
                return Err(self.error("a field name is missing"));
            }
            let name = self.string()?;
            self.space();
            if !self.skip(b':') {
                return Err(self.error("':' is missing"));
            }
            fields.push((name, self.value()?));
            self.space();
            if self.skip(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.skip(b',') {
                return Err(self.error("',' or '}' is missing"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), Error> {
        if !self.peek().is_ascii_digit() {
            return Err(self.error("a digit is missing"));
        }
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value<'a>, Error> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let value = text.parse().map_err(|_| self.error("a number is malformed"))?;
        Ok(Value::Number(Number { value, text }))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                b'\\' => return self.escaped(start).map(Cow::Owned),
                0..=0x1f => return Err(self.error("a string has no end or a control character")),
                _ => self.at += 1,
            }
        }
    }

    /// Goes on with a string from its first backslash.
    fn escaped(&mut self, start: usize) -> Result<String, Error> {
        let mut out = String::from(&self.text[start..self.at]);
        loop {
            let plain = self.at;
            while !matches!(self.peek(), b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            out.push_str(&self.text[plain..self.at]);
            if self.skip(b'"') {
                return Ok(out);
            }
            if !self.skip(b'\\') {
                return Err(self.error("a string has no end or a control character"));
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let c = match self.peek() {
            c @ (b'"' | b'\\' | b'/') => c as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The four digits after \u, and a second escape when they are half of a pair.
    fn unicode(&mut self) -> Result<char, Error> {
        let mut code = self.hex4()?;
        if (0xd800..0xdc00).contains(&code) && self.skip(b'\\') && self.skip(b'u') {
            let low = self.hex4()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(self.error("half of a surrogate pair"));
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        char::from_u32(code).ok_or_else(|| self.error("half of a surrogate pair"))
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let digit =
                (self.peek() as char).to_digit(16).ok_or_else(|| self.error("a hexadecimal digit is missing"))?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
