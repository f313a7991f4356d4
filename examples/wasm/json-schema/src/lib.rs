//! A validator: values must be JSON that a schema describes. The configuration of the binding is the schema.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

mod json;
mod schema;

use alloc::boxed::Box;
use alloc::string::String;
use jackdaw_plugin::{validator, Batch, Config, Plugin, Record, Validator, Verdict, VALUE};
use schema::Schema;

/// Codes of rejections.
const NOT_JSON: i32 = 1;
const NOT_VALID: i32 = 2;

struct JsonSchema(Schema);

impl Plugin for JsonSchema {
    const INTEREST: i32 = VALUE;

    fn configure(config: &Config) -> Result<Self, String> {
        let text = config.config.ok_or("the configuration must be a JSON Schema")?;
        // The schema refers to its text as long as the module lives.
        let text: &'static [u8] = Box::leak(text.into());
        let tree = json::parse(text).map_err(|e| e.to_string("the schema"))?;
        Ok(JsonSchema(Schema::compile(&tree)?))
    }
}

impl Validator for JsonSchema {
    fn validate<'a>(&self, record: &Record<'a>, _: &Batch<'a>) -> Verdict<'a> {
        let Some(value) = record.value else {
            return Verdict::Keep; // a tombstone
        };
        match json::parse(value) {
            Err(e) => Verdict::reject(NOT_JSON, e.to_string("the value")),
            Ok(tree) => match self.0.check(&tree) {
                Err(mismatch) => Verdict::reject(NOT_VALID, mismatch.to_string()),
                Ok(()) => Verdict::Keep,
            },
        }
    }
}

validator!(JsonSchema);
