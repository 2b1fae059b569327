//! The tenant connection: what the environment sets is written to its row at the start and locked on the settings
//! page; the rest is saved there. A secret is sealed before it is stored and never leaves again but to Microsoft.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Error, FieldError, Result, audit, provision, rights, say, say_with, sync};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::id::IntegrationId;
use crate::model::integration::{Integration, LawfulBasis, ServiceAccount, SyncKind};
use crate::model::people::{is_email, normal_email};
use crate::model::words::Word as _;
use crate::store::sync::Whose;
use crate::store::{Tx, integrations};

/// Longest text of a field.
const LONGEST: usize = 4_000;

/// What a secret is sealed for: it opens for this integration only.
fn secret_context(id: IntegrationId) -> String {
    format!("integration/{id}/client_secret")
}

/// What a certificate is sealed for.
fn certificate_context(id: IntegrationId) -> String {
    format!("integration/{id}/client_certificate")
}

/// The integration as the settings page shows it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The row.
    pub integration: Integration,
    /// Its accounts that take new meetings.
    pub accounts: Vec<ServiceAccount>,
}

/// The name of the variable, option or file that sets `key` (such as `teams.tenant_id`), so that it cannot be
/// changed on a page.
pub fn locked_by(app: &App, key: &str) -> Option<String> {
    app.config.source_of(key).locked_by()
}

/// The first integration and its enabled accounts.
pub async fn load(app: &App) -> Result<Settings> {
    let integration = match integrations::first(&app.store).await? {
        Some(integration) => integration,
        None => apply_config(app).await?,
    };
    let mut accounts = integrations::accounts(&app.store, integration.id).await?;
    accounts.retain(|account| account.disabled_at.is_none());
    Ok(Settings { integration, accounts })
}

/// Makes the first integration if there is none, and writes into it what environment and file set. Run at each
/// start; a repeat changes nothing.
pub async fn apply_config(app: &App) -> Result<Integration> {
    if let Some(integration) = integrations::first(&app.store).await?
        && let Some(same) = unchanged(app, &integration).await?
    {
        return Ok(same);
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    integrations::lock_all(&tx).await?;
    let found = integrations::first(&tx).await?;
    let id = match &found {
        Some(integration) => integration.id,
        None => integrations::insert(&tx, "Microsoft Teams", now).await?,
    };
    let current = integrations::find(&tx, id).await?.ok_or(Error::NotFound)?;
    let wanted = configured(app, &current)?;
    if wanted != current {
        integrations::update(&tx, &wanted, now).await?;
    }
    let accounts = match configured_accounts(app) {
        Some(emails) => put_accounts(app, &tx, id, emails).await?,
        None => json!({}),
    };
    let about =
        (format!("integration:{id}"), json!({ "fields": changed(&current, &wanted), "accounts": accounts }));
    audit::record(app, &tx, None, "integration.configured", about).await?;
    let written = integrations::find(&tx, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(written)
}

/// The integration, if environment and file ask for nothing else than what is stored.
async fn unchanged(app: &App, integration: &Integration) -> Result<Option<Integration>> {
    if configured(app, integration)? != *integration {
        return Ok(None);
    }
    if let Some(wanted) = configured_accounts(app) {
        let accounts = integrations::accounts(&app.store, integration.id).await?;
        let enabled: Vec<_> = accounts
            .iter()
            .filter(|account| account.disabled_at.is_none())
            .map(|a| a.email.as_str())
            .collect();
        let same =
            enabled.len() == wanted.len() && wanted.iter().all(|email| enabled.contains(&email.as_str()));
        if !same {
            return Ok(None);
        }
    }
    Ok(Some(integration.clone()))
}

fn configured_accounts(app: &App) -> Option<&[String]> {
    locked_by(app, "teams.service_accounts").map(|_| app.config.teams.service_accounts.0.as_slice())
}

/// `current` with everything that environment and file set.
fn configured(app: &App, current: &Integration) -> Result<Integration> {
    let config = &app.config;
    let set = |key: &str| locked_by(app, key).is_some();
    let mut wanted = current.clone();
    if let Some(tenant) = &config.teams.tenant_id {
        tenant.trim().clone_into(&mut wanted.tenant_id);
    }
    if let Some(client) = &config.teams.client_id {
        client.trim().clone_into(&mut wanted.client_id);
    }
    if let Some(drive) = &config.teams.drive_id {
        wanted.extra_drive_id = Some(drive.trim().to_owned());
    }
    // One of the two signs in: what is configured takes the place of whatever was stored.
    if let Some(secret) = &config.teams.client_secret {
        let stored = current.client_secret_sealed.as_deref();
        wanted.client_secret_sealed = Some(resealed(app, &secret_context(current.id), secret, stored)?);
        wanted.client_certificate_sealed = None;
    } else if let Some(pem) = &config.teams.client_certificate {
        let stored = current.client_certificate_sealed.as_deref();
        wanted.client_certificate_sealed =
            Some(resealed(app, &certificate_context(current.id), pem, stored)?);
        wanted.client_secret_sealed = None;
    }
    if set("teaching.instructor_role") {
        wanted.instructor_role = config.teaching.instructor_role;
    }
    if set("teaching.lobby_scope") {
        config.teaching.lobby_scope.as_str().clone_into(&mut wanted.lobby_scope);
    }
    if set("notice.lawful_basis") {
        wanted.lawful_basis = config.notice.lawful_basis;
    }
    if let Some(contact) = &config.notice.contact {
        wanted.notice_contact.clone_from(contact);
    }
    if set("notice.storage") {
        wanted.notice_storage.clone_from(&config.notice.storage);
    }
    if set("notice.kept") {
        wanted.notice_retention.clone_from(&config.notice.kept);
    }
    if set("teams.recording_expiry_days") {
        wanted.recording_expiry_days = i64::from(config.teams.recording_expiry_days.get());
    }
    let wording = &config.notice.wording.0;
    if let Some(words) = wording.get("en").or_else(|| wording.values().next()) {
        wanted.notice_wording.clone_from(words);
    }
    Ok(wanted)
}

/// `secret` sealed; what is stored already if it is the same.
fn resealed(app: &App, context: &str, secret: &SecretString, stored: Option<&str>) -> Result<String> {
    if let Some(sealed) = stored
        && app.secrets.open(context, sealed).is_ok_and(|opened| opened == secret.expose_secret())
    {
        return Ok(sealed.to_owned());
    }
    Ok(app.secrets.seal(context, secret.expose_secret())?)
}

/// Names of the fields in which two versions differ; no values, because one of them is a secret.
fn changed(before: &Integration, after: &Integration) -> Vec<&'static str> {
    let pairs = [
        ("tenant_id", before.tenant_id != after.tenant_id),
        ("client_id", before.client_id != after.client_id),
        ("client_secret", before.client_secret_sealed != after.client_secret_sealed),
        ("client_certificate", before.client_certificate_sealed != after.client_certificate_sealed),
        ("extra_drive_id", before.extra_drive_id != after.extra_drive_id),
        ("kinds_off", before.kinds_off != after.kinds_off),
        ("instructor_role", before.instructor_role != after.instructor_role),
        ("lobby_scope", before.lobby_scope != after.lobby_scope),
        ("lawful_basis", before.lawful_basis != after.lawful_basis),
        ("notice_contact", before.notice_contact != after.notice_contact),
        ("notice_storage", before.notice_storage != after.notice_storage),
        ("notice_retention", before.notice_retention != after.notice_retention),
        ("notice_wording", before.notice_wording != after.notice_wording),
        ("recording_expiry_days", before.recording_expiry_days != after.recording_expiry_days),
    ];
    pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// Makes `emails` the accounts that take new meetings, and says what changed. One that is absent keeps what it
/// organizes already.
async fn put_accounts(app: &App, tx: &Tx, id: IntegrationId, emails: &[String]) -> Result<serde_json::Value> {
    let now = app.clock.now();
    let known = integrations::accounts(tx, id).await?;
    let is_enabled = |email: &str| known.iter().any(|a| a.email == email && a.disabled_at.is_none());
    let added: Vec<_> = emails.iter().filter(|email| !is_enabled(email)).collect();
    for email in &added {
        integrations::add_account(tx, id, email, now).await?;
    }
    let gone: Vec<_> =
        known.iter().filter(|a| a.disabled_at.is_none() && !emails.contains(&a.email)).collect();
    for account in &gone {
        integrations::disable_account(tx, account.id, now).await?;
    }
    let gone: Vec<_> = gone.iter().map(|account| account.email.as_str()).collect();
    Ok(json!({ "added": added, "removed": gone }))
}

/// What the settings page sends. Fields that are locked are ignored.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Tenant id or domain.
    pub tenant_id: String,
    /// Client id.
    pub client_id: String,
    /// A new client secret; empty keeps the present one.
    pub client_secret: String,
    /// PEM of a new certificate with its key, which takes the secret's place; empty keeps what there is.
    pub client_certificate: String,
    /// Addresses, by lines, commas or spaces.
    pub service_accounts: String,
    /// Kinds that are fetched besides recordings.
    pub kinds: Vec<SyncKind>,
}

/// Saves the connection. Wrong fields are named; nothing is asked of Microsoft.
pub async fn save(app: &App, viewer: &Viewer, change: &Change) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let emails = addresses(&change.service_accounts);
    check(app, change, &emails)?;
    let current = load(app).await?.integration;
    let moves = |key: &str, new: &str, old: &str| locked_by(app, key).is_none() && new.trim() != old;
    if moves("teams.tenant_id", &change.tenant_id, &current.tenant_id)
        || moves("teams.client_id", &change.client_id, &current.client_id)
    {
        super::subscriptions::leave(app, &current).await;
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    integrations::lock_all(&tx).await?;
    let current = integrations::find(&tx, current.id).await?.ok_or(Error::NotFound)?;
    let mut wanted = current.clone();
    change.tenant_id.trim().clone_into(&mut wanted.tenant_id);
    change.client_id.trim().clone_into(&mut wanted.client_id);
    if !change.client_certificate.trim().is_empty() {
        let sealed = app.secrets.seal(&certificate_context(current.id), change.client_certificate.trim())?;
        (wanted.client_certificate_sealed, wanted.client_secret_sealed) = (Some(sealed), None);
    } else if !change.client_secret.trim().is_empty() {
        let sealed = app.secrets.seal(&secret_context(current.id), change.client_secret.trim())?;
        (wanted.client_secret_sealed, wanted.client_certificate_sealed) = (Some(sealed), None);
    }
    let off = |kind: &&SyncKind| **kind != SyncKind::Recordings && !change.kinds.contains(kind);
    wanted.kinds_off = SyncKind::ALL.iter().filter(off).copied().collect();
    let wanted = configured(app, &wanted)?;
    if wanted != current {
        integrations::update(&tx, &wanted, now).await?;
    }
    let kinds = (current.kinds_off.as_slice(), wanted.kinds_off.as_slice());
    sync::kinds_are_on_again(app, &tx, Whose::Integration(current.id), kinds).await?;
    let emails = configured_accounts(app).unwrap_or(&emails);
    let accounts = put_accounts(app, &tx, current.id, emails).await?;
    let detail = json!({ "fields": changed(&current, &wanted), "accounts": accounts });
    let about = (format!("integration:{}", current.id), detail);
    audit::record(app, &tx, Some(viewer.user_id), "integration.changed", about).await?;
    tx.commit().await?;
    provision::wake(app).await
}

fn addresses(text: &str) -> Vec<String> {
    let mut emails: Vec<String> = Vec::new();
    for email in text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').map(normal_email) {
        if !email.is_empty() && !emails.contains(&email) {
            emails.push(email);
        }
    }
    emails
}

fn check(app: &App, change: &Change, emails: &[String]) -> Result<()> {
    let free = |key: &str| locked_by(app, key).is_none();
    let mut errors = Vec::new();
    let tenant = change.tenant_id.trim();
    if free("teams.tenant_id") && !tenant.is_empty() && !is_guid(tenant) && !is_domain(tenant) {
        errors.push(FieldError::new("tenant_id", say("op-tenant-id")));
    }
    let client = change.client_id.trim();
    if free("teams.client_id") && !client.is_empty() && !is_guid(client) {
        errors.push(FieldError::new("client_id", say("op-client-id")));
    }
    let secret = change.client_secret.trim();
    if free("teams.client_secret") {
        if is_guid(secret) {
            errors.push(FieldError::new("client_secret", say("op-secret-id")));
        } else if secret.len() > LONGEST || secret.chars().any(char::is_control) {
            errors.push(FieldError::new("client_secret", say("op-no-secret")));
        }
    }
    errors.extend(check_certificate(change, free("teams.client_certificate") && free("teams.client_secret")));
    if free("teams.service_accounts") {
        for email in emails.iter().filter(|email| !is_email(email)) {
            let text = say_with("op-account-address", &[("what", email.as_str().into())]);
            errors.push(FieldError::new("service_accounts", text));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// What is wrong with a new certificate, if one was sent and may be.
fn check_certificate(change: &Change, is_free: bool) -> Option<FieldError> {
    let pem = change.client_certificate.trim();
    if !is_free || pem.is_empty() {
        return None;
    }
    let wrong = |text: String| Some(FieldError::new("client_certificate", text));
    if !change.client_secret.trim().is_empty() {
        return wrong(say("op-secret-or-certificate"));
    }
    match msgraph::ClientCertificate::from_pem(pem) {
        Err(msgraph::Error::Setting { what, .. }) => wrong(say_with("op-pem", &[("what", what.into())])),
        Err(error) => wrong(error.to_string()),
        Ok(_) => None,
    }
}

/// Whether `text` has the form of an id, as tenants, apps and secrets have.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_domain(text: &str) -> bool {
    let labels: Vec<_> = text.split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    labels.len() > 1 && text.len() <= 253 && labels.iter().all(is_label)
}

/// The recording notice as the settings page sends it. Fields that are locked are ignored.
#[derive(Debug, Clone)]
pub struct NoticeChange {
    /// Why the school may record.
    pub lawful_basis: LawfulBasis,
    /// Whom to ask.
    pub contact: String,
    /// Where recordings are stored.
    pub storage: String,
    /// How long they are kept.
    pub kept: String,
    /// The institution's own words; empty uses ours.
    pub wording: String,
}

/// Saves the notice. What people were told before stays on record as an earlier version.
pub async fn save_notice(app: &App, viewer: &Viewer, change: &NoticeChange) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let fields = [
        ("contact", &change.contact),
        ("storage", &change.storage),
        ("kept", &change.kept),
        ("wording", &change.wording),
    ];
    let long = |(name, text): (&str, &String)| {
        (text.chars().count() > LONGEST)
            .then(|| FieldError::new(name, say_with("op-at-most", &[("most", LONGEST.into())])))
    };
    let errors: Vec<_> = fields.into_iter().filter_map(long).collect();
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let current = load(app).await?.integration;
    let tx = app.store.write().await?;
    integrations::lock_all(&tx).await?;
    let current = integrations::find(&tx, current.id).await?.ok_or(Error::NotFound)?;
    let wanted = Integration {
        lawful_basis: change.lawful_basis,
        notice_contact: change.contact.trim().to_owned(),
        notice_storage: change.storage.trim().to_owned(),
        notice_retention: change.kept.trim().to_owned(),
        notice_wording: change.wording.trim().to_owned(),
        ..current.clone()
    };
    let wanted = configured(app, &wanted)?;
    if wanted == current {
        return Ok(());
    }
    integrations::update(&tx, &wanted, app.clock.now()).await?;
    let about = (format!("integration:{}", current.id), json!({ "fields": changed(&current, &wanted) }));
    audit::record(app, &tx, Some(viewer.user_id), "notice.changed", about).await?;
    tx.commit().await?;
    Ok(())
}

/// The client secret, if one is saved and can be opened. For diagnostics; [`connect`] says why it cannot.
pub(super) fn secret(app: &App, integration: &Integration) -> Option<SecretString> {
    let sealed = integration.client_secret_sealed.as_deref()?;
    app.secrets.open(&secret_context(integration.id), sealed).ok().map(SecretString::from)
}

/// A client of the integration's tenant. `NotReady` while the connection is incomplete. Makes no request.
pub async fn client(app: &App, id: IntegrationId) -> Result<msgraph::Client> {
    let integration = integrations::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    connect(app, &integration)
}

/// The certificate that signs in, if one does. `Setting` if it cannot be used.
pub fn certificate(app: &App, integration: &Integration) -> Result<Option<msgraph::ClientCertificate>> {
    let Some(sealed) = &integration.client_certificate_sealed else { return Ok(None) };
    let pem = app.secrets.open(&certificate_context(integration.id), sealed)?;
    Ok(Some(msgraph::ClientCertificate::from_pem(&pem)?))
}

/// What signs in, opened; `None` until one is set.
fn proof(app: &App, integration: &Integration) -> Result<Option<msgraph::Proof>> {
    if let Some(certificate) = certificate(app, integration)? {
        return Ok(Some(msgraph::Proof::Certificate(certificate)));
    }
    let Some(sealed) = &integration.client_secret_sealed else { return Ok(None) };
    let secret = SecretString::from(app.secrets.open(&secret_context(integration.id), sealed)?);
    Ok(Some(msgraph::Proof::Secret(secret)))
}

/// Why what signs in cannot be opened; `None` if it can, or none is set.
pub(super) fn unreadable(app: &App, integration: &Integration) -> Option<String> {
    proof(app, integration).err().map(|error| error.to_string())
}

/// The client of this version of the integration, built when there is none yet.
pub fn connect(app: &App, integration: &Integration) -> Result<msgraph::Client> {
    if let Some(client) = app.graph.cached(integration.id, integration.revision) {
        return Ok(client);
    }
    let proof = proof(app, integration)?;
    let missing = [
        ("tenant id", integration.tenant_id.is_empty()),
        ("client id", integration.client_id.is_empty()),
        ("client secret or certificate", proof.is_none()),
    ];
    let missing: Vec<_> = missing.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    let Some(proof) = proof.filter(|_| missing.is_empty()) else {
        let missing = missing.join(", ");
        return Err(Error::NotReady(say_with("op-not-connected", &[("missing", missing.into())])));
    };
    let credentials = msgraph::Credentials {
        tenant_id: integration.tenant_id.clone(),
        client_id: integration.client_id.clone(),
        proof,
    };
    let client = app.graph.connect(&app.config.graph, credentials)?;
    app.graph.keep(integration.id, integration.revision, client.clone());
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_stand_on_lines_or_between_commas_and_each_counts_once() {
        assert_eq!(addresses("A@b.c\r\n d@e.f, a@B.c;g@h.i"), ["a@b.c", "d@e.f", "g@h.i"]);
        assert!(addresses(" \n ").is_empty());
    }

    #[test]
    fn tenants_are_ids_or_domains() {
        assert!(is_guid("7d3f1c52-6a04-4c1e-9a54-0f6f0c8e2b11") && is_domain("contoso.onmicrosoft.com"));
        for bad in ["contoso", "a b.c", "../x.y", "https://contoso.com", ".com", "x..y"] {
            assert!(!is_guid(bad) && !is_domain(bad), "{bad}");
        }
    }
}
