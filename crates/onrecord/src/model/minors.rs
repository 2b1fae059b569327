//! Minors: what their guardians must have been told or must have agreed to before a class of theirs is recorded, and whether
//! that is so. Pure.

use chrono::{DateTime, Utc};

use super::id::{GuardianWordId, UserId};
use crate::words;

words! {
    /// What is required of guardians. Each includes the ones before it.
    pub enum Requirement {
        /// Nothing.
        Nothing = "nothing",
        /// That they were told.
        Information = "information",
        /// That they agreed.
        Consent = "consent",
    }
}

/// What a guardian was told or said of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardianWord {
    /// The row.
    pub id: GuardianWordId,
    /// The minor.
    pub user_id: UserId,
    /// Whether they were told or agreed.
    pub kind: Requirement,
    /// The guardian's name.
    pub guardian: String,
    /// Where it can be looked up: a file, a letter, a date.
    pub evidence: String,
    /// When it was given.
    pub given_at: DateTime<Utc>,
    /// Until when it holds, if it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl GuardianWord {
    /// Whether it holds at `at`.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.given_at <= at
            && self.expires_at.is_none_or(|end| at < end)
            && self.withdrawn_at.is_none_or(|gone| at < gone)
    }
}

/// Whether what is required is there at `at`.
pub fn is_met(required: Requirement, words: &[GuardianWord], at: DateTime<Utc>) -> bool {
    required == Requirement::Nothing || words.iter().any(|word| word.kind >= required && word.holds(at))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn consent_holds_from_its_day_until_it_ends_or_is_taken_back() {
        let start = DateTime::UNIX_EPOCH;
        let day = |n| start + TimeDelta::days(n);
        let consent = GuardianWord {
            id: GuardianWordId(1),
            user_id: UserId(1),
            kind: Requirement::Consent,
            guardian: "A guardian".to_owned(),
            evidence: "Letter 7".to_owned(),
            given_at: day(1),
            expires_at: Some(day(10)),
            withdrawn_at: None,
        };
        let met = |required, word: &GuardianWord, at| is_met(required, std::slice::from_ref(word), at);
        assert!(!met(Requirement::Consent, &consent, day(0)));
        assert!(
            met(Requirement::Consent, &consent, day(1)) && met(Requirement::Information, &consent, day(9))
        );
        assert!(!met(Requirement::Consent, &consent, day(10)));
        let gone = GuardianWord { withdrawn_at: Some(day(5)), ..consent.clone() };
        assert!(!met(Requirement::Consent, &gone, day(5)));
        let told = GuardianWord { kind: Requirement::Information, ..consent };
        assert!(!met(Requirement::Consent, &told, day(2)) && met(Requirement::Nothing, &told, day(0)));
    }
}
