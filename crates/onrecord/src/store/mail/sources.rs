//! Where mails come from: rows that deserve one and have none yet. Each is asked for by an index over what is new, so that
//! looking costs as much as there is news.

use chrono::{DateTime, Utc};

use crate::model::alert::AlertKind;
use crate::model::conference::Verdict;
use crate::model::id::{AlertId, ArtifactId, ConferenceId, CourseId, MeetingId};
use crate::params;
use crate::store::{Read, Result, Row, Tx};

/// A class of which there is news.
#[derive(Debug, Clone)]
pub struct News {
    /// The class.
    pub meeting_id: MeetingId,
    /// Its course.
    pub course_id: CourseId,
    /// What became of it.
    pub verdict: Verdict,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Whether learners see it.
    pub published: bool,
    /// Since when there is news.
    pub news_at: DateTime<Utc>,
}

/// The classes of which there is news, the oldest first; at most `limit`.
pub async fn news(db: &impl Read, limit: i64) -> Result<Vec<News>> {
    let rows = db
        .rows(
            "SELECT m.id, m.verdict, m.ends_at, m.news_at, c.course_id, c.published
             FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.news_at IS NOT NULL ORDER BY m.news_at, m.id LIMIT $1",
            params![limit],
        )
        .await?;
    let news = |row: &Row| {
        Ok(News {
            meeting_id: row.id("id")?,
            course_id: row.id("course_id")?,
            verdict: row.get("verdict")?,
            ends_at: row.get("ends_at")?,
            published: row.get("published")?,
            news_at: row.get("news_at")?,
        })
    };
    rows.iter().map(news).collect()
}

/// There is news of a class, in the transaction of its cause.
pub async fn note_news(tx: &Tx, meeting: MeetingId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE meeting SET news_at = $2 WHERE id = $1", params![meeting, at]).await?;
    Ok(())
}

/// There is news of all recorded classes of a conference that ended after `since`: learners see them from now on.
pub async fn note_published(
    tx: &Tx,
    conference: ConferenceId,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql =
        "UPDATE meeting SET news_at = $2 WHERE conference_id = $1 AND verdict = 'recorded' AND ends_at >= $3";
    tx.execute(sql, params![conference, at, since]).await?;
    Ok(())
}

/// There is news of the class of a recording that is shown again.
pub async fn note_shown(
    tx: &Tx,
    recording: ArtifactId,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "UPDATE meeting SET news_at = $2 WHERE verdict = 'recorded' AND ends_at >= $3
               AND id = (SELECT a.meeting_id FROM artifact a WHERE a.id = $1)";
    tx.execute(sql, params![recording, at, since]).await?;
    Ok(())
}

/// The news was told. What came since stays.
pub async fn told_news(tx: &Tx, news: &News) -> Result<()> {
    let sql = "UPDATE meeting SET news_at = NULL WHERE id = $1 AND news_at = $2";
    tx.execute(sql, params![news.meeting_id, news.news_at]).await?;
    Ok(())
}

/// Forgets all news: nobody is told, now or later. Returns how many that were, at most `limit`.
pub async fn forget_news(tx: &Tx, limit: i64, at: DateTime<Utc>) -> Result<u64> {
    let meetings = tx
        .execute(
            "UPDATE meeting SET news_at = NULL WHERE id IN
                 (SELECT id FROM meeting WHERE news_at IS NOT NULL ORDER BY news_at LIMIT $1)",
            params![limit],
        )
        .await?;
    let alerts = tx
        .execute(
            "UPDATE alert SET told_at = $2 WHERE id IN
                 (SELECT id FROM alert WHERE told_at IS NULL AND resolved_at IS NULL ORDER BY id LIMIT $1)",
            params![limit, at],
        )
        .await?;
    Ok(meetings.max(alerts))
}

/// An alert that nobody was told of by mail.
#[derive(Debug, Clone)]
pub struct Untold {
    /// The alert.
    pub alert_id: AlertId,
    /// What is the matter.
    pub kind: AlertKind,
    /// More about it.
    pub detail: String,
    /// The course of its class.
    pub course_id: CourseId,
    /// Scheduled start of the class.
    pub starts_at: DateTime<Utc>,
}

/// The open alerts that nobody was told of by mail; at most `limit`.
pub async fn untold(db: &impl Read, limit: i64) -> Result<Vec<Untold>> {
    let rows = db
        .rows(
            "SELECT a.id, a.kind, a.detail, c.course_id, m.starts_at
             FROM alert a JOIN meeting m ON m.id = a.meeting_id JOIN conference c ON c.id = m.conference_id
             WHERE a.told_at IS NULL AND a.resolved_at IS NULL ORDER BY a.id LIMIT $1",
            params![limit],
        )
        .await?;
    let untold = |row: &Row| {
        Ok(Untold {
            alert_id: row.id("id")?,
            kind: row.get("kind")?,
            detail: row.get("detail")?,
            course_id: row.id("course_id")?,
            starts_at: row.get("starts_at")?,
        })
    };
    rows.iter().map(untold).collect()
}

/// An alert was told by mail.
pub async fn told_alert(tx: &Tx, alert: AlertId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE alert SET told_at = $2 WHERE id = $1", params![alert, at]).await?;
    Ok(())
}

/// A class as a mail says it.
#[derive(Debug, Clone)]
pub struct Class {
    /// The conference.
    pub conference_id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// Short name of its course.
    pub course_code: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it is missing; empty otherwise.
    pub cause: String,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
}

/// The class of a meeting.
pub async fn class(db: &impl Read, meeting: MeetingId) -> Result<Option<Class>> {
    let row = db
        .row(
            "SELECT m.conference_id, m.starts_at, m.ends_at, m.verdict, m.verdict_cause,
                 m.cancelled_at IS NOT NULL AS is_cancelled, c.title, c.time_zone, k.code AS course_code
             FROM meeting m JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id
             WHERE m.id = $1",
            params![meeting],
        )
        .await?;
    let class = |row: Row| {
        Ok(Class {
            conference_id: row.id("conference_id")?,
            title: row.get("title")?,
            time_zone: row.get("time_zone")?,
            course_code: row.get("course_code")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
            verdict: row.get("verdict")?,
            cause: row.get("verdict_cause")?,
            is_cancelled: row.get("is_cancelled")?,
        })
    };
    row.map(class).transpose()
}

/// The class of an alert, what is the matter and more about it, while the alert is open.
pub async fn open_alert(db: &impl Read, alert: AlertId) -> Result<Option<(MeetingId, AlertKind, String)>> {
    let sql = "SELECT meeting_id, kind, detail FROM alert WHERE id = $1 AND resolved_at IS NULL";
    let row = db.row(sql, params![alert]).await?;
    row.map(|row| Ok((row.id("meeting_id")?, row.get("kind")?, row.get("detail")?))).transpose()
}

/// Findings about what signs in at Microsoft, as code and the moment since when.
pub async fn ending_credentials(db: &impl Read, codes: &[&str]) -> Result<Vec<(String, DateTime<Utc>)>> {
    let words: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
    let sql = format!(
        "SELECT code, MIN(since) AS first FROM probe_result
         WHERE severity IS NOT NULL AND since IS NOT NULL AND code IN ({}) GROUP BY code",
        words.join(", ")
    );
    db.rows(&sql, params![]).await?.iter().map(|row| Ok((row.get("code")?, row.get("first")?))).collect()
}

/// The sentences of findings with this code: what is wrong, and its fix.
pub async fn findings_of(db: &impl Read, code: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT message, fix FROM probe_result WHERE severity IS NOT NULL AND code = $1 ORDER BY seq, subject";
    db.rows(sql, params![code]).await?.iter().map(|row| Ok((row.get("message")?, row.get("fix")?))).collect()
}

/// How much work was given up since a moment.
pub async fn given_up_since(db: &impl Read, since: DateTime<Utc>) -> Result<i64> {
    let sql = "SELECT COUNT(*) AS n FROM job WHERE dead_at IS NOT NULL AND dead_at >= $1";
    db.row(sql, params![since]).await?.map_or(Ok(0), |row| row.get("n"))
}
