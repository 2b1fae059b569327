//! Table `one_time_link`: links that set a password, once.

use chrono::{DateTime, Utc};

use super::{Read, Result, Tx};
use crate::model::id::{OneTimeLinkId, UserId};
use crate::params;

/// Writes a link and returns its id. Earlier unused links of the person end with it.
pub async fn insert(
    tx: &Tx,
    user: UserId,
    token_hash: &str,
    by: Option<UserId>,
    (at, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<OneTimeLinkId> {
    let end =
        "UPDATE one_time_link SET expires_at = $2 WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";
    tx.execute(end, params![user, at]).await?;
    tx.insert(
        "INSERT INTO one_time_link (user_id, token_hash, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5) RETURNING id",
        params![user, token_hash, by, at, expires_at],
    )
    .await
}

/// Ends all unused links of a person.
pub async fn end_all(tx: &Tx, user: UserId, at: DateTime<Utc>) -> Result<()> {
    let sql = "UPDATE one_time_link SET expires_at = $2
         WHERE user_id = $1 AND used_at IS NULL AND expires_at > $2";
    tx.execute(sql, params![user, at]).await?;
    Ok(())
}

/// Whose link this is, if it is still good at `now`.
pub async fn owner(db: &impl Read, token_hash: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
    let sql = "SELECT l.user_id FROM one_time_link l JOIN \"user\" u ON u.id = l.user_id
         WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND u.disabled_at IS NULL";
    db.row(sql, params![token_hash, now]).await?.map(|row| row.id("user_id")).transpose()
}

/// Uses the link up and returns whose it was; `None` if it was no longer good. Of two at once one gets it.
pub async fn spend(tx: &Tx, token_hash: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
    let sql = "UPDATE one_time_link SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
           AND EXISTS (SELECT 1 FROM \"user\" u WHERE u.id = one_time_link.user_id AND u.disabled_at IS NULL)
         RETURNING user_id";
    tx.row(sql, params![token_hash, now]).await?.map(|row| row.id("user_id")).transpose()
}
