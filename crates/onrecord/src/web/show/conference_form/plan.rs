//! What would be made of a form: one line for each class, with what stands in its way.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::desk::Desk;
use super::faults::Faults;
use super::typed::{Expanded, Typed};
use crate::model::schedule::{self, Slot, place};
use crate::ops::slot_faults::field_error;
use crate::ops::{FieldError, Result};
use crate::store::pages::scheduling::{Taught, teaching};
use crate::web::parts::{Mark, PartLine};
use crate::web::when::When;

/// Lines shown.
const MOST_LINES: usize = 60;

/// Other classes of the person that are looked at.
const MOST_TAUGHT: i64 = 500;

/// No class is longer.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// What would be made.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub sum: String,
    pub lines: Vec<PartLine>,
    /// Classes that would be made or kept.
    pub count: usize,
    /// What is wrong with the times, at their fields.
    pub faults: Faults,
}

impl Plan {
    /// What `typed` would make. One query.
    pub(super) async fn of(desk: &Desk<'_>, typed: &Typed) -> Result<Self> {
        let t = desk.t;
        let Ok(expanded) = typed.expand(t) else {
            return Ok(Self { sum: t.get("plan-mend").to_owned(), ..Self::default() });
        };
        let expanded = desk.open_slots(expanded);
        let Ok(zone) = schedule::zone(&typed.time_zone) else {
            return Ok(Self { sum: t.get("plan-mend").to_owned(), ..Self::default() });
        };
        let slots = match checked(desk, &expanded, zone) {
            Ok(slots) => slots,
            Err(errors) => {
                let faults = Faults::of(t, &errors, &expanded);
                return Ok(Self { sum: t.get("plan-mend").to_owned(), faults, ..Self::default() });
            }
        };
        let taught = other_classes(desk, &slots).await?;
        let when = When::new(t, zone, desk.now);
        let mut lines: Vec<PartLine> =
            slots.iter().take(MOST_LINES).map(|slot| line(desk, slot, &taught, &when)).collect();
        if slots.len() > MOST_LINES {
            let more = t.with("plan-more", &[("n", (slots.len() - MOST_LINES).into())]);
            lines.push(PartLine::new(Mark::Upcoming, "…", more));
        }
        lines.extend(desk.removed(typed).into_iter().map(|meeting| {
            let span = when.span(meeting.starts_at, meeting.ends_at).words;
            PartLine::new(Mark::Cancelled, when.short_day(meeting.starts_at).words, span)
                .strong(t.get("plan-cancelled"))
        }));
        let count = slots.len();
        let sum = t.with("plan-sum", &[("n", count.into()), ("zone", zone.name().into())]);
        Ok(Self { sum, lines, count, faults: Faults::default() })
    }
}

/// The slots as moments, by start; else what is wrong with them, as the operation would say it.
fn checked(
    desk: &Desk<'_>,
    expanded: &Expanded,
    zone: Tz,
) -> std::result::Result<Vec<Slot>, Vec<FieldError>> {
    if expanded.slots.is_empty() {
        return Ok(Vec::new());
    }
    let mut slots = schedule::slots(&expanded.slots, zone)
        .map_err(|wrong| wrong.into_iter().map(field_error).collect::<Vec<_>>())?;
    let mut errors = Vec::new();
    for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| !desk.is_unchanged(slot)) {
        if let Some((field, fault)) = schedule::not_plannable(slot, desk.now) {
            errors.push(field_error((place(index, field), fault)));
        }
    }
    for (later, _) in schedule::overlaps(&slots) {
        errors.push(FieldError::new(place(later, ""), ""));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    slots.sort_by_key(|slot| slot.starts_at);
    Ok(slots)
}

/// What the person teaches around these slots.
async fn other_classes(desk: &Desk<'_>, slots: &[Slot]) -> Result<Vec<Taught>> {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
        return Ok(Vec::new());
    };
    let between = (first.starts_at - LONGEST, last.ends_at);
    let who = (desk.reader.viewer.user_id, desk.now.date_naive());
    Ok(teaching(&desk.app.store, who, between, desk.conference_id(), MOST_TAUGHT).await?)
}

fn line(desk: &Desk<'_>, slot: &Slot, taught: &[Taught], when: &When) -> PartLine {
    let t = desk.t;
    let day = when.short_day(slot.starts_at).words;
    let clash = taught.iter().find(|class| class.starts_at < slot.ends_at && slot.starts_at < class.ends_at);
    if let Some(class) = clash {
        let until = when.time(class.ends_at).words;
        let words = t.with("plan-clash", &[("title", class.title.as_str().into()), ("until", until.into())]);
        return PartLine::new(Mark::Waiting, day, words);
    }
    let (start, end) = (when.time(slot.starts_at).words, when.time(slot.ends_at).words);
    let relative = when.relative_words(slot.starts_at);
    PartLine::new(Mark::Upcoming, day, format!("{start}–{end}, {relative}"))
}
