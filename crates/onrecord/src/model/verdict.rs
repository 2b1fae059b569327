//! What became of a scheduled class: a pure function of stored evidence. Every meeting ends in exactly one
//! verdict, and a `missing` always says why, what to do and who acts.

use chrono::{DateTime, Duration, Utc};

use super::conference::{AutoRecordingStatus as Status, Verdict};
use super::live::Answer;
use super::sync::KindState;

pub use super::cause::{Basis, Cause, Fact, Owner};

/// Microsoft's clock and ours may differ by this much.
pub const CLOCK_SKEW: Duration = Duration::minutes(1);

/// With no source that tells how long the call was, a part of this length is taken for a whole recording.
const WHOLE_WITHOUT_CALL_MS: i64 = 10 * 60_000;

/// One recording as far as the verdict goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Playing time, once known.
    pub duration_ms: Option<i64>,
    /// Matched without doubt.
    pub certain: bool,
    /// Microsoft no longer has it, and neither have we.
    pub lost: bool,
    /// It vanished when its time at Microsoft was over.
    pub expired: bool,
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
    pub auto_recording_status: Status,
    /// The organizer's OneDrive takes no more.
    pub storage_full: bool,
    /// Its recordings.
    pub parts: Vec<Part>,
    /// The call, if any source shows it.
    pub call: Option<Call>,
    /// What the chat tells of recordings.
    pub chat: Chat,
    /// Who came, if attendance was read.
    pub came: Option<Came>,
    /// Since when the organizer is no longer in the directory.
    pub organizer_gone: bool,
    /// What whoever taught answered when asked whether Teams records.
    pub answer: Option<Answer>,
    /// A source that would show the call was read after the end.
    pub source_readable: bool,
    /// How reading recordings went last.
    pub recordings_read: Option<KindState>,
    /// A file in the inbox may belong here.
    pub candidate_in_inbox: bool,
}

/// What the chat tells of a class's recordings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chat {
    /// It was read after the end, so that its silence says something.
    pub read: bool,
    /// It tells of a call.
    pub call: bool,
    /// A recording began.
    pub began: bool,
    /// A recording was saved.
    pub saved: bool,
    /// A recording failed, and none was saved.
    pub failed: bool,
}

/// Who came to a class, as far as recording goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// How many people.
    pub people: i64,
    /// Of them, those whose role lets them record.
    pub may_record: i64,
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
    /// How sure the cause is.
    pub basis: Option<Basis>,
}

impl Judgement {
    fn plain(verdict: Verdict) -> Self {
        Self { verdict, cause: None, basis: None }
    }

    fn missing((cause, basis): (Cause, Basis)) -> Self {
        Self { verdict: Verdict::Missing, cause: Some(cause), basis: Some(basis) }
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

    /// Why there is no recording, and whether that is shown or only the likeliest reason.
    fn cause(&self) -> (Cause, Basis) {
        if self.certain().next().is_some() {
            let is_measured = self.call.is_some_and(|call| call.length_ms.is_some());
            return (Cause::StoppedEarly, if is_measured { Basis::Proved } else { Basis::Inferred });
        }
        if self.parts.iter().any(|part| part.lost) {
            return if self.parts.iter().any(|part| part.expired) {
                (Cause::Expired, Basis::Inferred)
            } else {
                (Cause::Lost, Basis::Proved)
            };
        }
        if self.candidate_in_inbox || !self.parts.is_empty() {
            return (Cause::InInbox, Basis::Proved);
        }
        if self.organizer_gone {
            return (Cause::OrganizerGone, Basis::Proved);
        }
        if !self.has_teams_meeting {
            return (self.refused().unwrap_or(Cause::NoTeamsMeeting), Basis::Proved);
        }
        if matches!(self.recordings_read, Some(KindState::Failed)) {
            // Who was refused the switch is refused the reading, too: the older refusal names what to do.
            let refused = self.refused().filter(|cause| *cause == Cause::Permission);
            return (refused.unwrap_or(Cause::CannotRead), Basis::Proved);
        }
        if self.call.is_none() {
            return (Cause::CannotTell, Basis::Proved);
        }
        self.cause_of_a_call()
    }

    /// Why a call left no recording.
    fn cause_of_a_call(&self) -> (Cause, Basis) {
        let began = self.chat.began || self.chat.saved || self.chat.failed;
        if self.chat.failed {
            let cause = if self.storage_full { Cause::StorageFull } else { Cause::RecordingFailed };
            return (cause, Basis::Proved);
        }
        if self.storage_full && (began || !self.chat.read) {
            return (Cause::StorageFull, Basis::Inferred);
        }
        if began {
            let basis = if self.chat.saved { Basis::Proved } else { Basis::Inferred };
            return (Cause::NeverOffered, basis);
        }
        if let Some(cause) = self.refused() {
            return (cause, Basis::Proved);
        }
        if self.came.is_some_and(|came| came.people > 0 && came.may_record == 0) {
            return (Cause::NobodyMayRecord, Basis::Inferred);
        }
        let never_began = self.chat.read && self.answer != Some(Answer::Recording);
        (if never_began { Cause::PolicyOff } else { Cause::NotRecorded }, Basis::Inferred)
    }

    /// What Microsoft said when recording was to be switched on, if it could not be.
    fn refused(&self) -> Option<Cause> {
        match self.auto_recording_status {
            Status::Pending | Status::Enabled | Status::Exempted => None,
            Status::FailedPermission | Status::FailedAccessPolicy => Some(Cause::Permission),
            Status::FailedLicense => Some(Cause::Licence),
            Status::FailedDrift => Some(Cause::SwitchedOff),
            _ => Some(Cause::NotEnabled),
        }
    }

    /// What the verdict rests on.
    pub fn facts(&self) -> Vec<Fact> {
        let came = self.came.unwrap_or(Came { people: 0, may_record: 0 });
        let held = self.call.is_some();
        let known = [
            (self.cancelled, Fact::Cancelled),
            (!self.has_teams_meeting, Fact::NoTeamsMeeting),
            (self.auto_recording_status == Status::Enabled, Fact::SwitchedOn),
            (self.auto_recording_status.is_failure(), Fact::NotSwitchedOn),
            (self.exempted, Fact::Exempted),
            (came.people > 0, Fact::CallInAttendance),
            (self.chat.call, Fact::CallInChat),
            (self.source_readable && !held, Fact::NoCallAnywhere),
            (!self.source_readable && !held, Fact::NoSourceReadable),
            (came.people > 0 && came.may_record > 0, Fact::SomebodyMayRecord),
            (came.people > 0 && came.may_record == 0, Fact::NobodyMayRecord),
            (self.chat.began, Fact::RecordingBegan),
            (self.chat.saved, Fact::RecordingSaved),
            (self.chat.failed, Fact::RecordingFailed),
            (
                held && self.chat.read && !(self.chat.began || self.chat.saved || self.chat.failed),
                Fact::NoRecordingBegan,
            ),
            (held && !self.chat.read, Fact::ChatNotRead),
            (self.answer == Some(Answer::Recording), Fact::SaidRecording),
            (self.answer == Some(Answer::NotRecording), Fact::SaidNotRecording),
            (self.storage_full, Fact::StorageFull),
            (self.organizer_gone, Fact::OrganizerGone),
            (self.recordings_read == Some(KindState::Failed), Fact::RecordingsNotRead),
            (self.is_covered(), Fact::Covered),
            (!self.is_covered() && self.certain().next().is_some(), Fact::CoveredInPart),
            (self.parts.iter().any(|part| part.lost), Fact::FileGone),
            (self.candidate_in_inbox, Fact::CandidateInInbox),
        ];
        known.into_iter().filter_map(|(holds, fact)| holds.then_some(fact)).collect()
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
            auto_recording_status: Status::Enabled,
            storage_full: false,
            parts: Vec::new(),
            call: Some(Call { started_at: at(8), ended_at: Some(at(10)), length_ms: Some(7_200_000) }),
            chat: Chat { read: true, call: true, ..Chat::default() },
            came: Some(Came { people: 9, may_record: 1 }),
            organizer_gone: false,
            answer: None,
            source_readable: true,
            recordings_read: Some(KindState::Ok),
            candidate_in_inbox: false,
        }
    }

    fn part(minutes: i64) -> Part {
        Part { duration_ms: Some(minutes * 60_000), certain: true, lost: false, expired: false }
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
    fn every_missing_names_its_cause_and_how_sure_it_is() {
        let chat = Chat { read: true, call: true, ..Chat::default() };
        let silent = Chat::default();
        let status = |auto_recording_status| Evidence { auto_recording_status, ..held() };
        let lost = Part { lost: true, ..part(120) };
        let cases = [
            (Evidence { has_teams_meeting: false, ..held() }, Cause::NoTeamsMeeting, Basis::Proved),
            (
                Evidence { recordings_read: Some(KindState::Failed), ..held() },
                Cause::CannotRead,
                Basis::Proved,
            ),
            (Evidence { call: None, source_readable: false, ..held() }, Cause::CannotTell, Basis::Proved),
            (
                Evidence { storage_full: true, chat: Chat { failed: true, ..chat }, ..held() },
                Cause::StorageFull,
                Basis::Proved,
            ),
            (Evidence { storage_full: true, chat: silent, ..held() }, Cause::StorageFull, Basis::Inferred),
            (
                Evidence { chat: Chat { began: true, failed: true, ..chat }, ..held() },
                Cause::RecordingFailed,
                Basis::Proved,
            ),
            (Evidence { chat: Chat { saved: true, ..chat }, ..held() }, Cause::NeverOffered, Basis::Proved),
            (Evidence { chat: Chat { began: true, ..chat }, ..held() }, Cause::NeverOffered, Basis::Inferred),
            (Evidence { candidate_in_inbox: true, ..held() }, Cause::InInbox, Basis::Proved),
            (status(Status::FailedAccessPolicy), Cause::Permission, Basis::Proved),
            (status(Status::FailedPermission), Cause::Permission, Basis::Proved),
            (status(Status::FailedLicense), Cause::Licence, Basis::Proved),
            (status(Status::FailedDrift), Cause::SwitchedOff, Basis::Proved),
            (status(Status::FailedNetwork), Cause::NotEnabled, Basis::Proved),
            (
                Evidence { came: Some(Came { people: 3, may_record: 0 }), ..held() },
                Cause::NobodyMayRecord,
                Basis::Inferred,
            ),
            (Evidence { organizer_gone: true, ..held() }, Cause::OrganizerGone, Basis::Proved),
            (Evidence { parts: vec![lost], ..held() }, Cause::Lost, Basis::Proved),
            (
                Evidence { parts: vec![Part { expired: true, ..lost }], ..held() },
                Cause::Expired,
                Basis::Inferred,
            ),
            (held(), Cause::PolicyOff, Basis::Inferred),
            (Evidence { chat: silent, ..held() }, Cause::NotRecorded, Basis::Inferred),
        ];
        for (evidence, expected, basis) in cases {
            let judgement = judge(&evidence, PATIENCE, at(15));
            assert_eq!((judgement.cause, judgement.basis), (Some(expected), Some(basis)));
            assert!(!evidence.facts().is_empty());
        }
    }

    #[test]
    fn what_a_verdict_rests_on_is_said() {
        assert_eq!(
            held().facts(),
            [
                Fact::SwitchedOn,
                Fact::CallInAttendance,
                Fact::CallInChat,
                Fact::SomebodyMayRecord,
                Fact::NoRecordingBegan
            ]
        );
        let nobody = Evidence { call: None, chat: Chat { call: false, ..held().chat }, came: None, ..held() };
        assert_eq!(nobody.facts(), [Fact::SwitchedOn, Fact::NoCallAnywhere]);
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
