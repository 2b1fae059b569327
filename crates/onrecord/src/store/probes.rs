//! Table `probe_result`: what `doctor` saw last, so that a finding can say since when, and when it was last well.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::finding::{Finding, InOrder, Trouble};
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::model::words::Word as _;
use crate::params;

/// What one look brought.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was looked at, as a fixed word.
    pub probe: &'static str,
    /// What it is about.
    pub subject: String,
    /// What was seen; empty when there is trouble.
    pub words: String,
    /// What is wrong, if anything.
    pub trouble: Option<Box<Trouble>>,
    /// How many classes to come it harms.
    pub classes_harmed: i64,
}

/// Writes one outcome. A finding that was there before keeps its beginning; the last good time is kept.
pub async fn put(
    tx: &Tx,
    integration: IntegrationId,
    (seq, outcome): (i64, &Outcome),
    at: DateTime<Utc>,
) -> Result<()> {
    let trouble = outcome.trouble.as_deref();
    let text = |of: fn(&Trouble) -> &String| trouble.map(|t| of(t).clone()).unwrap_or_default();
    tx.execute(
        "INSERT INTO probe_result (integration_id, probe, subject, seq, words, code, severity, message,
             consequence, fix, command, link, classes_harmed, since, last_good_at, checked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (integration_id, probe, subject) DO UPDATE SET
             seq = excluded.seq, words = excluded.words, code = excluded.code, severity = excluded.severity,
             message = excluded.message, consequence = excluded.consequence, fix = excluded.fix,
             command = excluded.command, link = excluded.link, classes_harmed = excluded.classes_harmed,
             since = CASE WHEN probe_result.code = excluded.code THEN probe_result.since ELSE excluded.since END,
             last_good_at = CASE WHEN excluded.code = '' THEN excluded.checked_at ELSE probe_result.last_good_at END,
             checked_at = excluded.checked_at",
        params![
            integration,
            outcome.probe,
            outcome.subject,
            seq,
            outcome.words,
            trouble.map(|t| t.code.as_str()).unwrap_or_default(),
            trouble.map(|t| t.severity),
            text(|t| &t.message),
            text(|t| &t.consequence),
            text(|t| &t.fix),
            trouble.and_then(|t| t.command.clone()),
            trouble.and_then(|t| t.link.clone()),
            outcome.classes_harmed,
            trouble.map(|_| at),
            if trouble.is_none() { Some(at) } else { None },
            at
        ],
    )
    .await?;
    Ok(())
}

/// When each thing was last in order, by probe and subject.
pub async fn last_good(
    db: &impl Read,
    integration: IntegrationId,
) -> Result<HashMap<(String, String), Option<DateTime<Utc>>>> {
    let sql = "SELECT probe, subject, last_good_at FROM probe_result WHERE integration_id = $1";
    let rows = db.rows(sql, params![integration]).await?;
    rows.iter().map(|row| Ok(((row.get("probe")?, row.get("subject")?), row.get("last_good_at")?))).collect()
}

/// Removes what was not looked at since `before`: accounts and settings that are no more.
pub async fn forget_older(tx: &Tx, integration: IntegrationId, before: DateTime<Utc>) -> Result<()> {
    let sql = "DELETE FROM probe_result WHERE integration_id = $1 AND checked_at < $2";
    tx.execute(sql, params![integration, before]).await?;
    Ok(())
}

/// When the integration was last examined.
pub async fn last_examined(db: &impl Read, integration: IntegrationId) -> Result<Option<DateTime<Utc>>> {
    let sql =
        "SELECT checked_at FROM probe_result WHERE integration_id = $1 ORDER BY checked_at DESC LIMIT 1";
    let row = db.row(sql, params![integration]).await?;
    row.map(|row| row.get("checked_at")).transpose()
}

/// What the examination at `at` found and what it saw in order, in the order of looking.
pub async fn of_examination(
    db: &impl Read,
    integration: IntegrationId,
    at: DateTime<Utc>,
) -> Result<(Vec<Finding>, Vec<InOrder>)> {
    let rows = db
        .rows(
            "SELECT probe, subject, words, code, severity, message, consequence, fix, command, link,
                 classes_harmed, since, last_good_at
             FROM probe_result WHERE integration_id = $1 AND checked_at = $2 ORDER BY seq, probe, subject",
            params![integration, at],
        )
        .await?;
    let (mut findings, mut in_order) = (Vec::new(), Vec::new());
    for row in &rows {
        match finding(row)? {
            Some(finding) => findings.push(finding),
            None => in_order.push(InOrder {
                probe: row.get("probe")?,
                subject: row.get("subject")?,
                words: row.get("words")?,
            }),
        }
    }
    Ok((findings, in_order))
}

fn finding(row: &Row) -> Result<Option<Finding>> {
    let (Some(severity), Some(since)) = (row.get("severity")?, row.get("since")?) else {
        return Ok(None);
    };
    Ok(Some(Finding {
        code: row.get("code")?,
        severity,
        subject: row.get("subject")?,
        message: row.get("message")?,
        consequence: row.get("consequence")?,
        fix: row.get("fix")?,
        command: row.get("command")?,
        link: row.get("link")?,
        classes_harmed: row.get("classes_harmed")?,
        since,
        last_good_at: row.get("last_good_at")?,
    }))
}

/// How many meetings of the integration have not ended, by the service account that organizes them.
pub async fn meetings_to_come(
    db: &impl Read,
    integration: IntegrationId,
    now: DateTime<Utc>,
) -> Result<HashMap<Option<ServiceAccountId>, i64>> {
    let rows = db
        .rows(
            "SELECT m.service_account_id, COUNT(*) AS meetings FROM meeting m
             JOIN conference c ON c.id = m.conference_id
             WHERE m.ends_at > $2 AND m.cancelled_at IS NULL AND m.settled_at IS NULL AND c.integration_id = $1
             GROUP BY m.service_account_id",
            params![integration, now],
        )
        .await?;
    rows.iter().map(|row| Ok((row.id_opt("service_account_id")?, row.get("meetings")?))).collect()
}

/// Addresses among `emails` that belong to people who teach or learn: such an account is a person's own.
pub async fn enrolled_among(db: &impl Read, emails: &[String]) -> Result<Vec<String>> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<_> = (1..=emails.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT u.email FROM \"user\" u WHERE u.email IN ({})
           AND EXISTS (SELECT 1 FROM enrolment n WHERE n.user_id = u.id)",
        places.join(", ")
    );
    let params = emails.iter().map(super::Param::param).collect();
    db.rows(&sql, params).await?.iter().map(|row| row.get("email")).collect()
}
