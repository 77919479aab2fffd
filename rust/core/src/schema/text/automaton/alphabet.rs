//! Scalar values that no set tells apart, as one class.

use regex_syntax::hir::ClassUnicode;

/// The equivalence classes of scalar values under some sets.
#[derive(Debug)]
pub(super) struct Alphabet {
    ascii: [u16; 128],
    /// The classes of two-byte characters, where so many intervals would have to be searched that a
    /// list is worth its memory; else empty.
    two_byte: Vec<u16>,
    /// First scalar values of the intervals, ascending from 0.
    starts: Vec<u32>,
    /// The class of each interval.
    classes: Vec<u16>,
    count: usize,
}

/// One past the last scalar value of two bytes in UTF-8.
const TWO_BYTE_END: u32 = 0x800;
/// Fewer intervals than this are searched quickly enough.
const MANY_INTERVALS: usize = 64;

/// One past the last scalar value.
const END: u32 = 0x11_0000;

impl Alphabet {
    /// The classes under these sets; `None` if they are too many to be told apart by 16 bits.
    pub(super) fn new<'s>(
        sets: impl Iterator<Item = &'s ClassUnicode> + Clone,
    ) -> Option<Alphabet> {
        let mut starts = vec![0, 0xd800, 0xe000];
        for range in sets
            .clone()
            .flat_map(regex_syntax::hir::ClassUnicode::ranges)
        {
            starts.push(u32::from(range.start()));
            starts.push(u32::from(range.end()) + 1);
        }
        starts.retain(|&start| start < END);
        starts.sort_unstable();
        starts.dedup();
        let mut classes = vec![0u32; starts.len()];
        let mut count = 1;
        for set in sets {
            count = refine(&starts, &mut classes, count, set);
        }
        let classes = compact(&classes)?;
        let count = classes
            .iter()
            .max()
            .map_or(0, |&last| usize::from(last) + 1);
        let mut alphabet = Alphabet {
            ascii: [0; 128],
            two_byte: Vec::new(),
            starts,
            classes,
            count,
        };
        for byte in 0..128u8 {
            alphabet.ascii[usize::from(byte)] = alphabet.look_up(u32::from(byte));
        }
        if alphabet.starts.len() > MANY_INTERVALS {
            let listed = (0..TWO_BYTE_END)
                .map(|scalar| alphabet.look_up(scalar))
                .collect();
            alphabet.two_byte = listed;
        }
        Some(alphabet)
    }

    /// How many classes there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The class of an ASCII byte.
    pub(super) fn ascii(&self) -> &[u16; 128] {
        &self.ascii
    }

    /// The class of a character.
    pub(super) fn class_of(&self, c: char) -> u16 {
        let listed = self
            .ascii
            .get(c as usize)
            .or_else(|| self.two_byte.get(c as usize));
        listed.map_or_else(|| self.look_up(u32::from(c)), |&class| class)
    }

    fn look_up(&self, scalar: u32) -> u16 {
        self.classes[self.interval(scalar)]
    }

    fn interval(&self, scalar: u32) -> usize {
        self.starts.partition_point(|&start| start <= scalar) - 1
    }

    /// The classes of which the set consists.
    pub(super) fn classes_of(&self, set: &ClassUnicode) -> Vec<u16> {
        let mut classes: Vec<u16> = set
            .ranges()
            .iter()
            .flat_map(|range| self.classes_in(u32::from(range.start()), u32::from(range.end())))
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The classes of the scalar values from `low` to `high`, surrogates left out.
    pub(super) fn classes_in(&self, low: u32, high: u32) -> impl Iterator<Item = u16> {
        let from = self.interval(low.min(END - 1));
        let intervals = self.starts[from..].iter().zip(&self.classes[from..]);
        let scalar = |start: u32| !(0xd800..0xe000).contains(&start);
        intervals
            .take_while(move |&(&start, _)| start <= high)
            .filter(move |&(&start, _)| scalar(start))
            .map(|(_, &class)| class)
    }
}

/// Splits each class into what the set holds of it and what not.
fn refine(starts: &[u32], classes: &mut [u32], count: u32, set: &ClassUnicode) -> u32 {
    let mut renamed = vec![u32::MAX; count as usize];
    let mut next = count;
    for range in set.ranges() {
        let first = starts.partition_point(|&start| start < u32::from(range.start()));
        let inside = starts[first..]
            .iter()
            .take_while(|&&start| start <= u32::from(range.end()));
        for class in &mut classes[first..first + inside.count()] {
            let name = &mut renamed[*class as usize];
            if *name == u32::MAX {
                *name = next;
                next += 1;
            }
            *class = *name;
        }
    }
    next
}

/// Numbers the classes that are in use from 0.
fn compact(classes: &[u32]) -> Option<Vec<u16>> {
    let mut used: Vec<u32> = classes.to_vec();
    used.sort_unstable();
    used.dedup();
    u16::try_from(used.len()).ok()?;
    Some(
        classes
            .iter()
            .map(|class| used.partition_point(|known| known < class) as u16)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::text::pattern::class;

    #[test]
    fn tells_apart_what_the_sets_tell_apart() {
        let sets = [class::digit(), class::word(), class::dot()];
        let alphabet = Alphabet::new(sets.iter()).expect("few classes");
        assert_eq!(alphabet.class_of('0'), alphabet.class_of('9'));
        assert_ne!(alphabet.class_of('0'), alphabet.class_of('a'));
        assert_eq!(alphabet.class_of('é'), alphabet.class_of('-'));
        assert_eq!(alphabet.class_of('\n'), alphabet.class_of('\u{2028}'));
        assert_eq!(
            alphabet.len(),
            4,
            "digits, letters, the rest of dot, line ends"
        );
        assert_eq!(alphabet.classes_of(&sets[1]).len(), 2);
        assert_eq!(alphabet.classes_in(0xd800, 0xdfff).count(), 0);
    }

    #[test]
    fn a_list_of_two_byte_characters_says_what_a_search_would() {
        let letters = class::property("L").expect("a property");
        let alphabet = Alphabet::new(std::iter::once(&letters)).expect("few classes");
        for c in ('\0'..='\u{fff}').chain(['一', '\u{10ffff}']) {
            let expected = class::contains(&letters, c);
            assert_eq!(
                alphabet.class_of(c) == alphabet.class_of('a'),
                expected,
                "{c:?}"
            );
        }
        assert!(!alphabet.two_byte.is_empty());
    }
}
