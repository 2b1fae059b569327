//! Table `delta_link`: where reading of an organizer's or drive's changes goes on, and who has to be read.

use chrono::{DateTime, Utc};

use super::{Read, Result, Tx};
use crate::model::id::{IntegrationId, MeetingId};
use crate::params;
use crate::words;

words! {
    /// What is read by changes.
    pub enum DeltaKind {
        /// An organizer's recordings.
        Recordings = "recordings",
        /// An organizer's transcripts.
        Transcripts = "transcripts",
        /// A drive's files.
        Drive = "drive",
        /// Not a delta: the id of the folder in which an organizer's recordings lie.
        Folder = "folder",
        /// Not a delta: the id of an organizer's drive.
        Home = "home",
        /// Not a delta: when an organizer's deltas were last gone through.
        Round = "round",
        /// Not a delta: when the subscriptions were last compared with Microsoft's list.
        Subscriptions = "subscriptions",
    }
}

/// Whose changes, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaKey {
    /// The tenant connection.
    pub integration: IntegrationId,
    /// The organizer's object id or the drive's id.
    pub owner: String,
    /// What is read.
    pub kind: DeltaKind,
}

/// Where reading goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaLink {
    /// The stored link; `None` to begin in full.
    pub link: Option<String>,
    /// When it was last read to its end.
    pub read_at: Option<DateTime<Utc>>,
    /// Since when a complete reading is under way.
    pub resync_since: Option<DateTime<Utc>>,
    /// Why the last reading failed.
    pub error: Option<String>,
}

/// Where reading goes on; the default if nothing was read yet.
pub async fn find(db: &impl Read, key: &DeltaKey) -> Result<DeltaLink> {
    let row = db
        .row(
            "SELECT link, read_at, resync_since, error FROM delta_link
             WHERE integration_id = $1 AND owner = $2 AND kind = $3",
            params![key.integration, key.owner, key.kind],
        )
        .await?;
    row.map_or(Ok(DeltaLink::default()), |row| {
        Ok(DeltaLink {
            link: row.get("link")?,
            read_at: row.get("read_at")?,
            resync_since: row.get("resync_since")?,
            error: row.get("error")?,
        })
    })
}

/// Writes where reading goes on, in the transaction of what was read.
pub async fn put(tx: &Tx, key: &DeltaKey, link: &DeltaLink) -> Result<()> {
    tx.execute(
        "INSERT INTO delta_link (integration_id, owner, kind, link, read_at, resync_since, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (integration_id, owner, kind) DO UPDATE SET link = excluded.link,
             read_at = excluded.read_at, resync_since = excluded.resync_since, error = excluded.error",
        params![key.integration, key.owner, key.kind, link.link, link.read_at, link.resync_since, link.error],
    )
    .await?;
    Ok(())
}

/// Moves the link only if it still is `before`: two readers of one delta must not undo each other's progress.
/// False if another reader was quicker; the caller drops what it read.
pub async fn advance(tx: &Tx, key: &DeltaKey, before: &DeltaLink, after: &DeltaLink) -> Result<bool> {
    // The row is made first, so that there is something to lock.
    tx.execute(
        "INSERT INTO delta_link (integration_id, owner, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![key.integration, key.owner, key.kind],
    )
    .await?;
    let sql = format!(
        "SELECT link FROM delta_link WHERE integration_id = $1 AND owner = $2 AND kind = $3{}",
        tx.for_update()
    );
    let row = tx.row(&sql, params![key.integration, key.owner, key.kind]).await?;
    let stored: Option<String> = row.map(|row| row.get("link")).transpose()?.flatten();
    if stored != before.link {
        return Ok(false);
    }
    put(tx, key, after).await?;
    Ok(true)
}

/// Forgets all links of an owner, so that reading begins in full.
pub async fn forget(tx: &Tx, integration: IntegrationId, owner: &str) -> Result<()> {
    tx.execute(
        "UPDATE delta_link SET link = NULL, read_at = NULL, resync_since = NULL
         WHERE integration_id = $1 AND owner = $2 AND kind IN ('recordings', 'transcripts', 'drive')",
        params![integration, owner],
    )
    .await?;
    Ok(())
}

/// When each organizer's deltas were last gone through.
pub async fn rounds(db: &impl Read) -> Result<Vec<(Organizer, DateTime<Utc>)>> {
    let rows = db
        .rows(
            "SELECT integration_id, owner, read_at FROM delta_link WHERE kind = 'round' AND read_at IS NOT NULL",
            params![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let organizer =
                Organizer { integration: row.id("integration_id")?, entra_object_id: row.get("owner")? };
            Ok((organizer, row.get("read_at")?))
        })
        .collect()
}

/// The links that could not be read lately, with why.
pub async fn failing(db: &impl Read) -> Result<Vec<(DeltaKey, String)>> {
    let rows = db
        .rows(
            "SELECT integration_id, owner, kind, error FROM delta_link WHERE error IS NOT NULL ORDER BY owner, kind",
            params![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let key = DeltaKey {
                integration: row.id("integration_id")?,
                owner: row.get("owner")?,
                kind: row.get("kind")?,
            };
            Ok((key, row.get("error")?))
        })
        .collect()
}

/// An organizer whose changes are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Organizer {
    /// The tenant connection.
    pub integration: IntegrationId,
    /// The organizer's object id.
    pub entra_object_id: String,
}

fn organizers(rows: &[super::Row]) -> Result<Vec<Organizer>> {
    rows.iter()
        .map(|row| {
            Ok(Organizer {
                integration: row.id("integration_id")?,
                entra_object_id: row.get("organizer_id")?,
            })
        })
        .collect()
}

/// The organizers of classes that run or ended after `since` and are not settled.
pub async fn organizers_due(
    db: &impl Read,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<Vec<Organizer>> {
    let rows = db
        .rows(
            "SELECT DISTINCT c.integration_id, m.organizer_id
             FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.settled_at IS NULL AND m.cancelled_at IS NULL AND m.organizer_id IS NOT NULL
               AND m.starts_at <= $1 AND m.ends_at > $2",
            params![now, since],
        )
        .await?;
    organizers(&rows)
}

/// All organizers of whom anything may come: the service accounts, and whoever organizes a meeting that is not
/// settled.
pub async fn organizers_known(db: &impl Read) -> Result<Vec<Organizer>> {
    let rows = db
        .rows(
            "SELECT integration_id, entra_object_id AS organizer_id FROM service_account
             WHERE entra_object_id IS NOT NULL
             UNION
             SELECT c.integration_id, m.organizer_id FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.settled_at IS NULL AND m.cancelled_at IS NULL AND m.organizer_id IS NOT NULL",
            params![],
        )
        .await?;
    organizers(&rows)
}

/// Every organizer that ever had a meeting, and the service accounts.
pub async fn organizers_ever(db: &impl Read) -> Result<Vec<Organizer>> {
    let rows = db
        .rows(
            "SELECT integration_id, entra_object_id AS organizer_id FROM service_account
             WHERE entra_object_id IS NOT NULL
             UNION
             SELECT c.integration_id, m.organizer_id FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.organizer_id IS NOT NULL",
            params![],
        )
        .await?;
    organizers(&rows)
}

/// The organizers of one conference.
pub async fn organizers_of_meetings(db: &impl Read, meeting: MeetingId) -> Result<Vec<Organizer>> {
    let rows = db
        .rows(
            "SELECT c.integration_id, m.organizer_id FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.id = $1 AND m.organizer_id IS NOT NULL",
            params![meeting],
        )
        .await?;
    organizers(&rows)
}

/// Drives that are read besides the organizers' own, per integration.
pub async fn extra_drives(db: &impl Read) -> Result<Vec<(IntegrationId, String)>> {
    let rows = db
        .rows(
            "SELECT id, extra_drive_id FROM integration WHERE extra_drive_id IS NOT NULL AND extra_drive_id <> ''",
            params![],
        )
        .await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("extra_drive_id")?))).collect()
}

/// Whether this person is one of the integration's service accounts.
pub async fn is_service_account(db: &impl Read, integration: IntegrationId, object_id: &str) -> Result<bool> {
    let row = db
        .row(
            "SELECT id FROM service_account WHERE integration_id = $1 AND entra_object_id = $2",
            params![integration, object_id],
        )
        .await?;
    Ok(row.is_some())
}

/// The drive of a service account, if it was looked up.
pub async fn drive_of(db: &impl Read, integration: IntegrationId, object_id: &str) -> Result<Option<String>> {
    let row = db
        .row(
            "SELECT drive_id FROM service_account
             WHERE integration_id = $1 AND entra_object_id = $2 AND drive_id IS NOT NULL",
            params![integration, object_id],
        )
        .await?;
    row.map(|row| row.get("drive_id")).transpose()
}

/// Stores what was read about a service account's drive.
pub async fn put_drive(
    tx: &Tx,
    (integration, object_id): (IntegrationId, &str),
    drive_id: &str,
    quota: (Option<String>, Option<i64>, Option<i64>),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE service_account SET drive_id = $3, drive_state = $4, drive_total_bytes = $5,
             drive_used_bytes = $6, drive_read_at = $7
         WHERE integration_id = $1 AND entra_object_id = $2",
        params![integration, object_id, drive_id, quota.0, quota.1, quota.2, at],
    )
    .await?;
    Ok(())
}
