//! Punycode (RFC 3492).

const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST_CODE: u32 = 128;

/// Longer labels are refused: they could not be part of a name.
const MAX_CHARS: usize = 256;

/// The text that an encoded label (lower case, without `xn--`) stands for.
pub(super) fn decode(encoded: &str) -> Option<String> {
    let (basic, extended) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    if !encoded.is_ascii() || encoded.len() > MAX_CHARS || extended.is_empty() {
        return None;
    }
    let mut output: Vec<char> = basic.chars().collect();
    let (mut code, mut position, mut bias) = (FIRST_CODE, 0u32, FIRST_BIAS);
    let mut digits = extended.chars();
    while !digits.as_str().is_empty() {
        let before = position;
        position = position.checked_add(integer(&mut digits, bias)?)?;
        let count = output.len() as u32 + 1;
        bias = adapt(position - before, count, before == 0);
        code = code.checked_add(position / count)?;
        position %= count;
        output.insert(position as usize, char::from_u32(code)?);
        position += 1;
    }
    Some(output.into_iter().collect())
}

/// A generalised variable-length integer (§3.3).
fn integer(digits: &mut std::str::Chars<'_>, bias: u32) -> Option<u32> {
    let (mut value, mut weight, mut k) = (0u32, 1u32, BASE);
    loop {
        let digit = match digits.next()? {
            c @ 'a'..='z' => u32::from(c) - u32::from('a'),
            c @ '0'..='9' => u32::from(c) - u32::from('0') + 26,
            _ => return None,
        };
        value = value.checked_add(digit.checked_mul(weight)?)?;
        let threshold = threshold(k, bias);
        if digit < threshold {
            return Some(value);
        }
        weight = weight.checked_mul(BASE - threshold)?;
        k += BASE;
    }
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(LEAST, MOST)
}

/// Bias adaptation (§3.4).
fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - LEAST) * MOST / 2 {
        delta /= BASE - LEAST;
        k += BASE;
    }
    k + (BASE - LEAST + 1) * delta / (delta + SKEW)
}

/// The encoded form of a label, without `xn--`.
pub(super) fn encode(label: &str) -> Option<String> {
    let chars: Vec<u32> = label.chars().map(u32::from).collect();
    if chars.len() > MAX_CHARS {
        return None;
    }
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = output.len() as u32;
    if basic > 0 {
        output.push('-');
    }
    let (mut code, mut delta, mut bias, mut done) = (FIRST_CODE, 0u32, FIRST_BIAS, basic);
    while (done as usize) < chars.len() {
        let next = chars.iter().copied().filter(|&c| c >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(done + 1)?)?;
        code = next;
        for &c in &chars {
            if c < code {
                delta = delta.checked_add(1)?;
            }
            if c == code {
                write(&mut output, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(output)
}

fn write(output: &mut String, mut value: u32, bias: u32) {
    let mut k = BASE;
    loop {
        let threshold = threshold(k, bias);
        if value < threshold {
            output.push(digit(value));
            return;
        }
        let rest = value - threshold;
        output.push(digit(threshold + rest % (BASE - threshold)));
        value = rest / (BASE - threshold);
        k += BASE;
    }
}

fn digit(value: u32) -> char {
    char::from(if value < 26 {
        b'a' + value as u8
    } else {
        b'0' + (value - 26) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn samples_of_the_rfc() {
        let samples = [
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
            ("bücher", "bcher-kva"),
        ];
        for (text, encoded) in samples {
            assert_eq!(encode(text).as_deref(), Some(encoded));
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(decode("x"), None);
        assert_eq!(decode("99999999"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "[a-zé-ü一-丏-]{0,12}[α-ω]") {
            prop_assert_eq!(encode(&text).and_then(|encoded| decode(&encoded)), Some(text));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (decode(&text), encode(&text));
        }
    }
}
