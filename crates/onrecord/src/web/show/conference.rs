//! `/conferences/{id}?class=&tab=`: the class page. It finds the class, asks for the reader's rights, and fills the
//! frame around the tab that is open. What a reader may not see is not even read.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use serde::Deserialize;

use super::sight::Sight;
use super::verdict::mark;
use super::{class_tabs, overview, recordings};
use crate::app::App;
use crate::model::access::{self, Act};
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::id::{ConferenceId, MeetingId};
use crate::model::integration::SyncKind;
use crate::ops::rights::{self, Seen};
use crate::ops::{Error, Result, schedule};
use crate::store::pages::class::{self, Around, Found, Query, Stop};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::input::PathId;
use crate::web::page::{Place, html};
use crate::web::pages::conference::{Body, Conference, Publish, StaffActions};
use crate::web::parts::{Badge, Crumb, Recline, Tab as TabLink, Tabs};
use crate::web::text::{Text, join_names};
use crate::web::when::When;

/// A page that waits for something asks again after this many seconds.
const SOON_SECONDS: u32 = 5;

/// A page that waits for a recording asks again after this many seconds.
const WAITING_SECONDS: u32 = 20;

/// A class without recording is watched by its page for this long after its end.
const WATCHED: TimeDelta = TimeDelta::hours(6);

/// The tabs of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Recordings,
    Attendance,
    Chat,
    Files,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Overview, Self::Recordings, Self::Attendance, Self::Chat, Self::Files];

    /// As it stands in the address; nothing for the first.
    const fn name(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Recordings => "recordings",
            Self::Attendance => "attendance",
            Self::Chat => "chat",
            Self::Files => "files",
        }
    }

    /// What one does by looking at it.
    const fn act(self) -> Act {
        match self {
            Self::Overview | Self::Recordings => Act::See,
            Self::Attendance => Act::SeeOwnAttendance,
            Self::Chat => Act::SeeChat,
            Self::Files => Act::SeeFiles,
        }
    }

    /// The kind that fills it.
    const fn kind(self) -> SyncKind {
        match self {
            Self::Overview | Self::Recordings => SyncKind::Recordings,
            Self::Attendance => SyncKind::Attendance,
            Self::Chat => SyncKind::Chat,
            Self::Files => SyncKind::Files,
        }
    }

    fn words(self, t: &'static Text) -> &'static str {
        match self {
            Self::Overview => t.get("tab-overview"),
            Self::Recordings => t.get("tab-recordings"),
            Self::Attendance => t.get("tab-attendance"),
            Self::Chat => t.get("tab-chat"),
            Self::Files => t.get("tab-files"),
        }
    }
}

/// Which class and tab the address names. A tab that is none is the first; a class that is none is not found.
#[derive(Debug)]
struct Asked {
    tab: Tab,
    class: Option<MeetingId>,
    cursor: String,
}

impl Asked {
    fn read(query: Option<&str>) -> Result<Self> {
        let mut asked = Self { tab: Tab::Overview, class: None, cursor: String::new() };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "tab" => {
                    asked.tab = Tab::ALL.into_iter().find(|tab| tab.name() == value).unwrap_or(Tab::Overview);
                }
                "class" if !value.is_empty() => {
                    asked.class = Some(value.parse().map_err(|_| Error::NotFound)?);
                }
                "cursor" => asked.cursor = value.into_owned(),
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// `GET /conferences/{id}`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<ConferenceId>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, PageError> {
    let asked = Asked::read(query.as_deref())?;
    let (seen, found) = find(&app, &reader, id, &asked).await?;
    let Found { meeting, around, .. } = found;
    let t = reader.text();
    let now = app.clock.now();
    let when = When::new(t, zone(&seen), now);
    let Some(meeting) = meeting else {
        let page = without_class(&app, &reader, (&seen, &around), when);
        return Ok(html(StatusCode::OK, &page).into_response());
    };
    let stops = if around.classes > 1 { class::stops(&app.store, id, now).await? } else { Vec::new() };
    let sight = Sight {
        app: &app,
        t,
        when,
        now,
        viewer: &reader.viewer,
        seen: &seen,
        around: &around,
        meeting: &meeting,
        verdict: meeting.verdict_now(now),
    };
    let body = body(sight, &asked).await?;
    let mut page = frame(&reader, (&seen, &around), body);
    page.staff = staff(sight, &stops);
    page.recline =
        Recline { t, stops: stops.iter().map(|stop| shown_stop(sight, stop, asked.tab)).collect() };
    page.tabs = tabs(sight, asked.tab);
    page.class_heading = sight.class_words();
    page.refresh_seconds = refresh(sight);
    page.href = sight.address(asked.tab.name());
    Ok(html(StatusCode::OK, &page).into_response())
}

/// The conference and its class, if the reader may see the tab that is asked for.
async fn find(app: &App, reader: &Reader, id: ConferenceId, asked: &Asked) -> Result<(Seen, Found)> {
    let viewer = &reader.viewer;
    let query = Query {
        conference: id,
        user: viewer.user_id,
        class: asked.class,
        kind: asked.tab.kind(),
        now: app.clock.now(),
    };
    let found = class::find(&app.store, query).await?.ok_or(Error::NotFound)?;
    let seen = rights::see(app, viewer, found.placed.clone());
    let decision = access::decide(seen.standing, viewer.scope, asked.tab.act(), seen.facts);
    rights::settle(app, viewer, &format!("conference:{id}"), decision).await?;
    if asked.class.is_some() && found.meeting.is_none() {
        return Err(Error::NotFound);
    }
    Ok((seen, found))
}

fn zone(seen: &Seen) -> chrono_tz::Tz {
    seen.placed.conference.time_zone.parse().unwrap_or(chrono_tz::UTC)
}

async fn body(sight: Sight<'_>, asked: &Asked) -> Result<Body> {
    Ok(match asked.tab {
        Tab::Overview => Body::Overview(Box::new(overview::tab(sight).await?)),
        Tab::Recordings => {
            Body::Recordings(recordings::tab(sight.app, sight.reading(), sight.seen, sight.meeting).await?)
        }
        Tab::Attendance => Body::Attendance(class_tabs::attendance(sight).await?),
        Tab::Chat => Body::Chat(class_tabs::chat(sight, &asked.cursor).await?),
        Tab::Files => Body::Files(class_tabs::files(sight).await?),
    })
}

/// The page around a tab, before what depends on the class is filled in.
fn frame(reader: &Reader, (seen, around): (&Seen, &Around), body: Body) -> Conference {
    let t = reader.text();
    let conference = &seen.placed.conference;
    Conference {
        page: reader.page(conference.title.clone(), Place::Conferences),
        id: conference.id.0,
        crumbs: vec![
            Crumb {
                href: format!("/courses/{}", conference.course_id),
                words: format!("{} {}", seen.placed.course_code, seen.placed.course_title),
            },
            Crumb { href: "/conferences".to_owned(), words: t.get("conferences-title").to_owned() },
        ],
        title: conference.title.clone(),
        lead: lead(t, around),
        description: conference.description.clone(),
        badges: badges(t, seen),
        staff: None,
        recline: Recline { t, stops: Vec::new() },
        tabs: Tabs { label: String::new(), tabs: Vec::new() },
        class_heading: String::new(),
        body,
        refresh_seconds: None,
        href: format!("/conferences/{}", conference.id),
    }
}

/// The page of a conference that has no class (yet).
fn without_class(app: &App, reader: &Reader, (seen, around): (&Seen, &Around), when: When) -> Conference {
    let t = reader.text();
    let body = Body::Overview(Box::new(overview::without_class(app, (seen, around), (t, when))));
    let mut page = frame(reader, (seen, around), body);
    t.get("no-class").clone_into(&mut page.class_heading);
    page.tabs = Tabs {
        label: t.get("no-class").to_owned(),
        tabs: vec![TabLink {
            href: page.href.clone(),
            words: t.get("tab-overview"),
            count: None,
            current: true,
        }],
    };
    page
}

fn lead(t: &Text, around: &Around) -> String {
    let names: Vec<&str> = around.teachers.iter().map(String::as_str).collect();
    let names = join_names(t, &names);
    match (names.is_empty(), around.classes > 1) {
        (true, false) => t.get("class-lead").to_owned(),
        (true, true) => t.with("class-lead-series", &[("n", around.classes.into())]),
        (false, false) => t.with("class-lead-names", &[("names", names.into())]),
        (false, true) => {
            t.with("class-lead-names-series", &[("names", names.into()), ("n", around.classes.into())])
        }
    }
}

fn badges(t: &'static Text, seen: &Seen) -> Vec<Badge> {
    let mut badges = Vec::new();
    if !seen.placed.conference.published {
        badges.push(Badge::new("hide", t.get("not-published-long")));
    }
    if seen.placed.conference.cancelled_at.is_some() {
        badges.push(Badge::new("cancelled", t.get("verdict-cancelled")));
    }
    badges
}

fn staff(sight: Sight<'_>, stops: &[Stop]) -> Option<StaffActions> {
    if !sight.may(Act::Sync) {
        return None;
    }
    let conference = &sight.seen.placed.conference;
    let may_edit = sight.may(Act::Edit) && conference.cancelled_at.is_none();
    let is_ahead =
        sight.verdict == Verdict::Upcoming || stops.iter().any(|stop| stop.verdict == Verdict::Upcoming);
    let since = |since| {
        let since = sight.when.relative_words(since);
        sight.t.with("syncing-since", &[("since", since.into())])
    };
    Some(StaffActions {
        syncing: sight.around.syncing_since.map(since),
        edit_href: may_edit.then(|| format!("/conferences/{}/edit", conference.id)),
        cancel_class_href: (may_edit && sight.verdict == Verdict::Upcoming && sight.around.classes > 1)
            .then(|| format!("/conferences/{}/cancel?class={}", conference.id, sight.meeting.id)),
        cancel_href: (may_edit && is_ahead).then(|| format!("/conferences/{}/cancel", conference.id)),
        publish: if conference.published { Publish::Withdraw } else { Publish::Offer },
    })
}

fn shown_stop(sight: Sight<'_>, stop: &Stop, tab: Tab) -> crate::web::parts::Stop {
    let tab = if tab == Tab::Overview { String::new() } else { format!("&tab={}", tab.name()) };
    crate::web::parts::Stop {
        href: format!("/conferences/{}?class={}{tab}", sight.meeting.conference_id, stop.id),
        mark: mark(stop.verdict),
        words: sight.when.short_day(stop.starts_at).words,
        current: stop.id == sight.meeting.id,
    }
}

/// The tabs that the reader may open.
fn tabs(sight: Sight<'_>, open: Tab) -> Tabs {
    let around = sight.around;
    let (recordings, files) = if sight.for_staff() {
        (around.recordings, around.files)
    } else {
        (around.recordings_shown, around.files_shown)
    };
    let link = |tab: Tab| TabLink {
        href: sight.address(tab.name()),
        words: tab.words(sight.t),
        count: match tab {
            Tab::Recordings => Some(recordings).filter(|count| *count > 0),
            Tab::Files => Some(files).filter(|count| *count > 0),
            Tab::Overview | Tab::Attendance | Tab::Chat => None,
        },
        current: tab == open,
    };
    Tabs {
        label: sight.class_words(),
        tabs: Tab::ALL.into_iter().filter(|tab| sight.may(tab.act())).map(link).collect(),
    }
}

/// Seconds until the page looks again by itself: only while something is on its way.
fn refresh(sight: Sight<'_>) -> Option<u32> {
    let meeting = sight.meeting;
    if sight.around.syncing_since.is_some() {
        return Some(SOON_SECONDS);
    }
    match sight.verdict {
        Verdict::Upcoming if meeting.auto_recording_status == AutoRecordingStatus::Pending => {
            Some(SOON_SECONDS)
        }
        Verdict::Upcoming | Verdict::Running
            if meeting.starts_at - sight.now < TimeDelta::hours(1)
                || sight.seen.placed.conference.created_at + WATCHED > sight.now =>
        {
            Some(WAITING_SECONDS)
        }
        Verdict::Waiting if sight.now - meeting.ends_at < WATCHED => Some(WAITING_SECONDS),
        _ => None,
    }
}

/// The form that publishes a conference or withdraws it.
#[derive(Debug, Deserialize)]
pub struct PublishForm {
    published: String,
}

/// `POST /conferences/{id}/publish`.
pub async fn publish(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<ConferenceId>,
    form: std::result::Result<Form<PublishForm>, FormRejection>,
) -> std::result::Result<Redirect, PageError> {
    let wanted = form.ok().and_then(|Form(form)| match form.published.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let Some(wanted) = wanted else {
        rights::conference(&app, &viewer, id, Act::Edit).await?;
        return Err(Error::invalid("published", "Send yes or no.").into());
    };
    let change = schedule::Change { published: Some(wanted), ..schedule::Change::default() };
    schedule::change(&app, &viewer, id, change).await?;
    Ok(Redirect::to(&format!("/conferences/{id}")))
}
