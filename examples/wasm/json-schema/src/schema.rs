//! The subset of JSON Schema that README.md lists. A keyword outside of it refuses the configuration, so that nothing is
//! silently unchecked.
use crate::json::{Number, Value};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
const INTEGER: u8 = 1 << 2;
const NUMBER: u8 = 1 << 3;

type Text = &'static str;

#[derive(Default)]
pub struct Schema {
    never: bool, // the schema "false"
    types: Option<u8>,
    allowed: Option<Vec<Value<'static>>>,
    limits: Vec<Limit>,
    required: Vec<String>,
    properties: Vec<(String, Schema)>,
    additional: Option<Box<Schema>>,
    items: Option<Box<Schema>>,
}

/// A bound: what it is called, what it bounds, and the bound.
struct Limit {
    keyword: Text,
    measure: Measure,
    holds: fn(f64, f64) -> bool,
    bound: Number<'static>,
}

#[derive(Clone, Copy, PartialEq)]
enum Measure {
    Value,
    Length,
    Items,
    Properties,
}

const LIMITS: [(Text, Measure, fn(f64, f64) -> bool); 10] = [
    ("minimum", Measure::Value, |v, b| v >= b),
    ("maximum", Measure::Value, |v, b| v <= b),
    ("exclusiveMinimum", Measure::Value, |v, b| v > b),
    ("exclusiveMaximum", Measure::Value, |v, b| v < b),
    ("minLength", Measure::Length, |v, b| v >= b),
    ("maxLength", Measure::Length, |v, b| v <= b),
    ("minItems", Measure::Items, |v, b| v >= b),
    ("maxItems", Measure::Items, |v, b| v <= b),
    ("minProperties", Measure::Properties, |v, b| v >= b),
    ("maxProperties", Measure::Properties, |v, b| v <= b),
];

/// Why a value does not match, and where: a JSON pointer that grows on the way out.
pub struct Mismatch {
    path: String,
    what: String,
}

impl Mismatch {
    fn new(what: String) -> Self {
        Mismatch { path: String::new(), what }
    }

    fn below(mut self, step: &str) -> Self {
        self.path = format!("/{}{}", step.replace('~', "~0").replace('/', "~1"), self.path);
        self
    }

    pub fn to_string(&self) -> String {
        match self.path.as_str() {
            "" => format!("the value {}", self.what),
            path => format!("{} {}", path, self.what),
        }
    }
}

impl Schema {
    pub fn compile(tree: &Value<'static>) -> Result<Schema, String> {
        let fields = match tree {
            Value::Bool(b) => return Ok(Schema { never: !b, ..Schema::default() }),
            Value::Object(fields) => fields,
            _ => return Err("a schema must be an object or a boolean".into()),
        };
        let mut s = Schema::default();
        for (keyword, value) in fields {
            s.keyword(keyword, value).map_err(|e| match e.strip_prefix('/') {
                Some(below) => format!("/{}/{}", keyword, below),
                None => format!("/{}: {}", keyword, e),
            })?;
        }
        Ok(s)
    }

    fn keyword(&mut self, keyword: &str, value: &Value<'static>) -> Result<(), String> {
        match keyword {
            "type" => self.types = Some(types(value)?),
            "enum" => self.allowed = Some(array(value)?.clone()),
            "const" => self.allowed = Some([value.clone()].into()),
            "required" => self.required = array(value)?.iter().map(name).collect::<Result<_, _>>()?,
            "properties" => {
                let Value::Object(fields) = value else { return Err("must be an object".into()) };
                for (name, schema) in fields {
                    let schema = Schema::compile(schema).map_err(|e| format!("/{}{}", name, separate(&e)))?;
                    self.properties.push((name.to_string(), schema));
                }
            }
            "additionalProperties" => self.additional = Some(Box::new(Schema::compile(value)?)),
            "items" => self.items = Some(Box::new(Schema::compile(value)?)),
            "$schema" | "$id" | "$comment" | "title" | "description" | "default" | "examples" | "deprecated" => {}
            _ => return self.limit(keyword, value),
        }
        Ok(())
    }

    fn limit(&mut self, keyword: &str, value: &Value<'static>) -> Result<(), String> {
        let Some(&(keyword, measure, holds)) = LIMITS.iter().find(|l| l.0 == keyword) else {
            return Err("this keyword is not supported".into());
        };
        let Value::Number(bound) = value else { return Err("must be a number".into()) };
        if measure != Measure::Value && !(is_integer(bound.value) && bound.value >= 0.0) {
            return Err("must be an integer that is not negative".into());
        }
        self.limits.push(Limit { keyword, measure, holds, bound: *bound });
        Ok(())
    }

    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        if self.never {
            return Err(Mismatch::new("is not allowed".into()));
        }
        if let Some(types) = self.types {
            if type_bits(value) & types == 0 {
                return Err(Mismatch::new(format!("is {}, not {}", type_name(value), names(types))));
            }
        }
        if let Some(allowed) = &self.allowed {
            if !allowed.contains(value) {
                return Err(Mismatch::new("is none of the allowed values".into()));
            }
        }
        self.check_limits(value)?;
        match value {
            Value::Object(fields) => self.check_object(fields),
            Value::Array(items) => self.check_items(items),
            _ => Ok(()),
        }
    }

    fn check_limits(&self, value: &Value) -> Result<(), Mismatch> {
        for limit in &self.limits {
            let (measured, what) = match (limit.measure, value) {
                (Measure::Value, Value::Number(n)) => (n.value, n.text.to_string()),
                (Measure::Length, Value::String(s)) => {
                    let n = s.chars().count();
                    (n as f64, format!("{} characters", n))
                }
                (Measure::Items, Value::Array(items)) => (items.len() as f64, format!("{} items", items.len())),
                (Measure::Properties, Value::Object(f)) => (f.len() as f64, format!("{} properties", f.len())),
                _ => continue,
            };
            if !(limit.holds)(measured, limit.bound.value) {
                let has = if limit.measure == Measure::Value { "is" } else { "has" };
                return Err(Mismatch::new(format!("{} {}, but {} is {}", has, what, limit.keyword, limit.bound.text)));
            }
        }
        Ok(())
    }

    fn check_object(&self, fields: &[(impl AsRef<str>, Value)]) -> Result<(), Mismatch> {
        for name in &self.required {
            if !fields.iter().any(|(f, _)| f.as_ref() == name) {
                return Err(Mismatch::new(format!("has no \"{}\"", name)));
            }
        }
        for (name, value) in fields {
            let name = name.as_ref();
            let schema = match self.properties.iter().find(|(p, _)| p == name) {
                Some((_, schema)) => Some(schema),
                None => self.additional.as_deref(),
            };
            if let Some(schema) = schema {
                schema.check(value).map_err(|m| m.below(name))?;
            }
        }
        Ok(())
    }

    fn check_items(&self, items: &[Value]) -> Result<(), Mismatch> {
        let Some(schema) = &self.items else { return Ok(()) };
        for (i, item) in items.iter().enumerate() {
            schema.check(item).map_err(|m| m.below(&i.to_string()))?;
        }
        Ok(())
    }
}

/// Puts a message of this level behind a path.
fn separate(e: &str) -> String {
    if e.starts_with('/') {
        e.into()
    } else {
        format!(": {}", e)
    }
}

fn array<'v>(value: &'v Value<'static>) -> Result<&'v Vec<Value<'static>>, String> {
    match value {
        Value::Array(items) => Ok(items),
        _ => Err("must be an array".into()),
    }
}

fn name(value: &Value) -> Result<String, String> {
    match value {
        Value::String(s) => Ok(s.to_string()),
        _ => Err("must be made of strings".into()),
    }
}

/// The types that a "type" names, as bits.
fn types(value: &Value<'static>) -> Result<u8, String> {
    match value {
        Value::Array(items) if !items.is_empty() => items.iter().try_fold(0, |bits, item| Ok(bits | types(item)?)),
        Value::String(s) => match TYPES.iter().position(|t| t == s) {
            Some(i) => Ok(1 << i),
            None => Err(format!("\"{}\" is no type", s)),
        },
        _ => Err("must be a string or an array of strings".into()),
    }
}

/// Whether a number has no fraction. Beyond 2^53 none has.
fn is_integer(n: f64) -> bool {
    !(-9.0e15..=9.0e15).contains(&n) || n as i64 as f64 == n
}

fn type_bits(value: &Value) -> u8 {
    match value {
        Value::Null => 1,
        Value::Bool(_) => 1 << 1,
        Value::Number(n) if is_integer(n.value) => INTEGER | NUMBER,
        Value::Number(_) => NUMBER,
        Value::String(_) => 1 << 4,
        Value::Array(_) => 1 << 5,
        Value::Object(_) => 1 << 6,
    }
}

fn type_name(value: &Value) -> Text {
    TYPES[type_bits(value).trailing_zeros() as usize]
}

fn names(types: u8) -> String {
    let names: Vec<Text> = (0..TYPES.len()).filter(|i| types & 1 << i != 0).map(|i| TYPES[i]).collect();
    names.join(" or ")
}
