//! Retention: writing policies, saying why something is kept, and running them. The rules themselves are in
//! `model/retention.rs`.

use std::collections::HashMap;

use chrono::Datelike as _;
use serde_json::json;

mod pages;
mod plan;
mod run;
pub(crate) mod warn;
pub mod words;

use super::actor::Actor;
use super::{Error, FieldError, Result, audit, bin, say, say_with};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ArtifactId, MeetingId, RetentionPolicyId};
use crate::model::retention::{self as rules, CountedFrom, Policy};
use crate::store::retention::runs::{Item, Run};
use crate::store::retention::{self, runs, things};
use crate::store::{self, holds};
use crate::text::Text;

pub use run::{Changes, Report, daily, dry_run, report, run};

/// Longest name of a policy in characters.
const LONGEST_NAME: usize = 120;

/// The most days that a policy counts: a hundred years.
const MOST_DAYS: i64 = 36_500;

/// The policies in force, for those who oversee the installation.
pub async fn list(app: &App, actor: Actor<'_>) -> Result<Vec<Policy>> {
    actor.must(app, GlobalAct::Oversee).await?;
    Ok(retention::in_force(&app.store).await?)
}

/// Writes a policy. It acts at the next run. `wanted.id` is not read.
pub async fn create(app: &App, actor: Actor<'_>, wanted: Policy) -> Result<Policy> {
    actor.must(app, GlobalAct::Retain).await?;
    let new = sound(wanted)?;
    let tx = app.store.write().await?;
    let id = retention::insert(&tx, &new, actor.id(), app.clock.now()).await.map_err(no_course)?;
    let new = Policy { id, ..new };
    let about = (subject(id), detail(&new));
    audit::record(app, &tx, actor.id(), "retention.policy_written", about).await?;
    tx.commit().await?;
    Ok(new)
}

/// Rewrites a policy; `wanted.id` is not read. `NotFound` if it is not in force.
pub async fn change(app: &App, actor: Actor<'_>, id: RetentionPolicyId, wanted: Policy) -> Result<Policy> {
    actor.must(app, GlobalAct::Retain).await?;
    let tx = app.store.write().await?;
    retention::find(&tx, id).await?.ok_or(Error::NotFound)?;
    let new = sound(Policy { id, ..wanted })?;
    if !retention::update(&tx, &new, app.clock.now()).await.map_err(no_course)? {
        return Err(Error::NotFound);
    }
    audit::record(app, &tx, actor.id(), "retention.policy_changed", (subject(id), detail(&new))).await?;
    tx.commit().await?;
    Ok(new)
}

/// Ends a policy: from now on it neither removes nor keeps anything. `NotFound` if it is not in force.
pub async fn end(app: &App, actor: Actor<'_>, id: RetentionPolicyId) -> Result<()> {
    actor.must(app, GlobalAct::Retain).await?;
    let tx = app.store.write().await?;
    if !retention::end(&tx, id, app.clock.now()).await? {
        return Err(Error::NotFound);
    }
    audit::record(app, &tx, actor.id(), "retention.policy_ended", (subject(id), json!({}))).await?;
    Ok(tx.commit().await?)
}

/// What a run would do if this policy were in force, instead of the one with this id, or besides the others. Changes
/// nothing.
pub async fn preview(
    app: &App,
    actor: Actor<'_>,
    (id, wanted): (Option<RetentionPolicyId>, Policy),
) -> Result<Vec<Item>> {
    actor.must(app, GlobalAct::Oversee).await?;
    let new = sound(wanted)?;
    let mut policies = retention::in_force(&app.store).await?;
    policies.retain(|policy| Some(policy.id) != id);
    policies.push(Policy { id: id.unwrap_or(RetentionPolicyId(i64::MAX)), ..new });
    plan::plan(app, &policies).await
}

/// The newest runs, for those who oversee the installation.
pub async fn recent(app: &App, actor: Actor<'_>, limit: i64) -> Result<Vec<Run>> {
    actor.must(app, GlobalAct::Oversee).await?;
    Ok(runs::list(&app.store, limit).await?)
}

/// Until when each recording of a class is kept and why, as sentences for staff. A few queries, however many there are.
pub async fn explain(app: &App, t: &Text, meeting: MeetingId) -> Result<HashMap<ArtifactId, String>> {
    let db: &store::Store = &app.store;
    let now = app.clock.now();
    let recordings = things::recordings(db, meeting, bin::time(app)).await?;
    let policies = retention::in_force(db).await?;
    let holds = holds::on_class(db, meeting, now).await?;
    let sentence = |placed: &things::Placed| {
        let id = placed.artifact?;
        let hold = holds.iter().find(|hold| hold.keeps(id));
        // Where the school has written no policy, there is nothing to say of each recording.
        if policies.is_empty() && hold.is_none() {
            return None;
        }
        let ruling = rules::judge(&placed.thing, &policies, hold, now);
        Some((id, words::sentence(t, &ruling, &policies)))
    };
    Ok(recordings.iter().filter_map(sentence).collect())
}

fn subject(id: RetentionPolicyId) -> String {
    format!("retention_policy:{id}")
}

fn detail(new: &Policy) -> serde_json::Value {
    json!({
        "name": new.name, "nature": new.nature, "course": new.course_id, "term": new.term,
        "of_minors": new.of_minors, "kind": new.kind, "counted_from": new.counted_from, "days": new.days, "until": new.until,
        "copy_first": new.copy_first,
    })
}

fn no_course(error: store::Error) -> Error {
    match error {
        store::Error::Conflict => Error::invalid("course_id", say("op-policy-course")),
        other => other.into(),
    }
}

/// The policy as it is written; `Invalid` names every field at fault.
fn sound(mut new: Policy) -> Result<Policy> {
    let mut errors = Vec::new();
    let (name, term) = (new.name.trim().to_owned(), new.term.trim().to_owned());
    (new.name, new.term) = (name, term);
    if new.name.is_empty() || new.name.chars().any(char::is_control) {
        errors.push(FieldError::new("name", say("op-policy-name")));
    } else if new.name.chars().count() > LONGEST_NAME {
        errors.push(FieldError::new("name", say_with("op-at-most", &[("most", LONGEST_NAME.into())])));
    }
    if new.term.chars().count() > LONGEST_NAME || new.term.chars().any(char::is_control) {
        errors.push(FieldError::new("term", say_with("op-at-most", &[("most", LONGEST_NAME.into())])));
    }
    if new.counted_from == CountedFrom::Date {
        new.days = 0;
        if new.until.is_none_or(|day| !(1970..=9999).contains(&day.year())) {
            errors.push(FieldError::new("until", say("op-policy-until")));
        }
    } else {
        new.until = None;
        let least = i64::from(new.counted_from == CountedFrom::Class);
        if !(least..=MOST_DAYS).contains(&new.days) {
            let range = [("least", least.into()), ("most", MOST_DAYS.into())];
            errors.push(FieldError::new("days", say_with("op-policy-days", &range)));
        }
    }
    if errors.is_empty() { Ok(new) } else { Err(Error::Invalid(errors)) }
}
