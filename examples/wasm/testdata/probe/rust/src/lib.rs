//! Uses everything that the SDK has. probe.vectors says what it does; the probes in C and Go do the same.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use jackdaw_plugin::{
    counter, counter_add, log, log_level, plugin, Batch, Config, Decoder, Failure, Header, Partitioner, Plugin, Record,
    Transform, Validator, Verdict,
};

struct Probe {
    prefix: Vec<u8>,
    replaced: i32,
}

impl Plugin for Probe {
    fn configure(c: &Config) -> Result<Self, String> {
        let prefix = c.config.ok_or("there is no prefix")?.to_vec();
        if log_level() <= 1 {
            log(1, "configured");
        }
        Ok(Probe { prefix, replaced: counter("replaced") })
    }
}

impl Probe {
    fn concat(&self, b: &[u8]) -> Vec<u8> {
        [&self.prefix, b].concat()
    }
}

impl Transform for Probe {
    fn serialize<'a>(&self, r: &Record<'a>, b: &Batch<'a>) -> Verdict<'a> {
        match r.value {
            Some(b"drop") => Verdict::Drop,
            Some(b"fail") => Verdict::Fail(Failure::InvalidInput, "told to fail".into()),
            Some(b"null") => Verdict::Replace { key: r.key.map(Cow::Borrowed), value: None, headers: Vec::new() },
            Some(b"same") => Verdict::replace_value(r, r.value.unwrap_or_default()),
            Some(b"reject") => {
                let message = self.concat(r.key.unwrap_or_default());
                Verdict::reject(-7, String::from_utf8(message).unwrap_or_default())
            }
            Some(b"replace") => {
                counter_add(self.replaced, 1);
                let mut headers: Vec<Header<'a>> = r.headers.iter().rev().cloned().collect();
                headers.push(Header { key: Cow::Borrowed(b""), value: None });
                let key = if r.key.is_none() { Some(Cow::Borrowed(&b""[..])) } else { None };
                Verdict::Replace { key, value: Some(self.concat(b.topic).into()), headers }
            }
            _ => Verdict::Keep,
        }
    }
}

impl Validator for Probe {
    fn validate<'a>(&self, r: &Record<'a>, b: &Batch<'a>) -> Verdict<'a> {
        self.serialize(r, b)
    }
}

impl Decoder for Probe {
    fn deserialize<'a>(&self, r: &Record<'a>, _: &Batch<'a>) -> Verdict<'a> {
        match r.value {
            Some(v) if r.timestamp != 0 => Verdict::replace_value(r, v.iter().rev().copied().collect::<Vec<u8>>()),
            _ => Verdict::Keep,
        }
    }
}

impl Partitioner for Probe {
    fn partition(&self, key: Option<&[u8]>, value: Option<&[u8]>, n: i32) -> i32 {
        key.map_or(-1, |k| (k.len() + value.unwrap_or_default().len()) as i32 % n)
    }
}

plugin!(Probe: validator, transform, decoder, partitioner);
