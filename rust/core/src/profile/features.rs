//! A text in 32 numbers: hashed words and pairs of words.
//!
//! Each word, and each pair of neighbours, adds ±1 to one of the dimensions by its hash (Weinberger et al.
//! 2009: the signs make collisions cancel on average); the sum is scaled to length 1. A caller who has
//! an embedding gives that in its place, folded to the same size.

/// Dimensions of a feature vector.
pub const DIMENSIONS: usize = 32;
/// Bytes of a text that are read: what a task is shows in its beginning.
const READ: usize = 2_048;

/// A feature vector of length 1, or 0 for a text without words.
pub type Features = [f64; DIMENSIONS];

/// The features of a text.
#[must_use]
pub fn of_text(text: &str) -> Features {
    let mut features = [0.0; DIMENSIONS];
    let end = (0..=READ.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    let mut before = None;
    for word in text[..end.unwrap_or(0)].split(|character: char| !character.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let hash = hash_of(word);
        deposit(&mut features, hash);
        if let Some(before) = before {
            deposit(&mut features, mixed(before, hash));
        }
        before = Some(hash);
    }
    scaled(features)
}

/// A caller's embedding, folded to [`DIMENSIONS`] and scaled; numbers that are none count as 0.
#[must_use]
pub fn of_embedding(embedding: &[f64]) -> Features {
    let mut features = [0.0; DIMENSIONS];
    for (place, value) in embedding.iter().enumerate() {
        if value.is_finite() {
            features[place % DIMENSIONS] += value.clamp(-1e6, 1e6);
        }
    }
    scaled(features)
}

/// The cosine of two feature vectors.
#[must_use]
pub fn cosine(one: &Features, other: &Features) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// The same direction at length 1; nothing stays nothing.
#[must_use]
pub fn scaled(mut features: Features) -> Features {
    let length = cosine(&features, &features).sqrt();
    if length < 1e-12 {
        return [0.0; DIMENSIONS];
    }
    for value in &mut features {
        *value /= length;
    }
    features
}

/// FNV-1a over the lower-cased ASCII bytes.
fn hash_of(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}

fn mixed(before: u64, hash: u64) -> u64 {
    (before.rotate_left(23) ^ hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn deposit(features: &mut Features, hash: u64) {
    // FNV's low bits are its weakest; the product's high bits depend on all.
    let hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
    features[(hash >> 58) as usize % DIMENSIONS] += sign;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn like_texts_are_near_and_unlike_ones_are_not() {
        let code = of_text("Write a Python function that sorts a list of numbers.");
        let like = of_text("Write a Python function that reverses a list of words.");
        let mail = of_text("Dear team, my parcel has not arrived, please refund me.");
        assert!(cosine(&code, &like) > cosine(&code, &mail) + 0.2);
    }

    proptest! {
        #[test]
        fn any_text_and_any_embedding_has_length_one_or_none(text in ".*", embedding in prop::collection::vec(any::<f64>(), 0..80)) {
            for features in [of_text(&text), of_embedding(&embedding)] {
                let length = cosine(&features, &features);
                prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-9);
            }
        }
    }
}
