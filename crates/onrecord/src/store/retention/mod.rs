//! Table `retention_policy`: the written rules. One that is ended stays as a row, because what it removed names it.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::{CourseId, RetentionPolicyId, UserId};
use crate::model::retention::Policy;
use crate::params;

pub mod runs;
pub mod things;

const COLUMNS: &str =
    "p.id, p.name, p.nature, p.course_id, p.term, p.of_minors, p.kind, p.counted_from, p.days, p.until_day,
     p.copy_first";

fn policy(row: &Row) -> Result<Policy> {
    Ok(Policy {
        id: row.id("id")?,
        name: row.get("name")?,
        nature: row.get("nature")?,
        course_id: row.id_opt("course_id")?,
        term: row.get("term")?,
        of_minors: row.get("of_minors")?,
        kind: row.get("kind")?,
        counted_from: row.get("counted_from")?,
        days: row.get("days")?,
        until: row.get("until_day")?,
        copy_first: row.get("copy_first")?,
    })
}

/// Writes a policy; `new.id` is not read.
pub async fn insert(
    tx: &Tx,
    new: &Policy,
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<RetentionPolicyId> {
    tx.insert(
        "INSERT INTO retention_policy (name, nature, course_id, term, kind, counted_from, days, until_day, copy_first,
             created_by, created_at, updated_at, of_minors)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12) RETURNING id",
        params![
            new.name,
            new.nature,
            new.course_id,
            new.term,
            new.kind,
            new.counted_from,
            new.days,
            new.until,
            new.copy_first,
            by,
            at,
            new.of_minors
        ],
    )
    .await
}

/// Rewrites a policy that is in force. False if it is not.
pub async fn update(tx: &Tx, new: &Policy, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE retention_policy SET name = $2, nature = $3, course_id = $4, term = $5, kind = $6,
                 counted_from = $7, days = $8, until_day = $9, copy_first = $10, updated_at = $11,
                 of_minors = $12
             WHERE id = $1 AND ended_at IS NULL",
            params![
                new.id,
                new.name,
                new.nature,
                new.course_id,
                new.term,
                new.kind,
                new.counted_from,
                new.days,
                new.until,
                new.copy_first,
                at,
                new.of_minors
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Ends a policy. False if it was ended before, or there is none.
pub async fn end(tx: &Tx, id: RetentionPolicyId, at: DateTime<Utc>) -> Result<bool> {
    let changed = tx
        .execute(
            "UPDATE retention_policy SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
            params![id, at],
        )
        .await?;
    Ok(changed == 1)
}

/// The policies that are in force, oldest first.
pub async fn in_force(db: &impl Read) -> Result<Vec<Policy>> {
    let sql = format!("SELECT {COLUMNS} FROM retention_policy p WHERE p.ended_at IS NULL ORDER BY p.id");
    db.rows(&sql, params![]).await?.iter().map(policy).collect()
}

/// The policy if it is in force.
pub async fn find(db: &impl Read, id: RetentionPolicyId) -> Result<Option<Policy>> {
    let sql = format!("SELECT {COLUMNS} FROM retention_policy p WHERE p.id = $1 AND p.ended_at IS NULL");
    db.row(&sql, params![id]).await?.as_ref().map(policy).transpose()
}

/// What a policy was called, ended or not.
pub async fn name(db: &impl Read, id: RetentionPolicyId) -> Result<Option<String>> {
    let row = db.row("SELECT name FROM retention_policy WHERE id = $1", params![id]).await?;
    row.map(|row| row.get("name")).transpose()
}

/// The terms that courses have, and their codes with titles, for forms; each at most `limit`.
pub async fn choices(db: &impl Read, limit: i64) -> Result<(Vec<String>, Vec<(CourseId, String)>)> {
    let terms = "SELECT DISTINCT term FROM course WHERE term <> '' ORDER BY term DESC LIMIT $1";
    let terms = db.rows(terms, params![limit]).await?;
    let courses = "SELECT id, code, title FROM course ORDER BY code, id LIMIT $1";
    let courses = db.rows(courses, params![limit]).await?;
    let course = |row: &Row| {
        Ok((row.id("id")?, format!("{} {}", row.get::<String>("code")?, row.get::<String>("title")?)))
    };
    Ok((
        terms.iter().map(|row| row.get("term")).collect::<Result<_>>()?,
        courses.iter().map(course).collect::<Result<_>>()?,
    ))
}
