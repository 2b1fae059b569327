//! When to look at a meeting again, and when nothing more is to be asked. Pure: time and facts come as arguments.

use chrono::{DateTime, Duration, Utc};

use super::verdict::Patience;

/// Minutes after the end at which OnRecord looks while something is still to come; then every hour, later every
/// three.
const STEPS_MIN: [i64; 7] = [1, 3, 5, 10, 15, 30, 60];

/// Attendance and chat are read a second time this long after the end.
pub const SECOND_READING: Duration = Duration::hours(6);

/// A transcript is waited for this long after the end.
pub const TRANSCRIPT_PATIENCE: Duration = Duration::hours(24);

/// Where a meeting stands after it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When the class was over.
    pub over_at: DateTime<Utc>,
    /// The verdict will not change by time alone.
    pub verdict_final: bool,
    /// Transcripts were read, or are not to be had.
    pub transcript_read: bool,
    /// Every recording has its file, and Microsoft has worked out its size and hash.
    pub files_complete: bool,
    /// Attendance and chat did not change in a reading at least six hours after the end.
    pub second_reading_unchanged: bool,
    /// A kind that is on could not be read.
    pub something_failed: bool,
    /// Microsoft asked to be left alone for this long.
    pub asked_to_wait: Option<Duration>,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Look again then.
    At(DateTime<Utc>),
    /// Nothing more is to be asked; only news reopens it.
    Settled,
}

/// When to look again.
pub fn next(standing: Standing, patience: Patience, now: DateTime<Utc>) -> Next {
    let over_at = standing.over_at;
    let transcript_done = standing.transcript_read || now >= over_at + TRANSCRIPT_PATIENCE;
    let looking_over = now >= over_at + patience.looking;
    let all_here =
        standing.verdict_final && transcript_done && standing.files_complete && !standing.something_failed;
    if (all_here && standing.second_reading_unchanged) || looking_over {
        return Next::Settled;
    }
    let next = if all_here && now < over_at + SECOND_READING {
        over_at + SECOND_READING
    } else {
        next_step(over_at, now)
    };
    let next = next.min(over_at + patience.looking);
    Next::At(standing.asked_to_wait.map_or(next, |wait| next.max(now + wait)))
}

/// The next step of the plan after `now`.
fn next_step(over_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let since = now - over_at;
    if let Some(step) = STEPS_MIN.iter().map(|m| Duration::minutes(*m)).find(|step| *step > since) {
        return over_at + step;
    }
    let stride = if since < SECOND_READING { Duration::hours(1) } else { Duration::hours(3) };
    let taken = since.num_minutes() / stride.num_minutes();
    over_at + stride * i32::try_from(taken + 1).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { waiting: Duration::hours(4), looking: Duration::hours(72) };

    fn over_at() -> DateTime<Utc> {
        "2026-12-01T10:00:00Z".parse().unwrap()
    }

    fn fresh() -> Standing {
        Standing {
            over_at: over_at(),
            verdict_final: false,
            transcript_read: false,
            files_complete: true,
            second_reading_unchanged: false,
            something_failed: false,
            asked_to_wait: None,
        }
    }

    fn minutes_until(standing: Standing, since_min: i64) -> Option<i64> {
        match next(standing, PATIENCE, over_at() + Duration::minutes(since_min)) {
            Next::At(at) => Some((at - over_at()).num_minutes()),
            Next::Settled => None,
        }
    }

    #[test]
    fn looking_is_dense_at_first_and_ends() {
        let steps: Vec<_> =
            [-90, 0, 1, 4, 15, 59, 60, 361, 4_319, 4_320].map(|m| minutes_until(fresh(), m)).into();
        assert_eq!(
            steps,
            [Some(1), Some(1), Some(3), Some(5), Some(30), Some(60), Some(120), Some(540), Some(4_320), None]
        );
    }

    #[test]
    fn a_complete_class_is_read_once_more_and_then_left_alone() {
        let complete = Standing { verdict_final: true, transcript_read: true, ..fresh() };
        assert_eq!(minutes_until(complete, 12), Some(360));
        let again = Standing { second_reading_unchanged: true, ..complete };
        assert_eq!(minutes_until(again, 360), None);
        assert_eq!(minutes_until(complete, 360), Some(540));
    }

    #[test]
    fn a_missing_transcript_keeps_it_open_for_a_day() {
        let silent = Standing { verdict_final: true, second_reading_unchanged: true, ..fresh() };
        assert_eq!(minutes_until(silent, 400), Some(540));
        assert_eq!(minutes_until(silent, 24 * 60), None);
    }

    #[test]
    fn microsofts_wish_to_wait_is_respected() {
        let throttled =
            Standing { asked_to_wait: Some(Duration::minutes(20)), something_failed: true, ..fresh() };
        assert_eq!(minutes_until(throttled, 1), Some(21));
    }
}
