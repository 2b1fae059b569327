//! Tables `journal_sheet` and `journal_line`: removals as the archive's journal tells them, and the rows that they are
//! found by when they are applied to a database that was put back.

use chrono::{DateTime, Utc};

use super::{Dialect, Error, Read, Result, Row, Tx};
use crate::model::artifact::ArtifactKind;
use crate::model::id::{ArtifactId, ErasureId, IntegrationId, MeetingId, UserId};
use crate::model::journal::Removed;
use crate::model::retention::Kept;
use crate::params;

/// Key of the advisory lock under which sheets are numbered.
const SHEET_LOCK: i64 = 658_712;

/// Notes a removal in the transaction that removes.
pub async fn note(tx: &Tx, removed: &Removed, at: DateTime<Utc>) -> Result<()> {
    let line = serde_json::to_string(removed).map_err(|error| Error::Database(error.to_string()))?;
    tx.execute("INSERT INTO journal_line (line, noted_at) VALUES ($1, $2)", params![line, at]).await?;
    Ok(())
}

/// Notes that an artifact is purged.
pub async fn note_purge(tx: &Tx, id: ArtifactId, at: DateTime<Utc>) -> Result<()> {
    let sql =
        "SELECT created_at, kind, integration_id, graph_id, drive_id, item_id FROM artifact WHERE id = $1";
    let Some(row) = tx.row(sql, params![id]).await? else { return Ok(()) };
    let removed = Removed::Purged {
        at,
        id: id.0,
        created_at: row.get("created_at")?,
        kind: row.get("kind")?,
        integration_id: row.get("integration_id")?,
        graph_id: row.get("graph_id")?,
        drive_id: row.get("drive_id")?,
        item_id: row.get("item_id")?,
    };
    note(tx, &removed, at).await
}

/// Notes that a class's attendance or chat is removed.
pub async fn note_class_data(tx: &Tx, kind: Kept, meeting: MeetingId, at: DateTime<Utc>) -> Result<()> {
    let Some(created_at) = made_at(tx, "meeting", meeting.0).await? else { return Ok(()) };
    note(tx, &Removed::ClassData { at, id: meeting.0, created_at, kind }, at).await
}

/// Notes that a person is erased.
pub async fn note_erasure(
    tx: &Tx,
    user: UserId,
    (pseudonym, fingerprints): (String, Vec<String>),
    at: DateTime<Utc>,
) -> Result<()> {
    let Some(created_at) = made_at(tx, "user", user.0).await? else { return Ok(()) };
    note(tx, &Removed::Erased { at, id: user.0, created_at, pseudonym, fingerprints }, at).await
}

async fn made_at(db: &impl Read, table: &str, id: i64) -> Result<Option<DateTime<Utc>>> {
    let sql = format!("SELECT created_at FROM \"{table}\" WHERE id = $1");
    db.row(&sql, params![id]).await?.map(|row| row.get("created_at")).transpose()
}

/// Whether something stands on no written sheet yet.
pub async fn has_unwritten(db: &impl Read) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM journal_line WHERE sheet IS NULL
               UNION ALL SELECT 1 FROM journal_sheet WHERE written_at IS NULL LIMIT 1";
    Ok(db.row(sql, params![]).await?.is_some())
}

/// The number of the last sheet; 0 if there is none.
pub async fn last_sheet(db: &impl Read) -> Result<i64> {
    let row = db.row("SELECT COALESCE(MAX(number), 0) AS n FROM journal_sheet", params![]).await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

/// Puts all loose lines on a new sheet. One at a time.
pub async fn open_sheet(tx: &Tx, at: DateTime<Utc>) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock($1)", params![SHEET_LOCK]).await?;
    }
    if tx.row("SELECT id FROM journal_line WHERE sheet IS NULL LIMIT 1", params![]).await?.is_none() {
        return Ok(());
    }
    let number = last_sheet(tx).await? + 1;
    tx.execute("INSERT INTO journal_sheet (number, opened_at) VALUES ($1, $2)", params![number, at]).await?;
    tx.execute("UPDATE journal_line SET sheet = $1 WHERE sheet IS NULL", params![number]).await?;
    Ok(())
}

/// The numbers of sheets that are not in the archive yet, in order.
pub async fn unwritten(db: &impl Read) -> Result<Vec<i64>> {
    let sql = "SELECT number FROM journal_sheet WHERE written_at IS NULL ORDER BY number";
    db.rows(sql, params![]).await?.iter().map(|row| row.get("number")).collect()
}

/// The sheets that are in the archive, with their SHA-256, in order.
pub async fn written_sheets(db: &impl Read) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT number, sha256 FROM journal_sheet WHERE written_at IS NOT NULL ORDER BY number";
    db.rows(sql, params![]).await?.iter().map(|row| Ok((row.get("number")?, row.get("sha256")?))).collect()
}

/// The lines of a sheet in order.
pub async fn lines(db: &impl Read, number: i64) -> Result<Vec<String>> {
    let sql = "SELECT line FROM journal_line WHERE sheet = $1 ORDER BY id";
    db.rows(sql, params![number]).await?.iter().map(|row| row.get("line")).collect()
}

/// The sheet is in the archive.
pub async fn written(tx: &Tx, number: i64, sha256: &str, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE journal_sheet SET sha256 = $2, written_at = COALESCE(written_at, $3) WHERE number = $1";
    tx.execute(sql, params![number, sha256, at]).await?;
    Ok(())
}

/// Takes the lines of unwritten sheets from `number` on off them again: the archive has others of these numbers.
pub async fn release(tx: &Tx, number: i64) -> Result<()> {
    let mine = "SELECT number FROM journal_sheet WHERE written_at IS NULL AND number >= $1";
    let sql = format!("UPDATE journal_line SET sheet = NULL WHERE sheet IN ({mine})");
    tx.execute(&sql, params![number]).await?;
    tx.execute("DELETE FROM journal_sheet WHERE written_at IS NULL AND number >= $1", params![number])
        .await?;
    Ok(())
}

/// Takes over a sheet that the archive has and this database does not know.
pub async fn take_over(
    tx: &Tx,
    (number, sha256): (i64, &str),
    lines: &[String],
    at: DateTime<Utc>,
) -> Result<()> {
    let new = tx
        .execute(
            "INSERT INTO journal_sheet (number, sha256, opened_at, written_at) VALUES ($1, $2, $3, $3)
             ON CONFLICT (number) DO NOTHING",
            params![number, sha256, at],
        )
        .await?;
    for line in lines.iter().filter(|_| new == 1) {
        let sql = "INSERT INTO journal_line (sheet, line, noted_at) VALUES ($1, $2, $3)";
        tx.execute(sql, params![number, line, at]).await?;
    }
    Ok(())
}

/// What Microsoft calls an artifact.
#[derive(Debug, Clone, Copy)]
pub struct AtMicrosoft<'a> {
    /// The tenant's connection.
    pub integration_id: i64,
    /// What it is.
    pub kind: ArtifactKind,
    /// Its id as a recording or transcript.
    pub graph_id: Option<&'a str>,
    /// Its drive.
    pub drive_id: Option<&'a str>,
    /// Its file.
    pub item_id: Option<&'a str>,
}

/// The rows of an artifact that was purged: the row itself, and what stands for the same thing at Microsoft. Each with
/// whether it is purged here too.
pub async fn purged_rows(
    tx: &Tx,
    (id, created_at): (i64, DateTime<Utc>),
    is: AtMicrosoft<'_>,
) -> Result<Vec<(ArtifactId, bool)>> {
    let sql = format!(
        "SELECT a.id, a.purged_at IS NOT NULL AS is_purged FROM artifact a
         WHERE (a.id = $1 AND a.created_at = $2)
            OR (a.integration_id = $3 AND a.kind = $4 AND a.graph_id = $5)
            OR (a.kind = $4 AND a.kind <> 'file' AND a.drive_id = $6 AND a.item_id = $7)
         ORDER BY a.id{}",
        tx.for_update()
    );
    let binds = params![
        id,
        created_at,
        is.integration_id,
        is.kind,
        is.graph_id.map(str::to_owned),
        is.drive_id.map(str::to_owned),
        is.item_id.map(str::to_owned)
    ];
    let row = |row: &Row| Ok((row.id("id")?, row.get("is_purged")?));
    tx.rows(&sql, binds).await?.iter().map(row).collect()
}

/// Writes a purged row for something this database never knew, so that no sync brings it back. `None` if there is
/// nothing to know it by, or its connection is not here.
pub async fn tombstone(tx: &Tx, is: AtMicrosoft<'_>, at: DateTime<Utc>) -> Result<Option<ArtifactId>> {
    let has_file = is.kind == ArtifactKind::Recording && is.drive_id.is_some() && is.item_id.is_some();
    let integration = IntegrationId(is.integration_id);
    let here = tx.row("SELECT id FROM integration WHERE id = $1", params![integration]).await?.is_some();
    if !here || (is.graph_id.is_none() && !has_file) {
        return Ok(None);
    }
    let id = tx
        .insert(
            "INSERT INTO artifact (integration_id, kind, graph_id, drive_id, item_id, dismissed_at, binned_at,
                 purged_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $6, $6) RETURNING id",
            params![
                integration,
                is.kind,
                is.graph_id.map(str::to_owned),
                is.drive_id.map(str::to_owned),
                is.item_id.map(str::to_owned),
                at
            ],
        )
        .await?;
    Ok(Some(id))
}

/// Whether this row is the meeting that was made at this moment.
pub async fn is_meeting(db: &impl Read, (id, created_at): (i64, DateTime<Utc>)) -> Result<bool> {
    Ok(made_at(db, "meeting", id).await? == Some(created_at))
}

/// The person who was made at this moment, and whether they are erased.
pub async fn person(
    db: &impl Read,
    (id, created_at): (i64, DateTime<Utc>),
    pseudonym: &str,
) -> Result<Option<(UserId, bool)>> {
    let sql = "SELECT id, erased_at IS NOT NULL AS is_erased FROM \"user\"
               WHERE (id = $1 AND created_at = $2) OR pseudonym = $3
               ORDER BY CASE WHEN pseudonym = $3 THEN 0 ELSE 1 END LIMIT 1";
    let row = db.row(sql, params![id, created_at, pseudonym]).await?;
    row.map(|row| Ok((row.id("id")?, row.get("is_erased")?))).transpose()
}

/// Writes the row of an erased person whom this database never knew.
pub async fn erased_person(tx: &Tx, pseudonym: &str, at: DateTime<Utc>) -> Result<UserId> {
    tx.insert(
        "INSERT INTO \"user\" (email, name, pseudonym, restricted_at, erased_at, disabled_at, created_at, updated_at)
         VALUES (LOWER($1) || '@erased.invalid', $1, $1, $2, $2, $2, $2, $2) RETURNING id",
        params![pseudonym, at],
    )
    .await
}

/// The open request to erase a person; without one, a new one. Their role goes: whoever is erased had given it up.
pub async fn erasure_of(
    tx: &Tx,
    (user, pseudonym): (UserId, &str),
    reason: &str,
    at: DateTime<Utc>,
) -> Result<ErasureId> {
    tx.execute("UPDATE \"user\" SET role = NULL, pseudonym = $2 WHERE id = $1", params![user, pseudonym])
        .await?;
    let open = tx.row("SELECT id FROM erasure WHERE user_id = $1 AND done_at IS NULL", params![user]).await?;
    match open {
        Some(row) => row.id("id"),
        None => super::erasures::request(tx, (user, pseudonym), (reason, None), at).await,
    }
}
