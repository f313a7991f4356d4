//! Jackdaw plugins in Rust: implement [`Validator`], [`Transform`], [`Decoder`] or [`Partitioner`] and name the type in
//! the macro of the same name.
//!
//! ```ignore
//! #![cfg_attr(target_arch = "wasm32", no_std)]
//! extern crate alloc;
//! use alloc::string::String;
//! use jackdaw_plugin::{validator, Batch, Config, Plugin, Record, Validator, Verdict};
//!
//! struct Short;
//! impl Plugin for Short {
//!     fn configure(_: &Config) -> Result<Self, String> {
//!         Ok(Short)
//!     }
//! }
//! impl Validator for Short {
//!     fn validate<'a>(&self, record: &Record<'a>, _: &Batch<'a>) -> Verdict<'a> {
//!         match record.value {
//!             Some(v) if v.len() > 1000 => Verdict::reject(1, "the value is too long"),
//!             _ => Verdict::Keep,
//!         }
//!     }
//! }
//! validator!(Short);
//! ```
//!
//! The crate needs neither std nor other crates; `Vec`, `String` and `format!` come from `alloc`. sdk/README.md explains
//! what a plugin may do.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;

#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub mod guest;
#[cfg(target_arch = "wasm32")]
mod memory;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Fields for [`Plugin::INTEREST`]: what the host copies.
pub const KEY: i32 = 1;
/// See [`KEY`].
pub const VALUE: i32 = 2;
/// See [`KEY`].
pub const HEADERS: i32 = 4;
/// See [`KEY`].
pub const TIMESTAMP: i32 = 8;

/// A header of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Header<'a> {
    /// Never null.
    pub key: Cow<'a, [u8]>,
    /// None is null.
    pub value: Option<Cow<'a, [u8]>>,
}

/// A record, valid during the call. A serializer judges the value: bound to keys, it gets the key there.
#[derive(Clone, Debug, Default)]
pub struct Record<'a> {
    /// None is null.
    pub key: Option<&'a [u8]>,
    /// None is null.
    pub value: Option<&'a [u8]>,
    /// In the record's order.
    pub headers: Vec<Header<'a>>,
    /// Milliseconds.
    pub timestamp: i64,
}

/// What all records of a call have in common.
#[derive(Clone, Debug, Default)]
pub struct Batch<'a> {
    /// The topic's name.
    pub topic: &'a [u8],
    /// The producer's client id.
    pub client_id: Option<&'a [u8]>,
    /// Of the broker, milliseconds; 0 for partitioners.
    pub time: i64,
    /// -1 for partitioners.
    pub partition: i32,
    /// Of the topic.
    pub num_partitions: i32,
}

/// Why and to what a plugin is bound.
#[derive(Clone, Debug, Default)]
pub struct Config<'a> {
    /// 1 partitioner, 2 key serializer, 3 value serializer, 4 assignor.
    pub kind: u32,
    /// The plugin's name.
    pub name: &'a [u8],
    /// The topic or the group.
    pub binding: &'a [u8],
    /// JSON by convention; None when there is none.
    pub config: Option<&'a [u8]>,
}

/// Why a call failed: see [`Verdict::Fail`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// The plugin can't work on this input.
    InvalidInput = 2,
    /// The host tries again with half of the records.
    OutOfMemory = 3,
    /// The plugin failed.
    Internal = 4,
    /// The host tries again later.
    Retriable = 5,
}

/// The decision about one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// The record stays as it is.
    Keep,
    /// The record gets another key, value and headers: for transforms and decoders.
    Replace {
        /// None is null.
        key: Option<Cow<'a, [u8]>>,
        /// None is null.
        value: Option<Cow<'a, [u8]>>,
        /// All headers of the new record.
        headers: Vec<Header<'a>>,
    },
    /// The record is left out: for transforms.
    Drop,
    /// The record is refused.
    Reject {
        /// The plugin's own number.
        code: i32,
        /// The client gets it.
        message: Cow<'a, str>,
    },
    /// The whole call fails: this is no verdict about the record.
    Fail(Failure, Cow<'a, str>),
}

impl<'a> Verdict<'a> {
    /// Refuses the record. The client gets the message; the code is the plugin's own number.
    pub fn reject(code: i32, message: impl Into<Cow<'a, str>>) -> Self {
        Verdict::Reject { code, message: message.into() }
    }

    /// Gives the record another value.
    pub fn replace_value(record: &Record<'a>, value: impl Into<Cow<'a, [u8]>>) -> Self {
        Verdict::Replace {
            key: record.key.map(Cow::Borrowed),
            value: Some(value.into()),
            headers: record.headers.clone(),
        }
    }
}

/// What all plugins have in common. A plugin is a pure function of its configuration and the record: it must not remember
/// records.
pub trait Plugin: Sized {
    /// What the host copies; other fields read as null, none and 0. By default all of them.
    const INTEREST: i32 = KEY | VALUE | HEADERS | TIMESTAMP;

    /// Makes the plugin from its configuration. An error refuses the binding.
    fn configure(config: &Config) -> Result<Self, String>;
}

/// Judges records before they are stored.
pub trait Validator: Plugin {
    /// Returns `Keep` or a rejection.
    fn validate<'a>(&self, record: &Record<'a>, batch: &Batch<'a>) -> Verdict<'a>;
}

/// Rewrites records before they are stored.
pub trait Transform: Plugin {
    /// Returns any verdict.
    fn serialize<'a>(&self, record: &Record<'a>, batch: &Batch<'a>) -> Verdict<'a>;
}

/// Rewrites records for readers that ask for decoded records.
pub trait Decoder: Plugin {
    /// Returns any verdict but `Drop`.
    fn deserialize<'a>(&self, record: &Record<'a>, batch: &Batch<'a>) -> Verdict<'a>;
}

/// Chooses partitions.
pub trait Partitioner: Plugin {
    /// Returns 0 to `num_partitions - 1`, or -1 for the host's default.
    fn partition(&self, key: Option<&[u8]>, value: Option<&[u8]>, num_partitions: i32) -> i32;
}

/// The host's functions. Elsewhere than in WebAssembly they do nothing, so that `cargo test` runs.
#[cfg(not(target_arch = "wasm32"))]
mod guest {
    pub fn log(_: i32, _: &str) {}
    pub fn log_level() -> i32 {
        0
    }
    pub fn counter(_: &str) -> i32 {
        -1
    }
    pub fn counter_add(_: i32, _: i64) {}
}

/// Writes a line to the plugin's log. Levels: 0 debug, 1 info, 2 warn, 3 error.
pub fn log(level: i32, text: &str) {
    guest::log(level, text)
}

/// The lowest level that the host keeps.
pub fn log_level() -> i32 {
    guest::log_level()
}

/// Makes a counter of the plugin, to be called in `configure`.
pub fn counter(name: &str) -> i32 {
    guest::counter(name)
}

/// Adds to a counter.
pub fn counter_add(counter: i32, n: i64) {
    guest::counter_add(counter, n)
}

/// Makes the module a validator. One macro of a kind goes into a module; a type that is several kinds names them all:
/// `plugin!(Type: validator, transform)`.
#[macro_export]
macro_rules! validator {
    ($type:ty) => {
        $crate::plugin!($type: validator);
    };
}

/// Makes the module a transform. See [`validator!`].
#[macro_export]
macro_rules! transform {
    ($type:ty) => {
        $crate::plugin!($type: transform);
    };
}

/// Makes the module a partitioner. See [`validator!`].
#[macro_export]
macro_rules! partitioner {
    ($type:ty) => {
        $crate::plugin!($type: partitioner);
    };
}

/// Makes the module a plugin of several kinds: `plugin!(Type: validator, transform, decoder, partitioner)`, or some of
/// them. Elsewhere than in WebAssembly it does nothing, so that `cargo test` runs.
#[macro_export]
macro_rules! plugin {
    ($type:ty: $($kind:ident),+) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static PLUGIN: $crate::guest::Guest<$type> = $crate::guest::Guest::new();

            #[no_mangle]
            extern "C" fn jd_abi_1() -> i32 {
                0
            }

            #[no_mangle]
            extern "C" fn jd_reserve(size: u32) -> u32 {
                PLUGIN.reserve(size)
            }

            #[no_mangle]
            extern "C" fn jd_configure(block: u32, _: u32) -> i64 {
                PLUGIN.configure(block)
            }

            #[no_mangle]
            extern "C" fn jd_interest() -> i32 {
                <$type as $crate::Plugin>::INTEREST
            }

            $($crate::plugin!(@$kind);)+
        };
    };
    (@validator) => {
        #[no_mangle]
        extern "C" fn jd_validate(block: u32, _: u32) -> i64 {
            PLUGIN.each(block, $crate::Validator::validate)
        }
    };
    (@transform) => {
        #[no_mangle]
        extern "C" fn jd_serialize(block: u32, _: u32) -> i64 {
            PLUGIN.each(block, $crate::Transform::serialize)
        }
    };
    (@decoder) => {
        #[no_mangle]
        extern "C" fn jd_deserialize(block: u32, _: u32) -> i64 {
            PLUGIN.each(block, $crate::Decoder::deserialize)
        }
    };
    (@partitioner) => {
        #[no_mangle]
        extern "C" fn jd_partition(block: u32, _: u32) -> i64 {
            PLUGIN.each_key(block, $crate::Partitioner::partition)
        }
    };
}
