//! `doctor`: looks at everything a class needs, in order and harmlessly, and says of what is wrong what exactly
//! mends it. It changes nothing at Microsoft; it keeps what it learns of service accounts and their drives.

mod accounts;
mod connection;
mod refusal;
mod storage;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Result, audit, integration, provision, rights};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::finding::{Finding, InOrder, Severity, Trouble};
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::model::integration::{Integration, ServiceAccount};
use crate::store::integrations;
use crate::store::probes::{self, Outcome};

/// What was found, the worst first.
#[derive(Debug, Clone)]
pub struct Examination {
    /// When.
    pub at: DateTime<Utc>,
    /// What is not in order.
    pub findings: Vec<Finding>,
    /// What is.
    pub in_order: Vec<InOrder>,
}

impl Examination {
    /// Whether nothing is broken. Warnings are no failure.
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// What an examination is collected in.
#[derive(Debug)]
struct Notes<'a> {
    app: &'a App,
    integration: Integration,
    to_come: HashMap<Option<ServiceAccountId>, i64>,
    outcomes: Vec<Outcome>,
}

/// What one look brought: words about what is in order, or trouble.
type Look = std::result::Result<String, Box<Trouble>>;

impl Notes<'_> {
    /// Notes a look at something that every class needs.
    fn note(&mut self, probe: &'static str, subject: impl Into<String>, look: Look) {
        let harmed = self.to_come.values().sum();
        self.put(probe, subject.into(), look, harmed);
    }

    /// Notes a look at something that only the classes of one account need.
    fn note_account(&mut self, probe: &'static str, account: &ServiceAccount, look: Look) {
        let harmed = self.to_come.get(&Some(account.id)).copied().unwrap_or_default();
        self.put(probe, account.email.clone(), look, harmed);
    }

    fn put(&mut self, probe: &'static str, subject: String, look: Look, harmed: i64) {
        let (words, trouble) = match look {
            Ok(words) => (words, None),
            Err(trouble) => (String::new(), Some(trouble)),
        };
        let harms = trouble.as_ref().is_some_and(|trouble| trouble.severity == Severity::Error);
        let classes_harmed = if harms { harmed } else { 0 };
        self.outcomes.push(Outcome { probe, subject, words, trouble, classes_harmed });
    }
}

/// Examines the first integration and keeps what was found.
pub async fn examine(app: &App) -> Result<Examination> {
    let settings = integration::load(app).await?;
    let to_come = probes::meetings_to_come(&app.store, settings.integration.id, app.clock.now()).await?;
    let mut notes = Notes { app, integration: settings.integration, to_come, outcomes: Vec::new() };
    storage::examine(&mut notes).await;
    if let Some(access) = connection::examine(&mut notes).await {
        accounts::examine(&mut notes, &access, &settings.accounts).await?;
    }
    keep(app, &notes).await
}

/// *Verify* on the settings page: examines, and notes who asked.
pub async fn verify(app: &App, viewer: &Viewer) -> Result<Examination> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let examination = examine(app).await?;
    let id = integration::load(app).await?.integration.id;
    let tx = app.store.write().await?;
    let codes: Vec<_> = examination.findings.iter().map(|finding| finding.code.as_str()).collect();
    let about = (format!("integration:{id}"), json!({ "ok": examination.is_ok(), "findings": codes }));
    audit::record(app, &tx, Some(viewer.user_id), "integration.verified", about).await?;
    tx.commit().await?;
    if examination.is_ok() {
        provision::wake(app).await?;
    }
    Ok(examination)
}

/// What the last examination found, if there was one.
pub async fn last(app: &App, id: IntegrationId) -> Result<Option<Examination>> {
    match probes::last_examined(&app.store, id).await? {
        Some(at) => read(app, id, at).await.map(Some),
        None => Ok(None),
    }
}

async fn keep(app: &App, notes: &Notes<'_>) -> Result<Examination> {
    let (id, now) = (notes.integration.id, app.clock.now());
    let tx = app.store.write().await?;
    for (seq, outcome) in notes.outcomes.iter().enumerate() {
        probes::put(&tx, id, (seq as i64, outcome), now).await?;
    }
    probes::forget_older(&tx, id, now - chrono::TimeDelta::days(90)).await?;
    let is_error = |outcome: &Outcome| {
        outcome.trouble.as_ref().is_some_and(|trouble| trouble.severity == Severity::Error)
    };
    let verified_at = (!notes.outcomes.iter().any(is_error)).then_some(now);
    integrations::set_verified(&tx, id, verified_at).await?;
    tx.commit().await?;
    read(app, id, now).await
}

async fn read(app: &App, id: IntegrationId, at: DateTime<Utc>) -> Result<Examination> {
    let (mut findings, in_order) = probes::of_examination(&app.store, id, at).await?;
    findings.sort_by_key(|finding| finding.severity);
    Ok(Examination { at, findings, in_order })
}
