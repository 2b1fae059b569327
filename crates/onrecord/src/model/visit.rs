//! What counts as one visit: a viewer, a thing and a way, until nothing was asked for half an hour. A player that
//! sends a hundred ranges is one visit; so is a download that is resumed.

use chrono::{DateTime, TimeDelta, Utc};

use super::id::{ArtifactId, UserId};
use crate::words;

/// How long a visit stays open without a request.
pub const OPEN_FOR: TimeDelta = TimeDelta::minutes(30);

words! {
    /// How something is taken.
    pub enum Way {
        /// In the player, or read on a page.
        Watch = "watch",
        /// As a file of one's own.
        Download = "download",
    }
}

words! {
    /// How much is kept of who came.
    pub enum AccessDetail {
        /// Who, when, what.
        Named = "named",
        /// The same under a keyed pseudonym.
        Pseudonymous = "pseudonymous",
        /// Only how often.
        CountsOnly = "counts_only",
    }
}

/// What is kept of visits, and asked before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct AccessPrivacy {
    /// How much is kept of who came.
    pub detail: AccessDetail,
    /// For how many days; then only counts are left.
    pub days: i64,
    /// Whether address and browser are kept.
    pub network: bool,
    /// Whether admins and officers say why they watch.
    pub playback_reason: bool,
}

impl Default for AccessPrivacy {
    fn default() -> Self {
        Self { detail: AccessDetail::Named, days: 180, network: false, playback_reason: false }
    }
}

/// Where a request came from, kept only where the school wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The caller's address.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

/// Whose visit to what, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisitKey {
    /// The recording, transcript or file.
    pub artifact_id: ArtifactId,
    /// The person.
    pub user_id: UserId,
    /// Watched or downloaded.
    pub way: Way,
}

/// Whether a visit whose last request was at `last` is still open at `now`.
pub fn is_open(last: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - last < OPEN_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_ends_after_half_an_hour_of_silence() {
        let last = DateTime::UNIX_EPOCH;
        assert!(is_open(last, last + TimeDelta::minutes(29)));
        assert!(!is_open(last, last + TimeDelta::minutes(30)));
    }
}
