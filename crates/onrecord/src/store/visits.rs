//! Table `visit`, and the counters of `artifact` that it raises.

use chrono::{DateTime, Utc};

use super::{Read as _, Result, Tx};
use crate::model::id::{ArtifactId, UserId, VisitId};
use crate::model::visit::{OPEN_FOR, Trace, VisitKey, Way};
use crate::params;

/// Makes everybody else who counts a visit to this artifact wait for the end of the transaction.
pub async fn lock(tx: &Tx, artifact: ArtifactId) -> Result<()> {
    let sql = format!("SELECT id FROM artifact WHERE id = $1{}", tx.for_update());
    tx.row(&sql, params![artifact]).await?;
    Ok(())
}

/// The visit that is still open at `now`, if any.
pub async fn find_open(
    tx: &Tx,
    (key, visitor): (VisitKey, &str),
    now: DateTime<Utc>,
) -> Result<Option<VisitId>> {
    let row = tx
        .row(
            "SELECT id FROM visit
             WHERE artifact_id = $1 AND visitor = $2 AND way = $3 AND last_request_at > $4
             ORDER BY last_request_at DESC LIMIT 1",
            params![key.artifact_id, visitor, key.way, now - OPEN_FOR],
        )
        .await?;
    row.map(|row| row.id("id")).transpose()
}

/// Opens a visit and raises the artifact's counter of its way. `who` is what it is told apart by, the person if they are
/// named, and where the request came from.
pub async fn insert(
    tx: &Tx,
    key: VisitKey,
    who: (&str, Option<UserId>, &Trace),
    at: DateTime<Utc>,
) -> Result<VisitId> {
    let (visitor, user, trace) = who;
    let counter = match key.way {
        Way::Watch => "view_count = view_count + 1",
        Way::Download => "download_count = download_count + 1, last_downloaded_at = $2",
    };
    let sql = format!("UPDATE artifact SET {counter} WHERE id = $1");
    let binds = if key.way == Way::Watch { params![key.artifact_id] } else { params![key.artifact_id, at] };
    tx.execute(&sql, binds).await?;
    tx.insert(
        "INSERT INTO visit (artifact_id, user_id, way, opened_at, last_request_at, visitor, address, user_agent)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7) RETURNING id",
        params![key.artifact_id, user, key.way, at, visitor, trace.address, trace.user_agent],
    )
    .await
}

/// Adds what was sent since the last time. An earlier `last` never moves the visit back.
pub async fn add(tx: &Tx, id: VisitId, bytes: i64, last: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE visit SET bytes_sent = bytes_sent + $2,
             last_request_at = CASE WHEN last_request_at < $3 THEN $3 ELSE last_request_at END
         WHERE id = $1",
        params![id, bytes, last],
    )
    .await?;
    Ok(())
}
