//! Any bytes as a profile file: refused or read, never a panic; what was read is written and read the same.
#![no_main]

use atomic_core::profile::Book;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut book = Book::new(0);
    if book.merge_bytes(bytes).is_ok() {
        let mut again = Book::new(0);
        again.merge_bytes(&book.to_bytes()).expect("its own file");
        assert_eq!(again.cards().len(), book.cards().len());
    }
});
