//! The recording notice: that the class is recorded, on what basis, where the recording is stored, who may see it,
//! how long, and whom to ask. Its words are made of the integration and the configuration, and each wording in force is
//! kept as a version. Only the basis `consent` speaks of consent.

use serde_json::json;

use super::{Error, Result, audit, rights, say, say_with};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::id::{IntegrationId, MeetingId};
use crate::model::integration::{Integration, LawfulBasis};
use crate::store::notices::{self, NewNotice, NoticeVersion};
use crate::store::{acknowledgements, integrations};
use crate::text;

/// The language of our own words, and of notices for people in whose language none were written.
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
    wording(Terms {
        basis: own.basis,
        storage: &or(own.storage, &config.storage),
        viewers: &config.viewers,
        kept: &or(own.kept, &config.kept),
        contact: &or(own.contact, config.contact.as_deref().unwrap_or_default()),
        wording: own.wording,
    })
}

/// What the notice is made of.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Why the school may record.
    pub basis: LawfulBasis,
    /// Completes "The recording is stored in …".
    pub storage: &'a str,
    /// Completes "… may watch it".
    pub viewers: &'a str,
    /// Completes "It is kept …".
    pub kept: &'a str,
    /// Whom to ask; empty means the instructor.
    pub contact: &'a str,
    /// The institution's own wording, instead of ours; empty for ours.
    pub wording: &'a str,
}

/// The notice in plain text, one paragraph per line.
pub fn wording(terms: Terms<'_>) -> String {
    let own = terms.wording.trim();
    if !own.is_empty() {
        return own.to_owned();
    }
    let t = text::english();
    let or = |text: &str, default| match text.trim().trim_end_matches('.') {
        "" => t.get(default).to_owned(),
        text => text.to_owned(),
    };
    let basis = match terms.basis {
        LawfulBasis::Consent => "notice-consent",
        LawfulBasis::PublicTask => "notice-public-task",
        LawfulBasis::LegitimateInterest => "notice-legitimate-interest",
        LawfulBasis::LegalObligation => "notice-legal-obligation",
    };
    let contact = [("contact", or(terms.contact, "notice-usual-contact").into())];
    let terms = [
        ("storage", or(terms.storage, "notice-usual-storage").into()),
        ("viewers", capitalised(&or(terms.viewers, "notice-usual-viewers")).into()),
        ("kept", or(terms.kept, "notice-usual-kept").into()),
    ];
    format!(
        "{} {}\n{}\n{}",
        t.get("notice-recorded"),
        t.get(basis),
        t.with("notice-body", &terms),
        t.with("notice-questions", &contact)
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The words that were written for `language`, or for the language without its region, with the tag they stand under.
/// The configuration goes before what was written on the page.
async fn own_words(app: &App, integration: &Integration, language: &str) -> Result<Option<(String, String)>> {
    let primary = language.split('-').next().unwrap_or_default();
    if primary.eq_ignore_ascii_case(LANGUAGE) {
        return Ok(None);
    }
    let configured = &app.config.notice.wording.0;
    let written = acknowledgements::wordings(&app.store, integration.id).await?;
    let all = || {
        let configured = configured.iter().map(|(tag, words)| (tag.as_str(), words.as_str()));
        configured.chain(written.iter().map(|(tag, words)| (tag.as_str(), words.as_str())))
    };
    let of = |wanted: &str| all().find(|(tag, _)| tag.eq_ignore_ascii_case(wanted));
    Ok(of(language).or_else(|| of(primary)).map(|(tag, words)| (tag.to_owned(), words.trim().to_owned())))
}

/// The words of a class's notice in a language other than the usual one, if there are any.
pub async fn in_language(app: &App, id: IntegrationId, language: &str) -> Result<Option<String>> {
    if language.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(LANGUAGE)) {
        return Ok(None);
    }
    let Some(integration) = integrations::find(&app.store, id).await? else {
        return Ok(None);
    };
    Ok(own_words(app, &integration, language).await?.map(|(_, words)| words))
}

/// Longest wording in characters.
const LONGEST: usize = 5_000;

/// The institution's own words in another language, as they stand now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The language (BCP 47).
    pub language: String,
    /// The words.
    pub words: String,
    /// Whether the configuration sets them, so that no page changes them.
    pub is_configured: bool,
}

/// The institution's own words in other languages, used or not, for those who oversee the installation.
pub async fn wordings(app: &App, viewer: &Viewer) -> Result<Vec<Wording>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    let configured = &app.config.notice.wording.0;
    let mut all: Vec<Wording> = configured
        .iter()
        .filter(|(tag, _)| tag.split('-').next() != Some(LANGUAGE))
        .map(|(tag, words)| Wording { language: tag.clone(), words: words.clone(), is_configured: true })
        .collect();
    if let Some(integration) = integrations::first(&app.store).await? {
        let written = acknowledgements::wordings(&app.store, integration.id).await?;
        let is_free = |tag: &str| configured.keys().all(|known| !known.eq_ignore_ascii_case(tag));
        all.extend(written.into_iter().filter(|(tag, _)| is_free(tag)).map(|(language, words)| Wording {
            language,
            words,
            is_configured: false,
        }));
    }
    Ok(all)
}

/// Writes the institution's own words in a language; empty words take them away. English ones are written with the
/// notice's other terms.
pub async fn put_wording(app: &App, viewer: &Viewer, (language, words): (&str, &str)) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Retain).await?;
    let (language, words) = (language.trim(), words.trim());
    let tag = language.parse::<unic_langid::LanguageIdentifier>().map(|tag| tag.to_string());
    let Ok(tag) = tag else {
        return Err(Error::invalid("language", say("op-notice-language")));
    };
    if tag.split('-').next() == Some(LANGUAGE) {
        return Err(Error::invalid("language", say("op-notice-english")));
    }
    if words.chars().count() > LONGEST {
        return Err(Error::invalid("wording", say_with("op-at-most", &[("most", LONGEST.into())])));
    }
    if words.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Error::invalid("wording", say("op-no-control")));
    }
    if app.config.notice.wording.0.keys().any(|known| known.eq_ignore_ascii_case(&tag)) {
        return Err(Error::Conflict(say("op-notice-locked")));
    }
    let Some(integration) = integrations::first(&app.store).await? else {
        return Err(Error::NotReady(say("op-notice-unconnected")));
    };
    let tx = app.store.write().await?;
    acknowledgements::put_wording(&tx, integration.id, (&tag, words), app.clock.now()).await?;
    let about = (format!("integration:{}", integration.id), json!({ "language": tag, "words": words }));
    audit::record(app, &tx, Some(viewer.user_id), "notice.wording_changed", about).await?;
    tx.commit().await?;
    Ok(())
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

/// The wording in force for people of a language, which is kept as a new version if it has changed. An invitation quotes
/// only kept words.
pub async fn in_force(app: &App, integration: &Integration, language: &str) -> Result<NoticeVersion> {
    let (language, words) = match own_words(app, integration, language).await? {
        Some(own) => own,
        None => (LANGUAGE.to_owned(), words(app, integration)),
    };
    let kept = |latest: Option<NoticeVersion>| {
        latest.filter(|latest| latest.body == words && latest.basis == integration.lawful_basis)
    };
    if let Some(version) = kept(notices::latest(&app.store, integration.id, &language).await?) {
        return Ok(version);
    }
    let tx = app.store.write().await?;
    integrations::lock_all(&tx).await?;
    if let Some(version) = kept(notices::latest(&tx, integration.id, &language).await?) {
        return Ok(version);
    }
    let new = NewNotice {
        integration: integration.id,
        language: &language,
        basis: integration.lawful_basis,
        body: &words,
    };
    let now = app.clock.now();
    let id = notices::insert(&tx, new, now).await?;
    let about = (format!("notice:{id}"), json!({ "basis": integration.lawful_basis, "language": language }));
    audit::record(app, &tx, None, "notice.in_force", about).await?;
    tx.commit().await?;
    Ok(NoticeVersion { id, basis: integration.lawful_basis, body: words, language, created_at: now })
}

/// The words with which a class is announced. That it was announced with them is kept before anybody is told.
pub async fn announce(app: &App, integration: &Integration, meeting: MeetingId) -> Result<String> {
    let version = in_force(app, integration, LANGUAGE).await?;
    let known = acknowledgements::of_meeting(&app.store, meeting).await?;
    if known.iter().all(|(used, _)| *used != version.id) {
        let tx = app.store.write().await?;
        acknowledgements::used(&tx, meeting, version.id, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(version.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Word as _;

    fn terms(basis: LawfulBasis) -> Terms<'static> {
        Terms {
            basis,
            storage: "Contoso's OneDrive",
            viewers: "the people of this course",
            kept: "for one year",
            contact: "privacy@contoso.example",
            wording: "",
        }
    }

    #[test]
    fn only_consent_speaks_of_consent_and_each_tells_everything() {
        for basis in LawfulBasis::ALL {
            let text = wording(terms(*basis));
            let consents = text.contains("By joining, you consent to being recorded");
            assert_eq!(consents, *basis == LawfulBasis::Consent, "{text}");
            for part in ["is recorded", "Contoso's OneDrive", "The people of this course", "for one year"] {
                assert!(text.contains(part), "{part} is missing in {text}");
            }
            assert!(text.contains("privacy@contoso.example"));
        }
    }

    #[test]
    fn empty_terms_still_make_whole_sentences() {
        let empty = Terms { storage: "", viewers: "", kept: " ", contact: "", ..terms(LawfulBasis::Consent) };
        let text = wording(empty);
        assert!(!text.contains(" ."), "{text}");
        assert!(text.contains("Ask your instructor."));
    }

    #[test]
    fn the_institutions_own_wording_replaces_ours() {
        let own = Terms { wording: " We record. ", ..terms(LawfulBasis::Consent) };
        assert_eq!(wording(own), "We record.");
    }
}
