//! A class in several recordings: what lies between them, and which of them is only a false start. Pure; the parts come
//! in the order of time.

use chrono::{DateTime, TimeDelta, Utc};

/// A part shorter than this, beside a longer one, is a false start.
const FALSE_START_MS: i64 = 2 * 60_000;

/// What is shorter between two parts is no gap: Teams needs it to go on in a new file.
const SEAMLESS: TimeDelta = TimeDelta::seconds(30);

/// When a part began and ended, as far as known.
pub type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// Whether a part is so short that, beside others, it is only a false start.
pub fn is_short(duration_ms: i64) -> bool {
    duration_ms < FALSE_START_MS
}

/// Whether the part at `place` is only a false start. One part alone is never one: it may be all there is.
pub fn is_false_start(durations_ms: &[Option<i64>], place: usize) -> bool {
    let is_short = |ms: &Option<i64>| ms.is_some_and(is_short);
    durations_ms.get(place).is_some_and(is_short) && durations_ms.iter().any(|ms| !is_short(ms))
}

/// What was not recorded between the parts, as from and to.
pub fn gaps(parts: &[Span]) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut gaps = Vec::new();
    let mut until: Option<DateTime<Utc>> = None;
    for (started_at, ended_at) in parts {
        if let (Some(until), Some(started_at)) = (until, started_at)
            && *started_at - until > SEAMLESS
        {
            gaps.push((until, *started_at));
        }
        until = until.max(*ended_at);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-09-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_short_part_beside_a_longer_one_is_a_false_start() {
        let parts = [Some(20_000), Some(3_000_000), None];
        let starts: Vec<_> = (0..3).map(|place| is_false_start(&parts, place)).collect();
        assert_eq!(starts, [true, false, false]);
        assert!(!is_false_start(&[Some(20_000)], 0), "all there is");
        assert!(!is_false_start(&[Some(20_000), Some(30_000)], 1), "nothing longer beside it");
        assert!(!is_false_start(&parts, 9));
    }

    #[test]
    fn gaps_lie_between_parts_that_do_not_overlap() {
        let span = |from, to| (Some(at(from)), Some(at(to)));
        let parts = [span(0, 20), span(10, 15), span(30, 40), span(40, 50), (None, None), span(55, 60)];
        assert_eq!(gaps(&parts), [(at(20), at(30)), (at(50), at(55))]);
        assert!(gaps(&[span(0, 20)]).is_empty());
    }
}
