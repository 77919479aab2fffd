//! The profile file: one header line, one JSON body, versioned and checked.
//!
//! ```text
//! {"atomic_profiles":1,"crc32":3735928559,"bytes":12345}
//! {"models":[…],"classes":[…],"cells":[[class,model,{…}],…],"joint":{…},
//!  "found":{"centres":[[[…32 numbers],weight],…],"gain":{…},"book":{…as this body…}}}
//! ```
//!
//! `found` stands only where classes were found for tasks that named none; its book's classes are named
//! "found 1" and so on, in the order of their centres.
//!
//! The header tells a file that was cut short from one of a newer version before the body is looked
//! at. Models and classes are known by name, so a file fits any market; a model that the reader does
//! not have is kept as it came, that writing it back loses nothing.

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::{Book, Card, Cell, Joint, Record, Tally};

/// The version this code writes and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;
/// The largest file that is read, in bytes.
const LARGEST: usize = 1 << 30;

/// Why a profile file was refused. The book is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// Written by a newer version of Atomic, this one.
    Newer(u32),
    /// It ends before its stated length.
    CutShort,
    /// It is no profile file, or its content contradicts its check sum or itself.
    Corrupt(String),
    /// It is larger than what is read, in bytes.
    TooLarge(usize),
}

#[derive(Serialize, Deserialize)]
struct Header {
    atomic_profiles: u32,
    crc32: u32,
    bytes: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    name: String,
    price_in: f64,
    price_out: f64,
    record: Record,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Class {
    pub(super) name: String,
    output: Tally,
    #[serde(default)]
    pace: Tally,
}

/// What a book has learned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    models: Vec<Model>,
    pub(super) classes: Vec<Class>,
    cells: Vec<(usize, usize, Cell)>,
    joint: Joint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<Box<FoundBody>>,
}

/// What [`super::Found`] has learned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoundBody {
    pub(super) centres: Vec<(Features, f64)>,
    pub(super) gain: Tally,
    pub(super) book: Body,
}

impl Body {
    /// Reads a profile file.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn read(file: &[u8]) -> Result<Self, CodecError> {
        read(file)
    }

    /// The body with what was found.
    #[must_use]
    pub fn with(mut self, found: Option<FoundBody>) -> Self {
        self.found = found.map(Box::new);
        self
    }

    /// What was found, if anything was.
    #[must_use]
    pub fn found(&self) -> Option<&FoundBody> {
        self.found.as_deref()
    }

    /// The body as a profile file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Every field is a number, a string or a list of them: serialising cannot fail.
        let body = serde_json::to_vec(self).unwrap_or_default();
        let header = Header {
            atomic_profiles: FORMAT_VERSION,
            crc32: crc32fast::hash(&body),
            bytes: body.len(),
        };
        let mut file = serde_json::to_vec(&header).unwrap_or_default();
        file.push(b'\n');
        file.extend(body);
        file
    }
}

impl Book {
    /// The book as a profile file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.body().to_bytes()
    }

    /// Adds what a profile file holds to what this book knows.
    ///
    /// # Errors
    /// [`CodecError`]; the book is then unchanged.
    pub fn merge_bytes(&mut self, file: &[u8]) -> Result<(), CodecError> {
        self.merge_body(&read(file)?)
    }

    /// Adds what a file's body holds, but for what was found.
    ///
    /// # Errors
    /// [`CodecError`]; the book is then unchanged.
    pub fn merge_body(&mut self, body: &Body) -> Result<(), CodecError> {
        self.adopt_models(body)?;
        let models: Vec<usize> = body
            .models
            .iter()
            .filter_map(|model| self.model(&model.name))
            .collect();
        let classes: Vec<usize> = body
            .classes
            .iter()
            .map(|class| self.class(&class.name))
            .collect();
        for (model, number) in body.models.iter().zip(&models) {
            self.records[*number].merge(&model.record, super::book::SHORT_MEMORY);
        }
        for (class, number) in body.classes.iter().zip(&classes) {
            self.class_output[*number].merge(&class.output, super::book::SHORT_MEMORY);
            self.class_pace[*number].merge(&class.pace, super::book::SHORT_MEMORY);
        }
        for (class, model, cell) in &body.cells {
            self.rows[classes[*class]][models[*model]].merge(cell, super::book::MEMORY);
        }
        self.joint.merge(&body.joint);
        self.fit();
        Ok(())
    }

    /// The number of the model of this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<usize> {
        self.cards.iter().position(|card| card.name == name)
    }

    /// What it has learned, as a file holds it.
    #[must_use]
    pub fn body(&self) -> Body {
        let model = |(card, record): (&Card, &Record)| Model {
            name: card.name.clone(),
            price_in: card.price_in,
            price_out: card.price_out,
            record: record.clone(),
        };
        let class = |(name, (output, pace)): (&String, (&Tally, &Tally))| Class {
            name: name.clone(),
            output: *output,
            pace: *pace,
        };
        let filled = |(class, row): (usize, &Vec<Cell>)| {
            let cells = row
                .iter()
                .enumerate()
                .filter(|(_, cell)| **cell != Cell::default());
            cells
                .map(move |(model, cell)| (class, model, *cell))
                .collect::<Vec<_>>()
        };
        Body {
            models: self.cards.iter().zip(&self.records).map(model).collect(),
            classes: self
                .class_names
                .iter()
                .zip(self.class_output.iter().zip(&self.class_pace))
                .map(class)
                .collect(),
            cells: self.rows.iter().enumerate().flat_map(filled).collect(),
            joint: self.joint,
            found: None,
        }
    }

    fn adopt_models(&mut self, body: &Body) -> Result<(), CodecError> {
        let unknown = body
            .models
            .iter()
            .filter(|model| self.model(&model.name).is_none());
        let cards = unknown.map(|model| Card {
            name: model.name.clone(),
            price_in: model.price_in,
            price_out: model.price_out,
            ..Card::default()
        });
        let cards = cards.collect();
        self.add_models(cards)
            .map_err(|error| CodecError::Corrupt(format!("{error:?}")))
    }
}

fn read(file: &[u8]) -> Result<Body, CodecError> {
    if file.len() > LARGEST {
        return Err(CodecError::TooLarge(file.len()));
    }
    let end = memchr::memchr(b'\n', file).ok_or(CodecError::CutShort)?;
    let corrupt = |error: serde_json::Error| CodecError::Corrupt(error.to_string());
    let header: Header = serde_json::from_slice(&file[..end]).map_err(corrupt)?;
    if header.atomic_profiles > FORMAT_VERSION {
        return Err(CodecError::Newer(header.atomic_profiles));
    }
    let body = &file[end + 1..];
    if body.len() < header.bytes {
        return Err(CodecError::CutShort);
    }
    if body.len() > header.bytes || crc32fast::hash(body) != header.crc32 {
        return Err(CodecError::Corrupt("the check sum does not fit".to_owned()));
    }
    let body: Body = serde_json::from_slice(body).map_err(corrupt)?;
    check(&body)?;
    Ok(body)
}

fn check(body: &Body) -> Result<(), CodecError> {
    if let Some(found) = body.found() {
        let number = |value: &f64| value.is_finite() && value.abs() <= 1e9;
        let centre = |(at, weight): &(Features, f64)| {
            at.iter().all(number) && number(weight) && *weight >= 0.0
        };
        if !found.gain.is_sound() || !found.centres.iter().all(centre) || found.book.found.is_some()
        {
            return Err(CodecError::Corrupt(
                "a found class is out of range".to_owned(),
            ));
        }
        check(&found.book)?;
    }
    let sound = body.models.iter().all(|model| model.record.is_sound())
        && body
            .classes
            .iter()
            .all(|class| class.output.is_sound() && class.pace.is_sound())
        && body.joint.is_sound()
        && body.cells.iter().all(|(class, model, cell)| {
            *class < body.classes.len() && *model < body.models.len() && cell.is_sound()
        });
    if sound {
        Ok(())
    } else {
        Err(CodecError::Corrupt("a number is out of range".to_owned()))
    }
}
