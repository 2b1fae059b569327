//! The home page of those who learn or teach: their own classes.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::super::class_lines;
use super::{
    AHEAD, BACK, NEWEST, Seat, class_words, eyes, failing_note, is_staff, lines, missing_note, next_class,
    store, told, upcoming, zone,
};
use crate::model::people::CourseRole;
use crate::ops::Result;
use crate::store::courses::{self, Whose};
use crate::store::pages::home::Class;
use crate::web::page::Standing;
use crate::web::pages::home::{CourseLine, Day, DayClass, Home};
use crate::web::parts::{Empty, Link, Mark, Note};
use crate::web::when::When;

/// Classes near the present that the page reads.
const MOST_CLASSES: i64 = 400;

/// Days of the agenda.
const DAYS: usize = 5;

/// Courses shown.
const MOST_COURSES: i64 = 6;

/// Notes shown.
const MOST_NOTES: usize = 4;

/// The page of a learner or an instructor.
pub(super) async fn home(seat: Seat<'_>) -> Result<Home> {
    let db = &seat.app.store;
    let near = (seat.now - BACK, seat.now + AHEAD);
    let classes = store::classes(db, eyes(seat), near, MOST_CLASSES).await?;
    let later = if upcoming(&classes, seat.now).is_some() {
        Vec::new()
    } else {
        let ahead = (near.1, seat.now + chrono::TimeDelta::days(366));
        store::classes(db, eyes(seat), ahead, 20).await?
    };
    let next = upcoming(&classes, seat.now).or_else(|| upcoming(&later, seat.now));
    let zone = next.or(classes.last()).map_or(Tz::UTC, zone);
    let teaches = seat.reader.account.standing == Standing::Instructor;
    let mut home = seat.blank(zone);
    home.wrong = if teaches { told(seat).await? } else { Vec::new() };
    home.wrong.extend(wrong(seat, &classes));
    home.headline = headline(seat, next, home.wrong.len());
    home.wrong.truncate(MOST_NOTES);
    home.next = match next {
        Some(class) => Some(next_class(seat, class).await?),
        None => None,
    };
    // A class may be held before its time.
    let is_over = |class: &&Class| {
        class.ends_at <= seat.now
            || matches!(seat.mark(class), Mark::Recorded | Mark::Waiting | Mark::Missing)
    };
    let ended = classes.iter().rev().filter(is_over);
    let newest: Vec<&Class> = ended.take(NEWEST).collect();
    home.fresh = lines(seat, &newest).await?;
    if teaches {
        home.fresh_title = seat.t.get("home-fresh-teaching");
        home.week = week(seat, &classes, zone);
    }
    if teaches || classes.is_empty() {
        home.courses = course_lines(seat).await?;
    }
    home.empty = nothing(seat, &home);
    Ok(home)
}

/// What needs the person: classes they teach that will not be recorded, or were not.
fn wrong(seat: Seat<'_>, classes: &[Class]) -> Vec<Note> {
    let own = || classes.iter().filter(|class| class.role == Some(CourseRole::Instructor));
    let ahead = own().filter(|class| class.ends_at > seat.now && class.cancelled_at.is_none());
    let mut notes: Vec<Note> = ahead.filter_map(|class| failing_note(seat, class)).collect();
    let missing = own().rev().filter(|class| seat.mark(class) == Mark::Missing);
    notes.extend(missing.map(|class| missing_note(seat, class)));
    notes
}

fn headline(seat: Seat<'_>, next: Option<&Class>, wrong: usize) -> String {
    let t = seat.t;
    if wrong > 0 {
        return t.with("home-need-you", &[("n", wrong.into())]);
    }
    let Some(next) = next else {
        return t.get("home-nothing-ahead").to_owned();
    };
    if next.starts_at <= seat.now {
        return t.get("home-class-is-on").to_owned();
    }
    let when = seat.when(next);
    let day = when.day(next.starts_at).words;
    if day == t.get("today") {
        return t.with("home-next-today", &[("time", when.time(next.starts_at).words.into())]);
    }
    let day = if day == t.get("tomorrow") { t.get("tomorrow-within").to_owned() } else { day };
    t.with("home-next-day", &[("day", day.into()), ("time", when.time(next.starts_at).words.into())])
}

/// Today and the next days: working days, and weekends on which there is a class.
fn week(seat: Seat<'_>, classes: &[Class], zone: Tz) -> Vec<Day> {
    let today = seat.now.with_timezone(&zone).date_naive();
    let on = |day: NaiveDate| classes.iter().filter(move |class| local_day(class) == day);
    let shown = |day: &NaiveDate| {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        !weekend || *day == today || on(*day).next().is_some()
    };
    let days = (0..8).filter_map(|ahead| today.checked_add_days(Days::new(ahead))).filter(shown).take(DAYS);
    let when = When::new(seat.t, zone, seat.now);
    let noon =
        |day: NaiveDate| day.and_hms_opt(12, 0, 0).and_then(|noon| noon.and_local_timezone(zone).earliest());
    let words = |day| noon(day).map_or_else(String::new, |noon| when.day(noon.to_utc()).words);
    let day = |day| Day {
        words: words(day),
        today: day == today,
        classes: on(day).map(|class| day_class(seat, class)).collect(),
    };
    days.map(day).collect()
}

fn local_day(class: &Class) -> NaiveDate {
    class.starts_at.with_timezone(&zone(class)).date_naive()
}

fn day_class(seat: Seat<'_>, class: &Class) -> DayClass {
    let mark = seat.mark(class);
    let detail = match mark {
        Mark::Upcoming if is_staff(class) => {
            class_words::will_be_recorded(seat.t, class.recording).words.into_owned()
        }
        other => other.word(seat.t).to_owned(),
    };
    let failed = mark == Mark::Upcoming && class.recording.is_failure() && is_staff(class);
    DayClass {
        href: super::href(class),
        mark: if failed { Mark::Missing } else { mark },
        title: class.title.clone(),
        time: seat.when(class).time(class.starts_at),
        detail,
    }
}

/// The person's courses with their record lines. Three queries.
async fn course_lines(seat: Seat<'_>) -> Result<Vec<CourseLine>> {
    let whose = Whose::Of(seat.reader.viewer.user_id);
    let listed = courses::list(&seat.app.store, whose, "", (None, MOST_COURSES), seat.today()).await?;
    class_lines::courses(seat.app, seat.reader, &listed).await
}

/// The page of somebody without any class near.
fn nothing(seat: Seat<'_>, home: &Home) -> Option<Empty> {
    let t = seat.t;
    if home.next.is_some() || !home.fresh.is_empty() {
        return None;
    }
    if home.courses.is_empty() {
        return Some(Empty {
            icon: "courses",
            title: t.get("home-no-course").into(),
            text: t.get("home-no-course-text").into(),
            action: None,
        });
    }
    Some(Empty {
        icon: "conferences",
        title: t.get("home-no-classes").into(),
        text: t.get("home-no-classes-text").into(),
        action: home.may_schedule.then(|| Link::new("/conferences/new", t.get("new-conference"))),
    })
}
