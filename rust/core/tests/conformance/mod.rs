//! Where conformance data is, and how the tests of the wire read it.
#![allow(dead_code, reason = "each test crate uses its part")]
#![allow(
    clippy::disallowed_methods,
    reason = "the core does no I/O, its tests read files"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// A folder of the conformance data; `None` where there is none, unless it is required.
pub fn folder(name: &str) -> Option<PathBuf> {
    let root = env::var_os("ATOMIC_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = env::var("ATOMIC_REQUIRE_CONFORMANCE").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "no conformance data at {}: set ATOMIC_CONFORMANCE",
        folder.display()
    );
    println!("skipped: no conformance data at {}", folder.display());
    None
}

/// Prints what a suite counted, in the words that the whole project's count is gathered by.
pub fn tally(suite: &str, passed: usize, exceptions: usize) {
    println!("conformance: {suite} (Rust): {passed} passed, {exceptions} listed exceptions");
}

/// A file's lines, each a JSON document.
pub fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("a readable file");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// All recorded streams: what is known of each, and its bytes.
pub fn recordings(folder: &Path) -> impl Iterator<Item = (Value, Vec<u8>)> {
    let mut files: Vec<PathBuf> = providers(folder)
        .flat_map(|provider| entries(&provider))
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no recordings in {}", folder.display());
    files.into_iter().map(|file| {
        let case = serde_json::from_slice(&fs::read(&file).expect("readable")).expect("JSON");
        (
            case,
            fs::read(file.with_extension("raw")).expect("each recording has its bytes"),
        )
    })
}

fn providers(folder: &Path) -> impl Iterator<Item = PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    entries
        .map(|entry| entry.expect("a readable entry").path())
        .collect()
}

/// Seeded numbers (`SplitMix64`, Steele et al. 2014), so that a failure can be repeated.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Chunks of 0 to `most` bytes.
    pub fn chunks<'a>(&mut self, bytes: &'a [u8], most: u64) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = bytes;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let length = (self.next() % (most + 1)) as usize;
            let (chunk, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            Some(chunk)
        })
    }
}
