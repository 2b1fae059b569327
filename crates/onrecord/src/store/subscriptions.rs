//! Table `subscription`: what Microsoft was asked to tell us, and how that stands.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::id::{IntegrationId, MeetingId, SubscriptionId};
use crate::model::integration::SyncKind;
use crate::model::subscription::{Subscription, SubscriptionKind};
use crate::params;

const COLUMNS: &str = "id, integration_id, kind, owner, organizer, made_by, address, graph_id,
     client_state_hash, expires_at, due_at, attempts, error, heard_at,
     made_at, unreachable_at";

fn subscription(row: &Row) -> Result<Subscription> {
    Ok(Subscription {
        id: row.id("id")?,
        integration_id: row.id("integration_id")?,
        kind: row.get("kind")?,
        owner: row.get("owner")?,
        organizer: row.get("organizer")?,
        made_by: row.get("made_by")?,
        address: row.get("address")?,
        graph_id: row.get("graph_id")?,
        client_state_hash: row.get("client_state_hash")?,
        expires_at: row.get("expires_at")?,
        due_at: row.get("due_at")?,
        attempts: row.get("attempts")?,
        error: row.get("error")?,
        heard_at: row.get("heard_at")?,
        made_at: row.get("made_at")?,
        unreachable_at: row.get("unreachable_at")?,
    })
}

/// Every subscription of an integration, in the order in which they were wanted.
pub async fn of_integration(db: &impl Read, id: IntegrationId) -> Result<Vec<Subscription>> {
    let sql = format!("SELECT {COLUMNS} FROM subscription WHERE integration_id = $1 ORDER BY id");
    db.rows(&sql, params![id]).await?.iter().map(subscription).collect()
}

/// The subscription that a notification names: by Graph's id, or, while it is being made and that id is not known
/// yet, by the hash of its client state. The caller still has to check the client state.
pub async fn named(db: &impl Read, graph_id: &str, state_hash: &str) -> Result<Option<Subscription>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM subscription
         WHERE graph_id = $1 OR (graph_id IS NULL AND client_state_hash = $2) LIMIT 1"
    );
    db.row(&sql, params![graph_id, state_hash]).await?.as_ref().map(subscription).transpose()
}

/// Writes a subscription that is wanted, to be made at once. One that is there already stays as it is.
pub async fn want(
    tx: &Tx,
    integration: IntegrationId,
    (kind, owner, organizer): (SubscriptionKind, &str, &str),
    at: DateTime<Utc>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO subscription (integration_id, kind, owner, organizer, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (integration_id, kind, owner) DO NOTHING",
        params![integration, kind, owner, organizer, at],
    )
    .await?;
    Ok(())
}

/// What is written before Microsoft is asked to make a subscription: it may tell something before it answers.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// SHA-256 of the client state.
    pub state_hash: &'a str,
    /// Tenant and app.
    pub made_by: &'a str,
    /// Where it is told to call.
    pub address: &'a str,
    /// When it is tried again if nothing more is heard of this attempt.
    pub again_at: DateTime<Utc>,
}

/// Notes that a subscription is about to be made.
pub async fn begin(tx: &Tx, id: SubscriptionId, new: Beginning<'_>) -> Result<()> {
    tx.execute(
        "UPDATE subscription SET client_state_hash = $2, made_by = $3, address = $4, due_at = $5,
             graph_id = NULL, expires_at = NULL WHERE id = $1",
        params![id, new.state_hash, new.made_by, new.address, new.again_at],
    )
    .await?;
    Ok(())
}

/// Notes that a subscription was made or renewed.
pub async fn live(
    tx: &Tx,
    id: SubscriptionId,
    graph_id: &str,
    (expires_at, due_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    tx.execute(
        "UPDATE subscription SET graph_id = $2, expires_at = $3, due_at = $4, attempts = 0, error = NULL
         WHERE id = $1",
        params![id, graph_id, expires_at, due_at],
    )
    .await?;
    Ok(())
}

/// Notes that Microsoft has just made a subscription: our address answered.
pub async fn made(tx: &Tx, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE subscription SET made_at = $2, unreachable_at = NULL WHERE id = $1";
    tx.execute(sql, params![id, at]).await?;
    Ok(())
}

/// Notes that our address did not answer Microsoft, so that nothing was made; since when stays.
pub async fn unreachable(tx: &Tx, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE subscription SET unreachable_at = COALESCE(unreachable_at, $2), client_state_hash = ''
         WHERE id = $1";
    tx.execute(sql, params![id, at]).await?;
    Ok(())
}

/// Notes that a subscription could not be made or renewed, and when it is tried again.
pub async fn failed(tx: &Tx, id: SubscriptionId, error: &str, due_at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE subscription SET error = $2, due_at = $3, attempts = attempts + 1 WHERE id = $1";
    tx.execute(sql, params![id, error, due_at]).await?;
    Ok(())
}

/// Notes that Microsoft knows a subscription no more; it is to be made anew at once.
pub async fn lost(tx: &Tx, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "UPDATE subscription SET graph_id = NULL, expires_at = NULL, client_state_hash = '', due_at = $2
         WHERE id = $1",
        params![id, at],
    )
    .await?;
    Ok(())
}

/// Has a subscription renewed at once.
pub async fn hurry(tx: &Tx, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE subscription SET due_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

/// Notes that a subscription has told something.
pub async fn heard(tx: &Tx, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    tx.execute("UPDATE subscription SET heard_at = $2 WHERE id = $1", params![id, at]).await?;
    Ok(())
}

/// Removes a subscription that is not wanted any more.
pub async fn remove(tx: &Tx, id: SubscriptionId) -> Result<()> {
    tx.execute("DELETE FROM subscription WHERE id = $1", params![id]).await?;
    Ok(())
}

/// How all subscriptions stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// Wanted.
    pub wanted: i64,
    /// Through which Microsoft tells us now.
    pub live: i64,
    /// When anything was last told.
    pub heard_at: Option<DateTime<Utc>>,
}

/// How all subscriptions stand.
pub async fn sum(db: &impl Read, now: DateTime<Utc>) -> Result<Sum> {
    let row = db
        .row(
            "SELECT COUNT(*) AS wanted,
                 COUNT(CASE WHEN graph_id IS NOT NULL AND expires_at > $1 THEN 1 END) AS live,
                 MAX(heard_at) AS heard_at FROM subscription",
            params![now],
        )
        .await?;
    let Some(row) = row else { return Ok(Sum::default()) };
    Ok(Sum { wanted: row.get("wanted")?, live: row.get("live")?, heard_at: row.get("heard_at")? })
}

/// Why subscriptions could not be made or renewed, each reason once with how many it holds up.
pub async fn troubles(db: &impl Read) -> Result<Vec<(SubscriptionKind, String, i64)>> {
    let rows = db
        .rows(
            "SELECT kind, error, COUNT(*) AS n FROM subscription WHERE error IS NOT NULL
             GROUP BY kind, error ORDER BY kind, error LIMIT 20",
            params![],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("kind")?, row.get("error")?, row.get("n")?))).collect()
}

/// The chat of a class that is on or about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatOfClass {
    /// The chat's thread id.
    pub thread: String,
    /// The organizer's object id.
    pub organizer: String,
    /// What is not fetched in its course.
    pub kinds_off: Vec<SyncKind>,
}

/// The stretch in which a class counts as on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// It begins by then.
    pub begun_by: DateTime<Utc>,
    /// It has not ended then.
    pub now: DateTime<Utc>,
    /// Or it was watched and ended after this: whether its call goes on is being read.
    pub just_ended_after: DateTime<Utc>,
    /// Or its call goes on, and it ended after this.
    pub overtime_after: DateTime<Utc>,
}

/// The chats of an integration's classes that are on or about to begin.
pub async fn chats_of_classes_on(
    db: &impl Read,
    integration: IntegrationId,
    stretch: Stretch,
) -> Result<Vec<ChatOfClass>> {
    let Stretch { begun_by, now, just_ended_after, overtime_after } = stretch;
    let rows = db
        .rows(
            "SELECT m.chat_thread_id, m.organizer_id, k.kinds_off FROM meeting m
             JOIN conference c ON c.id = m.conference_id JOIN course k ON k.id = c.course_id
             WHERE m.settled_at IS NULL AND m.cancelled_at IS NULL AND m.ends_at > $4 AND m.starts_at <= $2
               AND (m.ends_at > $3 OR m.guard_at IS NOT NULL OR (m.watched_at IS NOT NULL AND m.ends_at > $5))
               AND c.integration_id = $1 AND m.chat_thread_id IS NOT NULL AND m.organizer_id IS NOT NULL
             ORDER BY m.starts_at, m.id",
            params![integration, begun_by, now, overtime_after, just_ended_after],
        )
        .await?;
    let chat = |row: &Row| {
        Ok(ChatOfClass {
            thread: row.get("chat_thread_id")?,
            organizer: row.get("organizer_id")?,
            kinds_off: row.json("kinds_off")?,
        })
    };
    rows.iter().map(chat).collect()
}

/// A class whose chat tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassOfChat {
    /// The meeting.
    pub id: MeetingId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When its chat was last read while it was on.
    pub watched_at: Option<DateTime<Utc>>,
}

/// The classes of a chat that begin until the first moment and ended after the second, if they did.
pub async fn classes_of_chat(
    db: &impl Read,
    (integration, thread): (IntegrationId, &str),
    (begun_by, ends_after): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<ClassOfChat>> {
    let rows = db
        .rows(
            "SELECT m.id, m.starts_at, m.watched_at FROM meeting m JOIN conference c ON c.id = m.conference_id
             WHERE m.settled_at IS NULL AND m.cancelled_at IS NULL AND m.ends_at > $4 AND m.starts_at <= $3
               AND m.chat_thread_id = $2 AND c.integration_id = $1 ORDER BY m.id",
            params![integration, thread, begun_by, ends_after],
        )
        .await?;
    let class = |row: &Row| {
        Ok(ClassOfChat {
            id: row.id("id")?,
            starts_at: row.get("starts_at")?,
            watched_at: row.get("watched_at")?,
        })
    };
    rows.iter().map(class).collect()
}

/// Whether an artifact that Microsoft tells of is here already, with its file or text, in a class that is settled.
pub async fn is_settled(db: &impl Read, integration: IntegrationId, graph_id: &str) -> Result<bool> {
    let row = db
        .row(
            "SELECT a.id FROM artifact a JOIN meeting m ON m.id = a.meeting_id
             WHERE a.integration_id = $1 AND a.graph_id = $2 AND m.settled_at IS NOT NULL",
            params![integration, graph_id],
        )
        .await?;
    Ok(row.is_some())
}
