//! Merging what schemas ask of objects.

use std::collections::BTreeMap;

use super::shapes::{higher, lower};
use super::{Normaliser, Set};
use crate::schema::leaf::StringLeaf;
use crate::schema::options::CompileError;
use crate::schema::raw::{Origin, RawId, RawObject};
use crate::schema::shape::{Group, Name, ObjectShape, Others, Slot};
use crate::schema::text::{Constraint, Member};

/// Patterns from which their combinations are no longer spelled out.
const COMBINED: usize = 4;

/// What one schema says of members by their names. Without a schema a name or pattern is merely known.
#[derive(Default)]
pub(super) struct Members {
    pub named: BTreeMap<Box<str>, Option<RawId>>,
    /// Patterns as written.
    pub matched: Vec<(Box<str>, Option<RawId>)>,
    pub additional: Option<(RawId, Origin)>,
}

/// The patterns of a shape, each once.
struct PatternTable {
    sources: Vec<Box<str>>,
    leaves: Vec<StringLeaf>,
}

impl PatternTable {
    fn place(&self, source: &str) -> usize {
        self.sources
            .iter()
            .position(|known| &**known == source)
            .unwrap_or(usize::MAX)
    }
}

impl Members {
    fn of(object: &RawObject) -> Self {
        Self {
            named: object
                .properties
                .iter()
                .map(|(name, raw)| (name.clone(), Some(*raw)))
                .collect(),
            matched: object
                .patterns
                .iter()
                .map(|(pattern, raw)| (pattern.clone(), Some(*raw)))
                .collect(),
            additional: object.additional,
        }
    }

    /// What is asked of a member that matches these patterns and no name, or has this name.
    fn asked(&self, name: Option<&str>, matches: &dyn Fn(&str) -> bool) -> Vec<(RawId, Origin)> {
        let named = name.and_then(|name| self.named.get(name));
        let hits: Vec<_> = self
            .matched
            .iter()
            .filter(|(pattern, _)| matches(pattern))
            .map(|(_, raw)| raw)
            .collect();
        if named.is_none() && hits.is_empty() {
            return self.additional.into_iter().collect();
        }
        let raws = named.into_iter().chain(hits).flatten();
        raws.map(|&raw| {
            (
                raw,
                Origin {
                    path: raw,
                    keyword: "false",
                },
            )
        })
        .collect()
    }
}

impl Normaliser<'_> {
    /// The object part of a set's shape.
    pub(super) fn object_shape(&mut self, set: &Set) -> Result<Option<ObjectShape>, CompileError> {
        let raws = self.raws;
        let objects: Vec<&RawObject> = set
            .iter()
            .filter_map(|&id| raws[id as usize].object.as_deref())
            .collect();
        let mut members: Vec<Members> = objects.iter().map(|object| Members::of(object)).collect();
        members.extend(set.iter().filter_map(|&id| self.unevaluated_members(id)));
        if members.is_empty() {
            return Ok(None);
        }
        let renamed: Vec<_> = objects
            .iter()
            .flat_map(|object| object.names.iter().copied())
            .collect();
        let (name_language, name_nodes) = self.names(&renamed)?;
        let patterns = self.pattern_table(&members)?;
        let finite = name_language
            .as_ref()
            .and_then(|leaf| leaf.language.literals());
        let finite: Vec<Box<str>> =
            finite.map_or_else(Vec::new, |literals| literals.strings().to_vec());
        let required: Vec<_> = objects
            .iter()
            .flat_map(|object| object.required.iter().cloned())
            .collect();
        let mut names = self.named(
            &members,
            &patterns,
            &finite,
            &required,
            name_language.as_ref(),
        )?;
        let listed = objects
            .iter()
            .flat_map(|object| object.properties.iter().map(|(name, _)| &**name));
        let first = chain(&mut names, listed);
        let mut others = self.others(&members, &patterns);
        if let Some(leaf) = name_language
            .as_ref()
            .filter(|leaf| leaf.language.literals().is_some())
        {
            others = Others::Each(vec![
                closed_by(leaf.origins[0]);
                1 << patterns.leaves.len().min(COMBINED)
            ]);
        }
        Ok(Some(ObjectShape {
            required: names.iter().filter(|name| name.required.is_some()).count() as u32,
            allowed: names.len() as u32,
            first,
            names,
            patterns: patterns.leaves,
            others,
            name_language,
            name_nodes,
            min: objects
                .iter()
                .fold(None, |bound, object| higher(bound, object.min)),
            max: objects
                .iter()
                .fold(None, |bound, object| lower(bound, object.max)),
        }))
    }

    fn pattern_table(&mut self, members: &[Members]) -> Result<PatternTable, CompileError> {
        let mut table = PatternTable {
            sources: Vec::new(),
            leaves: Vec::new(),
        };
        for (source, raw) in members.iter().flat_map(|members| &members.matched) {
            if table.sources.contains(source) {
                continue;
            }
            let path = raw.unwrap_or_default();
            let member = Member::from(Constraint::Pattern(source.clone()));
            let leaf = self.string_leaf(vec![(
                member,
                Origin {
                    path,
                    keyword: "patternProperties",
                },
            )])?;
            table.sources.push(source.clone());
            table.leaves.extend(leaf);
        }
        Ok(table)
    }

    /// Every name that some schema names, with its slot.
    fn named(
        &mut self,
        members: &[Members],
        patterns: &PatternTable,
        finite: &[Box<str>],
        required: &[(Box<str>, Origin)],
        name_language: Option<&StringLeaf>,
    ) -> Result<Vec<Name>, CompileError> {
        let mut wanted: BTreeMap<Box<str>, Option<Origin>> = BTreeMap::new();
        let named = members
            .iter()
            .flat_map(|members| members.named.keys())
            .chain(finite);
        wanted.extend(named.map(|name| (name.clone(), None)));
        wanted.extend(
            required
                .iter()
                .map(|(name, origin)| (name.clone(), Some(*origin))),
        );
        self.spend(wanted.len() * (members.len() + patterns.leaves.len() + 1))?;
        let mut listed = Vec::with_capacity(wanted.len());
        for (text, demanded) in wanted {
            let hit = |pattern: &str| {
                patterns.leaves[patterns.place(pattern)].accepts(&text) == Some(true)
            };
            let asked: Vec<_> = members
                .iter()
                .flat_map(|members| members.asked(Some(&text), &hit))
                .collect();
            let mut slot = self.slot(&asked);
            if let Some(leaf) = name_language.filter(|leaf| leaf.accepts(&text) == Some(false)) {
                slot.forbidden = leaf.origins.first().copied();
            }
            listed.push(Name {
                text,
                slot,
                required: demanded,
                next: Name::NONE,
            });
        }
        Ok(listed)
    }

    /// The slots of all other members.
    fn others(&mut self, members: &[Members], patterns: &PatternTable) -> Others {
        let count = patterns.leaves.len();
        if count <= COMBINED {
            let slots = (0..1_usize << count).map(|bits| {
                let hit = |pattern: &str| bits >> patterns.place(pattern) & 1 == 1;
                let asked: Vec<_> = members
                    .iter()
                    .flat_map(|members| members.asked(None, &hit))
                    .collect();
                self.slot(&asked)
            });
            return Others::Each(slots.collect());
        }
        let groups = members.iter().map(|members| {
            let matched = members.matched.iter().map(|(pattern, raw)| {
                let asked: Vec<_> = raw
                    .iter()
                    .map(|&raw| {
                        (
                            raw,
                            Origin {
                                path: raw,
                                keyword: "false",
                            },
                        )
                    })
                    .collect();
                (patterns.place(pattern), self.slot(&asked))
            });
            let matched = matched.collect();
            let additional: Vec<_> = members.additional.into_iter().collect();
            Group {
                patterns: matched,
                additional: self.slot(&additional),
            }
        });
        Others::Groups(groups.collect())
    }

    /// What `propertyNames` asks: one language of all that are plain, and the others as nodes.
    #[expect(
        clippy::type_complexity,
        reason = "the pair is taken apart by the only caller"
    )]
    fn names(
        &mut self,
        asked: &[(RawId, Origin)],
    ) -> Result<(Option<StringLeaf>, Vec<(u32, Origin)>), CompileError> {
        use crate::schema::types::TypeSet;
        let (mut strings, mut nodes) = (Vec::new(), Vec::new());
        for &(raw, origin) in asked {
            let set = self.closure(&[raw]);
            let each = || set.iter().map(|&id| &self.raws[id as usize]);
            if each().any(|raw| !raw.choices.is_empty()) {
                nodes.push((self.node(set), origin));
                continue;
            }
            if each()
                .flat_map(|raw| &raw.types)
                .any(|(types, _)| !types.contains(TypeSet::STRING))
            {
                strings.push((Member::from(Constraint::Literals(Vec::new())), origin));
            }
            strings.extend(each().flat_map(|raw| raw.strings.iter().cloned()));
        }
        Ok((self.string_leaf(strings)?, nodes))
    }
}

/// Links each name to the one that is listed after it; the place of the first. Names that JSON must escape are left
/// out: they are compared with text as it stands.
fn chain<'n>(names: &mut [Name], listed: impl Iterator<Item = &'n str>) -> u32 {
    let find =
        |names: &[Name], name: &str| names.binary_search_by(|known| (*known.text).cmp(name)).ok();
    let plain = |name: &&str| {
        !name
            .bytes()
            .any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
    };
    let places: Vec<usize> = listed
        .filter(plain)
        .filter_map(|name| find(names, name))
        .collect();
    for pair in places.windows(2) {
        names[pair[0]].next = pair[1] as u32;
    }
    places.first().map_or(Name::NONE, |&first| first as u32)
}

fn closed_by(origin: Origin) -> Slot {
    Slot {
        children: Box::default(),
        forbidden: Some(origin),
        origins: Box::new([origin]),
    }
}
