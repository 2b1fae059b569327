//! `/admin/mail`: how letters leave this installation, what waits, what went wrong, and a test mail.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::model::mail::{Dropped, MailKind};
use crate::model::words::Word as _;
use crate::ops::mail::{self, Standing, Way};
use crate::ops::{Error, Result as Done};
use crate::store::mail::Shown;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::input::QueryOf;
use crate::web::page::{Place, html};
use crate::web::pages::mail::{MailPage, MailRow};
use crate::web::parts::{Mark, Note, PartLine};
use crate::web::text::Text;
use crate::web::when::When;

/// What was done just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    did: String,
}

/// `GET /admin/mail`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    let t = reader.text();
    let note = (asked.did == "test").then(|| {
        let line = t.with("mail-test-sent", &[("email", reader.viewer.email.as_str().into())]);
        Note::new(Some(Mark::Recorded), line).line(t.get("mail-test-sent-text"))
    });
    render(&app, &reader, StatusCode::OK, note).await
}

/// `POST /admin/mail/test`: the answer says whether the letter was taken.
pub async fn test(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    let t = reader.text();
    let refused = match mail::test(&app, &reader.viewer).await {
        Ok(()) => return Ok(Redirect::to("/admin/mail?did=test").into_response()),
        Err(Error::Conflict(why) | Error::NotReady(why)) => why,
        Err(Error::Graph(error)) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    let note =
        Note::new(Some(Mark::Missing), t.get("mail-test-failed")).line(refused).fix(t.get("mail-test-fix"));
    render(&app, &reader, StatusCode::CONFLICT, Some(note)).await
}

async fn render(
    app: &App,
    reader: &Reader,
    status: StatusCode,
    note: Option<Note>,
) -> Result<Response, PageError> {
    let standing: Done<Standing> = mail::standing(app, &reader.viewer).await;
    let page = view(app, reader, &standing?, note);
    Ok(html(status, &page).into_response())
}

fn view(app: &App, reader: &Reader, standing: &Standing, note: Option<Note>) -> MailPage {
    let t = reader.text();
    let zone = app.config.mail.time_zone;
    let when = When::new(t, zone, app.clock.now());
    let (headline, lead) = match &standing.way {
        Way::Off => (t.get("mail-off"), t.get("mail-off-fix").to_owned()),
        Way::Smtp(place) => (t.get("mail-on"), t.with("mail-by-smtp", &[("place", place.as_str().into())])),
        Way::Graph(from) => (t.get("mail-on"), t.with("mail-by-graph", &[("mailbox", from.as_str().into())])),
    };
    let mut notes: Vec<Note> = note.into_iter().collect();
    for (error, n) in &standing.errors {
        let title = t.with("mail-fails", &[("n", (*n).into())]);
        notes.push(Note::new(Some(Mark::Missing), title).line(error.clone()).fix(t.get("mail-test-fix")));
    }
    MailPage {
        page: reader.page(t.get("nav-mail"), Place::Mail),
        headline: headline.to_owned(),
        lead,
        notes,
        state: state(app, t, standing),
        rows: standing.newest.iter().map(|shown| row(t, &when, shown)).collect(),
        may_test: standing.way != Way::Off,
    }
}

fn state(app: &App, t: &'static Text, standing: &Standing) -> Vec<PartLine> {
    let settings = &app.config.mail;
    let counts = standing.counts;
    let good_if = |good: bool| if good { Mark::Recorded } else { Mark::Missing };
    let quiet = match settings.quiet_hours.0 {
        Some((from, until)) => {
            let time = |at: chrono::NaiveTime| at.format("%H:%M").to_string();
            let args = [
                ("from", time(from).into()),
                ("until", time(until).into()),
                ("zone", settings.time_zone.name().into()),
            ];
            t.with("mail-quiet-sum", &args)
        }
        None => t.get("mail-quiet-none").to_owned(),
    };
    let queue = [("waiting", counts.waiting.into()), ("failing", counts.failing.into())];
    let lately = [("sent", counts.sent.into()), ("dropped", counts.dropped.into())];
    let digest = settings.digest_at.0.format("%H:%M").to_string();
    let from = settings.from.as_ref().map_or_else(|| t.get("never").to_owned(), |from| from.0.clone());
    vec![
        PartLine::new(good_if(counts.failing == 0), t.get("mail-queue"), t.with("mail-queue-sum", &queue)),
        PartLine::new(Mark::Recorded, t.get("mail-lately"), t.with("mail-lately-sum", &lately)),
        PartLine::new(Mark::Upcoming, t.get("mail-from"), from),
        PartLine::new(Mark::Upcoming, t.get("mail-quiet"), quiet),
        PartLine::new(
            Mark::Upcoming,
            t.get("mail-digest"),
            t.with("mail-digest-sum", &[("time", digest.into())]),
        ),
    ]
}

fn row(t: &'static Text, when: &When, shown: &Shown) -> MailRow {
    let (state, why) = if shown.sent_at.is_some() {
        (Mark::Recorded.pill_with(t.get("mail-sent")), String::new())
    } else if shown.dropped_at.is_some() {
        (Mark::Cancelled.pill_with(t.get("mail-dropped")), dropped_words(t, shown))
    } else if shown.error.is_empty() {
        (Mark::Waiting.pill_with(t.get("mail-waiting")), when.relative_words(shown.mail.due_at))
    } else {
        (Mark::Missing.pill_with(t.get("mail-failing")), shown.error.clone())
    };
    MailRow {
        kind: kind_words(t, shown.mail.kind),
        to: shown.email.clone(),
        at: when.day_time(shown.mail.queued_at),
        state,
        why,
    }
}

fn dropped_words(t: &'static Text, shown: &Shown) -> String {
    let words = match Dropped::parse(&shown.dropped_because) {
        Some(Dropped::Disabled) => t.get("mail-because-disabled"),
        Some(Dropped::NotAllowed) => t.get("mail-because-not-allowed"),
        Some(Dropped::Hidden) => t.get("mail-because-hidden"),
        Some(Dropped::Resolved) => t.get("mail-because-resolved"),
        Some(Dropped::Unwanted) => t.get("mail-because-unwanted"),
        Some(Dropped::SwitchedOff) => t.get("mail-because-off"),
        Some(Dropped::Refused) | None => return shown.error.clone(),
    };
    words.to_owned()
}

/// What a kind of mail is about.
pub(super) fn kind_words(t: &'static Text, kind: MailKind) -> &'static str {
    match kind {
        MailKind::RecordingReady => t.get("mail-kind-ready"),
        MailKind::StillMissing => t.get("mail-kind-missing"),
        MailKind::FailingBeforeClass => t.get("mail-kind-failing"),
        MailKind::NotRecording => t.get("mail-kind-not-recording"),
        MailKind::Expiring => t.get("mail-kind-expiring"),
        MailKind::Removing => t.get("mail-kind-removing"),
        MailKind::NoRoom => t.get("mail-kind-no-room"),
        MailKind::ConsentMissing => t.get("mail-kind-consent"),
        MailKind::SecretExpiring => t.get("mail-kind-ending"),
        MailKind::DeadLetters => t.get("mail-kind-dead"),
        MailKind::CasesWaiting => t.get("mail-kind-cases"),
        MailKind::DailyCheck => t.get("mail-kind-check"),
        MailKind::WeeklyReport => t.get("mail-kind-week"),
    }
}
