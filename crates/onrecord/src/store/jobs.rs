//! The queue: table `job`. A row is written in the transaction of its cause, claimed by lease, and settled by
//! its own statement after the work.

use chrono::{DateTime, Duration, Utc};

use super::{Dialect, Read, Result, Row, Store, Tx};
use crate::model::id::JobId;
use crate::model::job::{Job, JobKind};
use crate::params;

fn job(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.id("id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        run_at: row.get("run_at")?,
        attempts: row.get("attempts")?,
        claimed_until: row.get("claimed_until")?,
        last_error: row.get("last_error")?,
        dead_at: row.get("dead_at")?,
    })
}

const COLUMNS: &str = "id, kind, subject, run_at, attempts, claimed_until, last_error, dead_at";

/// Puts work into the queue, in the transaction of its cause. While the same work already waits, it is only
/// moved forward to `run_at` if that is earlier. `at` is now.
pub async fn enqueue(
    tx: &Tx,
    kind: JobKind,
    subject: &str,
    run_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    enqueue_many(tx, kind, &[subject.to_owned()], run_at, at).await
}

/// Rows of one `INSERT`.
const ROWS_AT_ONCE: usize = 200;

/// Puts the same kind of work on many subjects into the queue, as [`enqueue`] does for one. No subject may stand
/// in the list twice.
pub async fn enqueue_many(
    tx: &Tx,
    kind: JobKind,
    subjects: &[String],
    run_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sooner = "DO UPDATE SET due_at = excluded.due_at, run_at =
        CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END";
    insert_many(tx, sooner, (kind, subjects), (run_at, at)).await
}

/// The same, but work that waits already keeps its time.
pub async fn enqueue_missing(
    tx: &Tx,
    kind: JobKind,
    subjects: &[String],
    run_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    insert_many(tx, "DO NOTHING", (kind, subjects), (run_at, at)).await
}

async fn insert_many(
    tx: &Tx,
    meeting_another: &str,
    work: (JobKind, &[String]),
    times: (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let (kind, subjects) = work;
    for subjects in subjects.chunks(ROWS_AT_ONCE) {
        let rows: Vec<String> = (0..subjects.len()).map(|row| waiting_row(row * 5)).collect();
        let sql = format!(
            "INSERT INTO job (kind, subject, run_at, created_at, due_at) VALUES {}
             ON CONFLICT (kind, subject) WHERE claimed_until IS NULL AND dead_at IS NULL {meeting_another}",
            rows.join(", ")
        );
        let bind = |subject: &String| params![kind, subject, times.0, times.1, class_of(kind, subject)];
        tx.execute(&sql, subjects.iter().flat_map(bind).collect()).await?;
    }
    Ok(())
}

/// One row of an `INSERT` whose parameters come after `before` others.
fn waiting_row(before: usize) -> String {
    let [kind, subject, run_at, at, class] = [1, 2, 3, 4, 5].map(|place| before + place);
    format!(
        "(${kind}, ${subject}, ${run_at}, ${at}, (SELECT m.starts_at FROM meeting m WHERE m.id = ${class}))"
    )
}

/// The meeting whose beginning is the last moment for this work: what prepares a class. Everything else is due when it
/// may begin.
fn class_of(kind: JobKind, subject: &str) -> Option<i64> {
    match kind {
        JobKind::Provision | JobKind::Update => subject.strip_prefix("meeting:")?.parse().ok(),
        _ => None,
    }
}

/// Whether anything is due that nobody holds. Cheap: asked before each claim, and takes no lock.
pub async fn any_due(db: &impl Read, now: DateTime<Utc>) -> Result<bool> {
    let row = db
        .row(
            "SELECT 1 AS one FROM job WHERE dead_at IS NULL AND run_at <= $1
               AND (claimed_until IS NULL OR claimed_until <= $1) LIMIT 1",
            params![now],
        )
        .await?;
    Ok(row.is_some())
}

/// Holds a claimed job for longer. False if the claim was lost meanwhile.
pub async fn renew(tx: &Tx, id: JobId, worker: &str, until: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE job SET claimed_until = $3 WHERE id = $1 AND claimed_by = $2";
    Ok(tx.execute(sql, params![id, worker, until]).await? > 0)
}

/// Key of PostgreSQL's advisory lock: claims go one after the other, or two could take work on one subject.
const CLAIM_LOCK: i64 = 7_220_001;

/// Takes the job that is due first and whose subject nobody works on, until `now + lease`. A job whose lease
/// ran out is taken again. `None` when nothing is due.
pub async fn claim(store: &Store, worker: &str, now: DateTime<Utc>, lease: Duration) -> Result<Option<Job>> {
    claim_except(store, worker, (now, lease), &[]).await
}

/// The same, leaving the work of some kinds to others or to later. What waits for a mailbox that Microsoft asked to be
/// left alone is passed over, so that the work of others goes on.
pub async fn claim_except(
    store: &Store,
    worker: &str,
    (now, lease): (DateTime<Utc>, Duration),
    without: &[JobKind],
) -> Result<Option<Job>> {
    let tx = store.write().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.row("SELECT pg_advisory_xact_lock($1)", params![CLAIM_LOCK]).await?;
    }
    let without: Vec<String> = without.iter().map(|kind| format!("'{kind}'")).collect();
    let without = if without.is_empty() {
        String::new()
    } else {
        format!("AND next.kind NOT IN ({})", without.join(", "))
    };
    let sql = format!(
        "UPDATE job SET claimed_until = $2, claimed_by = $3, attempts = attempts + 1
         WHERE id = (
             SELECT id FROM job AS next
             WHERE next.dead_at IS NULL AND next.run_at <= $1
               AND (next.claimed_until IS NULL OR next.claimed_until <= $1)
               AND NOT EXISTS (
                   SELECT 1 FROM job AS running
                   WHERE running.subject = next.subject AND running.id <> next.id
                     AND running.claimed_until > $1)
               AND NOT EXISTS (
                   SELECT 1 FROM meeting m JOIN lane ON lane.key = 'mailbox:' || m.organizer_id
                   WHERE lane.paused_until > $1 AND m.id =
                       CASE WHEN next.kind IN ('provision', 'update') THEN CAST(SUBSTR(next.subject, 9) AS BIGINT) END)
               {without}
             ORDER BY COALESCE(next.due_at, next.run_at), next.id LIMIT 1)
         RETURNING {COLUMNS}"
    );
    let row = tx.row(&sql, params![now, now + lease, worker]).await?;
    let claimed = row.as_ref().map(job).transpose()?;
    tx.commit().await?;
    Ok(claimed)
}

/// Ends a claimed job that succeeded. A claim that was lost meanwhile is left to its new holder.
pub async fn finish(tx: &Tx, id: JobId, worker: &str) -> Result<()> {
    tx.execute("DELETE FROM job WHERE id = $1 AND claimed_by = $2", params![id, worker]).await?;
    Ok(())
}

/// Puts a claimed job back, to run at `run_at`. If the same work was queued again meanwhile, that row stays
/// and this one goes.
pub async fn retry(tx: &Tx, id: JobId, worker: &str, run_at: DateTime<Utc>, error: &str) -> Result<()> {
    let gone = tx
        .execute(
            "DELETE FROM job WHERE id = $1 AND claimed_by = $2 AND EXISTS (
                 SELECT 1 FROM job AS other WHERE other.kind = job.kind AND other.subject = job.subject
                   AND other.id <> job.id AND other.claimed_until IS NULL AND other.dead_at IS NULL)",
            params![id, worker],
        )
        .await?;
    if gone == 0 {
        tx.execute(
            "UPDATE job SET claimed_until = NULL, claimed_by = NULL, run_at = $3, last_error = $4
             WHERE id = $1 AND claimed_by = $2",
            params![id, worker, run_at, error],
        )
        .await?;
    }
    Ok(())
}

/// Gives a claimed job up; it stays visible until a person retries it.
pub async fn bury(tx: &Tx, id: JobId, worker: &str, error: &str, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE job SET claimed_until = NULL, claimed_by = NULL, dead_at = $4, last_error = $3
         WHERE id = $1 AND claimed_by = $2",
        params![id, worker, error, at],
    )
    .await?;
    Ok(())
}

/// Brings a dead job back, to run at once. False if there is no such dead job. If the same work waits
/// already, the dead row simply goes.
pub async fn revive(tx: &Tx, id: JobId, at: DateTime<Utc>) -> Result<bool> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE id = $1 AND dead_at IS NOT NULL{}", tx.for_update());
    let Some(row) = tx.row(&sql, params![id]).await? else {
        return Ok(false);
    };
    let dead = job(&row)?;
    tx.execute("DELETE FROM job WHERE id = $1", params![id]).await?;
    enqueue(tx, dead.kind, &dead.subject, at, at).await?;
    Ok(true)
}

/// The jobs that wait, run or are dead, the dead first; at most `limit`.
pub async fn list(db: &impl Read, limit: i64) -> Result<Vec<Job>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM job ORDER BY CASE WHEN dead_at IS NULL THEN 1 ELSE 0 END, run_at, id LIMIT $1"
    );
    db.rows(&sql, params![limit]).await?.iter().map(job).collect()
}

/// How many jobs wait or run, and how many are dead.
pub async fn counts(db: &impl Read) -> Result<(i64, i64)> {
    let row = db
        .row("SELECT COUNT(*) - COUNT(dead_at) AS alive, COUNT(dead_at) AS dead FROM job", params![])
        .await?;
    match row {
        Some(row) => Ok((row.get("alive")?, row.get("dead")?)),
        None => Ok((0, 0)),
    }
}

/// When the next job is due, if any waits.
pub async fn next_run_at(db: &impl Read) -> Result<Option<DateTime<Utc>>> {
    let row = db
        .row(
            "SELECT run_at FROM job WHERE dead_at IS NULL AND claimed_until IS NULL ORDER BY run_at, id LIMIT 1",
            params![],
        )
        .await?;
    row.map(|row| row.get("run_at")).transpose()
}

/// Lets all waiting work of a kind run at once: something was mended.
pub async fn hurry(tx: &Tx, kind: JobKind, now: DateTime<Utc>) -> Result<u64> {
    tx.execute(
        "UPDATE job SET run_at = $2 WHERE kind = $1 AND claimed_until IS NULL AND dead_at IS NULL AND run_at > $2",
        params![kind, now],
    )
    .await
}

/// Gives back everything that this worker holds, to be taken again at once: it is being stopped.
pub async fn give_back(tx: &Tx, worker: &str, now: DateTime<Utc>) -> Result<()> {
    let held = tx
        .rows("SELECT id FROM job WHERE claimed_by = $1 AND claimed_until IS NOT NULL", params![worker])
        .await?;
    for row in &held {
        retry(tx, row.id("id")?, worker, now, "stopped while it ran").await?;
    }
    Ok(())
}

/// Work of one kind that was given up: the row, its subject, and when.
pub async fn given_up(db: &impl Read, kind: JobKind) -> Result<Vec<(JobId, String, DateTime<Utc>)>> {
    let sql = "SELECT id, subject, dead_at FROM job WHERE kind = $1 AND dead_at IS NOT NULL ORDER BY id";
    let rows = db.rows(sql, params![kind]).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.get("subject")?, row.get("dead_at")?))).collect()
}
