//! How much is kept of who watches what: columns of `integration`, the age of visits, and the reasons that staff give.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx, many};
use crate::model::id::{ArtifactId, IntegrationId, UserId, VisitId};
use crate::model::visit::{AccessPrivacy, OPEN_FOR};
use crate::params;

const COLUMNS: &str = "i.access_detail, i.access_days, i.access_network, i.playback_reason";

fn settings(row: &Row) -> Result<AccessPrivacy> {
    Ok(AccessPrivacy {
        detail: row.get("access_detail")?,
        days: row.get("access_days")?,
        network: row.get("access_network")?,
        playback_reason: row.get("playback_reason")?,
    })
}

/// The settings of an integration.
pub async fn find(db: &impl Read, id: IntegrationId) -> Result<Option<AccessPrivacy>> {
    let sql = format!("SELECT {COLUMNS} FROM integration i WHERE i.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(settings).transpose()
}

/// The settings that an artifact is under.
pub async fn of_artifact(db: &impl Read, id: ArtifactId) -> Result<Option<AccessPrivacy>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM artifact a JOIN integration i ON i.id = a.integration_id WHERE a.id = $1"
    );
    db.row(&sql, params![id]).await?.as_ref().map(settings).transpose()
}

/// Writes the settings of an integration.
pub async fn save(tx: &Tx, id: IntegrationId, new: &AccessPrivacy, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE integration SET access_detail = $2, access_days = $3, access_network = $4, playback_reason = $5,
             updated_at = $6
         WHERE id = $1",
        params![id, new.detail, new.days, new.network, new.playback_reason, at],
    )
    .await?;
    Ok(())
}

/// Visits to forget: older than their integration keeps them, or over and kept as counts only; at most `limit`.
pub async fn to_forget(
    db: &impl Read,
    integration: IntegrationId,
    (before, now): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<VisitId>> {
    let rows = db
        .rows(
            "SELECT v.id FROM visit v JOIN artifact a ON a.id = v.artifact_id
             WHERE a.integration_id = $1
               AND (v.last_request_at < $2 OR (v.last_request_at < $3 AND v.visitor LIKE 'c%'))
             ORDER BY v.last_request_at LIMIT $4",
            // Bytes under way are written some seconds late; nobody misses an hour.
            params![integration, before, now - OPEN_FOR - chrono::TimeDelta::hours(1), limit],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Forgets visits with what the audit says of who they were. The counters and the entries stay.
pub async fn forget(tx: &Tx, visits: &[VisitId]) -> Result<()> {
    for piece in visits.chunks(many::CHUNK) {
        let places = many::list(1, piece.len());
        let binds = || piece.iter().map(super::Param::param).collect::<Vec<_>>();
        tx.execute(&format!("DELETE FROM audit_detail WHERE visit_id IN ({places})"), binds()).await?;
        tx.execute(&format!("DELETE FROM visit WHERE id IN ({places})"), binds()).await?;
    }
    Ok(())
}

/// Whether somebody said why they watch a recording, since `since`.
pub async fn said_why(
    db: &impl Read,
    user: UserId,
    artifact: ArtifactId,
    since: DateTime<Utc>,
) -> Result<bool> {
    let sql =
        "SELECT id FROM playback_reason WHERE user_id = $1 AND artifact_id = $2 AND given_at > $3 LIMIT 1";
    Ok(db.row(sql, params![user, artifact, since]).await?.is_some())
}

/// Keeps why somebody watches a recording.
pub async fn say_why(
    tx: &Tx,
    user: UserId,
    artifact: ArtifactId,
    (reason, at): (&str, DateTime<Utc>),
) -> Result<()> {
    tx.execute(
        "INSERT INTO playback_reason (user_id, artifact_id, reason, given_at) VALUES ($1, $2, $3, $4)",
        params![user, artifact, reason, at],
    )
    .await?;
    Ok(())
}

/// One visit of a person, as they read of it.
#[derive(Debug, Clone)]
pub struct OwnVisit {
    /// Title of the class; empty when it has none.
    pub title: String,
    /// What it was to.
    pub kind: crate::model::artifact::ArtifactKind,
    /// Watched or downloaded.
    pub way: crate::model::visit::Way,
    /// When.
    pub opened_at: DateTime<Utc>,
}

/// A person's newest visits.
pub async fn own_visits(db: &impl Read, user: UserId, limit: i64) -> Result<Vec<OwnVisit>> {
    let rows = db
        .rows(
            "SELECT COALESCE(c.title, '') AS title, a.kind, v.way, v.opened_at FROM visit v
             JOIN artifact a ON a.id = v.artifact_id LEFT JOIN meeting m ON m.id = a.meeting_id
             LEFT JOIN conference c ON c.id = m.conference_id
             WHERE v.user_id = $1 ORDER BY v.opened_at DESC, v.id DESC LIMIT $2",
            params![user, limit],
        )
        .await?;
    let visit = |row: &Row| {
        Ok(OwnVisit {
            title: row.get("title")?,
            kind: row.get("kind")?,
            way: row.get("way")?,
            opened_at: row.get("opened_at")?,
        })
    };
    rows.iter().map(visit).collect()
}
