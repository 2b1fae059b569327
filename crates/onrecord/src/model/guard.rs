//! When a class is looked at around its time: whether recording is still switched on before it begins, and whether it
//! is being recorded while it runs. Pure: times come as arguments. It plans looks; what a look finds is no matter here.

use chrono::{DateTime, TimeDelta, Utc};

/// A meeting that was just made or moved is read again after this time: Teams may still be writing its options.
const SOON: TimeDelta = TimeDelta::minutes(2);

/// Before class, recording is read again at these distances.
const BEFORE: [TimeDelta; 3] = [TimeDelta::hours(24), TimeDelta::hours(1), TimeDelta::minutes(10)];

/// While the class runs its chat is read at these minutes, then every ten.
const DURING_MIN: [i64; 3] = [2, 5, 10];

/// Later looks at a class that is on.
const EVERY: TimeDelta = TimeDelta::minutes(10);

/// A call that goes on is watched this long after the scheduled end.
pub const OVERTIME: TimeDelta = TimeDelta::hours(3);

/// The first look at a class that was scheduled or moved at `now`; `None` when it is over.
pub fn first(span: (DateTime<Utc>, DateTime<Utc>), now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let soon = now + SOON;
    if soon < span.0 { Some(soon) } else { next(span, now) }
}

/// The look that follows one at `now`; the last is at the scheduled end.
pub fn next(
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let before = BEFORE.iter().map(|distance| starts_at - *distance);
    let during = DURING_MIN.iter().map(|minutes| starts_at + TimeDelta::minutes(*minutes));
    let passed = i32::try_from((now - starts_at).num_minutes() / EVERY.num_minutes()).unwrap_or_default();
    let later = starts_at + EVERY * (passed + 1).max(1);
    let looks = before.chain(during).chain([later.min(ends_at), ends_at]);
    looks.filter(|at| *at > now && *at <= ends_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-09-01T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    /// The looks at a class from 0 to 45 that was scheduled at `minute`.
    fn looks(minute: i64) -> Vec<i64> {
        let span = (at(0), at(45));
        let mut looks = Vec::new();
        let mut look = first(span, at(minute));
        while let Some(moment) = look {
            looks.push((moment - at(0)).num_minutes());
            look = next(span, moment);
        }
        looks
    }

    #[test]
    fn a_class_is_read_before_it_begins_and_watched_while_it_runs() {
        let class = [2, 5, 10, 20, 30, 40, 45];
        assert_eq!(looks(-3_000), [[-2_998, -1_440, -60, -10].as_slice(), &class].concat());
        assert_eq!(looks(-30), [[-28, -10].as_slice(), &class].concat());
        assert_eq!(looks(-1), class);
        assert_eq!(looks(12), [20, 30, 40, 45]);
        assert!(looks(45).is_empty());
    }

    #[test]
    fn a_look_that_comes_late_is_not_made_up_for() {
        let span = (at(0), at(45));
        assert_eq!(next(span, at(-55)), Some(at(-10)), "the hour before was missed");
        assert_eq!(next(span, at(7)), Some(at(10)));
    }
}
