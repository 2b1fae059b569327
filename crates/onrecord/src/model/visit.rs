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
