//! Tables `retention_run` and `retention_item`: what a run of the policies planned, and how far it has come. A run that
//! was broken off is gone on with.

use chrono::{DateTime, Utc};

use crate::model::id::{RetentionPolicyId, RetentionRunId, UserId};
use crate::model::retention::{ItemState, Kept, RetentionAct, RunMode};
use crate::params;
use crate::store::{Read, Result, Row, Tx};

/// One planned act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is done.
    pub act: RetentionAct,
    /// With what.
    pub kind: Kept,
    /// Id of the artifact, or of the class whose rows it is about.
    pub subject_id: i64,
    /// Title of the conference with the day of the class.
    pub title: String,
    /// Short name of the course.
    pub course_code: String,
    /// By which policy.
    pub policy: Option<RetentionPolicyId>,
    /// Since when it is due.
    pub due_at: Option<DateTime<Utc>>,
    /// Why, as a sentence.
    pub why: String,
    /// How far it has come.
    pub state: ItemState,
    /// What is to be said of that; empty when nothing.
    pub said: String,
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The row.
    pub id: RetentionRunId,
    /// Dry or real.
    pub mode: RunMode,
    /// The dry run it was compared with.
    pub compared_with: Option<RetentionRunId>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How many acts were planned.
    pub planned: i64,
    /// How many were done.
    pub done: i64,
    /// How many were not to be done any more.
    pub skipped: i64,
}

const RUN: &str = "id, mode, compared_with, started_at, finished_at, planned, done, skipped";

fn run(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.id("id")?,
        mode: row.get("mode")?,
        compared_with: row.id_opt("compared_with")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        planned: row.get("planned")?,
        done: row.get("done")?,
        skipped: row.get("skipped")?,
    })
}

/// The newest run that ended, of one sort.
pub async fn latest(db: &impl Read, mode: RunMode) -> Result<Option<Run>> {
    let sql = format!(
        "SELECT {RUN} FROM retention_run WHERE mode = $1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    );
    db.row(&sql, params![mode]).await?.as_ref().map(run).transpose()
}

/// The real run that has not ended, if one was broken off or is under way.
pub async fn open(db: &impl Read) -> Result<Option<Run>> {
    let sql = format!("SELECT {RUN} FROM retention_run WHERE mode = 'real' AND finished_at IS NULL");
    db.row(&sql, params![]).await?.as_ref().map(run).transpose()
}

/// The run, if there is one.
pub async fn find(db: &impl Read, id: RetentionRunId) -> Result<Option<Run>> {
    let sql = format!("SELECT {RUN} FROM retention_run WHERE id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(run).transpose()
}

/// The newest runs first.
pub async fn list(db: &impl Read, limit: i64) -> Result<Vec<Run>> {
    let sql = format!("SELECT {RUN} FROM retention_run ORDER BY id DESC LIMIT $1");
    db.rows(&sql, params![limit]).await?.iter().map(run).collect()
}

/// A new run.
#[derive(Debug, Clone, Copy)]
pub struct NewRun {
    /// Dry or real.
    pub mode: RunMode,
    /// Who wanted it; `None` for the timetable and the command line.
    pub by: Option<UserId>,
    /// The dry run it is compared with.
    pub compared_with: Option<RetentionRunId>,
}

/// Writes a run with its plan. `Conflict` if a real one is under way already.
pub async fn insert(tx: &Tx, new: NewRun, items: &[Item], at: DateTime<Utc>) -> Result<RetentionRunId> {
    let finished = Some(at).filter(|_| new.mode == RunMode::Dry);
    let id: RetentionRunId = tx
        .insert(
            "INSERT INTO retention_run (mode, started_by, compared_with, started_at, finished_at, planned)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            params![new.mode, new.by, new.compared_with, at, finished, items.len() as i64],
        )
        .await?;
    for piece in items.chunks(50) {
        let mut binds = Vec::with_capacity(piece.len() * 11);
        for item in piece {
            binds.extend(params![
                id,
                item.act,
                item.kind,
                item.subject_id,
                item.title,
                item.course_code,
                item.policy,
                item.due_at,
                item.why,
                item.state,
                item.said
            ]);
        }
        let sql = format!(
            "INSERT INTO retention_item (run_id, act, kind, subject_id, title, course_code, policy_id, due_at, why, state,
                 said) VALUES {}",
            crate::store::row::tuples(piece.len(), 11)
        );
        tx.execute(&sql, binds).await?;
    }
    Ok(id)
}

fn item(row: &Row) -> Result<Item> {
    Ok(Item {
        act: row.get("act")?,
        kind: row.get("kind")?,
        subject_id: row.get("subject_id")?,
        title: row.get("title")?,
        course_code: row.get("course_code")?,
        policy: row.id_opt("policy_id")?,
        due_at: row.get("due_at")?,
        why: row.get("why")?,
        state: row.get("state")?,
        said: row.get("said")?,
    })
}

/// The acts of a run in order; with `state` only those; at most `limit`.
pub async fn items(
    db: &impl Read,
    id: RetentionRunId,
    state: Option<ItemState>,
    limit: i64,
) -> Result<Vec<Item>> {
    let narrowed = if state.is_some() { " AND state = $3" } else { "" };
    let sql = format!(
        "SELECT act, kind, subject_id, title, course_code, policy_id, due_at, why, state, said FROM retention_item
         WHERE run_id = $1{narrowed} ORDER BY kind, subject_id, act LIMIT $2"
    );
    let mut binds = params![id, limit];
    if let Some(state) = state {
        binds.extend(params![state]);
    }
    db.rows(&sql, binds).await?.iter().map(item).collect()
}

/// Writes what became of an act.
pub async fn settle(
    tx: &Tx,
    id: RetentionRunId,
    item: &Item,
    (state, said): (ItemState, &str),
) -> Result<()> {
    tx.execute(
        "UPDATE retention_item SET state = $5, said = $6
         WHERE run_id = $1 AND kind = $2 AND subject_id = $3 AND act = $4",
        params![id, item.kind, item.subject_id, item.act, state, said],
    )
    .await?;
    Ok(())
}

/// Ends a run and counts what became of its acts.
pub async fn finish(tx: &Tx, id: RetentionRunId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE retention_run SET finished_at = $2,
             done = (SELECT COUNT(*) FROM retention_item i WHERE i.run_id = $1 AND i.state = 'done'),
             skipped = (SELECT COUNT(*) FROM retention_item i WHERE i.run_id = $1 AND i.state = 'skipped')
         WHERE id = $1 AND finished_at IS NULL",
        params![id, at],
    )
    .await?;
    Ok(())
}

/// Forgets the plans of runs that ended before `before` and removed nothing; what was removed is in the audit.
pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<()> {
    let old = "SELECT id FROM retention_run WHERE finished_at < $1 AND done = 0
               AND id NOT IN (SELECT compared_with FROM retention_run WHERE compared_with IS NOT NULL)";
    tx.execute(&format!("DELETE FROM retention_item WHERE run_id IN ({old})"), params![before]).await?;
    tx.execute(&format!("DELETE FROM retention_run WHERE id IN ({old})"), params![before]).await?;
    Ok(())
}
