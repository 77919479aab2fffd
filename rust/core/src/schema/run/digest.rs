//! Digests of values, equal where the values are: for `uniqueItems`.
//!
//! A digest has 128 bits from two hashes with independent seeds from outside, so that among n different items any two
//! have the same one with a probability of about n²/2¹²⁹. That stands in for comparing them: a comparison needs the items
//! themselves, that is memory in proportion to the array's text, where a digest takes 16 bytes an item and a reading that
//! keeps no value keeps nothing else. The most items that a text within the standard bound of 64 MiB can have are 2²⁵, which
//! makes 2⁻⁷⁹ a document; a document a nanosecond would be misjudged once in ten million years. The seeds are the caller's
//! (Python's are random for each schema), so that nobody outside can look for a collision.
//! Members count in any order, numbers by their value.

use ahash::RandomState;
use hashbrown::HashSet;

use crate::json::Kind;
use crate::schema::documents::hasher;
use crate::schema::number::Decimal;

/// The digest of a value.
type Digest = u128;

/// A container in the making.
#[derive(Debug)]
struct Open {
    kind: Kind,
    digest: Digest,
    key: Digest,
    /// The items so far, where they must differ.
    items: Option<HashSet<Digest, RandomState>>,
}

/// Digests of the values being read, from the outermost array whose items must differ on.
#[derive(Debug)]
pub(super) struct Digests {
    hashers: [RandomState; 2],
    open: Vec<Open>,
    text: String,
}

impl Digests {
    pub fn new(seed: u64) -> Self {
        Self {
            hashers: [
                hasher(seed),
                hasher(seed.rotate_left(32) ^ 0x5851_F42D_4C95_7F2D),
            ],
            open: Vec::new(),
            text: String::new(),
        }
    }

    /// Whether digests are being taken.
    pub fn is_active(&self) -> bool {
        !self.open.is_empty()
    }

    /// A container opens: one whose items must differ, or any inside such a one.
    pub fn begin(&mut self, kind: Kind, unique: bool) {
        if unique || self.is_active() {
            let items = unique.then(|| HashSet::with_hasher(self.hashers[0].clone()));
            self.open.push(Open {
                kind,
                digest: kind as Digest,
                key: 0,
                items,
            });
        }
    }

    /// Text of the open string, key or number.
    pub fn text(&mut self, run: &str) {
        if self.is_active() {
            self.text.push_str(run);
        }
    }

    /// The key is complete.
    pub fn key_end(&mut self) {
        if self.is_active() {
            let key = self.hash((Kind::Object as u8, &self.text));
            self.text.clear();
            if let Some(open) = self.open.last_mut() {
                open.key = key;
            }
        }
    }

    /// A scalar is complete; whether it repeats an item that it must differ from.
    pub fn scalar(&mut self, kind: Kind) -> bool {
        if !self.is_active() {
            return false;
        }
        let digest = match kind {
            Kind::Number => self.hash((
                kind as u8,
                Decimal::parse(&self.text).map_err(|_| &self.text),
            )),
            _ => self.hash((kind as u8, &self.text)),
        };
        self.text.clear();
        self.add(digest)
    }

    /// A container closes; whether it repeats an item that it must differ from.
    pub fn end(&mut self) -> bool {
        match self.open.pop() {
            Some(open) if self.is_active() => {
                let digest = self.hash((open.kind as u8, open.digest));
                self.add(digest)
            }
            _ => false,
        }
    }

    /// Whether the innermost array, whose items must differ, has this string as an item.
    pub fn has_item(&self, text: &str) -> bool {
        let items = self.open.last().and_then(|open| open.items.as_ref());
        items.is_some_and(|items| items.contains(&self.hash((Kind::String as u8, text))))
    }

    fn add(&mut self, digest: Digest) -> bool {
        let Some(parent) = self.open.last() else {
            return false;
        };
        let combined = match parent.kind {
            Kind::Array => self.hash((parent.digest, digest)),
            _ => parent.digest.wrapping_add(self.hash((parent.key, digest))),
        };
        let Some(parent) = self.open.last_mut() else {
            return false;
        };
        parent.digest = combined;
        parent
            .items
            .as_mut()
            .is_some_and(|items| !items.insert(digest))
    }

    fn hash(&self, value: impl std::hash::Hash) -> Digest {
        let [one, other] = &self.hashers;
        Digest::from(one.hash_one(&value)) << 64 | Digest::from(other.hash_one(&value))
    }
}
