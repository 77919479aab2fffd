//! One criterion, compiled, and its search in one growing text.

use serde_json::Value;

use super::bounds::{self, Bounds, Unit};
use super::contains::{self, Contains};
use super::custom::Custom;
use super::fields::Malformed;
use super::forbids::{self, Forbids};
use super::pattern::Scratch;
use super::pointer::{self, Pointer};
use super::refusal::{self, Refusal};
use super::repetition::{self, Repetition};
use super::script::{self, Script};
use super::sections::{self, Sections};

/// A compiled criterion.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Contains(Contains),
    Forbids(Forbids),
    Bounds(Bounds),
    Pointer(Pointer),
    Sections(Sections),
    Refusal(Refusal),
    Repetition(Repetition),
    Script(Script),
    Custom(Custom),
}

impl Kind {
    /// The keys that name a criterion in a description.
    pub(super) const KEYS: [&'static str; 11] = [
        "contains",
        "forbids",
        "chars",
        "words",
        "lines",
        "pointer",
        "sections",
        "refusal",
        "repetition",
        "script",
        "custom",
    ];

    /// Reads what stands under `key`, one of [`Kind::KEYS`].
    pub(super) fn read(key: &str, value: &Value, place: &str) -> Result<Self, Malformed> {
        Ok(match key {
            "contains" => Self::Contains(Contains::read(value, place)?),
            "forbids" => Self::Forbids(Forbids::read(value, place)?),
            "chars" => Self::Bounds(Bounds::read(Unit::Chars, value, place)?),
            "words" => Self::Bounds(Bounds::read(Unit::Words, value, place)?),
            "lines" => Self::Bounds(Bounds::read(Unit::Lines, value, place)?),
            "pointer" => Self::Pointer(Pointer::read(value, place)?),
            "sections" => Self::Sections(Sections::read(value, place)?),
            "refusal" => Self::Refusal(Refusal::read(value, place)?),
            "repetition" => Self::Repetition(Repetition::read(value, place)?),
            "script" => Self::Script(Script::read(value, place)?),
            _ => Self::Custom(Custom::read(value, place)?),
        })
    }

    /// What a match means for the whole: `Some(true)` if it helps, `Some(false)` if it harms; `None` where nothing is
    /// looked for.
    pub(super) const fn match_helps(&self) -> Option<bool> {
        match self {
            Self::Contains(_) => Some(true),
            Self::Forbids(_) | Self::Refusal(_) => Some(false),
            _ => None,
        }
    }

    pub(super) fn probe(&self) -> Probe {
        match self {
            Self::Contains(contains) => Probe::Contains(contains.probe()),
            Self::Forbids(forbids) => Probe::Forbids(forbids.probe()),
            Self::Bounds(bounds) => Probe::Bounds(bounds.probe()),
            Self::Pointer(pointer) => Probe::Pointer(Box::new(pointer.probe())),
            Self::Sections(sections) => Probe::Sections(sections.probe()),
            Self::Refusal(refusal) => Probe::Refusal(refusal.probe()),
            Self::Repetition(repetition) => Probe::Repetition(repetition.probe()),
            Self::Script(script) => Probe::Script(script.probe()),
            Self::Custom(custom) => Probe::Custom(*custom),
        }
    }
}

/// A criterion's search in one growing text.
#[derive(Clone, Debug)]
pub(super) enum Probe {
    Contains(contains::Probe),
    Forbids(forbids::Probe),
    Bounds(bounds::Probe),
    Pointer(Box<pointer::Probe>),
    Sections(sections::Probe),
    Refusal(refusal::Probe),
    Repetition(repetition::Probe),
    Script(script::Probe),
    Custom(Custom),
}

impl Probe {
    /// Reads `text`, whose first byte lies at `offset`: whether the criterion is met, and the offset after the character
    /// that settled it.
    pub(super) fn feed(
        &mut self,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<(bool, usize)> {
        match self {
            Self::Contains(probe) => probe.feed(text, offset, scratch),
            Self::Forbids(probe) => probe.feed(text, offset, scratch),
            Self::Bounds(probe) => probe.feed(text, offset),
            Self::Pointer(probe) => probe.feed(text, offset),
            Self::Sections(probe) => probe.feed(text, offset),
            Self::Refusal(probe) => probe.feed(text, offset, scratch),
            Self::Repetition(probe) => probe.feed(text, offset),
            Self::Script(probe) => probe.feed(text, offset),
            Self::Custom(_) => None,
        }
    }

    /// The end of the text: whether the criterion is met; `None` where the outside must be asked.
    pub(super) fn finish(&mut self, scratch: &mut Scratch) -> Option<bool> {
        Some(match self {
            Self::Contains(probe) => probe.finish(scratch),
            Self::Forbids(probe) => probe.finish(scratch),
            Self::Bounds(probe) => probe.finish(),
            Self::Pointer(probe) => probe.finish(),
            Self::Sections(probe) => probe.finish(),
            Self::Refusal(probe) => probe.finish(scratch),
            Self::Repetition(_) => true,
            Self::Script(probe) => probe.finish(),
            Self::Custom(custom) => return (!custom.at_end).then_some(true),
        })
    }

    /// Where a match, or what may become one, begins.
    pub(super) fn hold(&self) -> Option<usize> {
        match self {
            Self::Contains(probe) => probe.hold(),
            Self::Forbids(probe) => probe.hold(),
            Self::Refusal(probe) => probe.hold(),
            _ => None,
        }
    }
}
