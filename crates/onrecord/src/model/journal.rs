//! The journal of removals: what was purged, removed or erased, as it is known outside the database. It names no person:
//! who was erased stands under a pseudonym and keyed fingerprints.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::artifact::ArtifactKind;
use super::retention::Kept;

/// One removal. Rows are told by their id and the moment at which they were made, because a database that was put back
/// gives ids a second time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Removed {
    /// A recording, transcript or file was purged.
    Purged {
        /// When.
        at: DateTime<Utc>,
        /// The artifact's row.
        id: i64,
        /// When the row was made.
        created_at: DateTime<Utc>,
        /// What it was.
        kind: ArtifactKind,
        /// The tenant's connection.
        integration_id: i64,
        /// Microsoft's id of the recording or transcript.
        graph_id: Option<String>,
        /// Microsoft's drive.
        drive_id: Option<String>,
        /// Microsoft's file in it.
        item_id: Option<String>,
    },
    /// A class's attendance or chat was removed.
    ClassData {
        /// When.
        at: DateTime<Utc>,
        /// The meeting's row.
        id: i64,
        /// When the row was made.
        created_at: DateTime<Utc>,
        /// What was removed.
        kind: Kept,
    },
    /// A person was erased.
    Erased {
        /// When.
        at: DateTime<Utc>,
        /// The person's row.
        id: i64,
        /// When the row was made.
        created_at: DateTime<Utc>,
        /// What they are called since.
        pseudonym: String,
        /// Keyed hashes of what Microsoft knows them by.
        fingerprints: Vec<String>,
    },
}

/// The key of a sheet of the journal in the archive. Sheets are numbered from 1 without a gap, so that the last one is
/// found without listing.
pub fn sheet_key(number: i64) -> String {
    format!("journal/{number:08}.jsonl")
}

/// A sheet as it is written: one removal per line.
pub fn sheet(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The removals of a sheet, each with its line; `None` if a line is none of ours.
pub fn removals(sheet: &str) -> Option<Vec<(String, Removed)>> {
    let line = |line: &str| Some((line.to_owned(), serde_json::from_str(line).ok()?));
    sheet.lines().filter(|text| !text.is_empty()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_read_as_it_was_written() {
        let at = DateTime::from_timestamp(1_788_000_000, 0).unwrap();
        let removed = Removed::ClassData { at, id: 3, created_at: at, kind: Kept::Chat };
        let line = serde_json::to_string(&removed).unwrap();
        assert!(line.contains(r#""act":"class_data""#), "{line}");
        let text = sheet(&[line.clone(), line.clone()]);
        assert_eq!(removals(&text), Some(vec![(line.clone(), removed.clone()), (line, removed)]));
        assert_eq!(removals(""), Some(Vec::new()));
        assert_eq!(removals("<html>"), None);
    }
}
