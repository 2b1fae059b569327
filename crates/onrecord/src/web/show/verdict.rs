//! How a verdict is drawn and what it says: shape, word, and for what is missing the cause, what mends it, and who
//! acts. Only words: what became of a class is decided elsewhere.

use crate::model::conference::Verdict;
use crate::model::verdict::{Basis, Cause, Fact, Owner};
use crate::model::words::Word as _;
use crate::ops::missing::why_and_fix;
use crate::web::parts::Mark;
use crate::web::text::Text;

/// The mark of a verdict.
pub(super) const fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Upcoming => Mark::Upcoming,
        Verdict::Running => Mark::Running,
        Verdict::Waiting => Mark::Waiting,
        Verdict::Recorded => Mark::Recorded,
        Verdict::NotHeld => Mark::NotHeld,
        Verdict::Cancelled => Mark::Cancelled,
        Verdict::Exempted => Mark::Exempted,
        Verdict::Missing => Mark::Missing,
    }
}

/// Why a recording is missing, for staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// What happened, in one sentence.
    pub why: &'static str,
    /// What mends it.
    pub fix: &'static str,
    /// Who acts, as an answer.
    pub who: &'static str,
}

/// What a stored cause says; a word that is not known says that nobody can tell.
pub(super) fn missing(t: &'static Text, cause: &str) -> Missing {
    let cause = Cause::parse(cause).unwrap_or(Cause::CannotTell);
    let who = match cause.owner() {
        Owner::Instructor => t.get("acts-instructor"),
        Owner::Admin => t.get("acts-admin"),
    };
    let (why, fix) = why_and_fix(t, cause);
    Missing { why, fix, who }
}

/// A cause in few words, for lists and choices.
pub(super) fn cause_name(t: &'static Text, cause: Cause) -> &'static str {
    match cause {
        Cause::NoTeamsMeeting => t.get("cause-no-meeting"),
        Cause::Permission => t.get("cause-permission"),
        Cause::Licence => t.get("cause-licence"),
        Cause::SwitchedOff => t.get("cause-switched-off"),
        Cause::NotEnabled => t.get("cause-not-enabled"),
        Cause::PolicyOff => t.get("cause-policy-off"),
        Cause::NobodyMayRecord => t.get("cause-nobody"),
        Cause::NotRecorded => t.get("cause-not-recorded"),
        Cause::RecordingFailed => t.get("cause-failed"),
        Cause::StorageFull => t.get("cause-storage"),
        Cause::StoppedEarly => t.get("cause-stopped"),
        Cause::InInbox => t.get("cause-inbox"),
        Cause::Expired => t.get("cause-expired"),
        Cause::Lost => t.get("cause-lost"),
        Cause::OrganizerGone => t.get("cause-organizer"),
        Cause::NeverOffered => t.get("cause-never"),
        Cause::CannotRead => t.get("cause-cannot-read"),
        Cause::CannotTell => t.get("cause-cannot-tell"),
    }
}

/// Who acts, in a word.
pub(super) fn owner_name(t: &'static Text, owner: Owner) -> &'static str {
    match owner {
        Owner::Instructor => t.get("owner-instructor"),
        Owner::Admin => t.get("owner-admin"),
    }
}

/// How sure a cause is, in a sentence.
pub(super) fn basis_words(t: &'static Text, basis: Basis) -> &'static str {
    match basis {
        Basis::Proved => t.get("basis-proved"),
        Basis::Inferred => t.get("basis-inferred"),
    }
}

/// One thing that a verdict rests on, in few words; `None` for a word that is not known.
pub(super) fn fact_words(t: &'static Text, fact: &str) -> Option<&'static str> {
    Some(match Fact::parse(fact)? {
        Fact::Cancelled => t.get("fact-cancelled"),
        Fact::NoTeamsMeeting => t.get("fact-no-meeting"),
        Fact::SwitchedOn => t.get("fact-switched-on"),
        Fact::NotSwitchedOn => t.get("fact-not-switched-on"),
        Fact::Exempted => t.get("recordings-exempted-text"),
        Fact::CallInAttendance => t.get("fact-call-attendance"),
        Fact::CallInChat => t.get("fact-call-chat"),
        Fact::NoCallAnywhere => t.get("fact-no-call"),
        Fact::NoSourceReadable => t.get("fact-no-source"),
        Fact::SomebodyMayRecord => t.get("fact-somebody"),
        Fact::NobodyMayRecord => t.get("fact-nobody"),
        Fact::RecordingBegan => t.get("fact-began"),
        Fact::RecordingSaved => t.get("fact-saved"),
        Fact::RecordingFailed => t.get("fact-failed"),
        Fact::NoRecordingBegan => t.get("fact-never-began"),
        Fact::ChatNotRead => t.get("fact-chat-not-read"),
        Fact::SaidRecording => t.get("fact-said-yes"),
        Fact::SaidNotRecording => t.get("fact-said-no"),
        Fact::StorageFull => t.get("fact-storage"),
        Fact::OrganizerGone => t.get("fact-organizer"),
        Fact::RecordingsNotRead => t.get("fact-recordings-not-read"),
        Fact::Covered => t.get("fact-covered"),
        Fact::CoveredInPart => t.get("fact-covered-in-part"),
        Fact::FileGone => t.get("fact-file-gone"),
        Fact::CandidateInInbox => t.get("fact-inbox"),
    })
}
