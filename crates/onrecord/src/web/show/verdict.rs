//! How a verdict is drawn and what it says: shape, word, and for what is missing the cause, what mends it, and who
//! acts. Only words: what became of a class is decided elsewhere.

use crate::model::conference::Verdict;
use crate::model::verdict::{Cause, Owner};
use crate::model::words::Word as _;
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
    let (why, fix) = match cause {
        Cause::NoTeamsMeeting => (t.get("missing-no-meeting"), t.get("missing-no-meeting-fix")),
        Cause::NotEnabled => (t.get("missing-not-enabled"), t.get("missing-not-enabled-fix")),
        Cause::NotRecorded => (t.get("missing-not-recorded"), t.get("missing-not-recorded-fix")),
        Cause::RecordingFailed => (t.get("missing-failed"), t.get("missing-failed-fix")),
        Cause::StorageFull => (t.get("missing-storage"), t.get("missing-storage-fix")),
        Cause::StoppedEarly => (t.get("missing-stopped"), t.get("missing-stopped-fix")),
        Cause::InInbox => (t.get("missing-inbox"), t.get("missing-inbox-fix")),
        Cause::Lost => (t.get("missing-lost"), t.get("missing-lost-fix")),
        Cause::CannotRead => (t.get("missing-cannot-read"), t.get("missing-cannot-read-fix")),
        Cause::CannotTell => (t.get("missing-cannot-tell"), t.get("missing-cannot-tell-fix")),
    };
    Missing { why, fix, who }
}
