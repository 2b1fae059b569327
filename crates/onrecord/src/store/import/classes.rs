//! Many conferences, time slots and recordings.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Target, insert, update, where_in};
use crate::model::conference::{Conference, Meeting};
use crate::model::guard;
use crate::model::id::{ArtifactId, ConferenceId, IntegrationId, MeetingId};
use crate::model::job::JobKind;
use crate::params;
use crate::store::conferences::{self as conference_rows, NewConference};
use crate::store::meetings::{self as meeting_rows, NewMeeting};
use crate::store::{Read, Result, Row, Tx, many};

const CONFERENCES: Target = Target {
    table: "conference",
    columns: &[
        "external_id",
        "course_id",
        "integration_id",
        "title",
        "description",
        "time_zone",
        "published",
        "first_starts_at",
        "last_ends_at",
        "created_at",
        "updated_at",
    ],
};

const CONFERENCE_CHANGES: Target = Target {
    table: "conference",
    columns: &["id", "course_id", "title", "description", "time_zone", "published", "updated_at"],
};

/// Conferences with these external ids.
pub async fn conferences(db: &impl Read, external_ids: &[String]) -> Result<Vec<Conference>> {
    let select = format!("SELECT {} FROM conference c", conference_rows::COLUMNS);
    let rows = where_in(db, &select, "c.external_id", external_ids).await?;
    rows.iter().map(conference_rows::conference).collect()
}

/// Writes new conferences.
pub async fn insert_conferences(tx: &Tx, new: &[NewConference], at: DateTime<Utc>) -> Result<()> {
    let row = |c: &NewConference| {
        params![
            c.external_id,
            c.course_id,
            c.integration_id,
            c.title,
            c.description,
            c.time_zone,
            c.published,
            c.first_starts_at,
            c.last_ends_at,
            at,
            at
        ]
    };
    insert(tx, CONFERENCES, &new.iter().map(row).collect::<Vec<_>>()).await
}

/// Rewrites what an import says of conferences.
pub async fn update_conferences(tx: &Tx, changed: &[Conference], at: DateTime<Utc>) -> Result<()> {
    let row =
        |c: &Conference| params![c.id, c.course_id, c.title, c.description, c.time_zone, c.published, at];
    update(tx, CONFERENCE_CHANGES, &changed.iter().map(row).collect::<Vec<_>>()).await
}

/// Sets when conferences begin and end by their slots; one without slots stays as it is.
pub async fn span_conferences(tx: &Tx, ids: &[ConferenceId]) -> Result<()> {
    for piece in ids.chunks(many::CHUNK) {
        let sql = format!(
            "UPDATE conference SET
                 first_starts_at = (SELECT MIN(m.starts_at) FROM meeting m WHERE m.conference_id = conference.id),
                 last_ends_at = (SELECT MAX(m.ends_at) FROM meeting m WHERE m.conference_id = conference.id)
             WHERE id IN ({}) AND EXISTS (SELECT 1 FROM meeting m WHERE m.conference_id = conference.id)",
            many::list(1, piece.len())
        );
        tx.execute(&sql, piece.iter().map(crate::store::Param::param).collect()).await?;
    }
    Ok(())
}

/// Time slots with these external ids.
pub async fn meetings(db: &impl Read, external_ids: &[String]) -> Result<Vec<Meeting>> {
    let select = format!("SELECT {} FROM meeting m", meeting_rows::COLUMNS);
    where_in(db, &select, "m.external_id", external_ids).await?.iter().map(meeting_rows::meeting).collect()
}

/// All time slots of these conferences that were not cancelled, by start: id, conference, start and end.
pub async fn meetings_of(
    db: &impl Read,
    conferences: &[ConferenceId],
) -> Result<HashMap<ConferenceId, Vec<(MeetingId, DateTime<Utc>, DateTime<Utc>)>>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for piece in conferences.chunks(many::CHUNK) {
        let sql = format!(
            "SELECT id, conference_id, starts_at, ends_at FROM meeting
             WHERE cancelled_at IS NULL AND conference_id IN ({}) ORDER BY starts_at, id",
            many::list(1, piece.len())
        );
        for row in db.rows(&sql, piece.iter().map(crate::store::Param::param).collect()).await? {
            let slot = (row.id("id")?, row.get("starts_at")?, row.get("ends_at")?);
            found.entry(row.id("conference_id")?).or_default().push(slot);
        }
    }
    Ok(found)
}

const SLOTS: Target = Target {
    table: "meeting",
    columns: &[
        "conference_id",
        "external_id",
        "starts_at",
        "ends_at",
        "transaction_id",
        "service_account_id",
        "organizer_email",
        "event_id",
        "join_url",
        "next_sync_at",
        "guard_at",
        "created_at",
        "updated_at",
    ],
};

/// Writes new time slots in any conferences.
pub async fn insert_slots(tx: &Tx, new: &[(ConferenceId, NewMeeting)], at: DateTime<Utc>) -> Result<()> {
    let row = |(conference, m): &(ConferenceId, NewMeeting)| {
        params![
            conference,
            m.external_id,
            m.starts_at,
            m.ends_at,
            m.transaction_id,
            m.service_account_id,
            m.organizer_email,
            m.event_id,
            m.join_url,
            m.ends_at,
            guard::first((m.starts_at, m.ends_at), at),
            at,
            at
        ]
    };
    insert(tx, SLOTS, &new.iter().map(row).collect::<Vec<_>>()).await
}

const SLOT_CHANGES: Target = Target {
    table: "meeting",
    columns: &[
        "id",
        "starts_at",
        "ends_at",
        "organizer_email",
        "event_id",
        "join_url",
        "next_sync_at",
        "guard_at",
        "wanted_revision",
        "updated_at",
    ],
};

/// Rewrites what an import says of time slots, `wanted_revision` included.
pub async fn update_slots(tx: &Tx, changed: &[Meeting], at: DateTime<Utc>) -> Result<()> {
    let row = |m: &Meeting| {
        params![
            m.id,
            m.starts_at,
            m.ends_at,
            m.organizer_email,
            m.event_id,
            m.join_url,
            m.next_sync_at,
            m.guard_at,
            m.wanted_revision,
            at
        ]
    };
    update(tx, SLOT_CHANGES, &changed.iter().map(row).collect::<Vec<_>>()).await
}

/// Queues the same work for the meetings with these external ids.
pub async fn enqueue_many(tx: &Tx, kind: JobKind, external_ids: &[String], at: DateTime<Utc>) -> Result<()> {
    for piece in external_ids.chunks(many::CHUNK) {
        let sql = format!(
            "INSERT INTO job (kind, subject, run_at, created_at, due_at)
             SELECT $1, 'meeting:' || CAST(m.id AS TEXT), $2, $2, m.starts_at FROM meeting m WHERE m.external_id IN ({})
             ON CONFLICT (kind, subject) WHERE claimed_until IS NULL AND dead_at IS NULL DO NOTHING",
            many::list(3, piece.len())
        );
        let mut params = params![kind, at];
        params.extend(piece.iter().map(crate::store::Param::param));
        tx.execute(&sql, params).await?;
    }
    Ok(())
}

/// A recording as an import brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRecording {
    /// The id in the school's own system.
    pub external_id: String,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// The class it is of.
    pub meeting_id: MeetingId,
    /// Graph `driveItem.parentReference.driveId`.
    pub drive_id: String,
    /// Graph `driveItem.id`.
    pub item_id: String,
    /// File name or title.
    pub name: String,
    /// Length in bytes.
    pub size_bytes: Option<i64>,
    /// Playing time.
    pub duration_ms: Option<i64>,
    /// Begin of the recording.
    pub started_at: Option<DateTime<Utc>>,
    /// End of the recording.
    pub ended_at: Option<DateTime<Utc>>,
    /// 1, 2, … of its class.
    pub part: i64,
}

/// A recording that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRecording {
    /// The row.
    pub id: ArtifactId,
    /// The id in the school's own system, if it was imported.
    pub external_id: Option<String>,
    /// Where it lies.
    pub drive_id: Option<String>,
    /// Which file it is.
    pub item_id: Option<String>,
    /// The class it is of.
    pub meeting_id: Option<MeetingId>,
    /// File name.
    pub name: String,
    /// Length in bytes.
    pub size_bytes: Option<i64>,
    /// Playing time.
    pub duration_ms: Option<i64>,
    /// Begin of the recording.
    pub started_at: Option<DateTime<Utc>>,
    /// End of the recording.
    pub ended_at: Option<DateTime<Utc>>,
    /// 1, 2, … of its class.
    pub part: i64,
}

fn known(row: &Row) -> Result<KnownRecording> {
    Ok(KnownRecording {
        id: row.id("id")?,
        external_id: row.get("external_id")?,
        drive_id: row.get("drive_id")?,
        item_id: row.get("item_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        name: row.get("name")?,
        size_bytes: row.get("size_bytes")?,
        duration_ms: row.get("duration_ms")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        part: row.get("part")?,
    })
}

/// Recordings with these external ids, or in these files, each once.
pub async fn recordings(
    db: &impl Read,
    external_ids: &[String],
    items: &[String],
) -> Result<Vec<KnownRecording>> {
    let select =
        "SELECT id, external_id, drive_id, item_id, meeting_id, name, size_bytes, duration_ms, started_at,
         ended_at, part FROM artifact";
    let mut found: HashMap<ArtifactId, KnownRecording> = HashMap::new();
    for (key, keys) in [("external_id", external_ids), ("kind = 'recording' AND item_id", items)] {
        for row in where_in(db, select, key, keys).await? {
            let recording = known(&row)?;
            found.insert(recording.id, recording);
        }
    }
    Ok(found.into_values().collect())
}

/// The highest part of the recordings of each of these meetings that has any.
pub async fn last_parts(db: &impl Read, meetings: &[MeetingId]) -> Result<HashMap<MeetingId, i64>> {
    let mut found = HashMap::new();
    for piece in meetings.chunks(many::CHUNK) {
        let sql = format!(
            "SELECT meeting_id, MAX(part) AS part FROM artifact
             WHERE kind = 'recording' AND meeting_id IN ({}) GROUP BY meeting_id",
            many::list(1, piece.len())
        );
        for row in db.rows(&sql, piece.iter().map(crate::store::Param::param).collect()).await? {
            found.insert(row.id("meeting_id")?, row.get("part")?);
        }
    }
    Ok(found)
}

const RECORDINGS: Target = Target {
    table: "artifact",
    columns: &[
        "external_id",
        "integration_id",
        "meeting_id",
        "kind",
        "drive_id",
        "item_id",
        "name",
        "mime_type",
        "size_bytes",
        "duration_ms",
        "started_at",
        "ended_at",
        "part",
        "match_basis",
        "confidence",
        "offered_at",
        "created_at",
        "updated_at",
    ],
};

/// Writes new recordings, matched to their class with certainty because the school says so.
pub async fn insert_recordings(tx: &Tx, new: &[ImportedRecording], at: DateTime<Utc>) -> Result<()> {
    let row = |r: &ImportedRecording| {
        params![
            r.external_id,
            r.integration_id,
            r.meeting_id,
            "recording",
            r.drive_id,
            r.item_id,
            r.name,
            "video/mp4",
            r.size_bytes,
            r.duration_ms,
            r.started_at,
            r.ended_at,
            r.part,
            "import",
            "certain",
            r.ended_at.unwrap_or(at),
            at,
            at
        ]
    };
    insert(tx, RECORDINGS, &new.iter().map(row).collect::<Vec<_>>()).await
}

const RECORDING_CHANGES: Target = Target {
    table: "artifact",
    columns: &[
        "id",
        "external_id",
        "meeting_id",
        "drive_id",
        "item_id",
        "name",
        "size_bytes",
        "duration_ms",
        "started_at",
        "ended_at",
        "part",
        "match_basis",
        "confidence",
        "updated_at",
    ],
};

/// Rewrites what an import says of recordings.
pub async fn update_recordings(
    tx: &Tx,
    changed: &[(ArtifactId, ImportedRecording)],
    at: DateTime<Utc>,
) -> Result<()> {
    let row = |(id, r): &(ArtifactId, ImportedRecording)| {
        params![
            id,
            r.external_id,
            r.meeting_id,
            r.drive_id,
            r.item_id,
            r.name,
            r.size_bytes,
            r.duration_ms,
            r.started_at,
            r.ended_at,
            r.part,
            "import",
            "certain",
            at
        ]
    };
    update(tx, RECORDING_CHANGES, &changed.iter().map(row).collect::<Vec<_>>()).await
}
