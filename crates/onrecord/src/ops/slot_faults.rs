//! What is wrong with time slots, in the catalogue's words: pages, API, import and command line say the same.

use super::{FieldError, say, say_with};
use crate::model::schedule::{Fault, MOST_SLOTS, place};
use crate::model::slot_plan::TooLate;
use crate::text::Value;

/// What is wrong and what to write instead.
pub fn fault_text(fault: &Fault) -> String {
    let quoted = |text: &str| -> Value<'static> { format!("{text:?}").into() };
    match fault {
        Fault::NoZone(name) => say_with("op-slot-zone", &[("what", quoted(name))]),
        Fault::NoDate(text) => say_with("op-slot-date", &[("what", quoted(text))]),
        Fault::NoTime(text) => say_with("op-slot-time", &[("what", quoted(text))]),
        Fault::EndBeforeStart => say("op-slot-end"),
        Fault::Skipped { wall, zone } => {
            let args = [
                ("time", wall.format("%H:%M").to_string().into()),
                ("zone", zone.name().into()),
                ("day", wall.format("%Y-%m-%d").to_string().into()),
            ];
            say_with("op-slot-skipped", &args)
        }
        Fault::NoSlots => say("op-slot-none"),
        Fault::TooMany(count) => {
            say_with("op-slot-too-many", &[("n", (*count).into()), ("most", MOST_SLOTS.into())])
        }
        Fault::Past => say("op-slot-past"),
        Fault::TooFar => say("op-slot-far"),
        Fault::Unknown(id) => say_with("op-slot-unknown", &[("id", id.to_string().into())]),
        Fault::Twice(id) => say_with("op-slot-twice", &[("id", id.to_string().into())]),
        Fault::Overlaps(other) => say_with("op-overlaps", &[("place", place(*other, "").into())]),
        Fault::OverlapsBegun => say("op-slot-overlaps-begun"),
    }
}

/// The field that is wrong, with its text.
pub fn field_error((field, fault): (String, Fault)) -> FieldError {
    FieldError::new(field, fault_text(&fault))
}

/// Why a slot's time can no longer be changed.
pub(super) fn too_late(why: TooLate) -> String {
    let day = |at: chrono::DateTime<chrono::Utc>| [("day", at.format("%Y-%m-%d %H:%M").to_string().into())];
    match why {
        TooLate::Cancelled(at) => say_with("op-slot-cancelled", &day(at)),
        TooLate::Begun(at) => say_with("op-slot-begun", &day(at)),
    }
}
