//! Times, durations and sizes as a person reads them. Pure: the present is an argument, never asked for.
//! Times stand in the conference's zone; the zone is said on hover and in the `datetime` attribute.

use std::{borrow::Borrow, fmt::Write as _};

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;

use crate::web::text::Text;

/// A moment on a page: the words, the machine's form, and the full date with its zone on hover.
#[derive(Clone, Debug, Template, PartialEq, Eq)]
#[template(source = r#"<time datetime="{{ iso }}" title="{{ title }}">{{ words }}</time>"#, ext = "html")]
pub struct Moment {
    pub iso: String,
    pub title: String,
    pub words: String,
}

impl HtmlSafe for Moment {}

/// Says moments in one zone and language, as seen from one present.
#[derive(Clone, Copy, Debug)]
pub struct When {
    t: &'static Text,
    zone: Tz,
    now: DateTime<Utc>,
}

impl When {
    /// `now` is the present that "today" and "8 minutes ago" refer to.
    pub const fn new(t: &'static Text, zone: Tz, now: DateTime<Utc>) -> Self {
        Self { t, zone, now }
    }

    /// The present that it was given.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// "Today, 13:00", "Yesterday, 14:00", "Tue 24 Nov, 10:00"; with the year when it is another one.
    pub fn day_time(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, format!("{}, {}", self.day_words(at), self.clock(at)))
    }

    /// "today, 13:00", as it stands within a sentence.
    pub fn day_time_within(&self, at: DateTime<Utc>) -> String {
        format!("{}, {}", self.day_words_within(at), self.clock(at))
    }

    /// "Today, 13:00–14:30".
    pub fn span(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Moment {
        self.moment(start, format!("{}, {}–{}", self.day_words(start), self.clock(start), self.clock(end)))
    }

    /// "13:00".
    pub fn time(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, self.clock(at))
    }

    /// "Today", "Tue 24 Nov".
    pub fn day(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, self.day_words(at))
    }

    /// "10 Nov", for narrow places such as the record line.
    pub fn short_day(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, self.write("date-tiny", at))
    }

    /// "8 minutes ago", "in 1 h 18 min", "now".
    pub fn relative(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, self.relative_words(at))
    }

    /// The last day before something ends: what ends at midnight ends with the day before.
    pub fn last_day(&self, end: DateTime<Utc>) -> Moment {
        self.date(end - Duration::seconds(1))
    }

    /// "10 November 2026".
    pub fn date(&self, at: DateTime<Utc>) -> Moment {
        self.moment(at, self.write("date-long", at))
    }

    /// "Tuesday 10 November".
    pub fn weekday_date(&self, at: DateTime<Utc>) -> String {
        self.write("date-heading", at)
    }

    /// "Tuesday 10 November, 14:00–15:30": the name of a class in a heading.
    pub fn class_words(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> String {
        format!("{}, {}–{}", self.write("date-heading", start), self.clock(start), self.clock(end))
    }

    /// "Saturday 21 November 2026, 09:30 CET (Europe/Amsterdam)".
    pub fn full(&self, at: DateTime<Utc>) -> String {
        said_once(&self.write("date-full", at))
    }

    /// "Europe/Amsterdam (CET)".
    pub fn zone_words(&self) -> String {
        said_once(&format!("{} ({})", self.zone.name(), self.now.with_timezone(&self.zone).format("%Z")))
    }

    /// "8 minutes ago", "in 1 h 18 min", "now", as words alone.
    pub fn relative_words(&self, at: DateTime<Utc>) -> String {
        let gap = at - self.now;
        if gap.num_seconds().abs() < 45 {
            return self.t.get("now").to_owned();
        }
        if gap > Duration::zero() {
            self.t.with("in-time", &[("time", self.gap_words(gap).into())])
        } else {
            self.t.with("time-ago", &[("time", self.gap_words(-gap).into())])
        }
    }

    fn gap_words(&self, gap: Duration) -> String {
        let minutes = (gap.num_seconds() + 30) / 60;
        match minutes {
            ..=1 => self.t.with("minutes", &[("n", 1.into())]),
            2..60 => self.t.with("minutes", &[("n", minutes.into())]),
            60..360 => duration_minutes(self.t, minutes),
            360..2160 => self.t.with("hours", &[("n", ((minutes + 30) / 60).into())]),
            2160..86_400 => self.t.with("days", &[("n", ((minutes + 720) / 1440).into())]),
            _ => self.t.with("months", &[("n", ((minutes + 21_600) / 43_200).max(1).into())]),
        }
    }

    fn day_words(&self, at: DateTime<Utc>) -> String {
        self.named_day(at, ["yesterday", "today", "tomorrow"])
    }

    fn day_words_within(&self, at: DateTime<Utc>) -> String {
        self.named_day(at, ["yesterday-within", "today-within", "tomorrow-within"])
    }

    /// The day before, this one and the next by their names, any other by its date.
    fn named_day(&self, at: DateTime<Utc>, [before, this, next]: [&str; 3]) -> String {
        let date = self.date_of(at);
        let today = self.date_of(self.now);
        match date.signed_duration_since(today).num_days() {
            0 => self.t.get(this).to_owned(),
            1 => self.t.get(next).to_owned(),
            -1 => self.t.get(before).to_owned(),
            _ if date.year() == today.year() => self.write("date-short", at),
            _ => self.write("date-short-year", at),
        }
    }

    fn clock(&self, at: DateTime<Utc>) -> String {
        self.write("clock", at)
    }

    fn date_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    fn moment(&self, at: DateTime<Utc>, words: String) -> Moment {
        let local = at.with_timezone(&self.zone);
        Moment { iso: local.format("%Y-%m-%dT%H:%M:%S%:z").to_string(), title: self.full(at), words }
    }

    /// Fills the catalogue's date pattern: `EEEE d MMMM yyyy, HH:mm zzz (VV)`, as Unicode's patterns have them.
    fn write(&self, pattern: &str, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let pattern = self.t.get(pattern);
        let mut out = String::with_capacity(pattern.len() + 16);
        let mut rest = pattern;
        while let Some(letter) = rest.chars().next() {
            let run = rest.len() - rest.trim_start_matches(letter).len();
            let done = match (letter, run) {
                ('E', 4) => push(&mut out, self.t.weekday(local.weekday())),
                ('E', 3) => push(&mut out, self.t.weekday_short(local.weekday())),
                ('M', 4) => push(&mut out, self.t.month(local.month0())),
                ('M', 3) => push(&mut out, self.t.month_short(local.month0())),
                ('d', 1) => write!(out, "{}", local.day()).is_ok(),
                ('y', 4) => write!(out, "{:04}", local.year()).is_ok(),
                ('H', 2) => write!(out, "{:02}", local.hour()).is_ok(),
                ('m', 2) => write!(out, "{:02}", local.minute()).is_ok(),
                ('z', 3) => write!(out, "{}", local.format("%Z")).is_ok(),
                ('V', 2) => write!(out, "{}", self.zone.name()).is_ok(),
                _ => false,
            };
            if !done {
                out.push_str(&rest[..run]);
            }
            rest = &rest[run..];
        }
        out
    }
}

fn push(out: &mut String, words: &str) -> bool {
    out.push_str(words);
    true
}

/// UTC has one name.
fn said_once(words: &str) -> String {
    words.replace("UTC (UTC)", "UTC")
}

/// "1 h 24 min", "42 min", "50 s" below one minute.
pub fn duration(t: &Text, duration_ms: i64) -> String {
    let seconds = duration_ms.max(0) / 1000;
    if seconds < 60 {
        return format!("{seconds}\u{a0}{}", t.get("unit-second"));
    }
    duration_minutes(t, (seconds + 30) / 60)
}

fn duration_minutes(t: &Text, minutes: i64) -> String {
    let (hours, rest) = (minutes / 60, minutes % 60);
    let (h, min) = (t.get("unit-hour"), t.get("unit-minute"));
    match (hours, rest) {
        (0, _) => format!("{rest}\u{a0}{min}"),
        (_, 0) => format!("{hours}\u{a0}{h}"),
        _ => format!("{hours}\u{a0}{h} {rest}\u{a0}{min}"),
    }
}

/// "412 MB", "1.4 GB", "0.9 kB": decimal units, as `OneDrive`'s own pages and phones say them.
pub fn size(t: &Text, size_bytes: i64) -> String {
    const STEP: f64 = 1000.0;
    let bytes = size_bytes.max(0);
    let mut amount = bytes as f64;
    let mut unit = 0;
    // 999,500 kB would be said as "1000 kB": go on as soon as rounding reaches the next unit.
    while amount >= STEP - 0.5 && unit < 4 {
        amount /= STEP;
        unit += 1;
    }
    let names = ["unit-byte", "unit-kilobyte", "unit-megabyte", "unit-gigabyte", "unit-terabyte"];
    let name = t.get(names[unit]);
    if unit < 3 || amount >= 99.95 {
        format!("{amount:.0}\u{a0}{name}")
    } else {
        format!("{amount:.1}\u{a0}{name}")
    }
}

/// A position in a recording: "34:10", "1:27:22".
pub fn position(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// "1,134": figures of more than three places grouped. (Templates hand over references.)
pub fn count(n: impl Borrow<i64>) -> String {
    let n = *n.borrow();
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::web::text::english;

    fn when() -> When {
        When::new(english(), chrono_tz::Europe::Amsterdam, at(18, 10, 42))
    }

    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, day, hour, minute, 0).single().expect("a plain moment")
    }

    #[test]
    fn days_near_the_present_have_names() {
        let when = when();
        assert_eq!(when.day_time(at(18, 12, 0)).words, "Today, 13:00");
        assert_eq!(when.day_time(at(17, 13, 0)).words, "Yesterday, 14:00");
        assert_eq!(when.day_time(at(24, 9, 0)).words, "Tue 24 Nov, 10:00");
        // 23:30 UTC is the next day in Amsterdam.
        assert_eq!(when.day_time(at(17, 23, 30)).words, "Today, 00:30");
        assert_eq!(when.day_time(at(24, 9, 0) - Duration::days(400)).words, "Mon 20 Oct 2025, 11:00");
    }

    #[test]
    fn the_zone_is_on_hover() {
        let moment = when().day_time(at(18, 12, 0));
        assert_eq!(moment.title, "Wednesday 18 November 2026, 13:00 CET (Europe/Amsterdam)");
        assert_eq!(moment.iso, "2026-11-18T13:00:00+01:00");
        assert!(moment.to_string().starts_with("<time datetime=\"2026-11-18T13:00:00+01:00\""));
    }

    #[test]
    fn gaps_are_said_as_people_say_them() {
        let when = when();
        let said = |minutes: i64| when.relative_words(at(18, 10, 42) + Duration::minutes(minutes));
        assert_eq!(said(0), "now");
        assert_eq!(said(-1), "1 minute ago");
        assert_eq!(said(-8), "8 minutes ago");
        assert_eq!(said(78), "in 1\u{a0}h 18\u{a0}min");
        assert_eq!(said(-60 * 20), "20 hours ago");
        assert_eq!(said(-60 * 24 * 8), "8 days ago");
        assert_eq!(said(60 * 24 * 112), "in 4 months");
    }

    #[test]
    fn durations_and_sizes_keep_their_units() {
        let t = english();
        assert_eq!(duration(t, 84 * 60_000), "1\u{a0}h 24\u{a0}min");
        assert_eq!(duration(t, 42 * 60_000 + 29_000), "42\u{a0}min");
        assert_eq!(duration(t, 12_000), "12\u{a0}s");
        assert_eq!(size(t, 412_000_000), "412\u{a0}MB");
        assert_eq!(size(t, 1_420_000_000), "1.4\u{a0}GB");
        assert_eq!(size(t, 999_900), "1\u{a0}MB");
        assert_eq!(size(t, 0), "0\u{a0}B");
    }

    #[test]
    fn positions_and_counts() {
        assert_eq!(position(2_050_000), "34:10");
        assert_eq!(position(5_242_000), "1:27:22");
        assert_eq!(count(1134), "1,134");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000_000), "1,000,000");
    }
}
