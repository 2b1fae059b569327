//! A copy of the SQLite database as one file: made while the database is in use, and looked into without changing a byte
//! of it. PostgreSQL has tools of its own for this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};
use sea_orm_migration::MigratorTrait as _;

use super::copy::TABLES;
use super::migrations::Migrator;
use super::{Error, Read, Result, Store};
use crate::params;

/// What the audit says when a backup is whole and on the disk.
const PROVED: &str = "database.backup_proved";

/// What the audit says when a backup was put back.
const RESTORED: &str = "database.restored";

/// When there was last a backup that is known to be whole, and when this installation began.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastBackup {
    /// It was made or put back then.
    pub at: Option<DateTime<Utc>>,
    /// The first entry of the audit that is left.
    pub since: Option<DateTime<Utc>>,
}

/// What the audit tells of backups.
pub async fn last(db: &impl Read) -> Result<LastBackup> {
    let moment = async |sql: &str, binds: Vec<sea_orm::Value>| -> Result<Option<DateTime<Utc>>> {
        Ok(db.row(sql, binds).await?.map(|row| row.get("moment")).transpose()?.flatten())
    };
    let newest = "SELECT MAX(at) AS moment FROM audit_entry WHERE action IN ($1, $2)";
    let oldest = "SELECT MIN(at) AS moment FROM audit_entry";
    Ok(LastBackup {
        at: moment(newest, params![PROVED, RESTORED]).await?,
        since: moment(oldest, params![]).await?,
    })
}

/// What a database holds, as a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The migrations that were applied, in order.
    pub schema: Vec<String>,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// Place of the newest sealed entry of the audit; 0 if there is none.
    pub audit_seq: i64,
    /// Its hash; empty if there is none.
    pub audit_hash: String,
    /// When the newest entry of the audit was written, sealed or not. That a backup was proved does not count: nothing is
    /// lost with it.
    pub audit_at: Option<DateTime<Utc>>,
    /// Number of the last sheet of the journal of removals.
    pub journal_sheet: i64,
    /// What SQLite finds wrong with the file; empty when all is well.
    pub damage: Vec<String>,
}

/// The names of this version's migrations, in order.
pub fn schema_of_this_version() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// Looks into a database file that nobody writes to. Reads all of it and changes nothing.
pub async fn examine(file: &Path) -> Result<Contents> {
    let file = file.to_owned();
    let work = tokio::task::spawn_blocking(move || contents(&file));
    work.await.map_err(|error| Error::Database(error.to_string()))?
}

/// Opens a file as it is: no log beside it is looked for, and none is made.
fn open(file: &Path) -> Result<Connection> {
    let path = file.to_str().ok_or_else(|| Error::Database("the path is not UTF-8".into()))?;
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?)
}

fn contents(file: &Path) -> Result<Contents> {
    let db = open(file)?;
    let texts = |sql: &str| -> Result<Vec<String>> {
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    let mut rows = BTreeMap::new();
    let tables = texts("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    for table in TABLES.iter().filter(|table| tables.iter().any(|there| there == *table)) {
        let count = db.query_row(&format!("SELECT COUNT(*) FROM \"{table}\""), [], |row| row.get(0))?;
        rows.insert((*table).to_owned(), count);
    }
    let head = "SELECT seq, hash FROM audit_entry WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1";
    let head = db.query_row(head, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let (audit_seq, audit_hash) = match head {
        Ok(head) => head,
        Err(rusqlite::Error::QueryReturnedNoRows) => (0, String::new()),
        Err(error) => return Err(error.into()),
    };
    let newest = format!("SELECT at FROM audit_entry WHERE action <> '{PROVED}' ORDER BY id DESC LIMIT 1");
    let newest = texts(&newest)?.pop();
    let sheet = "SELECT COALESCE(MAX(number), 0) FROM journal_sheet";
    let mut damage = texts("PRAGMA integrity_check(20)")?;
    damage.retain(|line| line != "ok");
    Ok(Contents {
        schema: texts("SELECT version FROM seaql_migrations ORDER BY version")?,
        rows,
        audit_seq,
        audit_hash,
        audit_at: newest.and_then(|at| DateTime::parse_from_rfc3339(&at).ok()).map(|at| at.to_utc()),
        journal_sheet: db.query_row(sheet, [], |row| row.get(0))?,
        damage,
    })
}

impl Store {
    /// Writes a consistent copy to a new file while the database is in use. `Conflict` if there is such a file.
    pub async fn back_up(&self, file: &Path) -> Result<()> {
        if file.exists() {
            return Err(Error::Conflict);
        }
        self.copy_to(file).await
    }

    /// Writes what stands in the log beside a SQLite file into it and lets go of it, so that the file alone is the database.
    pub async fn fold(self) -> Result<()> {
        self.row("PRAGMA wal_checkpoint", params![]).await.ok();
        self.close().await
    }
}

/// The files that belong to a SQLite database besides itself, while it is in use or was left in a hurry.
pub fn beside(file: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", file.display())))
}

/// Sign-ins that a copy would have brought back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ended {
    /// Sessions.
    pub sessions: u64,
    /// Links that would have set a password: invitations and resets.
    pub links: u64,
    /// API tokens that were not revoked when the copy was made.
    pub tokens: u64,
}

/// Ends what a copy must not bring back: everybody's sessions, one-time links and API tokens. Nobody can know which of
/// them were ended after it was made.
pub async fn end_sign_ins(tx: &super::Tx, at: DateTime<Utc>) -> Result<Ended> {
    let tokens = "UPDATE api_token SET revoked_at = $1 WHERE revoked_at IS NULL";
    Ok(Ended {
        sessions: tx.execute("DELETE FROM web_session", params![]).await?,
        links: tx.execute("DELETE FROM one_time_link WHERE used_at IS NULL", params![]).await?,
        tokens: tx.execute(tokens, params![at]).await?,
    })
}
