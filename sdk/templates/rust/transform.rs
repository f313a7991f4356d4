#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::string::String;
use jackdaw_plugin::{transform, Batch, Config, Plugin, Record, Transform, Verdict, VALUE};

/// Trims white space around values, and leaves out records that have nothing else.
struct Trim;

impl Plugin for Trim {
    const INTEREST: i32 = VALUE;

    fn configure(_: &Config) -> Result<Self, String> {
        Ok(Trim)
    }
}

impl Transform for Trim {
    fn serialize<'a>(&self, record: &Record<'a>, _: &Batch<'a>) -> Verdict<'a> {
        let Some(value) = record.value else {
            return Verdict::Keep; // null: a tombstone
        };
        match trim(value) {
            [] => Verdict::Drop,
            v if v.len() == value.len() => Verdict::Keep,
            v => Verdict::replace_value(record, v), // it may point into the old value
        }
    }
}

transform!(Trim);

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = text {
        text = rest;
    }
    text
}
