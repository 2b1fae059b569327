//! Tables `mail`, `mail_choice` and `mail_round`: what people are to be told, how fast they want it, and which of the
//! periodic mails were made. A row is unique per person, kind and subject: that is what makes a mail come once.

pub mod queue;
pub mod sources;

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::UserId;
use crate::model::mail::{Dropped, Mail, MailKind, Pace};
use crate::params;

fn mail(row: &Row) -> Result<Mail> {
    Ok(Mail {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        queued_at: row.get("queued_at")?,
        due_at: row.get("due_at")?,
        letter: row.get("letter")?,
    })
}

const COLUMNS: &str = "id, user_id, kind, subject, queued_at, due_at, letter";

/// What is due to a person and was neither sent nor dropped: what was begun first, then the oldest; at most `limit`.
pub async fn due(db: &impl Read, user: UserId, now: DateTime<Utc>, limit: i64) -> Result<Vec<Mail>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail WHERE user_id = $1 AND due_at <= $2 AND sent_at IS NULL AND dropped_at IS NULL
         ORDER BY CASE WHEN letter IS NULL THEN 1 ELSE 0 END, id LIMIT $3"
    );
    db.rows(&sql, params![user, now, limit]).await?.iter().map(mail).collect()
}

/// Binds a mail to the letter in which it goes out, before that is sent for the first time.
pub async fn bind(tx: &Tx, mail: &Mail, letter: &str) -> Result<()> {
    tx.execute("UPDATE mail SET letter = $2 WHERE id = $1", params![mail.id, letter]).await?;
    Ok(())
}

/// Puts a mail off.
pub async fn put_off(tx: &Tx, mail: &Mail, until: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE mail SET due_at = $2 WHERE id = $1", params![mail.id, until]).await?;
    Ok(())
}

/// The letter was taken.
pub async fn sent(tx: &Tx, letter: &str, at: DateTime<Utc>) -> Result<u64> {
    let sql = "UPDATE mail SET sent_at = $2, error = '' WHERE letter = $1 AND sent_at IS NULL AND dropped_at IS NULL";
    tx.execute(sql, params![letter, at]).await
}

/// The letter could not be sent for now.
pub async fn failed(tx: &Tx, letter: &str, error: &str) -> Result<()> {
    let sql = "UPDATE mail SET error = $2 WHERE letter = $1 AND sent_at IS NULL AND dropped_at IS NULL";
    tx.execute(sql, params![letter, error]).await?;
    Ok(())
}

/// A mail will not be sent. False if it was sent or dropped already.
pub async fn drop(tx: &Tx, mail: &Mail, why: Dropped, error: &str, at: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE mail SET dropped_at = $2, dropped_because = $3, error = $4
               WHERE id = $1 AND sent_at IS NULL AND dropped_at IS NULL";
    Ok(tx.execute(sql, params![mail.id, at, why, error]).await? > 0)
}

/// Nothing is sent any more: what waits is dropped. Returns how many that were.
pub async fn drop_all(tx: &Tx, at: DateTime<Utc>) -> Result<u64> {
    let sql =
        "UPDATE mail SET dropped_at = $1, dropped_because = $2 WHERE sent_at IS NULL AND dropped_at IS NULL";
    tx.execute(sql, params![at, Dropped::SwitchedOff]).await
}

/// Forgets mails that were sent or dropped before `before`; at most `limit` of each. Returns how many that were.
pub async fn forget_older(tx: &Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    let mut forgotten = 0;
    for column in ["sent_at", "dropped_at"] {
        let sql = format!(
            "DELETE FROM mail WHERE id IN
                 (SELECT id FROM mail WHERE {column} IS NOT NULL AND {column} < $1 ORDER BY {column} LIMIT $2)"
        );
        forgotten += tx.execute(&sql, params![before, limit]).await?;
    }
    Ok(forgotten)
}

/// Whether anything is so old that it may be forgotten.
pub async fn any_older(db: &impl Read, before: DateTime<Utc>) -> Result<bool> {
    let sql = "SELECT (SELECT MIN(sent_at) FROM mail WHERE sent_at IS NOT NULL) AS sent,
                      (SELECT MIN(dropped_at) FROM mail WHERE dropped_at IS NOT NULL) AS dropped";
    let Some(row) = db.row(sql, params![]).await? else { return Ok(false) };
    let oldest = [row.get::<Option<DateTime<Utc>>>("sent")?, row.get("dropped")?];
    Ok(oldest.into_iter().flatten().any(|at| at < before))
}

/// Whether anything waits.
pub async fn any_waiting(db: &impl Read) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM mail WHERE sent_at IS NULL AND dropped_at IS NULL LIMIT 1";
    Ok(db.row(sql, params![]).await?.is_some())
}

/// The people to whom something is due that no work will send: none waits or runs, and none was given up since.
pub async fn people_due(db: &impl Read, now: DateTime<Utc>, limit: i64) -> Result<Vec<UserId>> {
    let rows = db
        .rows(
            "SELECT DISTINCT m.user_id FROM mail m
             WHERE m.sent_at IS NULL AND m.dropped_at IS NULL AND m.due_at <= $1
               AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'mail' AND j.subject = 'user:' || m.user_id
                                 AND (j.dead_at IS NULL OR j.dead_at >= m.queued_at))
             LIMIT $2",
            params![now, limit],
        )
        .await?;
    rows.iter().map(|row| row.id("user_id")).collect()
}

/// What a person chose, by kind.
pub async fn choices(db: &impl Read, user: UserId) -> Result<Vec<(MailKind, Pace)>> {
    let rows = db.rows("SELECT kind, pace FROM mail_choice WHERE user_id = $1", params![user]).await?;
    rows.iter().map(|row| Ok((row.get("kind")?, row.get("pace")?))).collect()
}

/// Keeps a choice. False if it was this already.
pub async fn choose(
    tx: &Tx,
    user: UserId,
    (kind, pace): (MailKind, Pace),
    at: DateTime<Utc>,
) -> Result<bool> {
    let sql = "INSERT INTO mail_choice (user_id, kind, pace, chosen_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (user_id, kind) DO UPDATE SET pace = excluded.pace, chosen_at = excluded.chosen_at
               WHERE mail_choice.pace <> excluded.pace";
    Ok(tx.execute(sql, params![user, kind, pace, at]).await? > 0)
}

/// Whether somebody was to be told this already.
pub async fn was_told(db: &impl Read, kind: MailKind, subject: &str) -> Result<bool> {
    let sql = "SELECT 1 AS one FROM mail WHERE kind = $1 AND subject = $2 LIMIT 1";
    Ok(db.row(sql, params![kind, subject]).await?.is_some())
}

/// Which of a periodic kind was made last.
pub async fn last_round(db: &impl Read, kind: MailKind) -> Result<Option<String>> {
    let row = db.row("SELECT subject FROM mail_round WHERE kind = $1", params![kind]).await?;
    row.map(|row| row.get("subject")).transpose()
}

/// Notes that this one was made, also where there was nothing to tell.
pub async fn put_round(tx: &Tx, kind: MailKind, subject: &str, at: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT INTO mail_round (kind, subject, made_at) VALUES ($1, $2, $3)
               ON CONFLICT (kind) DO UPDATE SET subject = excluded.subject, made_at = excluded.made_at";
    tx.execute(sql, params![kind, subject, at]).await?;
    Ok(())
}

/// How it stands with mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Wait for their time.
    pub waiting: i64,
    /// Are due and were tried without success.
    pub failing: i64,
    /// Sent since the moment asked for.
    pub sent: i64,
    /// Not sent after all, since the same moment.
    pub dropped: i64,
}

/// How it stands with mail, counted since `since`.
pub async fn standing(db: &impl Read, since: DateTime<Utc>) -> Result<Standing> {
    let row = db
        .row(
            "SELECT (SELECT COUNT(*) FROM mail WHERE sent_at IS NULL AND dropped_at IS NULL) AS waiting,
                    (SELECT COUNT(*) FROM mail WHERE sent_at IS NULL AND dropped_at IS NULL AND error <> '') AS failing,
                    (SELECT COUNT(*) FROM mail WHERE sent_at IS NOT NULL AND sent_at >= $1) AS sent,
                    (SELECT COUNT(*) FROM mail WHERE dropped_at IS NOT NULL AND dropped_at >= $1) AS dropped",
            params![since],
        )
        .await?;
    row.map_or(Ok(Standing::default()), |row| {
        Ok(Standing {
            waiting: row.get("waiting")?,
            failing: row.get("failing")?,
            sent: row.get("sent")?,
            dropped: row.get("dropped")?,
        })
    })
}

/// A mail as the page about mail shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The mail.
    pub mail: Mail,
    /// To whom.
    pub email: String,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was dropped.
    pub dropped_at: Option<DateTime<Utc>>,
    /// Why, as a fixed word; empty otherwise.
    pub dropped_because: String,
    /// What went wrong last; empty when nothing did.
    pub error: String,
}

/// The newest mails, those that fail first; at most `limit`.
pub async fn newest(db: &impl Read, limit: i64) -> Result<Vec<Shown>> {
    let rows = db
        .rows(
            "SELECT m.id, m.user_id, m.kind, m.subject, m.queued_at, m.due_at, m.letter, m.sent_at, m.dropped_at,
                 m.dropped_because, m.error, u.email
             FROM mail m JOIN \"user\" u ON u.id = m.user_id ORDER BY m.id DESC LIMIT $1",
            params![limit],
        )
        .await?;
    let shown = |row: &Row| {
        Ok(Shown {
            mail: mail(row)?,
            email: row.get("email")?,
            sent_at: row.get("sent_at")?,
            dropped_at: row.get("dropped_at")?,
            dropped_because: row.get("dropped_because")?,
            error: row.get("error")?,
        })
    };
    rows.iter().map(shown).collect()
}

/// What went wrong with what still waits, and how often; at most `limit`.
pub async fn errors(db: &impl Read, limit: i64) -> Result<Vec<(String, i64)>> {
    let sql =
        "SELECT error, COUNT(*) AS n FROM mail WHERE sent_at IS NULL AND dropped_at IS NULL AND error <> ''
               GROUP BY error ORDER BY COUNT(*) DESC, error LIMIT $1";
    db.rows(sql, params![limit]).await?.iter().map(|row| Ok((row.get("error")?, row.get("n")?))).collect()
}
