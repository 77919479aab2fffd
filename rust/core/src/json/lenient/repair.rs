//! The repairs by name, and sets of them.

/// One kind of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// Markdown fences around the document are not read.
    Fence,
    /// Prose before and after the document is not read.
    Prose,
    /// Further copies of the same document are not read.
    Repeat,
    /// A comma before a closing bracket is dropped.
    TrailingCommas,
    /// `'text'` is read as a string or key, and `\'` in any string as `'`.
    SingleQuotes,
    /// `// …`, `# …` and `/* … */` between tokens are not read.
    Comments,
    /// `None`, `True` and `False` are read as `null`, `true` and `false`.
    PythonLiterals,
    /// A name may stand for a key as it is.
    UnquotedKeys,
    /// A document that ends too early is closed; what cannot be closed is dropped.
    CutShort,
}

impl Repair {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Fence,
        Self::Prose,
        Self::Repeat,
        Self::TrailingCommas,
        Self::SingleQuotes,
        Self::Comments,
        Self::PythonLiterals,
        Self::UnquotedKeys,
        Self::CutShort,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fence => "fence",
            Self::Prose => "prose",
            Self::Repeat => "repeat",
            Self::TrailingCommas => "trailing_commas",
            Self::SingleQuotes => "single_quotes",
            Self::Comments => "comments",
            Self::PythonLiterals => "python_literals",
            Self::UnquotedKeys => "unquoted_keys",
            Self::CutShort => "cut_short",
        }
    }

    /// The repair of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|repair| repair.name() == name)
    }
}

/// A set of repairs; empty by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs(u16);

impl Repairs {
    /// Every repair.
    #[must_use]
    pub fn all() -> Self {
        Repair::ALL.into_iter().collect()
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the set has this one.
    #[must_use]
    pub const fn has(self, repair: Repair) -> bool {
        self.0 >> repair as u16 & 1 == 1
    }

    /// The set without these.
    pub(super) fn without(self, others: &[Repair]) -> Self {
        let others: Self = others.iter().copied().collect();
        Self(self.0 & !others.0)
    }
}

impl FromIterator<Repair> for Repairs {
    fn from_iter<I: IntoIterator<Item = Repair>>(repairs: I) -> Self {
        Self(
            repairs
                .into_iter()
                .fold(0, |set, repair| set | 1 << repair as u16),
        )
    }
}

/// A repair that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Which.
    pub repair: Repair,
    /// The byte of the original text where what was repaired begins; of a document cut short, where it ends.
    pub at: u64,
}

/// The values that a document may be: what prose may be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each kind of first byte"
)]
pub struct Roots {
    /// An object.
    pub object: bool,
    /// An array.
    pub array: bool,
    /// A string.
    pub string: bool,
    /// A number.
    pub number: bool,
    /// `null`, `true` or `false`.
    pub literal: bool,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            object: true,
            array: true,
            string: true,
            number: true,
            literal: true,
        }
    }
}
