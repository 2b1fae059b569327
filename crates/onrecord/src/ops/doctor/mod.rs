//! `doctor`: looks at everything a class needs, in order and harmlessly, and says of what is wrong what exactly
//! mends it. It changes nothing at Microsoft; it keeps what it learns of service accounts and their drives, and what it
//! found, so that page, command and report say the same.
//!
//! What a finding says stands with its check, not in the catalogue of texts: message, consequence, fix and command of a
//! code are read, changed and translated together, are stored with the finding, and are what people search for in the log.

mod account;
mod checks;
mod connection;
mod document;
mod refusal;
mod site;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Result, audit, integration, provision, rights};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::finding::{Finding, InOrder, Severity, Trouble};
use crate::model::id::{IntegrationId, ServiceAccountId};
use crate::model::integration::ServiceAccount;
use crate::store::evidence::{self, MissingClass};
use crate::store::integrations;
use crate::store::probes::{self, Outcome};
use account::Seen;
use checks::{OF_AN_ACCOUNT, OF_THE_SITE};
pub use document::{Document, FindingLine, InOrderLine};
use site::Site;

/// What was found is shown for so long after it was last looked for.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Missing classes count as harmed for so long.
const HARMED_SINCE: TimeDelta = TimeDelta::days(30);

/// A connection that was examined once is examined again when that is so long ago.
const EVERY: TimeDelta = TimeDelta::hours(24);

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

/// What one look brought: words about what is in order, or trouble.
type Look = std::result::Result<String, Box<Trouble>>;

/// What an examination is collected in.
#[derive(Debug)]
struct Notes {
    to_come: HashMap<Option<ServiceAccountId>, i64>,
    missing: Vec<MissingClass>,
    /// When each thing was last in order, by probe and subject.
    last_good: HashMap<(String, String), Option<DateTime<Utc>>>,
    outcomes: Vec<Outcome>,
}

impl Notes {
    async fn begin(app: &App, id: IntegrationId) -> Result<Self> {
        let (db, now) = (&app.store, app.clock.now());
        Ok(Self {
            to_come: probes::meetings_to_come(db, id, now).await?,
            missing: evidence::missing_since(db, id, now - HARMED_SINCE).await?,
            last_good: probes::last_good(db, id).await?,
            outcomes: Vec::new(),
        })
    }

    /// Notes a look at something that every class needs.
    fn note(&mut self, probe: &'static str, subject: impl Into<String>, look: Look) {
        let to_come = self.to_come.values().sum();
        self.put(probe, subject.into(), look, (to_come, None));
    }

    /// Notes a look at something that only the classes of one account need.
    fn note_account(&mut self, probe: &'static str, account: &ServiceAccount, look: Look) {
        let to_come = self.to_come.get(&Some(account.id)).copied().unwrap_or_default();
        self.put(probe, account.email.clone(), look, (to_come, Some(account.id)));
    }

    fn put(
        &mut self,
        probe: &'static str,
        subject: String,
        look: Look,
        (to_come, account): (i64, Option<ServiceAccountId>),
    ) {
        let (words, trouble) = match look {
            Ok(words) => (words, None),
            Err(trouble) => (String::new(), Some(trouble)),
        };
        let classes_harmed = trouble.as_ref().map_or(0, |trouble| match trouble.severity {
            _ if trouble.harms.is_some() => trouble.harms.unwrap_or_default(),
            Severity::Error => to_come + self.missing_meanwhile(probe, &subject, account),
            Severity::Warning | Severity::Info => 0,
        });
        self.outcomes.push(Outcome { probe, subject, words, trouble, classes_harmed });
    }

    /// Classes without a recording that ended after this was last in order.
    fn missing_meanwhile(&self, probe: &str, subject: &str, account: Option<ServiceAccountId>) -> i64 {
        let good = self.last_good.get(&(probe.to_owned(), subject.to_owned())).copied().flatten();
        let is_ours = |class: &&MissingClass| account.is_none() || class.account == account;
        let is_after = |class: &&MissingClass| good.is_none_or(|good| class.ended_at > good);
        self.missing.iter().filter(is_ours).filter(is_after).count() as i64
    }
}

/// Examines the first integration and keeps what was found.
pub async fn examine(app: &App) -> Result<Examination> {
    let settings = integration::load(app).await?;
    let id = settings.integration.id;
    let mut notes = Notes::begin(app, id).await?;
    let site = Site::look(app, settings).await?;
    let accounts = match site.open() {
        Some(open) => account::look(app, &site, open).await?,
        None => Vec::new(),
    };
    judge(&mut notes, &site, &accounts);
    keep(app, id, &notes).await
}

/// Runs every check over what was seen.
fn judge(notes: &mut Notes, site: &Site, accounts: &[Seen<'_>]) {
    for check in OF_THE_SITE {
        if let Some(look) = (check.look)(site) {
            notes.note(check.probe, check.subject, look);
        }
    }
    if let Some(open) = site.open() {
        for (name, look) in checks::permissions(site, open, accounts) {
            notes.note("permission", name, look);
        }
    }
    for seen in accounts {
        for check in OF_AN_ACCOUNT {
            if let Some(look) = (check.look)(seen) {
                notes.note_account(check.probe, seen.account, look);
            }
        }
    }
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

/// Examines again what was examined once, a day after the last time: secrets end and drives fill without anybody
/// pressing a button.
pub async fn daily(app: &App) -> Result<()> {
    let id = integration::load(app).await?.integration.id;
    let last = probes::last_examined(&app.store, id).await?;
    if last.is_some_and(|at| app.clock.now() - at >= EVERY) {
        let found = examine(app).await?;
        for finding in found.findings.iter().filter(|finding| finding.severity != Severity::Info) {
            tracing::warn!(code = finding.code, subject = finding.subject, "{}", finding.message);
        }
    }
    Ok(())
}

/// What the last examination found, if there was one.
pub async fn last(app: &App, id: IntegrationId) -> Result<Option<Examination>> {
    match probes::last_examined(&app.store, id).await? {
        Some(at) => read(app, id, at).await.map(Some),
        None => Ok(None),
    }
}

async fn keep(app: &App, id: IntegrationId, notes: &Notes) -> Result<Examination> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    for (seq, outcome) in notes.outcomes.iter().enumerate() {
        probes::put(&tx, id, (seq as i64, outcome), now).await?;
    }
    probes::forget_older(&tx, id, now - KEPT).await?;
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
