//! Table `web_session`, and the one question of every request: whose cookie or token is this? A disabled person,
//! an expired session and a revoked token are all nobody.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::access::{Scope, Viewer};
use crate::model::id::{ApiTokenId, UserId};
use crate::params;

/// A session ends this long after sign-in.
pub const LIFE: TimeDelta = TimeDelta::days(30);

/// A session ends when it was not used for this long.
pub const IDLE: TimeDelta = TimeDelta::days(7);

/// Who a cookie or token belongs to.
#[derive(Debug, Clone)]
pub struct Known {
    /// The person, with the scope of what they use.
    pub viewer: Viewer,
    /// The theme they chose; `None`: the device decides.
    pub theme: Option<String>,
    /// Whether they teach at least one course now.
    pub teaches: bool,
    /// When the session or token was last noted as used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The token, unless it is a session.
    pub token: Option<ApiTokenId>,
}

/// Columns of the person, for both questions; `$2` is now, `$3` today.
const PERSON: &str = "u.id AS user_id, u.email, u.name, u.role, u.language, u.theme,
     EXISTS (SELECT 1 FROM enrolment n WHERE n.user_id = u.id AND n.role = 'instructor'
         AND (n.ends_on IS NULL OR n.ends_on >= $3)) AS teaches";

fn known(row: &Row, scope: Scope, token: Option<ApiTokenId>) -> Result<Known> {
    Ok(Known {
        viewer: Viewer {
            user_id: row.id("user_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            language: row.get("language")?,
            role: row.get("role")?,
            scope,
        },
        theme: row.get("theme")?,
        teaches: row.get("teaches")?,
        last_used_at: row.get("last_used_at")?,
        token,
    })
}

/// The person of a session cookie, if it is good at `now`.
pub async fn of_session(db: &impl Read, token_hash: &str, now: DateTime<Utc>) -> Result<Option<Known>> {
    let sql = format!(
        "SELECT {PERSON}, s.last_seen_at AS last_used_at FROM web_session s
         JOIN \"user\" u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND u.disabled_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $4"
    );
    let row = db.row(&sql, params![token_hash, now, now.date_naive(), now - IDLE]).await?;
    row.as_ref().map(|row| known(row, Scope::Admin, None)).transpose()
}

/// The person of an API token, if it is good at `now`.
pub async fn of_token(db: &impl Read, token_hash: &str, now: DateTime<Utc>) -> Result<Option<Known>> {
    let sql = format!(
        "SELECT {PERSON}, k.last_used_at, k.id AS token_id, k.scope FROM api_token k
         JOIN \"user\" u ON u.id = k.user_id
         WHERE k.token_hash = $1 AND u.disabled_at IS NULL AND k.revoked_at IS NULL AND k.expires_at > $2"
    );
    let row = db.row(&sql, params![token_hash, now, now.date_naive()]).await?;
    row.as_ref().map(|row| known(row, row.get("scope")?, Some(row.id("token_id")?))).transpose()
}

/// Writes a session that begins at `now`.
pub async fn insert(tx: &Tx, token_hash: &str, user: UserId, now: DateTime<Utc>) -> Result<()> {
    tx.execute(
        "INSERT INTO web_session (token_hash, user_id, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $3, $4)",
        params![token_hash, user, now, now + LIFE],
    )
    .await?;
    tx.execute("UPDATE \"user\" SET last_seen_at = $2 WHERE id = $1", params![user, now]).await?;
    Ok(())
}

/// Notes that a known session or token was used at `now`.
pub async fn touch(tx: &Tx, token_hash: &str, known: &Known, now: DateTime<Utc>) -> Result<()> {
    let person = "UPDATE \"user\" SET last_seen_at = $2 WHERE id = $1";
    tx.execute(person, params![known.viewer.user_id, now]).await?;
    let (sql, what) = match known.token {
        Some(id) => ("UPDATE api_token SET last_used_at = $2 WHERE id = $1", params![id, now]),
        None => ("UPDATE web_session SET last_seen_at = $2 WHERE token_hash = $1", params![token_hash, now]),
    };
    tx.execute(sql, what).await?;
    Ok(())
}

/// Ends one session and returns whose it was, if there was one.
pub async fn end(tx: &Tx, token_hash: &str) -> Result<Option<UserId>> {
    let sql = "DELETE FROM web_session WHERE token_hash = $1 RETURNING user_id";
    tx.row(sql, params![token_hash]).await?.map(|row| row.id("user_id")).transpose()
}

/// Ends all sessions of a person, except the one with this hash, and returns how many.
pub async fn end_others(tx: &Tx, user: UserId, except: Option<&str>) -> Result<u64> {
    let sql = "DELETE FROM web_session WHERE user_id = $1 AND token_hash <> $2";
    tx.execute(sql, params![user, except.unwrap_or_default()]).await
}

/// Removes sessions that ended before `now`.
pub async fn sweep(tx: &Tx, now: DateTime<Utc>) -> Result<u64> {
    let sql = "DELETE FROM web_session WHERE expires_at <= $1 OR last_seen_at <= $2";
    tx.execute(sql, params![now, now - IDLE]).await
}
