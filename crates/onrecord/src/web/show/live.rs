//! A class that is on: whether it is being recorded, said on its page and on home pages, and the answer of whoever
//! teaches where OnRecord cannot see it for itself.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Redirect;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::sight::Sight;
use crate::app::App;
use crate::model::access::Act;
use crate::model::alert::{Alert, AlertKind};
use crate::model::conference::Verdict;
use crate::model::id::MeetingId;
use crate::model::live::{Answer, Silence};
use crate::model::words::Word as _;
use crate::ops::{Error, confirm};
use crate::store::alerts::{self, Answered, Told};
use crate::store::pages::class_parts::{self, Noted};
use crate::web::auth::SignedIn;
use crate::web::error::PageError;
use crate::web::input::PathId;
use crate::web::pages::conference::RecordingCheck;
use crate::web::parts::{Link, Mark, Note};
use crate::web::text::Text;
use crate::web::when::When;

/// The form in which whoever teaches says whether Teams records.
#[derive(Debug, Deserialize)]
pub struct AnswerForm {
    recording: String,
}

/// `POST /meetings/{id}/recording-check`.
pub async fn answer(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<MeetingId>,
    form: Result<Form<AnswerForm>, FormRejection>,
) -> Result<Redirect, PageError> {
    let meeting = confirm::may_answer(&app, &viewer, id).await?;
    let answer = match form.as_ref().map(|Form(form)| form.recording.as_str()) {
        Ok("yes") => Answer::Recording,
        Ok("no") => Answer::NotRecording,
        _ => return Err(Error::invalid("recording", "Send yes or no.").into()),
    };
    confirm::recording(&app, &viewer, id, answer).await?;
    Ok(Redirect::to(&format!("/conferences/{}?class={id}", meeting.conference_id)))
}

/// What people were told of a class, and what staff may know of what happened around it.
#[derive(Debug, Default)]
pub(super) struct ToldOfClass {
    /// What they are told now.
    pub open: Vec<Alert>,
    /// All that they were told, for staff.
    pub all: Vec<Alert>,
    /// When recording was switched on.
    pub enabled_at: Option<DateTime<Utc>>,
    /// What was noted about its recording, for staff.
    pub noted: Vec<Noted>,
    /// What whoever teaches answered last, for staff.
    pub answered: Option<Answered>,
}

/// Reads it: one query for learners, two of a class that is on; four for staff.
pub(super) async fn of_class(sight: Sight<'_>) -> Result<ToldOfClass, Error> {
    let db = &sight.app.store;
    let enabled_at = class_parts::enabled_at(db, sight.meeting.id).await?;
    if !sight.for_staff() {
        let open = if sight.verdict == Verdict::Running {
            alerts::open_of_meeting(db, sight.meeting.id).await?
        } else {
            Vec::new()
        };
        return Ok(ToldOfClass { open, enabled_at, ..ToldOfClass::default() });
    }
    let all = alerts::of_meeting(db, sight.meeting.id).await?;
    Ok(ToldOfClass {
        open: all.iter().filter(|alert| alert.resolved_at.is_none()).cloned().collect(),
        enabled_at,
        noted: class_parts::noted(db, sight.meeting.id).await?,
        answered: alerts::last_answer(db, sight.meeting.id).await?,
        all,
    })
}

/// Why a class is not being recorded, in a sentence.
pub(super) fn why(t: &'static Text, detail: &str) -> &'static str {
    match Silence::parse(detail) {
        Some(Silence::Stopped) => t.get("live-stopped"),
        Some(Silence::Failed) => t.get("live-failed"),
        Some(Silence::Said) => t.get("live-said"),
        Some(Silence::NeverBegun) | None => t.get("live-never-begun"),
    }
}

/// What an alert says to staff; `None` for those that the page says elsewhere.
pub(super) fn note(t: &'static Text, alert: &Alert, when: &When) -> Option<Note> {
    let since = || t.with("live-since", &[("since", when.relative_words(alert.raised_at).into())]);
    Some(match alert.kind {
        AlertKind::NotEnabled => return None,
        AlertKind::Expiring => {
            let days = alert.detail.parse::<i64>().unwrap_or_default();
            Note::new(Some(Mark::Missing), t.with("live-expiring", &[("days", days.into())]))
                .line(t.get("live-expiring-text"))
                .fix(t.get("live-expiring-fix"))
        }
        AlertKind::ConsentMissing => {
            let n = alert.detail.parse::<i64>().unwrap_or_default();
            Note::new(Some(Mark::Missing), t.with("live-consent", &[("n", n.into())]))
                .line(t.get("live-consent-text"))
                .fix(t.get("live-consent-fix"))
        }
        AlertKind::NoRoom => Note::new(Some(Mark::Missing), t.get("live-no-room"))
            .line(t.with("live-no-room-text", &[("account", alert.detail.as_str().into())]))
            .fix(t.get("live-no-room-fix")),
        AlertKind::NotRecording => Note::new(Some(Mark::Missing), t.get("live-press-record"))
            .line(why(t, &alert.detail))
            .line(since())
            .fix(t.get("live-press-record-fix"))
            .urgent(),
        AlertKind::ConfirmRecording => {
            Note::new(Some(Mark::Waiting), t.get("live-confirm")).line(t.get("live-confirm-text"))
        }
        AlertKind::NotOff => Note::new(Some(Mark::Missing), t.get("live-not-off"))
            .line(alert.detail.clone())
            .fix(t.get("live-not-off-fix")),
        AlertKind::NotChecked => Note::new(Some(Mark::Waiting), t.get("live-not-checked"))
            .line(t.get("live-not-checked-text"))
            .line(alert.detail.clone())
            .fix(t.get("live-not-checked-fix")),
    })
}

/// The notes of a class page.
pub(super) fn notes(sight: Sight<'_>, alerts: &[Alert]) -> Vec<Note> {
    if !sight.for_staff() {
        let silent = alerts.iter().any(|alert| alert.kind == AlertKind::NotRecording);
        let told = || {
            Note::new(Some(Mark::Missing), sight.t.get("live-not-recorded-learner"))
                .line(sight.t.get("live-not-recorded-learner-text"))
        };
        return silent.then(told).into_iter().collect();
    }
    // The note about the exception says it there.
    let elsewhere = |alert: &&Alert| alert.kind != AlertKind::NotOff;
    alerts.iter().filter(elsewhere).filter_map(|alert| note(sight.t, alert, &sight.when)).collect()
}

/// The question to whoever teaches, while it is open or their "no" stands.
pub(super) fn check(sight: Sight<'_>, alerts: &[Alert]) -> Option<RecordingCheck> {
    let asks = alerts.iter().any(|alert| {
        alert.kind == AlertKind::ConfirmRecording
            || (alert.kind == AlertKind::NotRecording && alert.detail == Silence::Said.as_str())
    });
    (asks && sight.may(Act::Sync)).then(|| RecordingCheck { action: action(sight.meeting.id) })
}

fn action(id: MeetingId) -> String {
    format!("/meetings/{id}/recording-check")
}

/// The note of an alert on a home page, with its class.
pub(super) fn home_note(t: &'static Text, told: &Told, when: &When) -> Option<Note> {
    let note = note(t, &told.alert, when)?;
    let words = format!("{} {}, {}", told.course_code, told.title, when.day_time_within(told.starts_at));
    let href = format!("/conferences/{}?class={}", told.conference_id, told.alert.meeting_id);
    Some(note.link(Link::new(href, words)))
}
