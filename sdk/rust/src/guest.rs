//! The guest's side of the ABI: blocks, results, and the host's functions.
use crate::memory::ARENA;
use crate::{Batch, Config, Header, Plugin, Record, Verdict};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cell::UnsafeCell;

#[link(wasm_import_module = "jackdaw_1")]
extern "C" {
    #[link_name = "log"]
    fn host_log(level: i32, text: *const u8, len: usize);
    #[link_name = "log_level"]
    fn host_log_level() -> i32;
    #[link_name = "error"]
    fn host_error(text: *const u8, len: usize);
    #[link_name = "metric"]
    fn host_metric(kind: i32, name: *const u8, len: usize) -> i32;
    #[link_name = "counter_add"]
    fn host_counter_add(counter: i32, n: i64);
}

pub fn log(level: i32, text: &str) {
    unsafe { host_log(level, text.as_ptr(), text.len()) }
}

pub fn log_level() -> i32 {
    unsafe { host_log_level() }
}

pub fn counter(name: &str) -> i32 {
    unsafe { host_metric(0, name.as_ptr(), name.len()) }
}

pub fn counter_add(counter: i32, n: i64) {
    unsafe { host_counter_add(counter, n) }
}

/// Slice and the structs that follow are laid out as the ABI says.
#[derive(Clone, Copy)]
#[repr(C)]
struct Slice {
    data: *const u8,
    len: i32,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawHeader {
    key: Slice,
    value: Slice,
}

#[repr(C)]
struct Entry {
    key: Slice,
    value: Slice,
    headers: *const RawHeader,
    header_count: u32,
    timestamp: i64,
}

#[repr(C)]
struct Block {
    header_size: u32,
    entry_size: u32,
    count: u32,
    flags: u32,
}

#[repr(C)]
struct BatchBlock {
    block: Block,
    topic: Slice,
    time: i64,
    partition: i32,
    num_partitions: i32,
    client_id: Slice,
}

#[repr(C)]
struct ConfigBlock {
    block: Block,
    kind: u32,
    unused: u32,
    name: Slice,
    binding: Slice,
    config: Slice,
}

const NULL: Slice = Slice { data: core::ptr::null(), len: -1 };

impl Slice {
    fn new(bytes: &[u8]) -> Slice {
        Slice { data: bytes.as_ptr(), len: bytes.len() as i32 }
    }

    fn optional(bytes: &Option<Cow<[u8]>>) -> Slice {
        bytes.as_deref().map_or(NULL, Slice::new)
    }

    /// The host promises that the bytes live as long as the call.
    unsafe fn get<'a>(self) -> Option<&'a [u8]> {
        match self.len {
            len if len < 0 => None,
            0 => Some(&[]),
            len => Some(core::slice::from_raw_parts(self.data, len as usize)),
        }
    }
}

impl BatchBlock {
    unsafe fn batch<'a>(&self) -> Batch<'a> {
        Batch {
            topic: self.topic.get().unwrap_or_default(),
            client_id: self.client_id.get(),
            time: self.time,
            partition: self.partition,
            num_partitions: self.num_partitions,
        }
    }

    /// Entry i. The sizes in the header are strides: newer hosts append fields.
    unsafe fn entry<T>(&self, i: u32) -> &T {
        let first = (self as *const Self as *const u8).add(self.block.header_size as usize);
        &*(first.add((i * self.block.entry_size) as usize) as *const T)
    }
}

impl Entry {
    unsafe fn record<'a>(&self) -> Record<'a> {
        let headers = if self.header_count == 0 {
            &[]
        } else {
            core::slice::from_raw_parts(self.headers, self.header_count as usize)
        };
        Record {
            key: self.key.get(),
            value: self.value.get(),
            headers: headers
                .iter()
                .map(|h| Header {
                    key: Cow::Borrowed(h.key.get().unwrap_or_default()),
                    value: h.value.get().map(Cow::Borrowed),
                })
                .collect(),
            timestamp: self.timestamp,
        }
    }
}

/// What lives in a module: the plugin, the input area, and the last answer with all that it points to.
struct State<P> {
    plugin: Option<P>,
    input: Vec<u64>, // for its alignment
    answer: Answer,
}

#[derive(Default)]
struct Answer {
    words: Vec<u32>,
    verdicts: Vec<Verdict<'static>>, // all but Keep: they own what the words point to
    headers: Vec<Vec<RawHeader>>,
}

impl Answer {
    fn push(&mut self, action: u32, code: i32, key: Slice, value: Slice, headers: &[RawHeader], message: Slice) {
        self.words.extend([action, code as u32]);
        for s in [key, value] {
            self.words.extend([s.data as u32, s.len as u32]);
        }
        self.words.extend([headers.as_ptr() as u32, headers.len() as u32]);
        self.words.extend([message.data as u32, message.len as u32]);
    }

    /// Adds a verdict; the error is the result of the whole call.
    fn add(&mut self, verdict: Verdict) -> Result<(), i64> {
        match &verdict {
            Verdict::Keep => {
                self.push(0, 0, NULL, NULL, &[], NULL);
                return Ok(());
            }
            Verdict::Replace { key, value, headers } => {
                let raw: Vec<RawHeader> = headers
                    .iter()
                    .map(|h| RawHeader { key: Slice::new(&h.key), value: Slice::optional(&h.value) })
                    .collect();
                self.push(1, 0, Slice::optional(key), Slice::optional(value), &raw, NULL);
                self.headers.push(raw);
            }
            Verdict::Drop => self.push(2, 0, NULL, NULL, &[], NULL),
            Verdict::Reject { code, message } => {
                self.push(3, *code, NULL, NULL, &[], Slice::new(message.as_bytes()));
            }
            Verdict::Fail(class, message) => {
                unsafe { host_error(message.as_ptr(), message.len()) };
                return Err(-(*class as i64));
            }
        }
        // What it borrows lies in the input area, which outlives the answer.
        self.verdicts.push(unsafe { core::mem::transmute::<Verdict<'_>, Verdict<'static>>(verdict) });
        Ok(())
    }
}

fn result<T>(words: &[T]) -> i64 {
    (words.as_ptr() as i64) << 32 | core::mem::size_of_val(words) as i64
}

/// The module's only global. Every function that takes an address trusts the host that a block lies there.
pub struct Guest<P>(UnsafeCell<State<P>>);

// A plugin has a single thread, and the host never calls it from within its own functions.
unsafe impl<P> Sync for Guest<P> {}

impl<P: Plugin> Guest<P> {
    /// A plugin that is not configured yet.
    pub const fn new() -> Self {
        let answer = Answer { words: Vec::new(), verdicts: Vec::new(), headers: Vec::new() };
        Guest(UnsafeCell::new(State { plugin: None, input: Vec::new(), answer }))
    }

    /// Begins a call: the last answer is gone.
    #[allow(clippy::mut_from_ref)]
    fn state(&self) -> &mut State<P> {
        let s = unsafe { &mut *self.0.get() };
        s.answer = Answer::default();
        s
    }

    /// jd_reserve.
    pub fn reserve(&self, size: u32) -> u32 {
        let s = self.state();
        let words = (size as usize + 7) / 8;
        if s.input.capacity() < words {
            s.input = Vec::new();
            if s.input.try_reserve_exact(words).is_err() {
                return 0;
            }
            ARENA.seal();
        }
        s.input.as_ptr() as u32
    }

    /// jd_configure.
    pub fn configure(&self, block: u32) -> i64 {
        let s = self.state();
        let c = unsafe { &*(block as *const ConfigBlock) };
        let made = unsafe {
            P::configure(&Config {
                kind: c.kind,
                name: c.name.get().unwrap_or_default(),
                binding: c.binding.get().unwrap_or_default(),
                config: c.config.get(),
            })
        };
        match made {
            Ok(plugin) => {
                s.plugin = Some(plugin);
                ARENA.seal();
                0
            }
            Err(message) => {
                unsafe { host_error(message.as_ptr(), message.len()) };
                -1
            }
        }
    }

    /// jd_validate, jd_serialize, jd_deserialize.
    pub fn each(&self, block: u32, decide: for<'a> fn(&P, &Record<'a>, &Batch<'a>) -> Verdict<'a>) -> i64 {
        let State { plugin: Some(plugin), answer, .. } = self.state() else { return -4 };
        let b = unsafe { &*(block as *const BatchBlock) };
        let batch = unsafe { b.batch() };
        answer.words.reserve_exact(4 + 10 * b.block.count as usize);
        answer.words.extend([16, 40, b.block.count, 0]);
        let mut changed = false;
        for i in 0..b.block.count {
            let room = ARENA.enter(); // what a record leaves behind is gone before the next one
            let verdict = {
                let record = unsafe { b.entry::<Entry>(i).record() };
                decide(plugin, &record, &batch)
            };
            ARENA.leave(room);
            changed |= !matches!(verdict, Verdict::Keep);
            if let Err(failed) = answer.add(verdict) {
                return failed;
            }
        }
        if changed {
            result(&answer.words)
        } else {
            0
        }
    }

    /// jd_partition.
    pub fn each_key(&self, block: u32, choose: fn(&P, Option<&[u8]>, Option<&[u8]>, i32) -> i32) -> i64 {
        let State { plugin: Some(plugin), answer, .. } = self.state() else { return -4 };
        let b = unsafe { &*(block as *const BatchBlock) };
        answer.words.reserve_exact(b.block.count as usize);
        for i in 0..b.block.count {
            let entry = unsafe { b.entry::<RawHeader>(i) }; // a key and a value, as headers are
            let (key, value) = unsafe { (entry.key.get(), entry.value.get()) };
            answer.words.push(choose(plugin, key, value, b.num_partitions) as u32);
        }
        result(&answer.words)
    }
}
