//! Monitor (`/admin/monitor`): health, recordings per status, what is stored where, jobs and dead letters.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Mark, Note, PartLine},
    when::{self, Moment},
};

/// `GET /admin/monitor`.
#[derive(Debug, Template)]
#[template(path = "pages/monitor.html")]
pub struct Monitor {
    pub page: Page,
    /// The answer in words.
    pub headline: String,
    pub lead: String,
    pub wrong: Vec<Note>,
    pub health: Vec<PartLine>,
    /// Meetings by `auto_recording_status`.
    pub statuses: Vec<StatusRow>,
    /// Recordings by the `auto_recording_status` of their meeting.
    pub recordings: Vec<StatusRow>,
    /// Meetings by verdict.
    pub verdicts: Vec<StatusRow>,
    /// Recordings with and without a file in `OneDrive`.
    pub stored: Vec<StatusRow>,
    pub jobs: Vec<JobRow>,
    pub dead: Vec<DeadJob>,
    /// Whether the viewer may retry a job: `POST /admin/jobs/{id}/retry`.
    pub may_retry: bool,
}

/// How many have one status.
#[derive(Debug)]
pub struct StatusRow {
    pub mark: Mark,
    pub words: String,
    /// The name in the API and in logs: `failed_permission`, `stored_in_onedrive`.
    pub code: String,
    pub count: i64,
    pub href: Option<String>,
}

/// Jobs of one kind.
#[derive(Debug)]
pub struct JobRow {
    pub kind: String,
    pub waiting: i64,
    pub running: i64,
    pub dead: i64,
    pub oldest: String,
}

/// A job that was given up.
#[derive(Debug)]
pub struct DeadJob {
    pub id: i64,
    pub kind: String,
    pub subject: String,
    pub subject_href: Option<String>,
    pub error: String,
    pub at: Moment,
    pub attempts: i64,
}
