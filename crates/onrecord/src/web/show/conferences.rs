//! `/conferences`: every class and series that the reader may see, with filters in the address and a record line each.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::verdict::mark;
use crate::app::App;
use crate::model::conference::Verdict;
use crate::model::id::{ConferenceId, CourseId};
use crate::model::words::Word as _;
use crate::store::pages::class_list::{
    self, After, CourseChoice, Eyes, Line, MOST_COUNTED, Query, Which, counts, courses,
};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::listing;
use crate::web::page::{Place, Standing, html};
use crate::web::pages::conferences::{ConferenceLine, Conferences};
use crate::web::parts::{Badge, Chip, Choice, Empty, Field, FieldKind, Link, Mark, Pager, Pill, Tally};
use crate::web::text::{Text, join_names};
use crate::web::when::When;

/// Conferences on one page.
const PAGE: i64 = 25;

/// Courses that the filter offers at most.
const MOST_COURSES: i64 = 60;

/// What the list is narrowed to, as its address says. What means nothing narrows nothing.
#[derive(Debug, Default, Clone)]
struct Asked {
    words: String,
    course: Option<CourseId>,
    which: Option<Which>,
    after: Option<After>,
}

impl Asked {
    fn read(query: Option<&str>) -> Self {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "q" => asked.words = listing::searched(&value),
                "course_id" => asked.course = value.parse().ok(),
                "status" => asked.which = Which::parse(&value),
                "cursor" => asked.after = cursor(&value),
                _ => {}
            }
        }
        asked
    }

    /// The address with these filters, from its first page.
    fn address(&self, which: Option<Which>) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            address.append_pair("q", &self.words);
        }
        if let Some(course) = self.course {
            address.append_pair("course_id", &course.to_string());
        }
        if let Some(which) = which {
            address.append_pair("status", which.as_str());
        }
        let query = address.finish();
        if query.is_empty() { "/conferences".to_owned() } else { format!("/conferences?{query}") }
    }

    /// The address of the page after `last`.
    fn next(&self, last: &Line) -> String {
        let first = self.address(self.which);
        let sign = if first.contains('?') { '&' } else { '?' };
        format!("{first}{sign}cursor={}.{}", last.last_ends_at.timestamp_micros(), last.id)
    }
}

/// `{microseconds}.{id}` of the last row of the page before.
fn cursor(text: &str) -> Option<After> {
    let (end, id) = text.split_once('.')?;
    let last_ends_at = listing::moment(end.parse().ok()?).ok()?;
    Some(After { last_ends_at, id: ConferenceId(id.parse().ok()?) })
}

/// `GET /conferences`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let asked = Asked::read(query.as_deref());
    let user = reader.viewer.user_id;
    let query = Query {
        eyes: if reader.viewer.role.is_some() { Eyes::All } else { Eyes::Member(user) },
        course: asked.course,
        which: asked.which,
        words: asked.words.clone(),
        after: asked.after,
        limit: PAGE + 1,
        now: app.clock.now(),
    };
    let mut lines = class_list::list(&app.store, &query).await?;
    let is_staff = reader.account.standing != Standing::Learner;
    // What is rare and matters is counted; the rest is not worth its price.
    let wanted: &[Which] = if is_staff { &[Which::Attention, Which::Running] } else { &[Which::Running] };
    let counted = counts(&app.store, &query, wanted).await?;
    let choices = courses(&app.store, &query, user, MOST_COURSES).await?;
    let more = lines.len() as i64 > PAGE;
    lines.truncate(PAGE as usize);
    let t = reader.text();
    let may_schedule = matches!(reader.account.standing, Standing::Admin | Standing::Instructor);
    let page = Conferences {
        page: reader.page(t.get("conferences-title"), Place::Conferences),
        may_schedule,
        filters: filters(t, &asked, &choices),
        status: asked.which.map_or_else(String::new, |which| which.to_string()),
        chips: chips(t, &asked, &counted, is_staff),
        conferences: lines.iter().map(|line| shown(t, line, &query, is_staff)).collect(),
        empty: lines.is_empty().then(|| empty(t, &asked, may_schedule)),
        pager: Some(Pager {
            t,
            shown: t.with("conferences-shown", &[("n", (lines.len() as i64).into())]),
            first: asked.after.map(|_| asked.address(asked.which)),
            next: lines.last().filter(|_| more).map(|last| asked.next(last)),
        }),
    };
    Ok(html(StatusCode::OK, &page).into_response())
}

/// One page of the conferences of a course, for the course's own page, and the cursor of the next one.
pub(super) async fn of_course(
    app: &App,
    reader: &Reader,
    course: CourseId,
    after: &str,
) -> crate::ops::Result<(Vec<ConferenceLine>, Option<String>)> {
    let eyes = match reader.viewer.role {
        Some(_) => Eyes::All,
        None => Eyes::Member(reader.viewer.user_id),
    };
    let query = Query {
        eyes,
        course: Some(course),
        which: None,
        words: String::new(),
        after: cursor(after),
        limit: PAGE + 1,
        now: app.clock.now(),
    };
    let mut lines = class_list::list(&app.store, &query).await?;
    let next = listing::page(&mut lines, PAGE, |last| {
        format!("{}.{}", last.last_ends_at.timestamp_micros(), last.id)
    });
    let is_staff = reader.account.standing != Standing::Learner;
    Ok((lines.iter().map(|line| shown(reader.text(), line, &query, is_staff)).collect(), next))
}

fn filters(t: &'static Text, asked: &Asked, courses: &[CourseChoice]) -> Vec<Field> {
    let search = Field::new("q", t.get("conferences-search"), FieldKind::Search).value(&asked.words);
    let chosen = asked.course.map_or_else(String::new, |course| course.to_string());
    if courses.is_empty() {
        return vec![search];
    }
    let mut choices = vec![Choice::new("", t.get("all-courses"), &chosen)];
    choices.extend(courses.iter().map(|course| {
        Choice::new(course.id.to_string(), format!("{} {}", course.code, course.title), &chosen)
    }));
    vec![search, Field::new("course_id", t.get("conferences-course"), FieldKind::Select(choices))]
}

fn chips(t: &'static Text, asked: &Asked, counted: &[(Which, i64)], is_staff: bool) -> Vec<Chip> {
    let all = Chip {
        href: asked.address(None),
        mark: None,
        words: t.get("conferences-all").into(),
        count: None,
        current: asked.which.is_none(),
    };
    let wanted = Which::ALL.iter().filter(|which| is_staff || **which != Which::Attention);
    let chip = |which: &Which| {
        let count = counted.iter().find(|(other, _)| other == which).map(|(_, count)| *count);
        let (mark, words) = match which {
            Which::Attention => (Mark::Missing, t.get("conferences-attention")),
            Which::Running => (Mark::Running, t.get("conferences-running")),
            Which::Upcoming => (Mark::Upcoming, t.get("conferences-upcoming")),
            Which::Ended => (Mark::Recorded, t.get("conferences-ended")),
            Which::Cancelled => (Mark::Cancelled, t.get("conferences-cancelled")),
        };
        Chip {
            href: asked.address(Some(*which)),
            mark: matches!(which, Which::Attention | Which::Running).then_some(mark),
            words: words.into(),
            count: count.filter(|count| *count < MOST_COUNTED),
            current: asked.which == Some(*which),
        }
    };
    std::iter::once(all).chain(wanted.map(chip)).collect()
}

fn empty(t: &'static Text, asked: &Asked, may_schedule: bool) -> Empty {
    let is_narrowed =
        asked.which.is_some() || asked.course.is_some() || !asked.words.is_empty() || asked.after.is_some();
    if is_narrowed {
        return Empty {
            icon: "search",
            title: t.get("conferences-none-fit").into(),
            text: t.get("conferences-none-fit-text").into(),
            action: Some(Link::new("/conferences", t.get("all-conferences"))),
        };
    }
    Empty {
        icon: "conferences",
        title: t.get("conferences-none").into(),
        text: t.get("conferences-none-text").into(),
        action: may_schedule.then(|| Link::new("/conferences/new", t.get("new-conference"))),
    }
}

fn shown(t: &'static Text, line: &Line, query: &Query, is_staff: bool) -> ConferenceLine {
    let when = When::new(t, line.time_zone.parse().unwrap_or(chrono_tz::UTC), query.now);
    let classes = &line.classes;
    let (when_label, moment) = if let Some((start, end)) = classes.on_now {
        (t.get("class-now"), Some(when.span(start, end)))
    } else if let Some(start) = classes.next_starts_at {
        (t.get("class-next"), Some(when.day_time(start)))
    } else {
        (t.get("class-last"), classes.last_starts_at.map(|start| when.day_time(start)))
    };
    ConferenceLine {
        href: format!("/conferences/{}", line.id),
        title: line.title.clone(),
        under: under(t, line),
        when_label,
        when: moment,
        tally: Tally { t, marks: classes.verdicts.iter().map(|verdict| mark(*verdict)).collect() },
        state: state(t, line, is_staff),
        unpublished: (!line.published).then(|| Badge::new("hide", t.get("not-published"))),
    }
}

fn under(t: &Text, line: &Line) -> String {
    let course = format!("{} {}", line.course_code, line.course_title);
    let names: Vec<&str> = line.teachers.iter().map(String::as_str).collect();
    if names.is_empty() { course } else { format!("{course} · {}", join_names(t, &names)) }
}

/// What matters most about a conference, in one pill.
fn state(t: &'static Text, line: &Line, is_staff: bool) -> Pill {
    let classes = &line.classes;
    let count = |verdict| classes.verdicts.iter().filter(|other| **other == verdict).count();
    let only = |verdict| !classes.verdicts.is_empty() && count(verdict) == classes.verdicts.len();
    if count(Verdict::Running) > 0 {
        return Mark::Running.pill(t);
    }
    match count(Verdict::Missing) {
        0 => {}
        1 if classes.verdicts.len() == 1 => return Mark::Missing.pill(t),
        n => return Mark::Missing.pill_with(t.with("conferences-missing", &[("n", n.into())])),
    }
    if is_staff && classes.failing > 0 {
        return Mark::Missing.pill_with(t.get("recording-not-switched-on"));
    }
    if is_staff && classes.pending > 0 {
        return Mark::Waiting.pill_with(t.get("recording-not-on"));
    }
    for verdict in
        [Verdict::Waiting, Verdict::Cancelled, Verdict::NotHeld, Verdict::Exempted, Verdict::Upcoming]
    {
        if only(verdict) || (verdict == Verdict::Waiting && count(verdict) > 0) {
            return mark(verdict).pill(t);
        }
    }
    if only(Verdict::Recorded) {
        return Mark::Recorded.pill(t);
    }
    Mark::Recorded.pill_with(t.get("all-in-order"))
}
