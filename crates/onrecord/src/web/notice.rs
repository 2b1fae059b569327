//! The recording notice: what people are told before they join, by lawful basis. Only `consent` says that joining consents.
//! Each wording says that the class is recorded, where that is kept, who may see it, how long, and whom to ask.

use crate::web::text::Text;

/// Why the school may record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    Consent,
    PublicTask,
    LegitimateInterest,
    LegalObligation,
}

/// What the notice says besides its basis.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub school: &'a str,
    /// "the school’s Microsoft 365 and its archive".
    pub storage: &'a str,
    /// "Only people of the course"; begins the sentence.
    pub audience: &'a str,
    /// "until three years after the course ends".
    pub kept: &'a str,
    /// Whom to ask: an address.
    pub contact: &'a str,
}

/// The notice as one paragraph of plain text.
pub fn wording(t: &Text, basis: Basis, facts: Facts<'_>) -> String {
    let school = [("school", facts.school.into())];
    let opening = match basis {
        Basis::Consent => format!("{} {}", t.get("notice-consent-body"), t.get("notice-consent")),
        Basis::PublicTask => t.with("notice-public-task", &school),
        Basis::LegitimateInterest => t.get("notice-legitimate-interest").to_owned(),
        Basis::LegalObligation => t.with("notice-legal-obligation", &school),
    };
    let body = t.with(
        "notice-body",
        &[
            ("storage", facts.storage.into()),
            ("audience", facts.audience.into()),
            ("kept", facts.kept.into()),
            ("contact", facts.contact.into()),
        ],
    );
    format!("{opening} {body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::english;

    const FACTS: Facts<'static> = Facts {
        school: "Contoso School",
        storage: "the school’s Microsoft 365",
        audience: "Only people of the course",
        kept: "for three years",
        contact: "privacy@contoso.example",
    };

    #[test]
    fn only_consent_says_that_joining_consents() {
        for basis in [Basis::Consent, Basis::PublicTask, Basis::LegitimateInterest, Basis::LegalObligation] {
            let said = wording(english(), basis, FACTS);
            assert_eq!(said.contains("you consent to being recorded"), basis == Basis::Consent, "{said}");
            for fact in ["recorded", FACTS.storage, FACTS.audience, FACTS.kept, FACTS.contact] {
                assert!(said.contains(fact), "{basis:?} does not say {fact}: {said}");
            }
        }
    }
}
