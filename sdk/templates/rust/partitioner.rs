#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;

use alloc::string::String;
use jackdaw_plugin::{partitioner, Config, Partitioner, Plugin, KEY};

/// FNV-1a of the key. Records without a key go where the host decides.
struct Fnv;

impl Plugin for Fnv {
    const INTEREST: i32 = KEY;

    fn configure(_: &Config) -> Result<Self, String> {
        Ok(Fnv)
    }
}

impl Partitioner for Fnv {
    fn partition(&self, key: Option<&[u8]>, _: Option<&[u8]>, num_partitions: i32) -> i32 {
        let Some(key) = key else { return -1 };
        let hash = key.iter().fold(2166136261u32, |h, &c| (h ^ c as u32).wrapping_mul(16777619));
        (hash % num_partitions as u32) as i32
    }
}

partitioner!(Fnv);
