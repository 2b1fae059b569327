//! Table `api_token`. Only a token's hash is kept.

use chrono::{DateTime, Utc};

use super::{Read, Result, Row, Tx};
use crate::model::access::{ApiToken, Scope};
use crate::model::id::{ApiTokenId, UserId};
use crate::params;

const SELECT: &str =
    "SELECT k.id, k.user_id, u.email, k.name, k.scope, k.created_at, k.expires_at, k.last_used_at,
     k.revoked_at FROM api_token k JOIN \"user\" u ON u.id = k.user_id";

fn token(row: &Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        scope: row.get("scope")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

/// A new token as its row is written.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Whose rights it carries.
    pub user_id: UserId,
    /// SHA-256 of the token.
    pub token_hash: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Writes a token and returns its id.
pub async fn insert(tx: &Tx, new: &NewToken, at: DateTime<Utc>) -> Result<ApiTokenId> {
    tx.insert(
        "INSERT INTO api_token (user_id, token_hash, name, scope, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        params![new.user_id, new.token_hash, new.name, new.scope, at, new.expires_at],
    )
    .await
}

/// The token, if there is one.
pub async fn find(db: &impl Read, id: ApiTokenId) -> Result<Option<ApiToken>> {
    let sql = format!("{SELECT} WHERE k.id = $1");
    db.row(&sql, params![id]).await?.as_ref().map(token).transpose()
}

/// Tokens, newest first: of one person or of all, older than the token `before`; at most `limit`.
pub async fn list(
    db: &impl Read,
    user: Option<UserId>,
    before: Option<ApiTokenId>,
    limit: i64,
) -> Result<Vec<ApiToken>> {
    let sql = format!("{SELECT} WHERE ($1 = 0 OR k.user_id = $1) AND k.id < $2 ORDER BY k.id DESC LIMIT $3");
    let before = before.unwrap_or(ApiTokenId(i64::MAX));
    db.rows(&sql, params![user.unwrap_or(UserId(0)), before, limit]).await?.iter().map(token).collect()
}

/// Ends a token. False if it had ended by revocation before.
pub async fn revoke(tx: &Tx, id: ApiTokenId, at: DateTime<Utc>) -> Result<bool> {
    let sql = "UPDATE api_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.execute(sql, params![id, at]).await? == 1)
}

/// Ends all tokens of a person and returns how many.
pub async fn revoke_all(tx: &Tx, user: UserId, at: DateTime<Utc>) -> Result<u64> {
    let sql = "UPDATE api_token SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
    tx.execute(sql, params![user, at]).await
}
