//! Tables `sync_run` and `sync_state`, and the columns of `meeting` that a sync writes: who looks at a conference
//! right now, how far each kind was read, what became of the class, and when to look again.

use chrono::{DateTime, Utc};

use super::{Param as _, Read, Result, Row, Tx};
use crate::model::conference::{Meeting, Verdict};
use crate::model::id::{ConferenceId, CourseId, IntegrationId, MeetingId, SyncRunId, UserId};
use crate::model::integration::SyncKind;
use crate::model::sync::{SyncCause, SyncReport, SyncRun, SyncState};
use crate::model::verdict::Fact;
use crate::{params, store::meetings};

fn run(row: &Row) -> Result<SyncRun> {
    let report: Option<String> = row.get("report")?;
    Ok(SyncRun {
        id: row.id("id")?,
        conference_id: row.id("conference_id")?,
        meeting_id: row.id_opt("meeting_id")?,
        cause: row.get("cause")?,
        started_at: row.get("started_at")?,
        lease_until: row.get("lease_until")?,
        finished_at: row.get("finished_at")?,
        report: report.map(|_| row.json("report")).transpose()?,
    })
}

const RUN: &str = "id, conference_id, meeting_id, cause, started_at, lease_until, finished_at, report";

/// The run, if there is one.
pub async fn find_run(db: &impl Read, id: SyncRunId) -> Result<Option<SyncRun>> {
    let sql = format!("SELECT {RUN} FROM sync_run WHERE id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(run).transpose()
}

/// A conference's last finished run that has a report.
pub async fn last_run(db: &impl Read, conference: ConferenceId) -> Result<Option<SyncRun>> {
    let sql = format!(
        "SELECT {RUN} FROM sync_run WHERE conference_id = $1 AND report IS NOT NULL ORDER BY id DESC LIMIT 1"
    );
    db.row(&sql, params![conference]).await?.as_ref().map(run).transpose()
}

/// The newest runs of all conferences; at most `limit`.
pub async fn newest_runs(db: &impl Read, limit: i64) -> Result<Vec<SyncRun>> {
    let sql = format!("SELECT {RUN} FROM sync_run ORDER BY id DESC LIMIT $1");
    db.rows(&sql, params![limit]).await?.iter().map(run).collect()
}

/// The conference's open run, if its runner is alive at `now`; one whose lease ran out is closed first.
pub async fn open_run(tx: &Tx, conference: ConferenceId, now: DateTime<Utc>) -> Result<Option<SyncRun>> {
    tx.execute(
        "UPDATE sync_run SET finished_at = $2 WHERE conference_id = $1 AND finished_at IS NULL AND lease_until <= $2",
        params![conference, now],
    )
    .await?;
    let sql = format!("SELECT {RUN} FROM sync_run WHERE conference_id = $1 AND finished_at IS NULL");
    tx.row(&sql, params![conference]).await?.as_ref().map(run).transpose()
}

/// A run about to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewRun {
    /// Its conference.
    pub conference: ConferenceId,
    /// Its meeting, if it is about one slot only.
    pub meeting: Option<MeetingId>,
    /// What makes it begin.
    pub cause: SyncCause,
    /// Who asked, if a person did.
    pub requested_by: Option<UserId>,
}

/// Begins a run; `Conflict` if another one of the conference is open.
pub async fn begin_run(
    tx: &Tx,
    new: &NewRun,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<SyncRunId> {
    tx.insert(
        "INSERT INTO sync_run (conference_id, meeting_id, cause, requested_by, started_at, lease_until)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        params![new.conference, new.meeting, new.cause, new.requested_by, now, lease_until],
    )
    .await
}

/// Holds a run on. False if it was taken for dead meanwhile.
pub async fn renew_run(tx: &Tx, id: SyncRunId, lease_until: DateTime<Utc>) -> Result<bool> {
    let held = tx
        .execute(
            "UPDATE sync_run SET lease_until = $2 WHERE id = $1 AND finished_at IS NULL",
            params![id, lease_until],
        )
        .await?;
    Ok(held == 1)
}

/// Ends a run with what it did. A run that was taken for dead meanwhile still gets its report.
pub async fn finish_run(
    tx: &Tx,
    id: SyncRunId,
    report: Option<&SyncReport>,
    now: DateTime<Utc>,
) -> Result<()> {
    let report = report.map(|report| serde_json::to_string(report).expect("a report is plain data"));
    tx.execute(
        "UPDATE sync_run SET finished_at = COALESCE(finished_at, $2), report = $3 WHERE id = $1",
        params![id, now, report],
    )
    .await?;
    Ok(())
}

fn state(row: &Row) -> Result<SyncState> {
    Ok(SyncState {
        kind: row.get("kind")?,
        state: row.get("state")?,
        error: row.get("error")?,
        note: row.get("note")?,
        position: row.get("position")?,
        items: row.get("items")?,
        read_at: row.get("read_at")?,
        unchanged_since: row.get("unchanged_since")?,
    })
}

/// How far each kind of a meeting was read.
pub async fn states(db: &impl Read, meeting: MeetingId) -> Result<Vec<SyncState>> {
    let rows = db
        .rows(
            "SELECT kind, state, error, note, position, items, read_at, unchanged_since FROM sync_state WHERE meeting_id = $1",
            params![meeting],
        )
        .await?;
    rows.iter().map(state).collect()
}

/// Writes how far one kind was read.
pub async fn put_state(tx: &Tx, meeting: MeetingId, state: &SyncState) -> Result<()> {
    tx.execute(
        "INSERT INTO sync_state (meeting_id, kind, state, error, position, items, read_at, unchanged_since, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (meeting_id, kind) DO UPDATE SET state = excluded.state, error = excluded.error,
             note = excluded.note,
             position = excluded.position, items = excluded.items, read_at = excluded.read_at,
             unchanged_since = excluded.unchanged_since",
        params![
            meeting,
            state.kind,
            state.state,
            state.error,
            state.position,
            state.items,
            state.read_at,
            state.unchanged_since,
            state.note
        ],
    )
    .await?;
    Ok(())
}

/// What a sync concludes about a meeting.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// What became of the class.
    pub verdict: Verdict,
    /// Why it is missing; empty otherwise.
    pub cause: &'static str,
    /// How sure the cause is; empty without one.
    pub basis: &'static str,
    /// What it rests on.
    pub evidence: Vec<Fact>,
    /// When the verdict changed.
    pub verdict_at: Option<DateTime<Utc>>,
    /// Real start of the call.
    pub call_started_at: Option<DateTime<Utc>>,
    /// Real end of the call.
    pub call_ended_at: Option<DateTime<Utc>>,
    /// When to look next.
    pub next_sync_at: Option<DateTime<Utc>>,
    /// When it was looked at.
    pub synced_at: Option<DateTime<Utc>>,
    /// When nothing more was to be asked.
    pub settled_at: Option<DateTime<Utc>>,
}

/// Writes a conclusion.
pub async fn conclude(
    tx: &Tx,
    meeting: MeetingId,
    conclusion: &Conclusion,
    now: DateTime<Utc>,
) -> Result<()> {
    let evidence = serde_json::json!(conclusion.evidence).to_string();
    tx.execute(
        "UPDATE meeting SET verdict = $2, verdict_cause = $3, verdict_at = $4, call_started_at = $5,
             call_ended_at = $6, next_sync_at = $7, synced_at = $8, settled_at = $9, updated_at = $10,
             verdict_basis = $11, verdict_evidence = $12
         WHERE id = $1",
        params![
            meeting,
            conclusion.verdict,
            conclusion.cause,
            conclusion.verdict_at,
            conclusion.call_started_at,
            conclusion.call_ended_at,
            conclusion.next_sync_at,
            conclusion.synced_at,
            conclusion.settled_at,
            now,
            conclusion.basis,
            evidence
        ],
    )
    .await?;
    Ok(())
}

/// Opens a meeting again because there is news of it: it is looked at `at`.
pub async fn reopen(tx: &Tx, meeting: MeetingId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE meeting SET settled_at = NULL, next_sync_at = $2 WHERE id = $1", params![meeting, at])
        .await?;
    Ok(())
}

/// Whose classes are opened again.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// Those of a course.
    Course(CourseId),
    /// Those of an integration.
    Integration(IntegrationId),
}

/// Opens again the settled classes that were held after `since` and of which one of `kinds` was never read, because
/// it was off: they are looked at `at`. Returns how many.
pub async fn reopen_unread(
    tx: &Tx,
    whose: Whose,
    kinds: &[SyncKind],
    (since, at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<u64> {
    let (column, id) = match whose {
        Whose::Course(id) => ("course_id", id.param()),
        Whose::Integration(id) => ("integration_id", id.param()),
    };
    let mut reopened = 0;
    for kind in kinds {
        let sql = format!(
            "UPDATE meeting SET settled_at = NULL, next_sync_at = $1
             WHERE settled_at IS NOT NULL AND cancelled_at IS NULL AND ends_at > $2 AND verdict <> 'not_held'
               AND conference_id IN (SELECT id FROM conference WHERE {column} = $3)
               AND NOT EXISTS (SELECT 1 FROM sync_state s WHERE s.meeting_id = meeting.id AND s.kind = $4
                               AND s.state = 'ok' AND s.read_at >= meeting.ends_at)"
        );
        reopened += tx.execute(&sql, vec![at.param(), since.param(), id.clone(), kind.param()]).await?;
    }
    Ok(reopened)
}

/// Moves the next look at a meeting.
pub async fn postpone(tx: &Tx, meeting: MeetingId, until: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE meeting SET next_sync_at = $2 WHERE id = $1", params![meeting, until]).await?;
    Ok(())
}

/// Stores what names a meeting at Microsoft, found by its join URL.
pub async fn put_online_meeting(
    tx: &Tx,
    meeting: MeetingId,
    organizer: &str,
    online_meeting: Option<(&str, Option<&str>)>,
) -> Result<()> {
    tx.execute(
        "UPDATE meeting SET organizer_id = $2, online_meeting_id = COALESCE($3, online_meeting_id),
             chat_thread_id = COALESCE($4, chat_thread_id) WHERE id = $1",
        params![
            meeting,
            organizer,
            online_meeting.map(|(id, _)| id.to_owned()),
            online_meeting.and_then(|(_, thread)| thread).map(str::to_owned)
        ],
    )
    .await?;
    Ok(())
}

/// The meetings that share one online meeting, as the occurrences of an imported series do: id, start and end.
pub async fn sharing(
    db: &impl Read,
    organizer: &str,
    online_meeting: &str,
) -> Result<Vec<(MeetingId, DateTime<Utc>, DateTime<Utc>)>> {
    let rows = db
        .rows(
            "SELECT id, starts_at, ends_at FROM meeting
             WHERE organizer_id = $1 AND online_meeting_id = $2 AND cancelled_at IS NULL ORDER BY starts_at, id",
            params![organizer, online_meeting],
        )
        .await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("starts_at")?, row.get("ends_at")?))).collect()
}

/// An organizer's meetings whose scheduled time lies between the two moments, with their conference's title and
/// zone.
pub async fn of_organizer_between(
    db: &impl Read,
    organizer: &str,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<(Meeting, String, String)>> {
    let sql = format!(
        "SELECT {}, c.title AS conference_title, c.time_zone AS conference_zone
         FROM meeting m JOIN conference c ON c.id = m.conference_id
         WHERE m.organizer_id = $1 AND m.starts_at >= $2 AND m.starts_at <= $3 ORDER BY m.id",
        meetings::COLUMNS
    );
    let rows = db.rows(&sql, params![organizer, between.0, between.1]).await?;
    rows.iter()
        .map(|row| Ok((meetings::meeting(row)?, row.get("conference_title")?, row.get("conference_zone")?)))
        .collect()
}

/// Meetings that are due to be looked at, the longest waiting first; at most `limit`.
pub async fn due(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<MeetingId>> {
    let rows = db
        .rows(
            "SELECT id FROM meeting WHERE next_sync_at <= $1 AND settled_at IS NULL AND cancelled_at IS NULL
             ORDER BY next_sync_at, id LIMIT $2",
            params![now, limit],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Meetings whose verdict may have to change because time has passed; at most `limit`. `waited` is now less the
/// time that a recording is waited for.
pub async fn verdict_due(
    db: &impl Read,
    now: DateTime<Utc>,
    waited: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<MeetingId>> {
    let rows = db
        .rows(
            "SELECT id FROM meeting WHERE settled_at IS NULL AND cancelled_at IS NULL AND starts_at <= $1
               AND (verdict = 'upcoming' OR (verdict = 'running' AND ends_at <= $1)
                    OR (verdict = 'waiting' AND COALESCE(call_ended_at, ends_at) <= $2))
             ORDER BY starts_at, id LIMIT $3",
            params![now, waited, limit],
        )
        .await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Which conferences a command syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those with a meeting that has ended.
    Ended,
    /// All.
    All,
}

/// Settled meetings too, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Too.
    Included,
    /// Not.
    LeftOut,
}

/// SQL: the condition that `meeting m` is looked at by a run over everything; `$1` is now.
pub(super) fn to_look_at(scope: Scope, settled: Settled) -> String {
    let ended = match scope {
        Scope::Ended => "(m.ends_at <= $1 OR m.call_ended_at <= $1)",
        Scope::All => "m.starts_at <= $1",
    };
    let open = if settled == Settled::LeftOut { " AND m.settled_at IS NULL" } else { "" };
    format!("m.cancelled_at IS NULL AND {ended}{open}")
}

/// The conferences with a meeting to be looked at, in order of id; at most `limit`, after `after`. Meetings whose
/// time is still to come are looked at only in conferences that `Scope::All` asks for.
pub async fn conferences_to_sync(
    db: &impl Read,
    (scope, settled): (Scope, Settled),
    now: DateTime<Utc>,
    (after, limit): (ConferenceId, i64),
) -> Result<Vec<ConferenceId>> {
    let wanted = to_look_at(scope, settled);
    let sql = format!(
        "SELECT DISTINCT m.conference_id AS id FROM meeting m
         WHERE {wanted} AND m.conference_id > $2 ORDER BY id LIMIT $3"
    );
    let rows = db.rows(&sql, params![now, after, limit]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// A course's kinds that are neither asked for nor shown.
pub async fn kinds_off_of_course(db: &impl Read, conference: ConferenceId) -> Result<Vec<SyncKind>> {
    let row = db
        .row(
            "SELECT k.kinds_off FROM conference c JOIN course k ON k.id = c.course_id WHERE c.id = $1",
            params![conference],
        )
        .await?;
    row.map_or(Ok(Vec::new()), |row| row.json("kinds_off"))
}

/// What a sync needs to know of an integration.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Kinds that are off for the whole integration.
    pub kinds_off: Vec<SyncKind>,
    /// A drive read besides the organizers' own.
    pub extra_drive_id: Option<String>,
}

/// What a sync needs to know of the integration, if there is such a one.
pub async fn reading(db: &impl Read, integration: IntegrationId) -> Result<Option<Reading>> {
    let row = db
        .row("SELECT kinds_off, extra_drive_id FROM integration WHERE id = $1", params![integration])
        .await?;
    row.map(|row| {
        Ok(Reading { kinds_off: row.json("kinds_off")?, extra_drive_id: row.get("extra_drive_id")? })
    })
    .transpose()
}

/// Whether the organizer's OneDrive was full when it was last read.
pub async fn storage_full(db: &impl Read, organizer: &str) -> Result<bool> {
    let row = db
        .row(
            "SELECT drive_state FROM service_account WHERE entra_object_id = $1 AND drive_state = 'exceeded' LIMIT 1",
            params![organizer],
        )
        .await?;
    Ok(row.is_some())
}
