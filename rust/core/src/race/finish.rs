//! What providers mean by the word an answer ends with.

use super::reason::StopReason;

/// Words for an answer that ran out of tokens; lower case, of the dialects' references.
const TRUNCATED: &[&str] = &[
    "length",
    "max_tokens",
    "max_output_tokens",
    "incomplete",
    "model_context_window_exceeded",
    "model_length",
];

/// Words for an answer that was refused or filtered.
const REFUSED: &[&str] = &[
    "refusal",
    "content_filter",
    "content_filtered",
    "guardrail_intervened",
    "safety",
    "recitation",
    "language",
    "blocklist",
    "prohibited_content",
    "spii",
    "image_safety",
];

/// Words for an answer that failed.
const FAILED: &[&str] = &[
    "error",
    "other",
    "malformed_function_call",
    "error_toxic",
    "network_error",
    "insufficient_system_resource",
];

/// Why an answer that ended with `word` is not complete; `None` where it is.
pub(super) fn fault(word: &str) -> Option<StopReason> {
    let word = word.to_ascii_lowercase();
    let among = |words: &[&str]| words.contains(&word.as_str());
    if among(TRUNCATED) {
        Some(StopReason::Truncated)
    } else if among(REFUSED) {
        Some(StopReason::Refusal)
    } else if among(FAILED) {
        Some(StopReason::Error)
    } else {
        None
    }
}
