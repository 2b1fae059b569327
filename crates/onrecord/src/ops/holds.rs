//! Placing and releasing holds. Nothing here or elsewhere overrides one; whoever removes something asks
//! [`crate::store::holds::on`] in the transaction that removes it.

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::json;

use super::actor::Actor;
use super::{Error, FieldError, Result, audit, erasure, say, say_with};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::hold::{Hold, HoldScope, HoldState};
use crate::model::id::HoldId;
use crate::store::holds::{self, Listed, NewHold};

/// Longest reason in characters.
const LONGEST_REASON: usize = 500;

/// What is wanted of a new hold.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is on.
    pub scope: HoldScope,
    /// The id of that.
    pub subject_id: i64,
    /// Why.
    pub reason: String,
    /// From when; now if unsaid.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when; until it is released if unsaid.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Places a hold. Whoever places it owns it.
pub async fn place(app: &App, actor: Actor<'_>, wanted: Wanted) -> Result<Hold> {
    actor.must(app, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let reason = sound_reason(&wanted.reason)?;
    let starts_at = wanted.starts_at.unwrap_or(now);
    for (field, moment) in [("starts_at", Some(starts_at)), ("ends_at", wanted.ends_at)] {
        if moment.is_some_and(|moment| !(1970..=9999).contains(&moment.year())) {
            return Err(Error::invalid(field, say("op-hold-ends")));
        }
    }
    if wanted.ends_at.is_some_and(|end| end <= starts_at || end <= now) {
        return Err(Error::invalid("ends_at", say("op-hold-ends")));
    }
    let tx = app.store.write().await?;
    if !holds::subject_exists(&tx, wanted.scope, wanted.subject_id).await? {
        let scope = say(scope_key(wanted.scope));
        return Err(Error::invalid(
            "subject_id",
            say_with("op-hold-subject", &[("what", scope.into()), ("id", wanted.subject_id.into())]),
        ));
    }
    let new = NewHold {
        scope: wanted.scope,
        subject_id: wanted.subject_id,
        reason,
        owner: actor.id(),
        starts_at,
        ends_at: wanted.ends_at,
    };
    let id = holds::insert(&tx, &new, now).await?;
    let detail = json!({
        "on": format!("{}:{}", wanted.scope, wanted.subject_id), "reason": reason,
        "starts_at": starts_at, "ends_at": wanted.ends_at,
    });
    audit::record(app, &tx, actor.id(), "hold.placed", (format!("hold:{id}"), detail)).await?;
    let hold = holds::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(hold)
}

/// Releases a hold, with a reason. `Conflict` if it was released or has ended.
pub async fn release(app: &App, actor: Actor<'_>, id: HoldId, reason: &str) -> Result<Hold> {
    actor.must(app, GlobalAct::Retain).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let hold = holds::find(&tx, id).await?.ok_or(Error::NotFound)?;
    let reason = sound_reason(reason)?;
    let is_over = matches!(hold.state(now), HoldState::Released | HoldState::Ended);
    if is_over || !holds::release(&tx, id, (actor.id(), reason), now).await? {
        return Err(Error::Conflict(say("op-hold-over")));
    }
    let detail = json!({ "on": format!("{}:{}", hold.scope, hold.subject_id), "reason": reason });
    audit::record(app, &tx, actor.id(), "hold.released", (format!("hold:{id}"), detail)).await?;
    let hold = holds::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    // What a hold blocked goes on now. The hold is released all the same: what fails here is tried again by a duty.
    if let Err(error) = erasure::try_again(app).await {
        tracing::warn!(hold = %id, %error, "a request that the hold blocked could not be carried out yet");
    }
    Ok(hold)
}

/// The newest holds first, for those who oversee the installation.
pub async fn list(app: &App, actor: Actor<'_>, before: Option<HoldId>, limit: i64) -> Result<Vec<Listed>> {
    actor.must(app, GlobalAct::Oversee).await?;
    Ok(holds::list(&app.store, before, limit).await?)
}

/// The word of the catalogue for what a hold is on.
pub fn scope_key(scope: HoldScope) -> &'static str {
    match scope {
        HoldScope::Recording => "hold-recording",
        HoldScope::Conference => "hold-conference",
        HoldScope::Course => "hold-course",
        HoldScope::Person => "hold-person",
    }
}

/// A reason that stands in the audit, as people write one: not empty, not too long, without control characters.
pub(super) fn sound_reason(reason: &str) -> Result<&str> {
    sound_words(reason, "op-reason-missing")
}

/// The same for words that stand elsewhere; `missing` is the sentence of the catalogue for empty ones.
pub(super) fn sound_words<'a>(words: &'a str, missing: &str) -> Result<&'a str> {
    let reason = words.trim();
    let wrong = if reason.is_empty() {
        say(missing)
    } else if reason.chars().count() > LONGEST_REASON {
        say_with("op-at-most", &[("most", LONGEST_REASON.into())])
    } else if reason.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        say("op-no-control")
    } else {
        return Ok(reason);
    };
    Err(Error::Invalid(vec![FieldError::new("reason", wrong)]))
}
