//! How grave it is that Microsoft deletes a recording soon.

use chrono::TimeDelta;

/// So many days before, somebody is told.
const ALARMS: [i64; 4] = [2, 7, 14, 30];

/// The alarm for what is left: 30, 14, 7 or 2 days, the gravest that is reached; `None` while there is time. What is past
/// its date and still there is as grave as it gets.
pub fn alarm(left: TimeDelta) -> Option<i64> {
    ALARMS.into_iter().find(|days| left <= TimeDelta::days(*days))
}

/// Whole days that are left, rounded up; 0 when it is due.
pub fn days_left(left: TimeDelta) -> i64 {
    let seconds = left.num_seconds().max(0);
    (seconds + 86_399) / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_grow_graver_as_the_day_comes_near() {
        let at = |hours| alarm(TimeDelta::hours(hours));
        assert_eq!(
            [31 * 24, 30 * 24, 15 * 24, 14 * 24, 7 * 24, 49, 48, 0, -100].map(at),
            [None, Some(30), Some(30), Some(14), Some(7), Some(7), Some(2), Some(2), Some(2)]
        );
        assert_eq!([0, 1, 24, 25].map(|hours| days_left(TimeDelta::hours(hours))), [0, 1, 1, 2]);
    }
}
