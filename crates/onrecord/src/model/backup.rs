//! What stands beside a backup of the database and says what it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The manifest: a JSON file beside the backup, written after it. A backup without one is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// The version of OnRecord that wrote it.
    pub version: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Name of the backup's file, beside this one.
    pub file: String,
    /// Its length.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
    /// The migrations of its schema, in order.
    pub schema: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// The audit's signed head then, as `onrecord audit head` prints it; empty while the audit is.
    pub audit_head: String,
    /// Number of the last sheet of the journal of removals that it knows.
    pub journal_sheet: i64,
    /// Id of the secret key that opens its sealed secrets. The key itself is not in the backup.
    pub secret_key_id: String,
    /// Where the archive was.
    pub archive: String,
}

/// The form of manifest that this version writes and reads.
pub const FORMAT: u32 = 1;
