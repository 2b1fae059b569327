//! Storage (`/admin/storage`): drives of the service accounts with their forecast, the archive, and what expires.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Field, Meter, Note},
    when::Moment,
};

/// `GET /admin/storage`. `POST /admin/storage/expiry` (`days`), `/admin/storage/accounts/{id}/rehome`.
#[derive(Debug, Template)]
#[template(path = "pages/storage.html")]
pub struct Storage {
    pub page: Page,
    pub notes: Vec<Note>,
    pub drives: Vec<Drive>,
    /// "312 verified copies, 140 GB".
    pub archive: String,
    pub archive_place: String,
    /// What expires soon and was not copied.
    pub expiring: Vec<ExpiringRow>,
    pub days: Field,
    /// Why the days cannot be changed here.
    pub days_locked: Option<String>,
    pub may_change: bool,
}

/// The drive of one account.
#[derive(Debug)]
pub struct Drive {
    pub id: i64,
    pub meter: Meter,
    /// What Microsoft says of the room, in words; empty while there is enough.
    pub state: String,
    pub read: Option<String>,
    pub growth: String,
    /// "Full on about 12 March".
    pub forecast: String,
    pub planned: String,
    pub disabled: bool,
    pub may_rehome: bool,
}

/// A recording that Microsoft will delete.
#[derive(Debug)]
pub struct ExpiringRow {
    pub id: i64,
    pub title: String,
    pub class: Moment,
    pub expires: String,
}
