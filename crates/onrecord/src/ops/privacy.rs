//! How much is kept of who watches what, for how long, and whether staff must say why they watch.

use chrono::TimeDelta;
use serde_json::json;

use super::actor::Actor;
use super::media::SeenMedium;
use super::{Error, FieldError, Result, audit, holds, media, say, say_with};
use crate::app::App;
use crate::model::access::{Act, GlobalAct, Standing, Viewer};
use crate::model::artifact::ArtifactKind;
use crate::model::id::ArtifactId;
use crate::model::visit::AccessPrivacy;
use crate::store::{integrations, privacy};

/// The most days that visits are kept.
const MOST_DAYS: i64 = 3_650;

/// Visits forgotten in one transaction.
const BATCH: i64 = 500;

/// A reason that was given holds this long.
const GOOD_FOR: TimeDelta = TimeDelta::hours(12);

/// The settings of the first integration, for those who oversee the installation.
pub async fn find(app: &App, actor: Actor<'_>) -> Result<AccessPrivacy> {
    actor.must(app, GlobalAct::Oversee).await?;
    let first = integrations::first(&app.store).await?.ok_or(Error::NotFound)?;
    privacy::find(&app.store, first.id).await?.ok_or(Error::NotFound)
}

/// Changes the settings of the first integration. What was kept in more detail before is forgotten when its days are over.
pub async fn change(app: &App, actor: Actor<'_>, new: AccessPrivacy) -> Result<AccessPrivacy> {
    actor.must(app, GlobalAct::Retain).await?;
    if !(1..=MOST_DAYS).contains(&new.days) {
        let range = [("least", 1.into()), ("most", MOST_DAYS.into())];
        return Err(Error::Invalid(vec![FieldError::new("days", say_with("op-policy-days", &range))]));
    }
    let first = integrations::first(&app.store).await?.ok_or(Error::NotFound)?;
    let tx = app.store.write().await?;
    let old = privacy::find(&tx, first.id).await?.ok_or(Error::NotFound)?;
    if old != new {
        privacy::save(&tx, first.id, &new, app.clock.now()).await?;
        let about = (format!("integration:{}", first.id), json!({ "old": old, "new": new }));
        audit::record(app, &tx, actor.id(), "privacy.changed", about).await?;
        tx.commit().await?;
    }
    Ok(new)
}

/// Forgets visits whose days are over, and those of which only counts are kept. The counters stay.
pub async fn tidy(app: &App) -> Result<()> {
    let now = app.clock.now();
    for integration in integrations::list(&app.store).await? {
        let Some(settings) = privacy::find(&app.store, integration.id).await? else { continue };
        let before = now - TimeDelta::days(settings.days.clamp(1, MOST_DAYS));
        loop {
            let visits = privacy::to_forget(&app.store, integration.id, (before, now), BATCH).await?;
            if visits.is_empty() {
                break;
            }
            let tx = app.store.write().await?;
            privacy::forget(&tx, &visits).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Whether the viewer must say why before they watch: admins and officers who are not of the course, where the school
/// wants it.
pub async fn wants_reason(app: &App, viewer: &Viewer, seen: &SeenMedium) -> Result<bool> {
    let medium = &seen.placed.medium;
    let is_asked = medium.kind == ArtifactKind::Recording
        && matches!(seen.standing, Standing::Admin | Standing::Officer)
        && seen.placed.membership.is_none();
    if !is_asked {
        return Ok(false);
    }
    let settings = privacy::of_artifact(&app.store, medium.id).await?;
    if !settings.is_some_and(|settings| settings.playback_reason) {
        return Ok(false);
    }
    let since = app.clock.now() - GOOD_FOR;
    Ok(!privacy::said_why(&app.store, viewer.user_id, medium.id, since).await?)
}

/// Refuses whoever must say why and has not.
pub async fn must_have_said_why(app: &App, viewer: &Viewer, seen: &SeenMedium) -> Result<()> {
    if wants_reason(app, viewer, seen).await? {
        return Err(Error::Denied(say("op-playback-reason")));
    }
    Ok(())
}

/// Keeps why somebody watches a recording.
pub async fn say_why(app: &App, viewer: &Viewer, id: ArtifactId, reason: &str) -> Result<()> {
    let wanted = media::Wanted::recording(id);
    media::see(app, viewer, wanted, Act::Watch).await?;
    let reason = holds::sound_reason(reason)?;
    let tx = app.store.write().await?;
    privacy::say_why(&tx, viewer.user_id, id, (reason, app.clock.now())).await?;
    let about = (wanted.subject(), json!({ "reason": reason }));
    audit::record(app, &tx, Some(viewer.user_id), "recording.reason_given", about).await?;
    Ok(tx.commit().await?)
}
