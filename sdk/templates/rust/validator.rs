#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::string::String;
use jackdaw_plugin::{validator, Batch, Config, Plugin, Record, Validator, Verdict, VALUE};

struct HasUser;

impl Plugin for HasUser {
    const INTEREST: i32 = VALUE;

    fn configure(_: &Config) -> Result<Self, String> {
        Ok(HasUser)
    }
}

impl Validator for HasUser {
    fn validate<'a>(&self, record: &Record<'a>, _: &Batch<'a>) -> Verdict<'a> {
        let Some(value) = record.value else {
            return Verdict::reject(1, "the value is null");
        };
        let json = trim(value);
        if json.len() < 2 || json[0] != b'{' || json[json.len() - 1] != b'}' {
            return Verdict::reject(2, "the value is not a JSON object");
        }
        if !has_field(json, b"user") {
            return Verdict::reject(3, "the field \"user\" is missing");
        }
        Verdict::Keep
    }
}

validator!(HasUser);

fn is_space(c: &u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = text {
        text = rest;
    }
    text
}

/// Whether a JSON object has a field, looking at its outermost level only.
fn has_field(json: &[u8], name: &[u8]) -> bool {
    let mut depth = 0;
    let mut i = 0;
    while i < json.len() {
        match json[i] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = i + 1;
                i = start;
                while i < json.len() && json[i] != b'"' {
                    i += if json[i] == b'\\' { 2 } else { 1 };
                }
                if i >= json.len() {
                    return false;
                }
                let next = json[i + 1..].iter().find(|c| !is_space(c));
                if depth == 1 && &json[start..i] == name && next == Some(&b':') {
                    return true;
                }
            }
            _ => {}
        }
        i += 1;
    }
    false
}
