//! The form as a person typed it, and the time slots that it means.

use std::collections::BTreeMap;

use super::faults::Faults;
use super::meeting_id;
use crate::model::schedule::{MOST_SLOTS, Repetition, SlotText, weekly};
use crate::web::text::Text;

/// Most weeks in a row.
const MOST_WEEKS: usize = 53;

/// What the pressed button asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ask {
    #[default]
    Save,
    AddSlot,
    Preview,
}

/// One row of the list of time slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedSlot {
    /// The meeting's number; empty for a new slot.
    pub id: String,
    pub date: String,
    pub start: String,
    pub end: String,
    /// The class is to be cancelled.
    pub remove: bool,
}

/// Everything that was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub title: String,
    pub course_id: String,
    pub description: String,
    pub time_zone: String,
    pub published: bool,
    pub weeks: String,
    pub slots: Vec<TypedSlot>,
    pub ask: Ask,
}

/// The slots that were meant, each with the row it came from.
#[derive(Debug, Clone, Default)]
pub(super) struct Expanded {
    pub slots: Vec<SlotText>,
    /// Row, and how many weeks after it.
    pub origins: Vec<(usize, usize)>,
}

impl Typed {
    /// Reads the fields; unknown ones are left alone, and rows are counted from nought again.
    pub(super) fn read(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        let mut rows: BTreeMap<u32, TypedSlot> = BTreeMap::new();
        for (name, value) in pairs {
            match name.as_str() {
                "title" => typed.title = value,
                "course_id" => typed.course_id = value,
                "description" => typed.description = value,
                "time_zone" => typed.time_zone = value,
                "published" => typed.published = value == "yes",
                "weeks" => typed.weeks = value,
                "do" => {
                    typed.ask = match value.as_str() {
                        "add-slot" => Ask::AddSlot,
                        "preview" => Ask::Preview,
                        _ => Ask::Save,
                    }
                }
                other => read_slot(&mut rows, other, value),
            }
        }
        typed.slots = rows.into_values().take(MOST_SLOTS * 2).collect();
        typed
    }

    /// One more row: a week after the last.
    pub(super) fn add_slot(&mut self) {
        let next = self.slots.iter().rev().find(|slot| !slot.remove).and_then(|last| {
            let text = SlotText { id: None, ..last.text() };
            weekly(&text, Repetition::Weeks(2)).into_iter().nth(1)
        });
        let next = next.unwrap_or_default();
        let (date, start, end) = (next.date, next.start_time, next.end_time);
        self.slots.push(TypedSlot { id: String::new(), date, start, end, remove: false });
    }

    /// The slots that are meant: removed rows left out, each repeated for as many weeks as were asked for.
    pub(super) fn expand(&self, t: &Text) -> Result<Expanded, Faults> {
        let weeks = match self.weeks.trim() {
            "" => 1,
            text => match text.parse() {
                Ok(weeks) if (1..=MOST_WEEKS).contains(&weeks) => weeks,
                _ => {
                    let most = MOST_WEEKS.into();
                    return Err(Faults::at("weeks", &t.with("form-weeks-wrong", &[("most", most)])));
                }
            },
        };
        let mut expanded = Expanded::default();
        for (row, slot) in self.slots.iter().enumerate().filter(|(_, slot)| !slot.remove) {
            for (week, text) in weekly(&slot.text(), Repetition::Weeks(weeks)).into_iter().enumerate() {
                expanded.slots.push(text);
                expanded.origins.push((row, week));
            }
        }
        Ok(expanded)
    }

    /// Whether a class that is there is to be cancelled.
    pub(super) fn removes_any(&self) -> bool {
        self.slots.iter().any(|slot| slot.remove && meeting_id(&slot.id).is_some())
    }
}

impl TypedSlot {
    fn text(&self) -> SlotText {
        SlotText {
            id: meeting_id(&self.id),
            date: self.date.trim().to_owned(),
            start_time: self.start.trim().to_owned(),
            end_time: self.end.trim().to_owned(),
        }
    }
}

/// `slot-N-date` and its like.
fn read_slot(rows: &mut BTreeMap<u32, TypedSlot>, name: &str, value: String) {
    let Some((row, field)) = name.strip_prefix("slot-").and_then(|rest| rest.split_once('-')) else {
        return;
    };
    let Ok(row) = row.parse::<u32>() else {
        return;
    };
    let slot = rows.entry(row).or_default();
    match field {
        "id" => slot.id = value,
        "date" => slot.date = value,
        "start" => slot.start = value,
        "end" => slot.end = value,
        "remove" => slot.remove = value == "yes",
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::text::english;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn rows_keep_their_order_and_odd_fields_are_left_alone() {
        let form = typed(&[
            ("slot-10-date", "2026-12-08"),
            ("slot-2-date", "2026-12-01"),
            ("slot-x-date", "never"),
            ("slot-2", "never"),
            ("slot-99999999999-date", "never"),
            ("nonsense", "1"),
        ]);
        let dates: Vec<&str> = form.slots.iter().map(|slot| slot.date.as_str()).collect();
        assert_eq!(dates, ["2026-12-01", "2026-12-08"]);
    }

    #[test]
    fn weeks_repeat_each_row_and_removed_rows_are_left_out() {
        let form = typed(&[
            ("slot-0-date", "2026-12-01"),
            ("slot-1-date", "2026-12-02"),
            ("slot-1-remove", "yes"),
            ("slot-2-date", "2026-12-03"),
            ("weeks", "2"),
        ]);
        let expanded = form.expand(english()).unwrap();
        let dates: Vec<&str> = expanded.slots.iter().map(|slot| slot.date.as_str()).collect();
        assert_eq!(dates, ["2026-12-01", "2026-12-08", "2026-12-03", "2026-12-10"]);
        assert_eq!(expanded.origins, [(0, 0), (0, 1), (2, 0), (2, 1)]);
        for weeks in ["0", "54", "-1", "two"] {
            assert!(typed(&[("weeks", weeks)]).expand(english()).is_err(), "{weeks}");
        }
    }

    #[test]
    fn one_more_row_is_a_week_after_the_last() {
        let mut form = typed(&[
            ("slot-0-date", "2026-12-28"),
            ("slot-0-start", "09:00"),
            ("slot-0-end", "10:00"),
            ("slot-0-id", "7"),
        ]);
        form.add_slot();
        let added = form.slots.last().unwrap();
        assert_eq!(
            (added.id.as_str(), added.date.as_str(), added.start.as_str()),
            ("", "2027-01-04", "09:00")
        );
        let mut empty = typed(&[("slot-0-date", "tomorrow")]);
        empty.add_slot();
        assert_eq!(empty.slots[1], TypedSlot::default());
    }
}
