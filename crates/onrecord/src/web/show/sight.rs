//! What every part of the class page looks at: one class of one conference, as one reader may see it.

use chrono::{DateTime, Utc};

use super::recordings::Reading;
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::conference::{Meeting, Verdict};
use crate::model::integration::SyncKind;
use crate::ops::rights::Seen;
use crate::store::pages::class::Around;
use crate::web::text::Text;
use crate::web::when::When;

/// One class of one conference.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    /// Settings and database.
    pub app: &'a App,
    /// The reader's words.
    pub t: &'static Text,
    /// The present, in the conference's zone.
    pub when: When,
    /// The same present, for comparing.
    pub now: DateTime<Utc>,
    /// Who reads.
    pub viewer: &'a Viewer,
    /// The conference and how they stand to it.
    pub seen: &'a Seen,
    /// What stands around the class.
    pub around: &'a Around,
    /// The class.
    pub meeting: &'a Meeting,
    /// What became of it, as of now.
    pub verdict: Verdict,
}

impl<'a> Sight<'a> {
    /// Whether the reader may also do `act`.
    pub(super) fn may(&self, act: Act) -> bool {
        self.seen.may(self.viewer, act)
    }

    /// Whether states and reasons are shown.
    pub(super) fn for_staff(&self) -> bool {
        self.may(Act::SeeStaffDetail)
    }

    /// The same for the Recordings tab.
    pub(super) fn reading(&self) -> Reading<'a> {
        Reading { viewer: self.viewer, t: self.t, when: self.when, now: self.now }
    }

    /// Whether a kind is neither asked for nor shown.
    pub(super) fn is_off(&self, kind: SyncKind) -> bool {
        self.around.kinds_off.contains(&kind)
    }

    /// Whether the class was over before OnRecord knew of it.
    pub(super) fn is_taken_over(&self) -> bool {
        self.meeting.ends_at < self.seen.placed.conference.created_at
    }

    /// When the class was over: one that was held before its time was over when its call ended.
    pub(super) fn ended_at(&self) -> DateTime<Utc> {
        let planned = self.meeting.ends_at;
        if planned <= self.now { planned } else { self.meeting.call_ended_at.unwrap_or(self.now) }
    }

    /// Whether the class is still to come or on.
    pub(super) fn is_ahead(&self) -> bool {
        matches!(self.verdict, Verdict::Upcoming | Verdict::Running)
    }

    /// "Tuesday 10 November, 14:00–15:30".
    pub(super) fn class_words(&self) -> String {
        self.when.class_words(self.meeting.starts_at, self.meeting.ends_at)
    }

    /// The address of another place of this class: "", "recordings", …
    pub(super) fn address(&self, tab: &str) -> String {
        let conference = self.seen.placed.conference.id;
        let class =
            if self.around.classes > 1 { format!("class={}", self.meeting.id) } else { String::new() };
        match (class.is_empty(), tab.is_empty()) {
            (true, true) => format!("/conferences/{conference}"),
            (true, false) => format!("/conferences/{conference}?tab={tab}"),
            (false, true) => format!("/conferences/{conference}?{class}"),
            (false, false) => format!("/conferences/{conference}?{class}&tab={tab}"),
        }
    }
}
