//! The monitor page: counts over everything, the queue, and the last of what recurs. These read whole tables and are
//! for administrators and officers only.

use chrono::{DateTime, Utc};

use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::id::{ConferenceId, JobId};
use crate::model::job::{Job, JobKind};
use crate::params;
use crate::store::{Read, Result, Row};

/// How many meetings and recordings there are of one recording status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByStatus {
    /// The status.
    pub status: AutoRecordingStatus,
    /// Meetings that were not cancelled.
    pub meetings: i64,
    /// Recordings of those meetings.
    pub recordings: i64,
}

/// Meetings that were not cancelled, and their recordings, by recording status.
pub async fn by_status(db: &impl Read) -> Result<Vec<ByStatus>> {
    let rows = db
        .rows(
            "SELECT w.status, CAST(SUM(w.meetings) AS BIGINT) AS meetings,
                 CAST(SUM(w.recordings) AS BIGINT) AS recordings FROM (
                 SELECT auto_recording_status AS status, COUNT(*) AS meetings, 0 AS recordings
                 FROM meeting WHERE cancelled_at IS NULL GROUP BY auto_recording_status
                 UNION ALL
                 SELECT m.auto_recording_status AS status, 0 AS meetings, COUNT(*) AS recordings
                 FROM artifact a JOIN meeting m ON m.id = a.meeting_id
                 WHERE a.kind = 'recording' AND m.cancelled_at IS NULL GROUP BY m.auto_recording_status) w
             GROUP BY w.status ORDER BY w.status",
            params![],
        )
        .await?;
    rows.iter().map(by_status_row).collect()
}

fn by_status_row(row: &Row) -> Result<ByStatus> {
    Ok(ByStatus {
        status: row.get("status")?,
        meetings: row.get("meetings")?,
        recordings: row.get("recordings")?,
    })
}

/// Meetings by verdict, as last judged.
pub async fn by_verdict(db: &impl Read) -> Result<Vec<(Verdict, i64)>> {
    let sql = "SELECT verdict, COUNT(*) AS n FROM meeting GROUP BY verdict ORDER BY verdict";
    let rows = db.rows(sql, params![]).await?;
    rows.iter().map(|row| Ok((row.get("verdict")?, row.get("n")?))).collect()
}

/// Where recordings of classes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Recordings of classes.
    pub recordings: i64,
    /// Those whose file lies in OneDrive.
    pub in_onedrive: i64,
    /// Those with a verified copy of our own.
    pub verified: i64,
    /// Those of which neither Microsoft nor we have anything.
    pub lost: i64,
    /// Those whose copy is damaged, and not made good yet.
    pub damaged: i64,
}

/// Where recordings of classes are.
pub async fn kept(db: &impl Read) -> Result<Kept> {
    let row = db
        .row(
            "SELECT COUNT(*) AS recordings,
                 COUNT(CASE WHEN item_id IS NOT NULL AND gone_at IS NULL AND source_removed_at IS NULL THEN 1 END)
                     AS in_onedrive,
                 COUNT(CASE WHEN verified_at IS NOT NULL AND (damaged_at IS NULL OR damaged_at < verified_at)
                     THEN 1 END) AS verified,
                 COUNT(CASE WHEN gone_at IS NOT NULL AND verified_at IS NULL THEN 1 END) AS lost,
                 COUNT(CASE WHEN damaged_at IS NOT NULL AND (verified_at IS NULL OR verified_at <= damaged_at)
                     THEN 1 END) AS damaged
             FROM artifact WHERE kind = 'recording' AND meeting_id IS NOT NULL",
            params![],
        )
        .await?;
    row.map_or(Ok(Kept::default()), |row| {
        Ok(Kept {
            recordings: row.get("recordings")?,
            in_onedrive: row.get("in_onedrive")?,
            verified: row.get("verified")?,
            lost: row.get("lost")?,
            damaged: row.get("damaged")?,
        })
    })
}

/// Jobs of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// The kind.
    pub kind: JobKind,
    /// Waiting.
    pub waiting: i64,
    /// Held by a worker.
    pub running: i64,
    /// Given up.
    pub dead: i64,
    /// When the oldest waiting one was or is due.
    pub oldest_at: Option<DateTime<Utc>>,
}

/// The queue by kind.
pub async fn queue(db: &impl Read, now: DateTime<Utc>) -> Result<Vec<Queue>> {
    let rows = db
        .rows(
            "SELECT kind, COUNT(dead_at) AS dead,
                 COUNT(CASE WHEN dead_at IS NULL AND claimed_until > $1 THEN 1 END) AS running,
                 COUNT(CASE WHEN dead_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $1) THEN 1 END)
                     AS waiting,
                 MIN(CASE WHEN dead_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $1) THEN run_at END)
                     AS oldest_at
             FROM job GROUP BY kind ORDER BY kind",
            params![now],
        )
        .await?;
    let queue = |row: &Row| {
        Ok(Queue {
            kind: row.get("kind")?,
            waiting: row.get("waiting")?,
            running: row.get("running")?,
            dead: row.get("dead")?,
            oldest_at: row.get("oldest_at")?,
        })
    };
    rows.iter().map(queue).collect()
}

/// A job that was given up, and the class it was about.
#[derive(Debug, Clone)]
pub struct Dead {
    /// The job.
    pub job: Job,
    /// Conference, title and start of its meeting, if it was about one.
    pub class: Option<(ConferenceId, String, DateTime<Utc>)>,
}

/// The jobs given up, the latest first; at most `limit`.
pub async fn dead(db: &impl Read, limit: i64) -> Result<Vec<Dead>> {
    let rows = db
        .rows(
            "SELECT j.id, j.kind, j.subject, j.run_at, j.attempts, j.claimed_until, j.last_error, j.dead_at,
                 c.id AS conference_id, c.title, m.starts_at
             FROM job j
             LEFT JOIN meeting m
                 ON m.id = CASE WHEN j.subject LIKE 'meeting:%' THEN CAST(SUBSTR(j.subject, 9) AS BIGINT) END
             LEFT JOIN conference c ON c.id = m.conference_id
             WHERE j.dead_at IS NOT NULL ORDER BY j.dead_at DESC, j.id DESC LIMIT $1",
            params![limit],
        )
        .await?;
    rows.iter().map(dead_row).collect()
}

fn dead_row(row: &Row) -> Result<Dead> {
    let conference: Option<ConferenceId> = row.id_opt("conference_id")?;
    let class = match conference {
        Some(id) => Some((id, row.get("title")?, row.get("starts_at")?)),
        None => None,
    };
    let job = Job {
        id: row.id::<JobId>("id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        run_at: row.get("run_at")?,
        attempts: row.get("attempts")?,
        claimed_until: row.get("claimed_until")?,
        last_error: row.get("last_error")?,
        dead_at: row.get("dead_at")?,
    };
    Ok(Dead { job, class })
}

/// The last of what recurs.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    /// When Sync Data last ended.
    pub synced_at: Option<DateTime<Utc>>,
    /// When the changes of an organizer or drive were last read.
    pub changes_read_at: Option<DateTime<Utc>>,
    /// Organizers and drives whose changes cannot be read.
    pub changes_failing: i64,
    /// Audit entries that are not sealed yet.
    pub unsealed: i64,
    /// The oldest of them.
    pub unsealed_since: Option<DateTime<Utc>>,
    /// Integrations with a tenant.
    pub connected: i64,
    /// Of them, those that were verified.
    pub verified: i64,
}

/// The last of what recurs.
pub async fn pulse(db: &impl Read) -> Result<Pulse> {
    let row = db
        .row(
            "SELECT (SELECT finished_at FROM sync_run WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1)
                     AS synced_at,
                 (SELECT MAX(read_at) FROM delta_link) AS changes_read_at,
                 (SELECT COUNT(*) FROM delta_link WHERE error IS NOT NULL) AS changes_failing,
                 (SELECT COUNT(*) FROM audit_entry WHERE seq IS NULL) AS unsealed,
                 (SELECT MIN(at) FROM audit_entry WHERE seq IS NULL) AS unsealed_since,
                 (SELECT COUNT(*) FROM integration WHERE tenant_id <> '') AS connected,
                 (SELECT COUNT(verified_at) FROM integration WHERE tenant_id <> '') AS verified",
            params![],
        )
        .await?;
    row.map_or(Ok(Pulse::default()), |row| {
        Ok(Pulse {
            synced_at: row.get("synced_at")?,
            changes_read_at: row.get("changes_read_at")?,
            changes_failing: row.get("changes_failing")?,
            unsealed: row.get("unsealed")?,
            unsealed_since: row.get("unsealed_since")?,
            connected: row.get("connected")?,
            verified: row.get("verified")?,
        })
    })
}
