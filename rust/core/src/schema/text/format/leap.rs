//! Leap seconds: `:60` only where it is 23:59:60 UTC (RFC 3339 §5.7).

const DAY: u32 = 24 * 60;

/// Whether a `full-time` by the grammar has no leap second, or one at the right time of the day.
pub(super) fn is_plausible(time: &str) -> bool {
    if time.get(6..8) != Some("60") {
        return true;
    }
    let Some(local) = minutes(time) else {
        return false;
    };
    let offset = match time.rfind(['+', '-']) {
        None => 0,
        Some(at) => match (minutes(&time[at + 1..]), time.as_bytes()[at]) {
            (Some(offset), b'+') => offset,
            (Some(offset), _) => DAY - offset,
            (None, _) => return false,
        },
    };
    (local + DAY - offset % DAY) % DAY == DAY - 1
}

/// `hh:mm` in minutes.
fn minutes(text: &str) -> Option<u32> {
    let hours: u32 = text.get(0..2)?.parse().ok()?;
    Some(hours * 60 + text.get(3..5)?.parse::<u32>().ok()?)
}
