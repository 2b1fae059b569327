//! The fields of the settings page of Microsoft Teams. What environment or file set is locked and names them.

use crate::app::App;
use crate::model::integration::{Integration, LawfulBasis, ServiceAccount, SyncKind};
use crate::model::words::Word as _;
use crate::ops::{FieldError, integration};
use crate::web::parts::{Choice, Field, FieldKind, Locked, Meter};
use crate::web::text::Text;
use crate::web::when;

fn locked(t: &'static Text, app: &App, key: &str) -> Option<Locked> {
    integration::locked_by(app, key).map(|variable| Locked { t, variable })
}

/// What is wrong with a field, all of it in one line.
fn error(errors: &[FieldError], field: &str) -> Option<String> {
    let of: Vec<_> = errors.iter().filter(|error| error.field == field).map(|e| e.message.as_str()).collect();
    (!of.is_empty()).then(|| of.join(" "))
}

/// Tenant id, client id, secret and certificate. Neither the secret's value nor the key is ever among them.
pub(super) fn connection(
    t: &'static Text,
    app: &App,
    row: &Integration,
    errors: &[FieldError],
) -> Vec<Field> {
    let secret_hint =
        if row.client_secret_sealed.is_some() { t.get("secret-kept") } else { t.get("secret-none") };
    let certificate_hint = match integration::certificate(app, row) {
        Ok(Some(certificate)) => t.with(
            "certificate-kept",
            &[
                ("thumbprint", certificate.thumbprint().into()),
                ("until", certificate.not_after().date_naive().to_string().into()),
            ],
        ),
        _ => t.get("certificate-none").to_owned(),
    };
    vec![
        Field::new("tenant_id", t.get("tenant-id"), FieldKind::Text)
            .value(&row.tenant_id)
            .hint(t.get("tenant-id-hint"))
            .error(error(errors, "tenant_id"))
            .locked(locked(t, app, "teams.tenant_id")),
        Field::new("client_id", t.get("client-id"), FieldKind::Text)
            .value(&row.client_id)
            .hint(t.get("client-id-hint"))
            .error(error(errors, "client_id"))
            .locked(locked(t, app, "teams.client_id")),
        Field::new("client_secret", t.get("client-secret"), FieldKind::NewPassword)
            .hint(secret_hint)
            .error(error(errors, "client_secret"))
            .locked(locked(t, app, "teams.client_secret").or(locked(t, app, "teams.client_certificate"))),
        Field::new("client_certificate", t.get("client-certificate"), FieldKind::Area)
            .hint(certificate_hint)
            .error(error(errors, "client_certificate"))
            .locked(locked(t, app, "teams.client_certificate").or(locked(t, app, "teams.client_secret"))),
    ]
}

/// The service accounts, one a line.
pub(super) fn accounts(
    t: &'static Text,
    app: &App,
    accounts: &[ServiceAccount],
    errors: &[FieldError],
) -> Field {
    let lines: Vec<_> = accounts.iter().map(|account| account.email.as_str()).collect();
    Field::new("service_accounts", t.get("service-accounts"), FieldKind::Area)
        .value(lines.join("\n"))
        .hint(t.get("service-accounts-hint"))
        .error(error(errors, "service_accounts"))
        .locked(locked(t, app, "teams.service_accounts"))
}

/// What is fetched besides recordings.
pub(super) fn kinds(t: &'static Text, row: &Integration) -> Vec<Choice> {
    let choice = |kind: SyncKind, words: &str| Choice {
        value: kind.as_str().to_owned(),
        words: words.to_owned(),
        chosen: !row.kinds_off.contains(&kind),
    };
    vec![
        choice(SyncKind::Transcripts, t.get("fetch-transcripts")),
        choice(SyncKind::Attendance, t.get("fetch-attendance")),
        choice(SyncKind::Chat, t.get("fetch-chat")),
        choice(SyncKind::Files, t.get("fetch-files")),
    ]
}

/// How full each account's OneDrive is, where that is known.
pub(super) fn room(t: &'static Text, accounts: &[ServiceAccount]) -> Vec<Meter> {
    let meter = |account: &ServiceAccount| {
        let (used, total) =
            (account.drive_used_bytes?, account.drive_total_bytes.filter(|total| *total > 0)?);
        let percent = (used.clamp(0, total) as f64 / total as f64 * 100.0).round() as u8;
        let words = t.with(
            "room-used",
            &[
                ("percent", i64::from(percent).into()),
                ("used", when::size(t, used).into()),
                ("total", when::size(t, total).into()),
            ],
        );
        Some(Meter { name: account.email.clone(), words, percent })
    };
    accounts.iter().filter_map(meter).collect()
}

/// Which account gets the next classes.
pub(super) fn room_words(t: &'static Text, accounts: &[ServiceAccount]) -> String {
    if accounts.len() > 1 { t.get("room-next").to_owned() } else { String::new() }
}

/// The four lawful bases.
pub(super) fn bases(t: &'static Text, row: &Integration) -> Vec<Choice> {
    let words = |basis: LawfulBasis| match basis {
        LawfulBasis::Consent => t.get("basis-consent"),
        LawfulBasis::PublicTask => t.get("basis-public-task"),
        LawfulBasis::LegitimateInterest => t.get("basis-legitimate-interest"),
        LawfulBasis::LegalObligation => t.get("basis-legal-obligation"),
    };
    let choice = |basis: &LawfulBasis| Choice::new(basis.as_str(), words(*basis), row.lawful_basis.as_str());
    LawfulBasis::ALL.iter().map(choice).collect()
}

/// The other fields of the notice.
pub(super) fn notice(t: &'static Text, app: &App, row: &Integration, errors: &[FieldError]) -> Vec<Field> {
    let field = |name: &'static str, label: &'static str, kind, value: &String| {
        let key = format!("notice.{name}");
        Field::new(name, label, kind).value(value).error(error(errors, name)).locked(locked(t, app, &key))
    };
    vec![
        field("contact", t.get("notice-contact"), FieldKind::Text, &row.notice_contact),
        field("storage", t.get("notice-storage"), FieldKind::Text, &row.notice_storage)
            .hint(t.get("notice-storage-hint")),
        field("kept", t.get("notice-kept"), FieldKind::Text, &row.notice_retention)
            .hint(t.get("notice-kept-hint")),
        field("wording", t.get("notice-wording"), FieldKind::Area, &row.notice_wording)
            .hint(t.get("notice-wording-hint")),
    ]
}
