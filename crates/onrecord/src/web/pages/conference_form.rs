//! New Conference (`/conferences/new`) and editing one (`/conferences/{id}/edit`).
//! There is no recording switch here, and the page says so.

use askama::Template;

use crate::web::{
    page::Page,
    parts::{self, Choice, Field, FieldKind, PartLine, Problem},
    text::Text,
};

/// Posted to `action` as `title`, `course_id`, `description`, `time_zone`, `published`, `weeks`, and per time slot
/// `slot-N-id`, `slot-N-date`, `slot-N-start`, `slot-N-end`, `slot-N-remove`; `do` is `save`, `add-slot` or `preview`.
#[derive(Debug, Template)]
#[template(path = "pages/conference_form.html")]
pub struct ConferenceForm {
    pub page: Page,
    pub heading: String,
    pub action: String,
    pub back: String,
    pub save_words: String,
    pub title: Field,
    pub course: Field,
    pub description: Field,
    pub zone: Field,
    pub slots: Vec<SlotRow>,
    /// How many weeks each slot is repeated; `None` when editing.
    pub weeks: Option<Field>,
    pub published: Vec<Choice>,
    /// What is wrong with the whole, besides the fields.
    pub problem: Option<String>,
    pub plan_sum: String,
    pub plan: Vec<PartLine>,
    pub notice: String,
}

/// One time slot.
#[derive(Debug)]
pub struct SlotRow {
    pub index: usize,
    /// The meeting's id; `None` for a new slot.
    pub id: Option<i64>,
    pub date: Field,
    pub start: Field,
    pub end: Field,
    /// Why its time cannot change any more ("held, recorded"); then the fields are locked.
    pub settled: Option<String>,
}

impl SlotRow {
    /// A row with the values as a browser's date and time fields have them.
    pub fn new(t: &'static Text, index: usize, id: Option<i64>, [date, start, end]: [&str; 3]) -> Self {
        let field = |name: &str, label: &'static str, kind, value: &str| {
            Field::new(format!("slot-{index}-{name}"), label, kind).value(value).required()
        };
        Self {
            index,
            id,
            date: field("date", t.get("slot-date"), FieldKind::Date, date),
            start: field("start", t.get("slot-start"), FieldKind::Time, start),
            end: field("end", t.get("slot-end"), FieldKind::Time, end),
            settled: None,
        }
    }
}

impl ConferenceForm {
    fn problems(&self) -> Vec<Problem> {
        let fields = [&self.title, &self.course, &self.description, &self.zone];
        let mut problems = parts::problems(fields);
        for slot in &self.slots {
            problems.extend(parts::problems([&slot.date, &slot.start, &slot.end]));
        }
        problems.extend(parts::problems(&self.weeks));
        if let Some(words) = &self.problem {
            problems.push(Problem { field: String::new(), words: words.clone() });
        }
        problems
    }
}
