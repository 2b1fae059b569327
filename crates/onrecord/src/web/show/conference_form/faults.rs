//! What is wrong with a form, at the fields where a person mends it.

use std::collections::BTreeMap;

use super::typed::Expanded;
use crate::ops::FieldError;
use crate::web::text::Text;

/// What is wrong, by the name of the field on the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    fields: BTreeMap<String, String>,
    /// What is wrong with the whole.
    pub problem: Option<String>,
}

impl Faults {
    /// One field is wrong.
    pub(super) fn at(field: &str, words: &str) -> Self {
        Self { fields: [(field.to_owned(), words.to_owned())].into(), problem: None }
    }

    /// Another field is wrong, too.
    pub(super) fn add(&mut self, field: &str, words: &str) {
        self.put(field.to_owned(), words.to_owned());
    }

    /// The whole is wrong.
    pub(super) fn whole(words: String) -> Self {
        Self { fields: BTreeMap::new(), problem: Some(words) }
    }

    /// What an operation says about the slots and fields that were sent to it.
    pub(super) fn of(t: &Text, errors: &[FieldError], expanded: &Expanded) -> Self {
        let mut faults = Self::default();
        for error in errors {
            match place(&error.field, expanded) {
                Place::Field(name) => faults.put(name, error.message.clone()),
                Place::Slot { row, week, field } => {
                    let words = match field {
                        "" => t.get("form-overlap").to_owned(),
                        _ => error.message.clone(),
                    };
                    let name = match field {
                        "date" => "date",
                        "end_time" => "end",
                        _ => "start",
                    };
                    let words = if week == 0 { words } else { later_week(t, week, words) };
                    faults.put(format!("slot-{row}-{name}"), words);
                }
                Place::Whole => faults.problem = Some(error.message.clone()),
            }
        }
        faults
    }

    /// The first fault of a field stays: it is the one to mend first.
    fn put(&mut self, field: String, words: String) {
        self.fields.entry(field).or_insert(words);
    }

    /// What is wrong with this field.
    pub(super) fn of_field(&self, name: &str) -> Option<String> {
        self.fields.get(name).cloned()
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.problem.is_none()
    }

    /// Moves what is said about fields that cannot be typed in to the whole.
    pub(super) fn lift(&mut self, row: usize) {
        for name in ["date", "start", "end"] {
            if let Some(words) = self.fields.remove(&format!("slot-{row}-{name}")) {
                self.problem.get_or_insert(words);
            }
        }
    }
}

fn later_week(t: &Text, week: usize, words: String) -> String {
    t.with("form-in-week", &[("n", (week + 1).into()), ("words", words.into())])
}

/// Where on the page a field of an operation is.
#[derive(Debug, PartialEq, Eq)]
enum Place<'e> {
    Field(String),
    Slot { row: usize, week: usize, field: &'e str },
    Whole,
}

fn place<'e>(field: &'e str, expanded: &Expanded) -> Place<'e> {
    if matches!(field, "title" | "description" | "course_id" | "time_zone") {
        return Place::Field(field.to_owned());
    }
    let slot = field.strip_prefix("time_slots[").and_then(|rest| rest.split_once(']'));
    let Some((index, rest)) = slot else {
        let repeated = expanded.origins.iter().any(|(_, week)| *week > 0);
        return if field == "time_slots" && repeated {
            Place::Field("weeks".to_owned())
        } else {
            Place::Whole
        };
    };
    let origin = index.parse().ok().and_then(|index: usize| expanded.origins.get(index));
    match (origin, rest.trim_start_matches('.')) {
        (None, _) | (_, "id") => Place::Whole,
        (Some((row, week)), field) => Place::Slot { row: *row, week: *week, field },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::english;

    #[test]
    fn faults_find_the_row_that_was_typed() {
        let expanded = Expanded { slots: Vec::new(), origins: vec![(0, 0), (0, 1), (3, 0)] };
        let errors = [
            FieldError::new("time_slots[1].start_time", "It does not exist."),
            FieldError::new("time_slots[2].end_time", "Too early."),
            FieldError::new("time_slots[9].date", "Odd."),
            FieldError::new("title", "Give one."),
        ];
        let faults = Faults::of(english(), &errors, &expanded);
        assert!(faults.of_field("slot-0-start").unwrap().contains("It does not exist."));
        assert_eq!(faults.of_field("slot-3-end").as_deref(), Some("Too early."));
        assert_eq!(faults.of_field("title").as_deref(), Some("Give one."));
        assert_eq!(faults.problem.as_deref(), Some("Odd."));
    }

    #[test]
    fn too_many_slots_is_about_the_weeks_that_made_them() {
        let too_many = [FieldError::new("time_slots", "Too many.")];
        let repeated = Expanded { slots: Vec::new(), origins: vec![(0, 0), (0, 1)] };
        assert!(Faults::of(english(), &too_many, &repeated).of_field("weeks").is_some());
        let once = Expanded { slots: Vec::new(), origins: vec![(0, 0)] };
        assert!(Faults::of(english(), &too_many, &once).problem.is_some());
    }
}
