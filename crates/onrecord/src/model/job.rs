//! Work that outlives a request: a row written in the transaction of its cause.

use chrono::{DateTime, Utc};

use super::id::JobId;
use crate::words;

words! {
    /// What is to be done. The list is closed: the worker matches it.
    pub enum JobKind {
        /// Make the meeting in Teams, enforce recording, read back. Subject: `meeting:{id}`.
        Provision = "provision",
        /// Tell Teams of a change or a cancellation. Subject: `meeting:{id}`.
        Update = "update",
        /// Read before class whether recording is still switched on, and repair it. Subject: `meeting:{id}`.
        Verify = "verify",
        /// Read whether a class that is on is being recorded. Subject: `meeting:{id}`.
        Watch = "watch",
        /// Bring one meeting's artifacts. Subject: `meeting:{id}`.
        Sync = "sync",
        /// Ask an organizer's deltas what is new. Subject: `organizer:{integration id}/{entra object id}` or
        /// `drive:{integration id}/{drive id}`.
        Delta = "delta",
        /// Copy one recording into the archive. Subject: `artifact:{id}`.
        Copy = "copy",
        /// Update invitations after roster changes. Subject: `course:{id}`.
        Roster = "roster",
        /// Make a test meeting and remove it, or only remove it. Subject: `rehearsal:{id}`.
        Rehearse = "rehearse",
        /// Cancel the former event of a meeting that was made anew elsewhere. Subject: `withdrawal:{id}`.
        Withdraw = "withdraw",
        /// Send what is due to one person, as one letter. Subject: `user:{id}`.
        Mail = "mail",
        /// A recurring duty of the timetable. Subject: `duty:{duty}`.
        Duty = "duty",
    }
}

words! {
    /// What recurs without a cause from outside. The worker's timetable says how often.
    pub enum Duty {
        /// A class that has begun without a conclusion about recording gets its last known reason.
        ClassStart = "class_start",
        /// What Teams should know and no job will tell: lost, dead or far ahead when it was changed.
        CatchUp = "catch_up",
        /// Meetings and organizers whose time to be looked at has come are queued.
        PlanSync = "plan_sync",
        /// Looks at classes before and while they run whose time has come are queued.
        PlanGuard = "plan_guard",
        /// Copies that were never finished are removed from the archive.
        Drafts = "drafts",
        /// Verdicts that change because time passes are changed.
        Verdicts = "verdicts",
        /// Subscriptions to change notifications are made, renewed, compared and ended.
        Subscriptions = "subscriptions",
        /// Recordings that Microsoft will delete are copied in time, and told of where that fails.
        Expiry = "expiry",
        /// Drives of service accounts are read, and what will not fit is told.
        Storage = "storage",
        /// A connection that was examined once is examined again each day.
        Examine = "examine",
        /// What people are to be told is queued as mail, and what is due is sent.
        Mail = "mail",
        /// The address that waits for a sign of life is called, if all is well.
        Alive = "alive",
        /// The retention policies are applied, and what lay in the bin long enough is purged.
        Retention = "retention",
        /// Bytes that were purged are deleted; requests of people that were blocked are tried again.
        Purge = "purge",
    }
}

/// One row of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The row.
    pub id: JobId,
    /// What to do.
    pub kind: JobKind,
    /// On what, as `word:id`.
    pub subject: String,
    /// Earliest start.
    pub run_at: DateTime<Utc>,
    /// How often it was begun.
    pub attempts: i64,
    /// Held by a worker until then.
    pub claimed_until: Option<DateTime<Utc>>,
    /// What went wrong last; empty when nothing did.
    pub last_error: String,
    /// Set when it was given up.
    pub dead_at: Option<DateTime<Utc>>,
}
