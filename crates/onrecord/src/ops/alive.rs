//! The sign of life: while all is well, an address is called that raises the alarm when the calls stop. Whatever is wrong
//! with OnRecord itself, the machine or the connection ends the calls; what concerns single classes does not.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Result, doctor};
use crate::app::App;
use crate::post;
use crate::store::{evidence, integrations, pages};

/// A job that waits so long past its time has nobody who works on it.
const IDLE: TimeDelta = TimeDelta::minutes(10);

/// An audit entry that waits so long has nobody who seals it.
const UNSEALED: TimeDelta = TimeDelta::minutes(5);

/// Calls the address, if there is one and all is well. That nobody answers there is no trouble of ours.
pub async fn call(app: &App) -> Result<()> {
    let Some(url) = &app.config.mail.alive_url else { return Ok(()) };
    if let Some(wrong) = wrong(app, app.clock.now()).await? {
        tracing::warn!(wrong, "no sign of life is sent, because not all is well");
        return Ok(());
    }
    let graph = &app.config.graph;
    let proxy = graph.https_proxy.as_ref().map(|proxy| proxy.expose().to_owned());
    if let Err(error) = post::call(url.expose(), proxy.as_deref(), graph.ca_file.as_deref()).await {
        tracing::warn!(error, "the address that waits for a sign of life does not answer");
    }
    Ok(())
}

/// What is wrong with the whole, if anything is.
async fn wrong(app: &App, now: DateTime<Utc>) -> Result<Option<String>> {
    let db = &app.store;
    if let Some(since) = evidence::idle_since(db, now).await?.filter(|since| now - *since > IDLE) {
        return Ok(Some(format!("nobody works on the queue since {since}")));
    }
    let unsealed = pages::monitor::pulse(db).await?.unsealed_since;
    if let Some(since) = unsealed.filter(|since| now - *since > UNSEALED) {
        return Ok(Some(format!("nobody seals the audit since {since}")));
    }
    if let Some(integration) = integrations::first(db).await?
        && let Some(found) = doctor::last(app, integration.id).await?
        && !found.is_ok()
    {
        return Ok(Some("doctor found an error".to_owned()));
    }
    Ok(None)
}
