//! The recording notice: that the class is recorded, on what basis, where the recording is stored, who may see it,
//! how long, and whom to ask. Its words are made of the integration and the configuration, and each wording in force is
//! kept as a version. Only the basis `consent` speaks of consent.

use super::Result;
use crate::app::App;
use crate::model::integration::{Integration, LawfulBasis};
use crate::store::notices::{self, NewNotice};
use crate::text;

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
