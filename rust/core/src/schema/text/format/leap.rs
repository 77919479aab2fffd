//! Leap seconds: `:60` only where it is 23:59:60 UTC (RFC 3339 §5.7).
//!
//! The local time leaves one offset of each sign, so what may follow `:60` and its fraction is one
//! of three texts. An automaton would have to remember all 1,440 local times for that.

const DAY: u32 = 24 * 60;

/// The offset of the first character from `from` on after which the `full-time` that starts at
/// `time`, right by its grammar so far, cannot be that of a leap second although it says so.
pub(super) fn dies_at(text: &str, time: usize, from: usize) -> Option<usize> {
    let seconds = text.get(time + 6..)?;
    if !seconds.starts_with("60") {
        return None;
    }
    let local = minutes(text.get(time..)?)?;
    let after = time + 8 + fraction(&seconds[2..]);
    let zone = &text[after..];
    let agrees = |expected: &str| {
        let same = zone
            .bytes()
            .zip(expected.bytes())
            .take_while(|(one, two)| one == two);
        same.count()
    };
    let longest = zones(local).iter().map(|expected| agrees(expected)).max()?;
    (longest < zone.len()).then_some((after + longest).max(from))
}

/// Bytes of a fraction in front.
fn fraction(text: &str) -> usize {
    let digits = text
        .strip_prefix('.')
        .map(|rest| rest.bytes().take_while(u8::is_ascii_digit));
    digits.map_or(0, |digits| 1 + digits.count())
}

/// What may follow at this local time for it to be 23:59 UTC.
fn zones(local: u32) -> Vec<String> {
    let offset = |sign, minutes: u32| format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    let mut zones = vec![offset('+', (local + 1) % DAY), offset('-', DAY - 1 - local)];
    if local == DAY - 1 {
        zones.extend(["Z".to_owned(), "z".to_owned()]);
    }
    zones
}

/// `hh:mm` in minutes, of a time of day.
fn minutes(text: &str) -> Option<u32> {
    let hours: u32 = text.get(0..2)?.parse().ok()?;
    let minutes = hours * 60 + text.get(3..5)?.parse::<u32>().ok()?;
    (minutes < DAY).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::dies_at;

    #[test]
    fn only_the_last_minute_of_a_day_has_a_leap_second() {
        for time in [
            "23:59:60Z",
            "23:59:60.5z",
            "00:29:60-23:30",
            "01:29:60.25+01:30",
            "00:00:60+00:01",
        ] {
            assert_eq!(dies_at(time, 0, 0), None, "{time}");
        }
        for (time, at) in [
            ("22:59:60Z", 8),
            ("23:59:60+00:01", 13),
            ("01:29:60.25+02:30", 13),
        ] {
            assert_eq!(dies_at(time, 0, 0), Some(at), "{time}");
        }
        assert_eq!(dies_at("22:59:59Z", 0, 0), None);
        assert_eq!(dies_at("22:59:60", 0, 0), None);
    }
}
