//! JSON objects in an array that grows, or one after another: the brackets and commas between them
//! are stepped over, so that a body that is a single object (an error, an answer that is no stream)
//! reads the same.

use memchr::memchr2;

use super::{Foreign, Limits, WireError};

/// A splitter of one stream into its top-level objects.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    limits: Limits,
    /// The object at hand, as far as it came in earlier chunks.
    object: Vec<u8>,
    object_at: u64,
    /// Open brackets of the object at hand; 0 is between objects.
    depth: usize,
    within: Within,
    /// Bytes taken, all chunks before the one at hand.
    taken: u64,
}

/// Where in an object the splitter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Structure,
    String,
    Escape,
}

impl Splitter {
    /// A splitter of what begins at `offset` of the body.
    pub(super) const fn new(limits: Limits, offset: u64) -> Self {
        Self {
            limits,
            object: Vec::new(),
            object_at: offset,
            depth: 0,
            within: Within::Structure,
            taken: offset,
        }
    }

    /// Takes the next bytes and hands over each object they complete, with its offset.
    pub(super) fn feed(
        &mut self,
        chunk: &[u8],
        on: &mut impl FnMut(&[u8], u64) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut at = 0;
        loop {
            if self.depth == 0 {
                let Some(start) = self.next_object(chunk, at)? else {
                    break;
                };
                at = start;
            }
            let start = at;
            let end = self.object_end(chunk, &mut at);
            self.check(at - start)?;
            if !end {
                self.object.extend_from_slice(&chunk[start..at]);
                break;
            }
            self.hand_over(&chunk[start..at], on)?;
        }
        self.taken += chunk.len() as u64;
        Ok(())
    }

    /// Finds where the next object begins.
    fn next_object(&mut self, chunk: &[u8], from: usize) -> Result<Option<usize>, WireError> {
        for (at, byte) in chunk.iter().enumerate().skip(from) {
            match byte {
                b'{' => {
                    self.object_at = self.taken + at as u64;
                    return Ok(Some(at));
                }
                b'[' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => {
                    return Err(WireError::Foreign {
                        what: Foreign::Text,
                        offset: self.taken + at as u64,
                    });
                }
            }
        }
        Ok(None)
    }

    /// Moves `at` behind the end of the object at hand, or to the end of the chunk; whether the
    /// object has ended.
    fn object_end(&mut self, chunk: &[u8], at: &mut usize) -> bool {
        while let Some(&byte) = chunk.get(*at) {
            if self.within == Within::String {
                let Some(stop) = memchr2(b'"', b'\\', &chunk[*at..]) else {
                    *at = chunk.len();
                    return false;
                };
                let escape = chunk[*at + stop] == b'\\';
                self.within = if escape {
                    Within::Escape
                } else {
                    Within::Structure
                };
                *at += stop + 1;
                continue;
            }
            *at += 1;
            if self.within == Within::Escape {
                self.within = Within::String;
                continue;
            }
            match byte {
                b'"' => self.within = Within::String,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    fn hand_over(
        &mut self,
        tail: &[u8],
        on: &mut impl FnMut(&[u8], u64) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        if self.object.is_empty() {
            return on(tail, self.object_at);
        }
        let mut object = std::mem::take(&mut self.object);
        object.extend_from_slice(tail);
        on(&object, self.object_at)
    }

    fn check(&self, more: usize) -> Result<(), WireError> {
        if self.object.len() + more <= self.limits.event {
            return Ok(());
        }
        let bound = self.limits.event as u64;
        Err(WireError::Limit {
            limit: "event",
            bound,
            offset: self.object_at + bound,
        })
    }
}
