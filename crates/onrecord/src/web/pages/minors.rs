//! The minors of a course: its mark, its people, and what their guardians were told or said.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Crumb, Empty, Field, Pill, Problem},
};

/// `GET /courses/{id}/minors`. Posts: there (`requires`), `…/people` (`email`, `person_requires`),
/// `/courses/{id}/guardians` (`user_id`, `kind`, `guardian`, `evidence`, `given_on`, `expires_on`),
/// `/courses/{id}/guardians/{word}/withdraw`.
#[derive(Debug, Template)]
#[template(path = "pages/minors.html")]
pub struct Minors {
    pub page: Page,
    pub crumbs: Vec<Crumb>,
    /// "/courses/3".
    pub home: String,
    /// Whether the course is marked, and what is required.
    pub lead: String,
    pub rows: Vec<MinorRow>,
    pub empty: Option<Empty>,
    /// For administrators and officers.
    pub change: Option<MinorsChange>,
}

impl Minors {
    fn problems(&self) -> Vec<Problem> {
        let fields = self
            .change
            .iter()
            .flat_map(|change| change.course.iter().chain(&change.person).chain(&change.guardian));
        parts::problems(fields)
    }
}

/// The three forms.
#[derive(Debug)]
pub struct MinorsChange {
    pub course: Vec<Field>,
    pub person: Vec<Field>,
    pub guardian: Vec<Field>,
}

/// One minor.
#[derive(Debug)]
pub struct MinorRow {
    pub name: String,
    pub email: String,
    pub required: &'static str,
    pub state: Pill,
    pub words: Vec<GuardianLine>,
}

/// What one guardian was told or said.
#[derive(Debug)]
pub struct GuardianLine {
    pub id: i64,
    /// "Consent of Grace Hopper, 1 September 2026 (letter 7), until 1 July 2027".
    pub words: String,
    pub may_withdraw: bool,
}
