//! What became of a scheduled class: a pure function of stored evidence. Every meeting ends in exactly one
//! verdict, and a `missing` always says why, what to do and who acts.

use chrono::{DateTime, Duration, Utc};

use super::conference::{AutoRecordingStatus, Verdict};
use super::sync::KindState;
use crate::words;

/// Microsoft's clock and ours may differ by this much.
pub const CLOCK_SKEW: Duration = Duration::minutes(1);

/// With no source that tells how long the call was, a part of this length is taken for a whole recording.
const WHOLE_WITHOUT_CALL_MS: i64 = 10 * 60_000;

words! {
    /// Why a recording is missing.
    pub enum Cause {
        /// The Teams meeting was never made, so nothing could be held in it.
        NoTeamsMeeting = "no_teams_meeting",
        /// Recording could not be switched on, and the class was held without.
        NotEnabled = "not_enabled",
        /// Recording was on, the class was held, and Teams made no recording.
        NotRecorded = "not_recorded",
        /// Teams reported that the recording failed.
        RecordingFailed = "recording_failed",
        /// The organizer's OneDrive is full.
        StorageFull = "storage_full",
        /// The recording covers less than half of the call.
        StoppedEarly = "stopped_early",
        /// A file that may be it waits in the inbox.
        InInbox = "in_inbox",
        /// There was a recording, and Microsoft no longer has it.
        Lost = "lost",
        /// OnRecord may not read recordings at Microsoft.
        CannotRead = "cannot_read",
        /// No source that would show the call could be read.
        CannotTell = "cannot_tell",
    }
}

words! {
    /// Who has to act on a missing recording.
    pub enum Owner {
        /// The instructor of the course.
        Instructor = "instructor",
        /// The administrator.
        Admin = "admin",
    }
}

impl Cause {
    /// Who has to act.
    pub fn owner(self) -> Owner {
        match self {
            Self::NotRecorded | Self::StoppedEarly => Owner::Instructor,
            _ => Owner::Admin,
        }
    }

    /// What happened and what to do, in a plain sentence each.
    pub fn fix(self) -> &'static str {
        match self {
            Self::NoTeamsMeeting => {
                "The Teams meeting could not be made. Open Integrations, Microsoft Teams, and follow the findings."
            }
            Self::NotEnabled => {
                "Recording could not be switched on before the class. Open Integrations, Microsoft Teams, and \
                 follow the findings, so that the next class is recorded."
            }
            Self::NotRecorded => {
                "Recording was on, but Teams made none. Ask whoever taught whether it was stopped, and the \
                 administrator whether the Teams meeting policy allows cloud recording."
            }
            Self::RecordingFailed => {
                "Teams reported that the recording failed. Look into the meeting's chat for a temporary copy \
                 within 21 days, and ask the administrator to check the organizer's OneDrive."
            }
            Self::StorageFull => {
                "Storage full: the organizer's OneDrive took no recording. Free space or buy more, and look into \
                 the meeting's chat for a temporary copy within 21 days."
            }
            Self::StoppedEarly => {
                "The recording covers less than half of the call. Ask whoever taught whether it was stopped; \
                 what there is can be watched."
            }
            Self::InInbox => "A file that may be it waits in the inbox. Open the inbox and assign it.",
            Self::Lost => {
                "Microsoft no longer has the recording. Look into the recycle bin of the organizer's OneDrive \
                 within 93 days."
            }
            Self::CannotRead => {
                "OnRecord could not read recordings at Microsoft. Open Integrations, Microsoft Teams, and follow \
                 the findings; then press Sync Data."
            }
            Self::CannotTell => {
                "Neither attendance nor chat could be read, so nobody can say whether the class was held. Allow \
                 one of them, or assign the recording by hand."
            }
        }
    }
}

/// One recording as far as the verdict goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Playing time, once known.
    pub duration_ms: Option<i64>,
    /// Matched without doubt.
    pub certain: bool,
    /// Microsoft no longer has it, and neither have we.
    pub lost: bool,
}

/// The call as far as any source shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// When the first session began.
    pub started_at: DateTime<Utc>,
    /// When the last session ended; `None` while it goes on or is not told.
    pub ended_at: Option<DateTime<Utc>>,
    /// Sum of the sessions; `None` when no source tells.
    pub length_ms: Option<i64>,
}

/// What is known about one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// It was cancelled.
    pub cancelled: bool,
    /// An approved exception is in force.
    pub exempted: bool,
    /// There is a Teams meeting that could be held.
    pub has_teams_meeting: bool,
    /// Whether recording was known to be on.
    pub auto_recording_status: AutoRecordingStatus,
    /// The organizer's OneDrive takes no more.
    pub storage_full: bool,
    /// Its recordings.
    pub parts: Vec<Part>,
    /// The call, if any source shows it.
    pub call: Option<Call>,
    /// Teams reported a failed recording.
    pub recording_failed: bool,
    /// A source that would show the call was read after the end.
    pub source_readable: bool,
    /// How reading recordings went last.
    pub recordings_read: Option<KindState>,
    /// A file in the inbox may belong here.
    pub candidate_in_inbox: bool,
}

/// How long OnRecord waits and looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A recording is waited for that long after the end before it is called missing.
    pub waiting: Duration,
    /// Looking goes on that long after the end.
    pub looking: Duration,
}

/// A verdict and, if it is `missing`, its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What became of the class.
    pub verdict: Verdict,
    /// Why it is missing.
    pub cause: Option<Cause>,
}

impl Judgement {
    fn plain(verdict: Verdict) -> Self {
        Self { verdict, cause: None }
    }

    fn missing(cause: Cause) -> Self {
        Self { verdict: Verdict::Missing, cause: Some(cause) }
    }
}

impl Evidence {
    /// When the class was over: the end of the call if it is known, else the scheduled end.
    pub fn over_at(&self) -> DateTime<Utc> {
        self.call.and_then(|call| call.ended_at).unwrap_or(self.ends_at)
    }

    fn certain(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.certain && !part.lost)
    }

    /// Whether the certain parts cover at least half of the call. A part of unknown length counts as whole.
    fn is_covered(&self) -> bool {
        if self.certain().next().is_none() {
            return false;
        }
        let scheduled = (self.ends_at - self.starts_at).num_milliseconds();
        let wanted = match self.call.and_then(|call| call.length_ms) {
            Some(length) => length / 2,
            None => (scheduled / 2).min(WHOLE_WITHOUT_CALL_MS),
        };
        let covered = self.certain().try_fold(0_i64, |sum, part| Some(sum + part.duration_ms?));
        covered.is_none_or(|covered| covered >= wanted)
    }

    fn cause(&self) -> Cause {
        if self.certain().next().is_some() {
            return Cause::StoppedEarly;
        }
        if self.parts.iter().any(|part| part.lost) {
            Cause::Lost
        } else if self.candidate_in_inbox || !self.parts.is_empty() {
            Cause::InInbox
        } else if !self.has_teams_meeting {
            Cause::NoTeamsMeeting
        } else if matches!(self.recordings_read, Some(KindState::Failed)) {
            Cause::CannotRead
        } else if self.call.is_none() {
            Cause::CannotTell
        } else if self.storage_full {
            Cause::StorageFull
        } else if self.recording_failed {
            Cause::RecordingFailed
        } else if self.auto_recording_status.is_failure() {
            Cause::NotEnabled
        } else {
            Cause::NotRecorded
        }
    }
}

/// The verdict on a meeting with this evidence at `now`.
pub fn judge(evidence: &Evidence, patience: Patience, now: DateTime<Utc>) -> Judgement {
    if evidence.cancelled && evidence.parts.is_empty() {
        return Judgement::plain(Verdict::Cancelled);
    }
    let call_is_over =
        evidence.call.is_some_and(|call| call.ended_at.is_some_and(|ended| ended <= now + CLOCK_SKEW));
    let scheduled_over = evidence.ends_at <= now;
    if !scheduled_over && !call_is_over {
        let begun = evidence.starts_at <= now || evidence.call.is_some();
        return Judgement::plain(if begun { Verdict::Running } else { Verdict::Upcoming });
    }
    if evidence.is_covered() {
        return Judgement::plain(Verdict::Recorded);
    }
    if evidence.exempted {
        return Judgement::plain(Verdict::Exempted);
    }
    if now < evidence.over_at() + patience.waiting {
        return Judgement::plain(Verdict::Waiting);
    }
    if evidence.call.is_none() && evidence.parts.is_empty() && evidence.source_readable {
        return Judgement::plain(Verdict::NotHeld);
    }
    Judgement::missing(evidence.cause())
}

/// Whether `judgement` will not change by time alone.
pub fn is_final(judgement: Judgement, evidence: &Evidence, patience: Patience, now: DateTime<Utc>) -> bool {
    match judgement.verdict {
        Verdict::Upcoming | Verdict::Running | Verdict::Waiting => false,
        Verdict::Recorded | Verdict::NotHeld | Verdict::Cancelled | Verdict::Exempted => true,
        Verdict::Missing => now >= evidence.over_at() + patience.looking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { waiting: Duration::hours(4), looking: Duration::hours(72) };

    fn at(hour: i64) -> DateTime<Utc> {
        "2026-12-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::hours(hour)
    }

    /// A class from 8 to 10 that was held as planned, with everything readable and nothing recorded.
    fn held() -> Evidence {
        Evidence {
            starts_at: at(8),
            ends_at: at(10),
            cancelled: false,
            exempted: false,
            has_teams_meeting: true,
            auto_recording_status: AutoRecordingStatus::Enabled,
            storage_full: false,
            parts: Vec::new(),
            call: Some(Call { started_at: at(8), ended_at: Some(at(10)), length_ms: Some(7_200_000) }),
            recording_failed: false,
            source_readable: true,
            recordings_read: Some(KindState::Ok),
            candidate_in_inbox: false,
        }
    }

    fn part(minutes: i64) -> Part {
        Part { duration_ms: Some(minutes * 60_000), certain: true, lost: false }
    }

    fn verdict(evidence: &Evidence, hour: i64) -> Verdict {
        judge(evidence, PATIENCE, at(hour)).verdict
    }

    fn cause(evidence: &Evidence) -> Option<Cause> {
        judge(evidence, PATIENCE, at(15)).cause
    }

    #[test]
    fn a_class_goes_through_its_day() {
        let class = Evidence { call: None, ..held() };
        let day: Vec<_> = [7, 8, 10, 13, 14].map(|hour| verdict(&class, hour)).into();
        assert_eq!(
            day,
            [Verdict::Upcoming, Verdict::Running, Verdict::Waiting, Verdict::Waiting, Verdict::NotHeld]
        );
        assert_eq!(verdict(&held(), 14), Verdict::Missing);
    }

    #[test]
    fn half_of_the_call_is_enough_and_less_is_not() {
        let recorded = |minutes| Evidence { parts: vec![part(minutes)], ..held() };
        assert_eq!(verdict(&recorded(60), 11), Verdict::Recorded);
        assert_eq!(verdict(&recorded(59), 11), Verdict::Waiting);
        assert_eq!(cause(&recorded(59)), Some(Cause::StoppedEarly));
        let parts = Evidence { parts: vec![part(30), part(31)], ..held() };
        assert_eq!(verdict(&parts, 11), Verdict::Recorded);
    }

    #[test]
    fn only_what_is_certain_and_still_there_counts() {
        let likely = Evidence { parts: vec![Part { certain: false, ..part(120) }], ..held() };
        assert_eq!(cause(&likely), Some(Cause::InInbox));
        let lost = Evidence { parts: vec![Part { lost: true, ..part(120) }], ..held() };
        assert_eq!(cause(&lost), Some(Cause::Lost));
    }

    #[test]
    fn every_missing_names_its_cause() {
        let cases = [
            (
                Evidence { has_teams_meeting: false, call: None, source_readable: false, ..held() },
                Cause::NoTeamsMeeting,
            ),
            (Evidence { recordings_read: Some(KindState::Failed), ..held() }, Cause::CannotRead),
            (Evidence { call: None, source_readable: false, ..held() }, Cause::CannotTell),
            (Evidence { storage_full: true, ..held() }, Cause::StorageFull),
            (Evidence { recording_failed: true, ..held() }, Cause::RecordingFailed),
            (Evidence { candidate_in_inbox: true, ..held() }, Cause::InInbox),
            (
                Evidence { auto_recording_status: AutoRecordingStatus::FailedAccessPolicy, ..held() },
                Cause::NotEnabled,
            ),
            (held(), Cause::NotRecorded),
        ];
        for (evidence, expected) in cases {
            assert_eq!(cause(&evidence), Some(expected));
            assert!(!expected.fix().is_empty());
        }
    }

    #[test]
    fn a_class_held_early_is_judged_by_its_call() {
        let early = Evidence { starts_at: at(20), ends_at: at(22), parts: vec![part(120)], ..held() };
        assert_eq!(verdict(&early, 10), Verdict::Recorded);
        let going_on = Evidence {
            call: Some(Call { started_at: at(9), ended_at: None, length_ms: None }),
            parts: Vec::new(),
            ..early
        };
        assert_eq!(verdict(&going_on, 10), Verdict::Running);
    }

    #[test]
    fn missing_is_final_only_when_looking_has_ended() {
        let final_at = |evidence: &Evidence, hour| {
            is_final(judge(evidence, PATIENCE, at(hour)), evidence, PATIENCE, at(hour))
        };
        assert!(!final_at(&held(), 15));
        assert!(final_at(&held(), 82));
        assert!(final_at(&Evidence { parts: vec![part(120)], ..held() }, 11));
    }

    #[test]
    fn a_cancelled_class_is_cancelled_at_any_time() {
        let cancelled = Evidence { cancelled: true, call: None, ..held() };
        assert_eq!(verdict(&cancelled, 1), Verdict::Cancelled);
        assert_eq!(verdict(&cancelled, 99), Verdict::Cancelled);
    }
}
