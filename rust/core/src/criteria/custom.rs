//! `custom`: code of the caller's, asked at checkpoints.

use serde_json::Value;

use super::fields::{Fields, Malformed};

/// `{"custom": {"every_chars": n, "at_end": bool}, "name": "…"}`: when the outside is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Every so many characters.
    pub every_chars: Option<u64>,
    /// Once the text is complete; a yes settles it.
    pub at_end: bool,
}

impl Custom {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let mut fields = Fields::of(value, place)?;
        let every_chars = fields.positive("every_chars")?;
        let at_end = fields.bool("at_end")?.unwrap_or(every_chars.is_none());
        fields.done()?;
        if every_chars.is_none() && !at_end {
            return Err(Malformed::new(
                place,
                "is never asked: needs every_chars or at_end",
            ));
        }
        Ok(Self {
            every_chars,
            at_end,
        })
    }
}
