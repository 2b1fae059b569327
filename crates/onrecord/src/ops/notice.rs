//! The notice in force: its words made of the integration and the configuration, each wording kept as a version.

use super::Result;
use crate::app::App;
use crate::model::integration::{Integration, LawfulBasis};
use crate::model::notice::{self, NoticeTerms};
use crate::store::notices::{self, NewNotice};

/// The language of notices until others are written.
pub const LANGUAGE: &str = "en";

/// What an institution says of its own; empty texts leave it to the configuration.
#[derive(Debug, Clone, Copy)]
pub struct OwnTerms<'a> {
    /// Why the school may record.
    pub basis: LawfulBasis,
    /// Where recordings are kept.
    pub storage: &'a str,
    /// How long.
    pub kept: &'a str,
    /// Whom to ask.
    pub contact: &'a str,
    /// Its own wording.
    pub wording: &'a str,
}

/// The words of the notice, as they are on pages and in invitations.
pub fn text(app: &App, own: OwnTerms<'_>) -> String {
    let config = &app.config.notice;
    let or = |own: &str, default: &str| {
        if own.trim().is_empty() { default.to_owned() } else { own.to_owned() }
    };
    notice::text(NoticeTerms {
        basis: own.basis,
        storage: &or(own.storage, &config.storage),
        viewers: &config.viewers,
        kept: &or(own.kept, &config.kept),
        contact: &or(own.contact, config.contact.as_deref().unwrap_or_default()),
        wording: own.wording,
    })
}

/// The words of an integration's notice.
pub fn words(app: &App, integration: &Integration) -> String {
    let own = OwnTerms {
        basis: integration.lawful_basis,
        storage: &integration.notice_storage,
        kept: &integration.notice_retention,
        contact: &integration.notice_contact,
        wording: &integration.notice_wording,
    };
    text(app, own)
}

/// The words in force, which are kept as a new version if they have changed. An invitation quotes only kept words.
pub async fn in_force(app: &App, integration: &Integration) -> Result<String> {
    let words = words(app, integration);
    let is_kept = |latest: Option<notices::NoticeVersion>| {
        latest.is_some_and(|latest| latest.body == words && latest.basis == integration.lawful_basis)
    };
    if is_kept(notices::latest(&app.store, integration.id, LANGUAGE).await?) {
        return Ok(words);
    }
    let tx = app.store.write().await?;
    if !is_kept(notices::latest(&tx, integration.id, LANGUAGE).await?) {
        let new = NewNotice {
            integration: integration.id,
            language: LANGUAGE,
            basis: integration.lawful_basis,
            body: &words,
        };
        let id = notices::insert(&tx, new, app.clock.now()).await?;
        let about = (format!("notice:{id}"), serde_json::json!({ "basis": integration.lawful_basis }));
        super::audit::record(app, &tx, None, "notice.in_force", about).await?;
    }
    tx.commit().await?;
    Ok(words)
}
