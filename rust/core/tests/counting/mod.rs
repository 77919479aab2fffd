//! The bytes that a thread holds, counted by the allocator.
#![expect(
    unsafe_code,
    reason = "an allocator that counts is unsafe by its trait; it forwards to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts the bytes that this thread holds.
struct Counting;

fn count(bytes: isize) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: every call is forwarded as it is to the system's allocator; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A moment, to compare with.
pub struct Since(isize);

impl Since {
    /// What is held from here on is counted.
    pub fn now() -> Self {
        PEAK.set(HELD.get());
        Self(HELD.get())
    }

    /// The most bytes that this thread has held at once beyond what it held at the moment.
    pub fn peak(&self) -> isize {
        PEAK.get() - self.0
    }
}
