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

/// What can be wrong with time slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This is no time zone.
    NoZone(String),
    /// This is no date.
    NoDate(String),
    /// This is no time of the day.
    NoTime(String),
    /// The end is not later than the start.
    EndBeforeStart,
    /// The clocks skip this time.
    Skipped {
        /// The time on the wall.
        wall: NaiveDateTime,
        /// Where.
        zone: Tz,
    },
    /// There is no slot at all.
    NoSlots,
    /// There are so many slots.
    TooMany(usize),
    /// The time is past.
    Past,
    /// The time is too far ahead.
    TooFar,
    /// The conference has no such slot.
    Unknown(MeetingId),
    /// The slot stands in the list twice.
    Twice(MeetingId),
    /// It overlaps the slot at this place of the list.
    Overlaps(usize),
    /// It overlaps a class that has begun.
    OverlapsBegun,
}

/// One thing wrong with a slot: the field's name within the slot (empty for the whole) and what.
pub type SlotError = (&'static str, Fault);

/// The IANA zone of this name.
pub fn zone(name: &str) -> Result<Tz, Fault> {
    name.trim().parse().map_err(|_| Fault::NoZone(name.to_owned()))
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
        .ok_or_else(|| ("date", Fault::NoDate(text.date.clone())));
    let start = wall_time(&text.start_time).map_err(|fault| ("start_time", fault));
    let end = wall_time(&text.end_time).map_err(|fault| ("end_time", fault));
    let (day, start, end) = match (day, start, end) {
        (Ok(day), Ok(start), Ok(end)) => (day, start, end),
        (day, start, end) => {
            return Err([day.err(), start.err(), end.err()].into_iter().flatten().collect());
        }
    };
    if end <= start {
        return Err(vec![("end_time", Fault::EndBeforeStart)]);
    }
    let starts_at = moment(day.and_time(start), zone).map_err(|fault| ("start_time", fault));
    let ends_at = moment(day.and_time(end), zone).map_err(|fault| ("end_time", fault));
    match (starts_at, ends_at) {
        (Ok(starts_at), Ok(ends_at)) => Ok(Slot { id: text.id, starts_at, ends_at }),
        (starts_at, ends_at) => Err([starts_at.err(), ends_at.err()].into_iter().flatten().collect()),
    }
}

fn wall_time(written: &str) -> Result<NaiveTime, Fault> {
    let text = written.trim();
    NaiveTime::parse_from_str(text, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"))
        .map_err(|_| Fault::NoTime(written.to_owned()))
}

/// The moment of a wall time: the earlier of two, and an error for one that the clocks skip.
fn moment(wall: NaiveDateTime, zone: Tz) -> Result<DateTime<Utc>, Fault> {
    match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Ok(moment.to_utc()),
        LocalResult::None => Err(Fault::Skipped { wall, zone }),
    }
}

/// The slots of a list, and everything wrong with it by field, such as `time_slots[2].end_time`.
pub fn slots(texts: &[SlotText], zone: Tz) -> Result<Vec<Slot>, Vec<(String, Fault)>> {
    if texts.is_empty() {
        return Err(vec![("time_slots".to_owned(), Fault::NoSlots)]);
    }
    if texts.len() > MOST_SLOTS {
        return Err(vec![("time_slots".to_owned(), Fault::TooMany(texts.len()))]);
    }
    let mut slots = Vec::with_capacity(texts.len());
    let mut errors = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match slot(text, zone) {
            Ok(slot) => slots.push(slot),
            Err(wrong) => errors.extend(wrong.into_iter().map(|(field, fault)| (place(index, field), fault))),
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
        return Some(("start_time", Fault::Past));
    }
    let furthest = now.checked_add_days(Days::new(FURTHEST_DAYS));
    if furthest.is_some_and(|furthest| slot.starts_at > furthest) {
        return Some(("date", Fault::TooFar));
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
        assert!(matches!(gap[..], [("start_time", Fault::Skipped { .. })]), "{gap:?}");
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
