//! The allocator: a pointer that moves up. What lies above the bottom is gone all at once, when none of it is in use any
//! more, which is the case between two calls. A plugin that keeps something makes the memory grow, but can't break it.
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;

struct State {
    top: usize,
    bottom: usize,
    live: usize, // blocks above the bottom
}

/// What stood outside of a piece of work.
pub struct Room {
    bottom: usize,
    live: usize,
}

pub struct Arena(UnsafeCell<State>);

// A plugin has a single thread.
unsafe impl Sync for Arena {}

#[global_allocator]
pub static ARENA: Arena = Arena(UnsafeCell::new(State { top: 0, bottom: 0, live: 0 }));

extern "C" {
    static __heap_base: u8;
}

impl State {
    fn grow_to(&mut self, end: usize) -> bool {
        let have = memory_size(0) << 16;
        if end <= have {
            return true;
        }
        end <= i32::MAX as usize && memory_grow(0, (end - have + 0xffff) >> 16) != usize::MAX
    }
}

impl Arena {
    /// Begins a piece of work: what it allocates is gone at its end, if it keeps nothing.
    pub fn enter(&self) -> Room {
        let s = unsafe { &mut *self.0.get() };
        let room = Room { bottom: s.bottom, live: s.live };
        self.seal();
        room
    }

    /// Ends a piece of work.
    pub fn leave(&self, room: Room) {
        let s = unsafe { &mut *self.0.get() };
        s.bottom = room.bottom;
        s.live += room.live;
    }

    /// Keeps all that is allocated now: nothing of it is reclaimed.
    pub fn seal(&self) {
        let s = unsafe { &mut *self.0.get() };
        s.bottom = s.top;
        s.live = 0;
    }
}

unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let s = &mut *self.0.get();
        if s.top == 0 {
            s.top = core::ptr::addr_of!(__heap_base) as usize;
            s.bottom = s.top;
        }
        let start = (s.top + layout.align() - 1) & !(layout.align() - 1);
        match start.checked_add(layout.size()) {
            Some(end) if s.grow_to(end) => s.top = end,
            _ => return core::ptr::null_mut(),
        }
        s.live += 1;
        start as *mut u8
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        let s = &mut *self.0.get();
        if (p as usize) < s.bottom {
            return;
        }
        s.live -= 1;
        if s.live == 0 {
            s.top = s.bottom;
        } else if p as usize + layout.size() == s.top {
            s.top = p as usize;
        }
    }

    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let s = &mut *self.0.get();
        if p as usize >= s.bottom && p as usize + layout.size() == s.top {
            // The last block: it grows where it is.
            return match (p as usize).checked_add(size) {
                Some(end) if s.grow_to(end) => {
                    s.top = end;
                    p
                }
                _ => core::ptr::null_mut(),
            };
        }
        if size <= layout.size() {
            return p;
        }
        let bigger = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        if !bigger.is_null() {
            core::ptr::copy_nonoverlapping(p, bigger, layout.size());
            self.dealloc(p, layout);
        }
        bigger
    }
}
