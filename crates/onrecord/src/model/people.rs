//! Users, courses and who belongs to what.

use chrono::{DateTime, NaiveDate, Utc};
use unicode_normalization::UnicodeNormalization as _;

use super::id::{CourseId, EnrolmentId, UserId};
use super::integration::SyncKind;
use crate::words;

words! {
    /// A role over the whole installation. Most people have none.
    pub enum GlobalRole {
        /// May do everything.
        Admin = "admin",
        /// Reads everything; owns notices, cases, holds and audit; changes no course and no integration.
        Officer = "officer",
    }
}

words! {
    /// A person's part in one course.
    pub enum CourseRole {
        /// Schedules, edits, syncs and hides in the course.
        Instructor = "instructor",
        /// Sees what is published.
        Learner = "learner",
    }
}

/// A person. `email` is lower case and NFC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The row.
    pub id: UserId,
    /// The address one signs in with.
    pub email: String,
    /// The name to show.
    pub name: String,
    /// Role over the whole installation.
    pub role: Option<GlobalRole>,
    /// Microsoft's user principal name, if it differs from the address.
    pub upn: Option<String>,
    /// The Graph `user.id`.
    pub entra_object_id: Option<String>,
    /// The id in the school's own system; links imports.
    pub external_id: Option<String>,
    /// Language of pages and mails (BCP 47).
    pub language: String,
    /// Set when the person may no longer sign in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

/// A course and what its learners may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The row.
    pub id: CourseId,
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Short name, such as `BIO-204`.
    pub code: String,
    /// Full name.
    pub title: String,
    /// The term it is taught in, as the school writes it.
    pub term: String,
    /// First day, if known.
    pub starts_on: Option<NaiveDate>,
    /// Last day, if known.
    pub ends_on: Option<NaiveDate>,
    /// Learners see the chat of a class (default no).
    pub learners_see_chat: bool,
    /// Learners see the files of a class (default no).
    pub learners_see_files: bool,
    /// Learners are invited in Teams (default no: they join from the class page).
    pub invite_learners: bool,
    /// Kinds that are neither asked for nor shown; never recordings.
    pub kinds_off: Vec<SyncKind>,
}

/// One person's place in one course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The row.
    pub id: EnrolmentId,
    /// The course.
    pub course_id: CourseId,
    /// The person.
    pub user_id: UserId,
    /// Their part.
    pub role: CourseRole,
    /// Group within the course.
    pub section: Option<String>,
    /// Last day on which the enrolment gives any right.
    pub ends_on: Option<NaiveDate>,
}

/// An e-mail address as stored and compared: trimmed, in lower case, and composed (Unicode NFC): an "ü" typed as one
/// letter and one typed as "u" with a mark are the same address. This is the only place that makes them so.
pub fn normal_email(text: &str) -> String {
    text.trim().to_lowercase().nfc().collect()
}

/// Whether `email` can be an address: one `@`, something on both sides, a dot in the host, no space.
pub fn is_email(email: &str) -> bool {
    let Some((local, host)) = email.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && email.len() <= 254
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains('@')
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// The shortest password.
pub const PASSWORD_LEAST: usize = 12;

/// The longest password.
pub const PASSWORD_MOST: usize = 1_000;

/// What can be wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// It has only so many characters.
    Short(usize),
    /// It has more than [`PASSWORD_MOST`] characters.
    Long,
    /// It is one character over and over.
    OneCharacter,
    /// It is made of the person's address.
    Address,
}

/// What is wrong with a password that someone wants; `None` if it is good enough.
pub fn password_fault(password: &str, email: &str) -> Option<PasswordFault> {
    let length = password.chars().count();
    if length < PASSWORD_LEAST {
        return Some(PasswordFault::Short(length));
    }
    if length > PASSWORD_MOST {
        return Some(PasswordFault::Long);
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) {
        return Some(PasswordFault::OneCharacter);
    }
    let (local, _) = email.split_once('@').unwrap_or((email, ""));
    if normal_email(password) == email || password.to_lowercase() == format!("{local}{local}") {
        return Some(PasswordFault::Address);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_not_the_address() {
        let fault = |password| password_fault(password, "ada.lovelace@school.example");
        assert!(fault("onrecord-demo").is_none());
        assert!(fault("zwölf Wörter!").is_none());
        assert!(fault("elf zeichen").is_some());
        assert!(fault("aaaaaaaaaaaaaaaa").is_some());
        assert!(fault("Ada.Lovelace@school.example").is_some());
        assert!(fault(&"x1".repeat(501)).is_some());
    }

    #[test]
    fn an_address_is_the_same_however_its_letters_were_typed() {
        let composed = "j\u{fc}rgen@schule.example";
        for typed in
            ["J\u{fc}rgen@Schule.example", " ju\u{308}rgen@schule.example\t", "JU\u{308}RGEN@SCHULE.EXAMPLE"]
        {
            assert_eq!(normal_email(typed), composed, "{typed:?}");
        }
        assert_eq!(normal_email(composed), composed);
    }

    #[test]
    fn addresses_are_told_from_other_texts() {
        for good in ["a@b.c", "jürgen@schule.example", "x+y@a.b.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.c", "a@.b", "a@b.", "a b@c.d", "a@b@c.d", "a@b.c\n"] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
