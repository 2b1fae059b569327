//! What a class is called at a glance: its mark as of now, and whether it will be recorded. Words only; nothing is decided here.

use chrono::{DateTime, Utc};

use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::words::Word as _;
use crate::web::pages::trouble::EnableFailure;
use crate::web::parts::{Mark, Pill};
use crate::web::text::Text;

/// The mark of a class at `now`. A verdict is judged now and then; begin and end are known to the minute.
pub(super) fn mark(
    verdict: Verdict,
    cancelled: bool,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Mark {
    match verdict {
        Verdict::Recorded => Mark::Recorded,
        Verdict::Missing => Mark::Missing,
        Verdict::Cancelled => Mark::Cancelled,
        _ if cancelled => Mark::Cancelled,
        Verdict::NotHeld => Mark::NotHeld,
        Verdict::Exempted => Mark::Exempted,
        Verdict::Waiting => Mark::Waiting,
        Verdict::Upcoming | Verdict::Running if ends_at <= now => Mark::Waiting,
        Verdict::Upcoming if starts_at > now => Mark::Upcoming,
        Verdict::Upcoming | Verdict::Running => Mark::Running,
    }
}

/// The reason why recording could not be switched on, if it could not.
pub(super) fn failure(status: AutoRecordingStatus) -> Option<EnableFailure> {
    EnableFailure::parse(status.as_str())
}

/// Whether a class that is to come will be recorded.
pub(super) fn will_be_recorded(t: &'static Text, status: AutoRecordingStatus) -> Pill {
    match status {
        AutoRecordingStatus::Enabled => Mark::Recorded.pill_with(t.get("will-be-recorded")),
        AutoRecordingStatus::Exempted => Mark::Exempted.pill_with(t.get("will-not-be-recorded")),
        AutoRecordingStatus::Pending => Mark::Waiting.pill_with(t.get("home-not-on-yet")),
        _ => Mark::Missing.pill_with(t.get("home-not-on")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _};

    use super::*;

    #[test]
    fn a_class_that_nobody_judged_yet_is_marked_by_the_clock() {
        let start = Utc.with_ymd_and_hms(2026, 9, 1, 8, 0, 0).unwrap();
        let span = (start, start + TimeDelta::hours(1));
        let at = |minutes| mark(Verdict::Upcoming, false, span, start + TimeDelta::minutes(minutes));
        assert_eq!([at(-1), at(0), at(60)], [Mark::Upcoming, Mark::Running, Mark::Waiting]);
        assert_eq!(mark(Verdict::Upcoming, true, span, start), Mark::Cancelled);
        assert_eq!(mark(Verdict::Recorded, true, span, start), Mark::Recorded, "what there is, is shown");
    }
}
