//! Why a recording is missing and what mends it, in the catalogue's words: pages, report and API say the same.

use crate::model::cause::Cause;
use crate::text::{Text, english};

/// Both, one after the other, for the report, the API and the command line.
pub fn told(cause: Cause) -> String {
    let (why, fix) = why_and_fix(english(), cause);
    format!("{why} {fix}")
}

/// What happened, and what mends it.
pub fn why_and_fix(t: &'static Text, cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::NoTeamsMeeting => (t.get("missing-no-meeting"), t.get("missing-no-meeting-fix")),
        Cause::Permission => (t.get("missing-permission"), t.get("missing-permission-fix")),
        Cause::Licence => (t.get("missing-licence"), t.get("missing-licence-fix")),
        Cause::SwitchedOff => (t.get("missing-switched-off"), t.get("missing-switched-off-fix")),
        Cause::NotEnabled => (t.get("missing-not-enabled"), t.get("missing-not-enabled-fix")),
        Cause::PolicyOff => (t.get("missing-policy-off"), t.get("missing-policy-off-fix")),
        Cause::NobodyMayRecord => (t.get("missing-nobody"), t.get("missing-nobody-fix")),
        Cause::NotRecorded => (t.get("missing-not-recorded"), t.get("missing-not-recorded-fix")),
        Cause::RecordingFailed => (t.get("missing-failed"), t.get("missing-failed-fix")),
        Cause::StorageFull => (t.get("missing-storage"), t.get("missing-storage-fix")),
        Cause::StoppedEarly => (t.get("missing-stopped"), t.get("missing-stopped-fix")),
        Cause::InInbox => (t.get("missing-inbox"), t.get("missing-inbox-fix")),
        Cause::Expired => (t.get("missing-expired"), t.get("missing-expired-fix")),
        Cause::Lost => (t.get("missing-lost"), t.get("missing-lost-fix")),
        Cause::OrganizerGone => (t.get("missing-organizer"), t.get("missing-organizer-fix")),
        Cause::NeverOffered => (t.get("missing-never"), t.get("missing-never-fix")),
        Cause::CannotRead => (t.get("missing-cannot-read"), t.get("missing-cannot-read-fix")),
        Cause::CannotTell => (t.get("missing-cannot-tell"), t.get("missing-cannot-tell-fix")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Word as _;

    #[test]
    fn every_cause_says_what_happened_and_what_to_do() {
        for cause in Cause::ALL {
            let (why, fix) = why_and_fix(english(), *cause);
            assert!(why.ends_with('.') && fix.ends_with('.'), "{cause}");
        }
    }
}
