//! What the tabs of a class page show: each is one statement about one meeting.

use chrono::{DateTime, Utc};

use super::class::Reading;
use crate::model::artifact::SafetyFacts;
use crate::model::id::{ArtifactId, ChatMessageId, MeetingId, UserId};
use crate::params;
use crate::store::media::{Breadth, safety_facts};
use crate::store::{Read, Result, Row};

/// A recording as the overview tells of it.
#[derive(Debug, Clone)]
pub struct Part {
    /// The row.
    pub id: ArtifactId,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Playing time, once known.
    pub duration_ms: Option<i64>,
    /// Graph id of its driveItem.
    pub item_id: Option<String>,
    /// When it was found.
    pub found_at: DateTime<Utc>,
    /// Why staff brought it by hand; `None` if it is what Teams recorded.
    pub brought_because: Option<String>,
    /// When Microsoft is expected to delete its copy.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// What its safety is derived from.
    pub facts: SafetyFacts,
}

/// The recordings of a class in order of part.
pub async fn recordings(db: &impl Read, meeting: MeetingId, breadth: Breadth) -> Result<Vec<Part>> {
    let sql = format!(
        "SELECT a.id, a.started_at, a.ended_at, a.duration_ms, a.item_id,
             COALESCE(a.offered_at, a.created_at) AS found_at,
             CASE WHEN a.match_basis = 'manual' THEN a.decided_reason END AS brought_because, a.expected_expiry_at, a.verified_at, a.damaged_at,
             a.source_removed_at, a.gone_at, a.binned_at, a.restored_at
         FROM artifact a
         WHERE a.meeting_id = $1 AND a.kind = 'recording'
           AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at){}
         ORDER BY a.part, a.id",
        breadth.withheld()
    );
    let part = |row: &Row| {
        Ok(Part {
            id: row.id("id")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
            duration_ms: row.get("duration_ms")?,
            item_id: row.get("item_id")?,
            found_at: row.get("found_at")?,
            brought_because: row.get("brought_because")?,
            expected_expiry_at: row.get("expected_expiry_at")?,
            facts: safety_facts(row)?,
        })
    };
    db.rows(&sql, params![meeting]).await?.iter().map(part).collect()
}

/// How reading each kind of a class went last.
pub async fn readings(db: &impl Read, meeting: MeetingId) -> Result<Vec<Reading>> {
    let sql = "SELECT kind, state, error, note, items, read_at FROM sync_state WHERE meeting_id = $1";
    let reading = |row: &Row| {
        Ok(Reading {
            kind: row.get("kind")?,
            state: row.get("state")?,
            error: row.get("error")?,
            note: row.get("note")?,
            items: row.get("items")?,
            read_at: row.get("read_at")?,
        })
    };
    db.rows(sql, params![meeting]).await?.iter().map(reading).collect()
}

/// Something that was noted about the recording of a class.
#[derive(Debug, Clone)]
pub struct Noted {
    /// What, as in the audit.
    pub action: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// When recording was first switched on for a class and read back; what is read later is not that.
pub async fn enabled_at(db: &impl Read, meeting: MeetingId) -> Result<Option<DateTime<Utc>>> {
    let row = db
        .row(
            "SELECT at FROM audit_entry WHERE subject = $1 AND action = 'recording.enabled' ORDER BY id LIMIT 1",
            params![format!("meeting:{meeting}")],
        )
        .await?;
    row.map(|row| row.get("at")).transpose()
}

/// What was noted about the recording of a class, in order: it was found switched off, and switched on again.
pub async fn noted(db: &impl Read, meeting: MeetingId) -> Result<Vec<Noted>> {
    let rows = db
        .rows(
            "SELECT action, at FROM audit_entry
             WHERE subject = $1 AND action IN ('recording.drift_found', 'recording.drift_repaired')
             ORDER BY id LIMIT 40",
            params![format!("meeting:{meeting}")],
        )
        .await?;
    rows.iter().map(|row| Ok(Noted { action: row.get("action")?, at: row.get("at")? })).collect()
}

/// One person's stay in a class.
#[derive(Debug, Clone)]
pub struct Stay {
    /// The person, once matched.
    pub user_id: Option<UserId>,
    /// Our name for them, else Microsoft's; may be empty.
    pub name: String,
    /// Our address for them, else Microsoft's.
    pub email: Option<String>,
    /// First join.
    pub joined_at: DateTime<Utc>,
    /// Last leave.
    pub left_at: DateTime<Utc>,
    /// Time there in seconds, all sessions summed.
    pub attended_s: i64,
    /// How often they came.
    pub times: i64,
}

/// Whose attendance is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// One person's own.
    Own(UserId),
}

/// Who attended a class, each person once, by first join.
pub async fn attendance(db: &impl Read, meeting: MeetingId, whose: Whose) -> Result<Vec<Stay>> {
    // People who are not matched are told apart by Microsoft's id for them.
    let who = "COALESCE('u' || CAST(r.user_id AS TEXT), 'e' || r.entra_object_id, 'm' || r.email,
               'r' || r.report_id || '/' || r.graph_id)";
    let mut binds = params![meeting];
    let own = match whose {
        Whose::All => "",
        Whose::Own(user) => {
            binds.extend(params![user]);
            " AND r.user_id = $2"
        }
    };
    let sql = format!(
        "SELECT MAX(r.user_id) AS user_id, MAX(CASE WHEN u.restricted_at IS NOT NULL THEN u.pseudonym ELSE COALESCE(u.name, r.name) END) AS name,
             MAX(CASE WHEN u.restricted_at IS NULL THEN COALESCE(u.email, r.email) END) AS email, MIN(r.joined_at) AS joined_at, MAX(r.left_at) AS left_at,
             CAST(SUM(r.attended_s) AS BIGINT) AS attended_s,
             CAST(SUM((SELECT COUNT(*) FROM attendance_interval i WHERE i.record_id = r.id)) AS BIGINT) AS times
         FROM attendance_record r LEFT JOIN \"user\" u ON u.id = r.user_id
         WHERE r.meeting_id = $1{own}
         GROUP BY {who} ORDER BY MIN(r.joined_at), MAX(r.id)"
    );
    let stay = |row: &Row| {
        Ok(Stay {
            user_id: row.id_opt("user_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            joined_at: row.get("joined_at")?,
            left_at: row.get("left_at")?,
            attended_s: row.get("attended_s")?,
            times: row.get("times")?,
        })
    };
    db.rows(&sql, binds).await?.iter().map(stay).collect()
}

/// One message of a class's chat.
#[derive(Debug, Clone)]
pub struct Message {
    /// The row.
    pub id: ChatMessageId,
    /// Our name for who wrote it, else Microsoft's; may be empty.
    pub sender: String,
    /// When it was written.
    pub sent_at: DateTime<Utc>,
    /// Plain text.
    pub text: String,
}

/// The messages of a class that were not deleted, in order, after the one with this time and id; at most `limit`.
pub async fn chat(
    db: &impl Read,
    meeting: MeetingId,
    after: Option<(DateTime<Utc>, ChatMessageId)>,
    limit: i64,
) -> Result<Vec<Message>> {
    let mut binds = params![meeting, limit];
    let beyond = if let Some((at, id)) = after {
        binds.extend(params![at, id]);
        " AND (h.sent_at, h.id) > ($3, $4)"
    } else {
        ""
    };
    let sql = format!(
        "SELECT h.id, CASE WHEN u.restricted_at IS NOT NULL THEN u.pseudonym ELSE COALESCE(u.name, h.sender) END AS sender, h.sent_at, h.text
         FROM chat_message h LEFT JOIN \"user\" u ON u.id = h.user_id
         WHERE h.meeting_id = $1 AND h.deleted_at IS NULL{beyond} ORDER BY h.sent_at, h.id LIMIT $2"
    );
    let message = |row: &Row| {
        Ok(Message {
            id: row.id("id")?,
            sender: row.get("sender")?,
            sent_at: row.get("sent_at")?,
            text: row.get("text")?,
        })
    };
    db.rows(&sql, binds).await?.iter().map(message).collect()
}

/// A file shared in a class.
#[derive(Debug, Clone)]
pub struct SharedFile {
    /// The row.
    pub id: ArtifactId,
    /// Its name.
    pub name: String,
    /// Length in bytes, once known.
    pub size_bytes: Option<i64>,
    /// When it was shared.
    pub shared_at: Option<DateTime<Utc>>,
    /// Whether it can be fetched: its place is known and it is still there.
    pub is_here: bool,
}

/// The files shared in a class, in order.
pub async fn files(db: &impl Read, meeting: MeetingId, breadth: Breadth) -> Result<Vec<SharedFile>> {
    let sql = format!(
        "SELECT a.id, a.name, a.size_bytes, a.started_at, a.item_id, a.gone_at, a.verified_at FROM artifact a
         WHERE a.meeting_id = $1 AND a.kind = 'file' AND (a.binned_at IS NULL OR a.restored_at >= a.binned_at){}
         ORDER BY a.part, a.id",
        breadth.withheld()
    );
    let rows = db.rows(&sql, params![meeting]).await?;
    let file = |row: &Row| {
        let item: Option<String> = row.get("item_id")?;
        let gone: Option<DateTime<Utc>> = row.get("gone_at")?;
        let verified: Option<DateTime<Utc>> = row.get("verified_at")?;
        Ok(SharedFile {
            id: row.id("id")?,
            name: row.get("name")?,
            size_bytes: row.get("size_bytes")?,
            shared_at: row.get("started_at")?,
            is_here: (item.is_some() && gone.is_none()) || verified.is_some(),
        })
    };
    rows.iter().map(file).collect()
}
