//! Table `meeting`: one row per time slot.

use chrono::{DateTime, Utc};

use super::row::tuples;
use super::{Read, Result, Row, Tx};
use crate::model::conference::Meeting;
use crate::model::guard;
use crate::model::id::{ConferenceId, CourseId, MeetingId, ServiceAccountId};
use crate::model::job::JobKind;
use crate::params;

/// SQL: the `auto_recording_status` of a meeting that nobody has to mend. The index `meeting_failing` leaves out the same.
pub const NO_FAILURE: &str = "('pending', 'enabled', 'exempted')";

/// Columns of `meeting m`, for queries that join it.
pub(super) const COLUMNS: &str = "m.id, m.external_id, m.conference_id, m.starts_at, m.ends_at, m.transaction_id,
     m.service_account_id, m.organizer_id, m.organizer_email, m.event_id, m.online_meeting_id, m.join_url,
     m.chat_thread_id, m.auto_recording_status, m.auto_recording_detail, m.read_back_at, m.wanted_revision,
     m.sent_revision, m.left_out, m.verdict, m.verdict_cause, m.verdict_basis, m.verdict_evidence, m.verdict_at, m.call_started_at, m.call_ended_at,
     m.next_sync_at, m.guard_at, m.watched_at, m.organizer_gone_at, m.synced_at, m.cancelled_at, m.settled_at";

pub(super) fn meeting(row: &Row) -> Result<Meeting> {
    Ok(Meeting {
        id: row.id("id")?,
        external_id: row.get("external_id")?,
        conference_id: row.id("conference_id")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        transaction_id: row.get("transaction_id")?,
        service_account_id: row.id_opt("service_account_id")?,
        organizer_id: row.get("organizer_id")?,
        organizer_email: row.get("organizer_email")?,
        event_id: row.get("event_id")?,
        online_meeting_id: row.get("online_meeting_id")?,
        join_url: row.get("join_url")?,
        chat_thread_id: row.get("chat_thread_id")?,
        auto_recording_status: row.get("auto_recording_status")?,
        auto_recording_detail: row.get("auto_recording_detail")?,
        read_back_at: row.get("read_back_at")?,
        wanted_revision: row.get("wanted_revision")?,
        sent_revision: row.get("sent_revision")?,
        left_out: row.json("left_out")?,
        verdict: row.get("verdict")?,
        verdict_cause: row.get("verdict_cause")?,
        verdict_basis: row.get("verdict_basis")?,
        verdict_evidence: row.json("verdict_evidence")?,
        verdict_at: row.get("verdict_at")?,
        call_started_at: row.get("call_started_at")?,
        call_ended_at: row.get("call_ended_at")?,
        next_sync_at: row.get("next_sync_at")?,
        guard_at: row.get("guard_at")?,
        watched_at: row.get("watched_at")?,
        organizer_gone_at: row.get("organizer_gone_at")?,
        synced_at: row.get("synced_at")?,
        cancelled_at: row.get("cancelled_at")?,
        settled_at: row.get("settled_at")?,
    })
}

/// A new slot as its row is written.
#[derive(Debug, Clone)]
pub struct NewMeeting {
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Random GUID, the Graph `event.transactionId`.
    pub transaction_id: String,
    /// The service account that will organize it.
    pub service_account_id: Option<ServiceAccountId>,
    /// Address of the organizer of an imported meeting.
    pub organizer_email: Option<String>,
    /// Graph `event.id` of an imported meeting.
    pub event_id: Option<String>,
    /// Teams link of an imported meeting.
    pub join_url: Option<String>,
}

/// Rows of one `INSERT`.
const ROWS_AT_ONCE: usize = 200;

/// Writes the slots of a conference, however many, in few statements. `Conflict` if an external id or transaction
/// id is taken.
pub async fn insert_many(
    tx: &Tx,
    conference: ConferenceId,
    slots: &[NewMeeting],
    at: DateTime<Utc>,
) -> Result<()> {
    for slots in slots.chunks(ROWS_AT_ONCE) {
        let sql = format!(
            "INSERT INTO meeting (conference_id, external_id, starts_at, ends_at, transaction_id,
                 service_account_id, organizer_email, event_id, join_url, next_sync_at, guard_at, created_at, updated_at)
             VALUES {}",
            tuples(slots.len(), 13)
        );
        let bind = |new: &NewMeeting| {
            params![
                conference,
                new.external_id,
                new.starts_at,
                new.ends_at,
                new.transaction_id,
                new.service_account_id,
                new.organizer_email,
                new.event_id,
                new.join_url,
                new.ends_at,
                guard::first((new.starts_at, new.ends_at), at),
                at,
                at
            ]
        };
        tx.execute(&sql, slots.iter().flat_map(bind).collect()).await?;
    }
    Ok(())
}

/// Writes a slot and returns its id. `Conflict` if the external id or transaction id is taken.
pub async fn insert(
    tx: &Tx,
    conference: ConferenceId,
    new: &NewMeeting,
    at: DateTime<Utc>,
) -> Result<MeetingId> {
    insert_many(tx, conference, std::slice::from_ref(new), at).await?;
    let sql = "SELECT id FROM meeting WHERE transaction_id = $1";
    let row = tx.row(sql, params![new.transaction_id]).await?;
    row.ok_or_else(|| super::Error::Database("the slot just written is not there".into()))?.id("id")
}

/// The meeting, if there is one.
pub async fn find(db: &impl Read, id: MeetingId) -> Result<Option<Meeting>> {
    let sql = format!("SELECT {COLUMNS} FROM meeting m WHERE m.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(meeting).transpose()
}

/// The meeting, locked until the transaction ends, for read-then-write.
pub async fn lock(tx: &Tx, id: MeetingId) -> Result<Option<Meeting>> {
    let sql = format!("SELECT {COLUMNS} FROM meeting m WHERE m.id = $1{}", tx.for_update());
    tx.row(&sql, params![id]).await?.as_ref().map(meeting).transpose()
}

/// All meetings of a conference, cancelled ones included, by start.
pub async fn of_conference(db: &impl Read, conference: ConferenceId) -> Result<Vec<Meeting>> {
    let sql =
        format!("SELECT {COLUMNS} FROM meeting m WHERE m.conference_id = $1 ORDER BY m.starts_at, m.id");
    db.rows(&sql, params![conference]).await?.iter().map(meeting).collect()
}

/// The meetings of a conference, locked in one order until the transaction ends.
pub async fn lock_of_conference(tx: &Tx, conference: ConferenceId) -> Result<Vec<Meeting>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM meeting m WHERE m.conference_id = $1 ORDER BY m.starts_at, m.id{}",
        tx.for_update()
    );
    tx.rows(&sql, params![conference]).await?.iter().map(meeting).collect()
}

/// Moves a slot. Whether it may be moved was decided before, under the conference's lock.
pub async fn reschedule(
    tx: &Tx,
    id: MeetingId,
    span: (DateTime<Utc>, DateTime<Utc>),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET starts_at = $2, ends_at = $3, next_sync_at = $3, guard_at = $5,
             wanted_revision = wanted_revision + 1, updated_at = $4 WHERE id = $1",
        params![id, span.0, span.1, at, guard::first(span, at)],
    )
    .await?;
    Ok(())
}

/// Cancels a slot; repeating it changes nothing. Teams is told by a job.
pub async fn cancel(tx: &Tx, id: MeetingId, at: DateTime<Utc>) -> Result<bool> {
    let rows = tx
        .execute(
            "UPDATE meeting SET cancelled_at = $2, verdict = 'cancelled', verdict_cause = '', verdict_at = $2,
                 next_sync_at = NULL, guard_at = NULL, settled_at = $2, wanted_revision = wanted_revision + 1, updated_at = $2
             WHERE id = $1 AND cancelled_at IS NULL",
            params![id, at],
        )
        .await?;
    Ok(rows > 0)
}

/// Marks the meetings of a conference that are still to come as changed, and returns them.
pub async fn mark_changed(tx: &Tx, conference: ConferenceId, now: DateTime<Utc>) -> Result<Vec<MeetingId>> {
    let rows = tx
        .rows(
            "UPDATE meeting SET wanted_revision = wanted_revision + 1, updated_at = $2
             WHERE conference_id = $1 AND cancelled_at IS NULL AND starts_at > $2 RETURNING id",
            params![conference, now],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Marks all meetings of a course that are still to come as changed, and returns those that begin before `soon`.
pub async fn mark_course_changed(
    tx: &Tx,
    course: CourseId,
    soon: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<MeetingId>> {
    let rows = tx
        .rows(
            "UPDATE meeting SET wanted_revision = wanted_revision + 1, updated_at = $2
             WHERE conference_id IN (SELECT c.id FROM conference c WHERE c.course_id = $1)
               AND cancelled_at IS NULL AND starts_at > $2
             RETURNING id, starts_at",
            params![course, now],
        )
        .await?;
    let mut ids = Vec::new();
    for row in &rows {
        if row.get::<DateTime<Utc>>("starts_at")? < soon {
            ids.push(row.id("id")?);
        }
    }
    Ok(ids)
}

/// Meetings that are still to come and about whose recording nothing good is known, by start; those that are exempted are looked
/// after by their exception.
pub async fn unenforced(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<MeetingId>> {
    let rows = db
        .rows(
            "SELECT m.id FROM meeting m WHERE m.starts_at > $1 AND m.cancelled_at IS NULL
               AND m.auto_recording_status NOT IN ('enabled', 'exempted') ORDER BY m.starts_at, m.id LIMIT $2",
            params![now, limit],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// True for a meeting `m` with no work of the kind in `$1` that waits or runs.
const IDLE: &str = "NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = $1 AND j.subject = 'meeting:' || m.id
         AND j.claimed_until IS NULL AND j.dead_at IS NULL)
     AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = $1 AND j.subject = 'meeting:' || m.id
         AND j.claimed_until IS NOT NULL)";

/// Of the [`unenforced`] meetings those on which no provisioning waits or runs.
pub async fn unenforced_and_idle(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<MeetingId>> {
    let sql = format!(
        "SELECT m.id FROM meeting m WHERE m.starts_at > $2 AND m.cancelled_at IS NULL
           AND m.auto_recording_status NOT IN ('enabled', 'exempted') AND {IDLE} ORDER BY m.starts_at, m.id LIMIT $3"
    );
    let rows = db.rows(&sql, params![JobKind::Provision, now, limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Meetings between two moments of which Teams knows less than it should and on which no update waits or runs,
/// cancelled ones included, by start.
pub async fn unsent(
    db: &impl Read,
    between: (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<MeetingId>> {
    let sql = format!(
        "SELECT m.id FROM meeting m WHERE m.wanted_revision <> m.sent_revision
           AND m.starts_at > $2 AND m.starts_at < $3
           AND (m.event_id IS NOT NULL OR m.cancelled_at IS NOT NULL) AND {IDLE}
         ORDER BY m.starts_at, m.id LIMIT $4"
    );
    let rows = db.rows(&sql, params![JobKind::Update, between.0, between.1, limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// A meeting that has begun without any conclusion about its recording.
#[derive(Debug, Clone)]
pub struct BegunPending {
    /// The meeting.
    pub meeting: Meeting,
    /// Whether OnRecord knew of it before it began.
    pub was_known_before: bool,
}

/// Meetings that have begun without any conclusion about their recording, by start.
pub async fn begun_pending(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<BegunPending>> {
    let sql = format!(
        "SELECT {COLUMNS}, m.created_at < m.starts_at AS was_known_before FROM meeting m
         WHERE m.auto_recording_status = 'pending' AND m.cancelled_at IS NULL AND m.starts_at <= $1
         ORDER BY m.starts_at, m.id LIMIT $2"
    );
    let rows = db.rows(&sql, params![now, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(BegunPending { meeting: meeting(row)?, was_known_before: row.get("was_known_before")? })
        })
        .collect()
}

/// What the sweep of `enforce` looks at, in the order of ids after `after`: all meetings still to come, and past
/// ones since `since` that have a link or event but no online-meeting id.
pub async fn to_enforce(
    db: &impl Read,
    after: MeetingId,
    times: (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> Result<Vec<Meeting>> {
    let (since, now) = times;
    let sql = format!(
        "SELECT {COLUMNS} FROM meeting m WHERE m.id > $1 AND m.cancelled_at IS NULL AND (m.starts_at > $3
             OR (m.starts_at > $2 AND m.online_meeting_id IS NULL
                 AND (m.join_url IS NOT NULL OR m.event_id IS NOT NULL)))
         ORDER BY m.id LIMIT $4"
    );
    db.rows(&sql, params![after, since, now, limit]).await?.iter().map(meeting).collect()
}

/// How many meetings [`to_enforce`] will return in all.
pub async fn count_to_enforce(db: &impl Read, times: (DateTime<Utc>, DateTime<Utc>)) -> Result<i64> {
    let (since, now) = times;
    let sql = "SELECT COUNT(*) AS n FROM meeting m WHERE m.cancelled_at IS NULL AND (m.starts_at > $2
         OR (m.starts_at > $1 AND m.online_meeting_id IS NULL
             AND (m.join_url IS NOT NULL OR m.event_id IS NOT NULL)))";
    db.row(sql, params![since, now]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// Meetings still to come, or on now, whose recording is known not to be switched on: what needs a person. Those
/// that begin first come first.
pub async fn needing_attention(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<Meeting>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM meeting m WHERE m.ends_at > $1 AND m.cancelled_at IS NULL
           AND m.auto_recording_status NOT IN ('enabled', 'pending', 'exempted') ORDER BY m.starts_at, m.id LIMIT $2"
    );
    db.rows(&sql, params![now, limit]).await?.iter().map(meeting).collect()
}

/// A class at which the guard is due to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    /// The meeting.
    pub id: MeetingId,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
}

/// Classes at which the guard is due to look, the longest waiting first.
pub async fn guard_due(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<Guarded>> {
    let rows = db
        .rows(
            "SELECT id, starts_at, ends_at FROM meeting WHERE guard_at <= $1 ORDER BY guard_at, id LIMIT $2",
            params![now, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Guarded { id: row.id("id")?, starts_at: row.get("starts_at")?, ends_at: row.get("ends_at")? })
        })
        .collect()
}

/// Plans the guard's next look at a class that was not cancelled meanwhile.
pub async fn set_guard(tx: &Tx, id: MeetingId, at: Option<DateTime<Utc>>) -> Result<()> {
    let sql = "UPDATE meeting SET guard_at = $2 WHERE id = $1 AND cancelled_at IS NULL";
    tx.execute(sql, params![id, at]).await?;
    Ok(())
}

/// Keeps that the chat of a class was read while it was on.
pub async fn save_watched(tx: &Tx, id: MeetingId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE meeting SET watched_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

/// Keeps since when the organizer is no longer in the directory, or that they are again.
pub async fn save_organizer_gone(tx: &Tx, id: MeetingId, at: Option<DateTime<Utc>>) -> Result<()> {
    tx.execute("UPDATE meeting SET organizer_gone_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

/// The ids of slots just written, by start.
pub async fn ids_of_transactions(
    db: &impl Read,
    conference: ConferenceId,
    written: &[NewMeeting],
) -> Result<Vec<MeetingId>> {
    let sql = "SELECT id, transaction_id FROM meeting WHERE conference_id = $1 ORDER BY starts_at, id";
    let wanted: std::collections::HashSet<&str> =
        written.iter().map(|new| new.transaction_id.as_str()).collect();
    let mut ids = Vec::with_capacity(written.len());
    for row in db.rows(sql, params![conference]).await? {
        if wanted.contains(row.get::<String>("transaction_id")?.as_str()) {
            ids.push(row.id("id")?);
        }
    }
    Ok(ids)
}
