//! API tokens: made once, shown once, and never more than the rights of the person they belong to.

use chrono::TimeDelta;
use serde_json::json;

use super::actor::Actor;
use super::{Error, FieldError, Result, audit, rights, say, say_with};
use crate::app::App;
use crate::model::access::{ApiToken, Decision, GlobalAct, Scope, decide_global};
use crate::model::id::{ApiTokenId, UserId};
use crate::secrets::{hash_token, random_token};
use crate::store::{tokens, users};

/// Days a token is good unless asked otherwise.
pub const DAYS: i64 = 90;

/// The longest life of a token in days.
const DAYS_MOST: i64 = 3_650;

/// Every token begins so, for scanners of leaked secrets.
const PREFIX: &str = "onr_";

/// A token as wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose rights it carries.
    pub user: UserId,
    /// What it may do at most.
    pub scope: Scope,
    /// How many days it is good.
    pub days: i64,
    /// What it is for.
    pub name: String,
}

/// Makes a token and returns it with its value, which is nowhere kept. A viewer makes tokens for themselves only, and
/// none that may do more than what they use themselves.
pub async fn create(app: &App, actor: Actor<'_>, wanted: Wanted) -> Result<(ApiToken, String)> {
    if let Actor::Viewer(viewer) = actor {
        let may =
            viewer.user_id == wanted.user && viewer.scope >= Scope::Write && wanted.scope <= viewer.scope;
        let decision = if may { Decision::Allowed } else { Decision::Forbidden };
        rights::settle(app, viewer, &format!("user:{}", wanted.user), decision).await?;
    }
    let name = wanted.name.trim().to_owned();
    check(&name, wanted.days)?;
    let value = format!("{PREFIX}{}", random_token()?);
    let now = app.clock.now();
    let new = tokens::NewToken {
        user_id: wanted.user,
        token_hash: hash_token(&value),
        name,
        scope: wanted.scope,
        expires_at: now + TimeDelta::days(wanted.days),
    };
    let tx = app.store.write().await?;
    let user = users::lock(&tx, wanted.user).await?.ok_or(Error::NotFound)?;
    if user.disabled_at.is_some() {
        return Err(Error::Conflict(say("op-person-disabled")));
    }
    let id = tokens::insert(&tx, &new, now).await?;
    let detail =
        json!({ "user_id": wanted.user, "scope": new.scope, "name": new.name, "expires_at": new.expires_at });
    audit::record(app, &tx, actor.id(), "token.created", (format!("token:{id}"), detail)).await?;
    let token = tokens::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok((token, value))
}

fn check(name: &str, days: i64) -> Result<()> {
    let mut errors = Vec::new();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        errors.push(FieldError::new("name", say("op-token-name")));
    }
    if !(1..=DAYS_MOST).contains(&days) {
        errors
            .push(FieldError::new("expires_days", say_with("op-days-from-1", &[("most", DAYS_MOST.into())])));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Ends a token at once. One's own, or as an admin anybody's; another's is `NotFound`. Twice is no error.
pub async fn revoke(app: &App, actor: Actor<'_>, id: ApiTokenId) -> Result<ApiToken> {
    let tx = app.store.write().await?;
    let token = tokens::find(&tx, id).await?.ok_or(Error::NotFound)?;
    if let Actor::Viewer(viewer) = actor {
        let own = viewer.user_id == token.user_id;
        let admin = decide_global(viewer, GlobalAct::Administer) == Decision::Allowed;
        if !own && !admin {
            return Err(Error::NotFound);
        }
        if viewer.scope < Scope::Write {
            return Err(Error::Denied(say("op-token-reads")));
        }
    }
    if tokens::revoke(&tx, id, app.clock.now()).await? {
        let about = (format!("token:{id}"), json!({ "name": token.name, "user_id": token.user_id }));
        audit::record(app, &tx, actor.id(), "token.revoked", about).await?;
    }
    let token = tokens::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(token)
}
