//! Time slots: what people write on the wall becomes moments. Wall time is kept across a change of clocks; a time
//! that the clocks skip is refused, one that they repeat means the earlier.

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc,
};
use chrono_tz::Tz;

use super::id::MeetingId;

/// Slots of one conference at most.
pub const MOST_SLOTS: usize = 200;

/// Longest title in characters.
pub const LONGEST_TITLE: usize = 200;

/// Longest description in characters.
pub const LONGEST_DESCRIPTION: usize = 20_000;

/// A class cannot be planned further ahead than this many days; a year with a digit too many is a slip.
const FURTHEST_DAYS: u64 = 3_660;

/// A slot as a person or program writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlotText {
    /// The slot that is meant, when it exists already.
    pub id: Option<MeetingId>,
    /// Day, `YYYY-MM-DD`.
    pub date: String,
    /// Begin on the wall, `HH:MM`.
    pub start_time: String,
    /// End on the wall, `HH:MM`.
    pub end_time: String,
}

/// A slot as two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The slot that is meant, when it exists already.
    pub id: Option<MeetingId>,
    /// Begin.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
}

/// One thing wrong with a slot: the field's name within the slot (empty for the whole) and what to write instead.
pub type SlotError = (&'static str, String);

/// The IANA zone of this name, or what to write instead.
pub fn zone(name: &str) -> Result<Tz, String> {
    let wrong = || format!("{name:?} is not a time zone. Write an IANA name such as Europe/Berlin.");
    name.trim().parse().map_err(|_| wrong())
}

/// Whether a day can be meant at school. Databases and calendars do not agree about others.
pub fn is_plausible(day: NaiveDate) -> bool {
    (1900..=9999).contains(&day.year())
}

/// The moments of a slot in `zone`; else every field that is wrong.
pub fn slot(text: &SlotText, zone: Tz) -> Result<Slot, Vec<SlotError>> {
    let day = NaiveDate::parse_from_str(text.date.trim(), "%Y-%m-%d")
        .ok()
        .filter(|day| (1970..=9999).contains(&day.year()))
        .ok_or_else(|| ("date", format!("{:?} is not a date. Write it as 2026-12-01.", text.date)));
    let start = wall_time(&text.start_time).ok_or_else(|| ("start_time", not_a_time(&text.start_time)));
    let end = wall_time(&text.end_time).ok_or_else(|| ("end_time", not_a_time(&text.end_time)));
    let (day, start, end) = match (day, start, end) {
        (Ok(day), Ok(start), Ok(end)) => (day, start, end),
        (day, start, end) => {
            return Err([day.err(), start.err(), end.err()].into_iter().flatten().collect());
        }
    };
    if end <= start {
        let text = "The end must be later than the start, on the same day.".to_owned();
        return Err(vec![("end_time", text)]);
    }
    let starts_at = moment(day.and_time(start), zone).map_err(|text| ("start_time", text));
    let ends_at = moment(day.and_time(end), zone).map_err(|text| ("end_time", text));
    match (starts_at, ends_at) {
        (Ok(starts_at), Ok(ends_at)) => Ok(Slot { id: text.id, starts_at, ends_at }),
        (starts_at, ends_at) => Err([starts_at.err(), ends_at.err()].into_iter().flatten().collect()),
    }
}

fn wall_time(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()
}

fn not_a_time(text: &str) -> String {
    format!("{text:?} is not a time. Write hours and minutes, such as 09:00.")
}

/// The moment of a wall time: the earlier of two, and an error for one that the clocks skip.
fn moment(wall: NaiveDateTime, zone: Tz) -> Result<DateTime<Utc>, String> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Ok(moment.to_utc()),
        LocalResult::None => Err(format!(
            "{} does not exist in {zone} on {}: the clocks go forward then. Choose another time.",
            wall.format("%H:%M"),
            wall.format("%Y-%m-%d")
        )),
    }
}

/// The slots of a list, and everything wrong with it as `(time_slots[2].end_time, text)`.
pub fn slots(texts: &[SlotText], zone: Tz) -> Result<Vec<Slot>, Vec<(String, String)>> {
    if texts.is_empty() {
        return Err(vec![("time_slots".to_owned(), "Give at least one time slot.".to_owned())]);
    }
    if texts.len() > MOST_SLOTS {
        let text = format!("{} time slots are too many; a conference takes {MOST_SLOTS}.", texts.len());
        return Err(vec![("time_slots".to_owned(), text)]);
    }
    let mut slots = Vec::with_capacity(texts.len());
    let mut errors = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match slot(text, zone) {
            Ok(slot) => slots.push(slot),
            Err(wrong) => errors.extend(wrong.into_iter().map(|(field, text)| (place(index, field), text))),
        }
    }
    if errors.is_empty() { Ok(slots) } else { Err(errors) }
}

/// How a field of the slot at `index` is named in errors.
pub fn place(index: usize, field: &str) -> String {
    if field.is_empty() { format!("time_slots[{index}]") } else { format!("time_slots[{index}].{field}") }
}

/// Why a new or moved slot cannot be at this time, if so: classes are planned ahead, and not in another century.
pub fn not_plannable(slot: &Slot, now: DateTime<Utc>) -> Option<SlotError> {
    if slot.starts_at <= now {
        let text = "This time is past. A class can be scheduled ahead only; past classes come by import.";
        return Some(("start_time", text.to_owned()));
    }
    let furthest = now.checked_add_days(Days::new(FURTHEST_DAYS));
    if furthest.is_some_and(|furthest| slot.starts_at > furthest) {
        return Some(("date", "This is more than ten years ahead. Check the year.".to_owned()));
    }
    None
}

/// The places of slots that overlap one of an earlier place, with that place.
pub fn overlaps(slots: &[Slot]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..slots.len()).collect();
    order.sort_by_key(|index| (slots[*index].starts_at, slots[*index].ends_at, *index));
    let mut found = Vec::new();
    let mut longest: Option<usize> = None;
    for index in order {
        if let Some(earlier) = longest.filter(|earlier| slots[index].starts_at < slots[*earlier].ends_at) {
            found.push((index.max(earlier), index.min(earlier)));
        }
        if longest.is_none_or(|earlier| slots[index].ends_at > slots[earlier].ends_at) {
            longest = Some(index);
        }
    }
    found.sort_unstable();
    found
}

/// How far a weekly repetition goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// So many weeks in all, the first included.
    Weeks(usize),
    /// Up to and including this day.
    Until(NaiveDate),
}

/// The slots of `first`, repeated each week at the same wall time. At most one more than [`MOST_SLOTS`], so that the
/// caller's check of the number speaks. A first date that is none is given back as it is, once.
pub fn weekly(first: &SlotText, repetition: Repetition) -> Vec<SlotText> {
    let Ok(day) = NaiveDate::parse_from_str(first.date.trim(), "%Y-%m-%d") else {
        return vec![first.clone()];
    };
    let weeks = (0..=MOST_SLOTS as u64).map_while(|week| day.checked_add_days(Days::new(week * 7)));
    let wanted: Vec<NaiveDate> = match repetition {
        Repetition::Weeks(count) => weeks.take(count.max(1)).collect(),
        Repetition::Until(last) => weeks.take_while(|day| *day <= last).collect(),
    };
    let at = |(week, day): (usize, NaiveDate)| SlotText {
        id: first.id.filter(|_| week == 0),
        date: day.format("%Y-%m-%d").to_string(),
        ..first.clone()
    };
    wanted.into_iter().enumerate().map(at).collect()
}

/// How an event is titled in Teams: `{conference title} - {date} {start time}`, in the conference's zone.
pub fn event_subject(title: &str, starts_at: DateTime<Utc>, zone: Tz) -> String {
    format!("{title} - {}", starts_at.with_timezone(&zone).format("%Y-%m-%d %H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(date: &str, start: &str, end: &str) -> SlotText {
        SlotText { id: None, date: date.into(), start_time: start.into(), end_time: end.into() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn wall_time_is_kept_across_the_change_of_clocks() {
        let berlin = zone("Europe/Berlin").unwrap();
        let plan = weekly(&text("2026-10-19", "09:00", "10:30"), Repetition::Weeks(2));
        let slots = slots(&plan, berlin).unwrap();
        assert_eq!(slots[0].starts_at, at("2026-10-19T07:00:00Z"));
        assert_eq!(slots[1].starts_at, at("2026-10-26T08:00:00Z"), "still nine on the wall");
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_refused_and_one_they_repeat_is_the_earlier() {
        let berlin = zone("Europe/Berlin").unwrap();
        let gap = slot(&text("2027-03-28", "02:30", "04:00"), berlin).unwrap_err();
        assert_eq!(gap[0].0, "start_time");
        assert!(gap[0].1.contains("does not exist"), "{gap:?}");
        let twice = slot(&text("2026-10-25", "02:30", "04:00"), berlin).unwrap();
        assert_eq!(twice.starts_at, at("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let utc = zone("UTC").unwrap();
        let wrong =
            slots(&[text("2026-12-01", "09:00", "10:00"), text("1 May", "9", "25:00")], utc).unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["time_slots[1].date", "time_slots[1].start_time", "time_slots[1].end_time"]);
        let before = slot(&text("2026-12-01", "10:00", "09:00"), utc).unwrap_err();
        assert_eq!(before[0].0, "end_time");
        assert!(slots(&[], utc).is_err());
        assert!(zone("Mars/Olympus").is_err());
    }

    #[test]
    fn slots_that_overlap_are_found_and_neighbours_are_not() {
        let utc = zone("UTC").unwrap();
        let all = slots(
            &[
                text("2026-12-01", "09:00", "10:00"),
                text("2026-12-01", "10:00", "11:00"),
                text("2026-12-01", "09:59", "10:30"),
                text("2026-12-02", "09:00", "10:00"),
                text("2026-12-02", "09:00", "10:00"),
            ],
            utc,
        )
        .unwrap();
        assert_eq!(overlaps(&all), [(2, 0), (2, 1), (4, 3)]);
        assert!(overlaps(&all[..2]).is_empty());
    }

    #[test]
    fn a_repetition_ends_with_its_last_day_and_never_without_end() {
        let first = text("2026-12-01", "09:00", "10:00");
        let until = NaiveDate::from_ymd_opt(2026, 12, 22).unwrap();
        assert_eq!(weekly(&first, Repetition::Until(until)).len(), 4);
        assert_eq!(weekly(&first, Repetition::Weeks(usize::MAX)).len(), MOST_SLOTS + 1);
        assert_eq!(weekly(&text("nonsense", "", ""), Repetition::Weeks(5)).len(), 1);
    }

    #[test]
    fn past_times_are_not_plannable() {
        let utc = zone("UTC").unwrap();
        let one = slot(&text("2026-12-01", "09:00", "10:00"), utc).unwrap();
        assert!(not_plannable(&one, at("2026-12-01T09:00:00Z")).is_some());
        assert!(not_plannable(&one, at("2026-12-01T08:59:00Z")).is_none());
        let far = slot(&text("9026-12-01", "09:00", "10:00"), utc).unwrap();
        assert_eq!(not_plannable(&far, at("2026-12-01T08:59:00Z")).unwrap().0, "date");
    }
}
