//! Schema and criteria over one lane's answer, and which of the two spoke first.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reason::StopReason;
use crate::criteria::{self, Criteria, Fault, Settled};
use crate::json::lenient::Repairs;
use crate::schema::{self, Schema, StreamOptions, Trailing, Verdict};

/// What every lane's answer is held to; shared by all lanes of a race.
#[derive(Debug, Default)]
pub struct Rules {
    /// Every answer must be valid under it; `None` for text.
    pub schema: Option<Arc<Schema>>,
    /// Every answer must meet them.
    pub criteria: Option<Arc<Criteria>>,
    /// The schemas of the arguments of tools; `None`: calls are not checked.
    pub tools: Option<BTreeMap<String, Arc<Schema>>>,
}

/// Schema and criteria over one growing answer.
#[derive(Debug)]
pub struct Referee {
    schema: Option<Box<schema::Stream>>,
    criteria: Option<Box<criteria::Stream>>,
    /// Bytes judged.
    offset: usize,
    /// The criteria failed: what the schema knows beyond that byte is not told.
    overruled: bool,
}

/// What came of a piece of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    /// Bytes of the piece that belong to the answer.
    pub(super) upto: usize,
    pub(super) end: End,
}

/// Whether the answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It does.
    Open,
    /// Its root is closed and valid.
    Closed,
    /// It is lost.
    Dead(StopReason),
}

impl Referee {
    pub(super) fn new(rules: &Rules, lenient: Repairs) -> Self {
        let stream = |schema: &Arc<Schema>| Box::new(document(schema, true, lenient));
        Self {
            schema: rules.schema.as_ref().map(stream),
            criteria: rules
                .criteria
                .as_ref()
                .map(|criteria| Box::new(criteria.stream())),
            offset: 0,
            overruled: false,
        }
    }

    /// Judges the next piece. Of what happens inside it the earliest counts, and the schema's word before the criteria's.
    pub(super) fn feed(&mut self, piece: &str, settled: &mut Vec<Settled>) -> Ruling {
        let mut ruling = self.feed_schema(piece);
        if let Some(criteria) = &mut self.criteria {
            settled.extend_from_slice(criteria.feed(&piece[..ruling.upto]));
            let end = self.offset + ruling.upto;
            let dead = matches!(ruling.end, End::Dead(_));
            if let Some(failure) = criteria
                .failure()
                .filter(|failure| failure.at < end || !dead)
            {
                self.overruled = true;
                ruling.upto = failure.at.saturating_sub(self.offset);
                ruling.end = End::Dead(reason(failure.fault));
            }
        }
        self.offset += ruling.upto;
        ruling
    }

    fn feed_schema(&mut self, piece: &str) -> Ruling {
        let whole = Ruling {
            upto: piece.len(),
            end: End::Open,
        };
        let Some(stream) = &mut self.schema else {
            return whole;
        };
        match stream.feed(piece.as_bytes()) {
            schema::State::Complete => {
                let upto = (stream.consumed() as usize).saturating_sub(self.offset);
                Ruling {
                    upto: upto.min(piece.len()),
                    end: End::Closed,
                }
            }
            schema::State::Invalid => {
                let dead_at = stream.verdict().dead_at.unwrap_or(0).max(0) as usize;
                let fatal = dead_at.saturating_sub(self.offset) + 1;
                let upto = (fatal..=piece.len()).find(|end| piece.is_char_boundary(*end));
                Ruling {
                    upto: upto.unwrap_or(piece.len()),
                    end: End::Dead(StopReason::SchemaDead),
                }
            }
            schema::State::Open if stream.limit().is_some() => Ruling {
                end: End::Dead(StopReason::Limit),
                ..whole
            },
            schema::State::Open => whole,
        }
    }

    /// The end of the answer: why it is lost, if it is. Criteria that are asked outside stay open.
    pub(super) fn finish(&mut self, settled: &mut Vec<Settled>) -> Option<StopReason> {
        if let Some(stream) = &mut self.schema {
            match stream.finish() {
                schema::State::Complete => {}
                schema::State::Invalid => return Some(StopReason::SchemaDead),
                schema::State::Open => return Some(StopReason::Limit),
            }
        }
        let criteria = self.criteria.as_mut()?;
        settled.extend_from_slice(criteria.finish());
        let failure = criteria.failure()?;
        self.overruled = true;
        Some(reason(failure.fault))
    }

    /// Bytes of the answer that may be shown.
    pub(super) fn safe(&self) -> usize {
        let criteria = self
            .criteria
            .as_ref()
            .map_or(usize::MAX, |criteria| criteria.safe());
        criteria.min(self.dead_at().unwrap_or(usize::MAX))
    }

    /// The byte the document died at.
    pub(super) fn dead_at(&self) -> Option<usize> {
        let dead_at = self.verdict()?.dead_at?;
        Some(usize::try_from(dead_at).unwrap_or(0))
    }

    /// The schema's verdict; none without a schema, or where the criteria spoke first.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.schema
            .as_ref()
            .filter(|_| !self.overruled)
            .map(|stream| stream.verdict())
    }

    /// The document.
    pub(super) fn judged(&self) -> Option<&schema::Stream> {
        self.schema.as_deref()
    }

    /// The document, for readers of its growing value.
    pub(super) fn document(&mut self) -> Option<&mut schema::Stream> {
        self.schema.as_deref_mut()
    }

    /// The criteria.
    #[must_use]
    pub fn criteria(&self) -> Option<&criteria::Stream> {
        self.criteria.as_deref()
    }

    pub(super) fn criteria_mut(&mut self) -> Option<&mut criteria::Stream> {
        self.criteria.as_deref_mut()
    }

    /// The criteria's score; 1 where there are none.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.criteria
            .as_ref()
            .map_or(1.0, |criteria| criteria.score())
    }

    /// Whether a schema judges the answer.
    pub(super) fn has_schema(&self) -> bool {
        self.schema.is_some()
    }

    /// Whether every criterion that a prefix can meet is met.
    pub(super) fn settled(&self) -> bool {
        self.criteria
            .as_ref()
            .is_none_or(|criteria| criteria.settled())
    }

    /// Custom criteria asked at intervals: position, characters between, characters at which next.
    pub(super) fn checkpoints(&self) -> Vec<(usize, u64, u64)> {
        let customs = self
            .criteria
            .iter()
            .flat_map(|stream| stream.criteria().customs());
        customs
            .filter_map(|(criterion, custom)| {
                Some((criterion, custom.every_chars?, custom.every_chars?))
            })
            .collect()
    }

    /// Custom criteria whose answer is still missing once the answer is complete.
    pub(super) fn unanswered(&self) -> Vec<usize> {
        let Some(stream) = &self.criteria else {
            return Vec::new();
        };
        let open = |index: &usize| stream.states()[*index] == criteria::State::Open;
        stream
            .criteria()
            .customs()
            .map(|(index, _)| index)
            .filter(open)
            .collect()
    }
}

/// A document under `schema`; what follows its root is not read.
pub(super) fn document(schema: &Arc<Schema>, value: bool, lenient: Repairs) -> schema::Stream {
    let options = StreamOptions {
        trailing: Trailing::Ignore,
        value,
        lenient,
        ..StreamOptions::default()
    };
    schema::Stream::new(Arc::clone(schema), options)
}

pub(super) const fn reason(fault: Fault) -> StopReason {
    match fault {
        Fault::Refusal => StopReason::Refusal,
        Fault::Repetition => StopReason::Repetition,
        Fault::Other => StopReason::CriterionFailed,
    }
}
