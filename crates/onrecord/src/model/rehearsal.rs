//! A rehearsal: a small test meeting that goes the way of every class, shows how far it came, and is removed again.

use chrono::{DateTime, Utc};

use super::id::{IntegrationId, RehearsalId};
use crate::words;

words! {
    /// What is done, in this order.
    pub enum Step {
        /// The calendar event with its Teams meeting.
        Create = "create",
        /// The event tells its Teams link.
        JoinUrl = "join_url",
        /// Teams finds the meeting by its link.
        Lookup = "lookup",
        /// The meeting is told to record.
        Patch = "patch",
        /// The meeting, read again, says so.
        ReadBack = "read_back",
    }
}

words! {
    /// How a step went.
    pub enum StepState {
        /// It is being done.
        Running = "running",
        /// It succeeded.
        Ok = "ok",
        /// It did not; the ones behind it are not tried.
        Failed = "failed",
    }
}

/// One step that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Which.
    pub step: Step,
    /// How it went.
    pub state: StepState,
    /// What was seen, or why it failed.
    pub words: String,
}

/// A rehearsal as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The row.
    pub id: RehearsalId,
    /// Whose connection is rehearsed.
    pub integration_id: IntegrationId,
    /// Random, written before the first call: by it the event is found again.
    pub transaction_id: String,
    /// When the test meeting would begin.
    pub starts_at: DateTime<Utc>,
    /// Object id of the account in whose calendar it is made.
    pub mailbox: Option<String>,
    /// Graph `event.id`, once known.
    pub event_id: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When the last step ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the test meeting was removed, or was known not to be there.
    pub cleaned_at: Option<DateTime<Utc>>,
    /// Why it could not be removed yet; empty when it could.
    pub cleaning_error: String,
    /// Its steps so far.
    pub steps: Vec<Rehearsed>,
}

impl Rehearsal {
    /// Whether every step succeeded.
    pub fn is_well(&self) -> bool {
        self.steps.len() == <Step as super::words::Word>::ALL.len()
            && self.steps.iter().all(|step| step.state == StepState::Ok)
    }

    /// Whether somebody may still be at it.
    pub fn is_going_on(&self) -> bool {
        self.finished_at.is_none() || self.cleaned_at.is_none() && self.cleaning_error.is_empty()
    }
}
