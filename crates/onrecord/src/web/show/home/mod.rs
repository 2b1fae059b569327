//! `/`: what needs you, what is next, what is new. One page for everybody, of what applies to them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{class_words, live, verdict};
use crate::app::App;
use crate::model::conference::Verdict;
use crate::model::people::CourseRole;
use crate::ops::{Result, alerts};
use crate::store::alerts as alerts_store;
use crate::store::conference_lists::Eyes;
use crate::store::pages::home::{self as store, Class, Watchable};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::page::{Place, Standing, html};
use crate::web::pages::home::{AgendaItem, AgendaState, Home, NextClass};
use crate::web::parts::{Link, Mark, Note, Pill};
use crate::web::text::{Text, join_names};
use crate::web::when::{self, When};

mod overview;
mod own;

/// How far back "what is new" goes.
const BACK: TimeDelta = TimeDelta::days(14);

/// How far ahead the page looks.
const AHEAD: TimeDelta = TimeDelta::days(8);

/// Alerts that are shown.
const MOST_TOLD: i64 = 20;

/// Classes in the list of what is new.
const NEWEST: usize = 8;

/// Who reads, when, and in which words.
#[derive(Clone, Copy)]
struct Seat<'a> {
    app: &'a App,
    reader: &'a Reader,
    t: &'static Text,
    now: DateTime<Utc>,
}

impl Seat<'_> {
    fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    /// Says moments in the zone of a class.
    fn when(&self, class: &Class) -> When {
        When::new(self.t, zone(class), self.now)
    }

    fn mark(&self, class: &Class) -> Mark {
        let span = (class.starts_at, class.ends_at);
        class_words::mark(class.verdict, class.cancelled_at.is_some(), span, self.now)
    }

    /// The page with nothing on it yet.
    fn blank(&self, zone: Tz) -> Home {
        let standing = self.reader.account.standing;
        Home {
            page: self.reader.page(self.t.get("nav-home"), Place::Home),
            over: When::new(self.t, zone, self.now).weekday_date(self.now),
            headline: String::new(),
            may_schedule: matches!(standing, Standing::Instructor | Standing::Admin),
            wrong: Vec::new(),
            next: None,
            figures: Vec::new(),
            fresh_title: self.t.get("home-fresh"),
            fresh: Vec::new(),
            week: Vec::new(),
            courses: Vec::new(),
            empty: None,
        }
    }
}

fn zone(class: &Class) -> Tz {
    class.time_zone.parse().unwrap_or(Tz::UTC)
}

/// Whether the reader of a class is told causes and what mends them.
fn is_staff(class: &Class) -> bool {
    class.role != Some(CourseRole::Learner)
}

fn href(class: &Class) -> String {
    format!("/conferences/{}?class={}", class.conference_id, class.meeting_id)
}

/// `GET /`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> std::result::Result<Response, PageError> {
    let seat = Seat { app: &app, reader: &reader, t: reader.text(), now: app.clock.now() };
    let home = match reader.account.standing {
        Standing::Admin | Standing::Officer => overview::home(seat).await?,
        Standing::Instructor | Standing::Learner => own::home(seat).await?,
    };
    Ok(html(StatusCode::OK, &home).into_response())
}

/// The class that is on, or comes next.
fn upcoming(classes: &[Class], now: DateTime<Utc>) -> Option<&Class> {
    classes.iter().find(|class| {
        class.ends_at > now && class.cancelled_at.is_none() && class.verdict != Verdict::Recorded
    })
}

/// The class that comes next as the page shows it. One query.
async fn next_class(seat: Seat<'_>, class: &Class) -> Result<NextClass> {
    let t = seat.t;
    let when = seat.when(class);
    let names = store::instructors(&seat.app.store, class.course_id, seat.today()).await?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let is_on = class.starts_at <= seat.now;
    let since = || t.with("home-since", &[("time", when.time(class.starts_at).words.into())]);
    let officer = seat.reader.account.standing == Standing::Officer;
    Ok(NextClass {
        when: when.span(class.starts_at, class.ends_at),
        relative: if is_on { since() } else { when.relative_words(class.starts_at) },
        course: format!("{} {}", class.course_code, class.course_title),
        title: class.title.clone(),
        href: href(class),
        people: join_names(t, &names),
        state: if is_on { Mark::Running.pill(t) } else { class_words::will_be_recorded(t, class.recording) },
        state_detail: state_detail(seat, class),
        join_href: (!officer).then(|| format!("/join/{}", class.meeting_id)),
    })
}

fn state_detail(seat: Seat<'_>, class: &Class) -> String {
    match (class_words::failure(class.recording), class.read_back_at) {
        (Some(failure), _) if is_staff(class) => failure.sentence(seat.t).to_owned(),
        (None, Some(at)) if is_staff(class) => {
            let ago = seat.when(class).relative_words(at);
            seat.t.with("home-read-back", &[("ago", ago.into())])
        }
        _ => String::new(),
    }
}

/// Classes as lines of what is new: what can be watched, else what became of it. One query.
async fn lines(seat: Seat<'_>, classes: &[&Class]) -> Result<Vec<AgendaItem>> {
    // A class may be held before its time.
    let was_on = |class: &&&Class| class.starts_at <= seat.now || seat.mark(class) == Mark::Recorded;
    let held: Vec<_> = classes.iter().filter(was_on).map(|class| class.meeting_id).collect();
    let watchable = store::watchable(&seat.app.store, &held).await?;
    let line = |class: &&Class| {
        let found = watchable.iter().find(|found| found.meeting_id == class.meeting_id);
        line(seat, class, found)
    };
    Ok(classes.iter().map(line).collect())
}

fn line(seat: Seat<'_>, class: &Class, found: Option<&Watchable>) -> AgendaItem {
    let (detail, state) = if let Some(found) = found {
        (watch_detail(seat.t, found), watch(seat.t, class, found))
    } else {
        let (detail, pill) = verdict_words(seat, class);
        (detail, AgendaState::Verdict(pill))
    };
    AgendaItem {
        when: seat.when(class).day_time(class.starts_at),
        title: class.title.clone(),
        href: href(class),
        detail: if detail.is_empty() {
            format!("{} {}", class.course_code, class.course_title)
        } else {
            format!("{} · {detail}", class.course_code)
        },
        state,
    }
}

fn watch_detail(t: &Text, found: &Watchable) -> String {
    let mut said = Vec::new();
    if found.duration_ms > 0 {
        said.push(when::duration(t, found.duration_ms));
    }
    if found.parts > 1 {
        said.push(t.with("recording-parts", &[("n", found.parts.into())]));
    }
    if found.has_transcript {
        said.push(t.get("home-with-transcript").to_owned());
    }
    said.join(", ")
}

fn watch(t: &Text, class: &Class, found: &Watchable) -> AgendaState {
    let title = class.title.as_str();
    AgendaState::Watch {
        view_href: format!("/recordings/{}", found.first),
        // Learners of minors only watch.
        download_href: (class.role != Some(CourseRole::Learner) || !class.of_minors)
            .then(|| format!("/recordings/{}/download", found.first)),
        download_label: if found.parts == 1 && found.size_bytes > 0 {
            let size = when::size(t, found.size_bytes);
            t.with("download-of", &[("title", title.into()), ("size", size.into())])
        } else {
            t.with("home-download-of", &[("title", title.into())])
        },
    }
}

/// What became of a class of which there is nothing to watch.
fn verdict_words(seat: Seat<'_>, class: &Class) -> (String, Pill) {
    let t = seat.t;
    let mark = seat.mark(class);
    let plain = |words: &str| (words.to_owned(), mark.pill(t));
    match mark {
        Mark::Waiting => {
            let ago = seat.when(class).relative_words(class.ends_at.min(seat.now));
            (t.with("home-waiting", &[("ago", ago.into())]), mark.pill_with(t.get("home-on-its-way")))
        }
        Mark::Missing if is_staff(class) => (
            verdict::missing(t, &class.verdict_cause).why.to_owned(),
            mark.pill_with(t.get("home-no-recording")),
        ),
        Mark::Missing => {
            (t.get("home-missing-learner").to_owned(), mark.pill_with(t.get("home-no-recording")))
        }
        Mark::NotHeld => plain(t.get("home-not-held")),
        Mark::Recorded if is_staff(class) => plain(t.get("home-recorded-staff")),
        Mark::Recorded => plain(t.get("home-not-shown")),
        Mark::Upcoming if is_staff(class) => {
            (state_detail(seat, class), class_words::will_be_recorded(t, class.recording))
        }
        Mark::Cancelled | Mark::Exempted | Mark::Upcoming | Mark::Running => plain(""),
    }
}

/// The note on a class whose recording could not be switched on.
fn failing_note(seat: Seat<'_>, class: &Class) -> Option<Note> {
    let failure = class_words::failure(class.recording)?;
    Some(failure.note(seat.t).link(class_link(seat, class)))
}

/// The note on a class whose recording is missing.
fn missing_note(seat: Seat<'_>, class: &Class) -> Note {
    let day = seat.when(class).day_time_within(class.starts_at);
    let found = verdict::missing(seat.t, &class.verdict_cause);
    let title = seat.t.with("home-missing", &[("title", class.title.as_str().into()), ("day", day.into())]);
    Note::new(Some(Mark::Missing), title)
        .line(found.why)
        .fix(found.fix)
        .link(Link::new(href(class), seat.t.get("home-see-what-happened")))
}

fn class_link(seat: Seat<'_>, class: &Class) -> Link {
    let day = seat.when(class).day_time_within(class.starts_at);
    Link::new(href(class), format!("{}, {day}", class.title))
}

/// What a person is told about classes that are near or on. One query.
async fn told(seat: Seat<'_>) -> Result<Vec<Note>> {
    let open = alerts::open(seat.app, &seat.reader.viewer, MOST_TOLD).await?;
    let note = |told: &alerts_store::Told| {
        let zone = told.time_zone.parse().unwrap_or(Tz::UTC);
        live::home_note(seat.t, told, &When::new(seat.t, zone, seat.now))
    };
    Ok(open.iter().filter_map(note).collect())
}

/// Whose classes a person sees.
fn eyes(seat: Seat<'_>) -> Eyes {
    match seat.reader.viewer.role {
        Some(_) => Eyes::All,
        None => Eyes::Member(seat.reader.viewer.user_id, seat.today()),
    }
}
