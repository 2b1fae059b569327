//! The Overview tab: what is wrong with the class and what mends it, the three answers, what happened, the last Sync
//! Data, who sees it, and what people are told.

use super::answers::answers;
use super::live::{self, ToldOfClass};
use super::sight::Sight;
use super::timeline::timeline;
use crate::app::App;
use crate::model::access::Act;
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::integration::SyncKind;
use crate::model::sync::KindState;
use crate::model::words::Word as _;
use crate::ops::Result;
use crate::ops::notice::{self, OwnTerms};
use crate::ops::rights::Seen;
use crate::store::exceptions;
use crate::store::media::Breadth;
use crate::store::pages::class::{Around, Reading};
use crate::store::pages::class_parts::{self, Part};
use crate::web::pages::conference::{Join, LastSync, Overview};
use crate::web::pages::trouble::EnableFailure;
use crate::web::parts::{Link, Mark, Note, PartLine, Step};
use crate::web::text::{Text, join_names};
use crate::web::when::When;

/// What the parts of the tab are told from.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The recordings that the reader may know of, by part.
    pub parts: &'a [Part],
    /// How reading each kind went last; empty for learners.
    pub readings: &'a [Reading],
    /// What people were told while the class was to come or on.
    pub told: &'a ToldOfClass,
}

/// The tab for one class. One query for learners, two for staff.
pub(super) async fn tab(sight: Sight<'_>) -> Result<Overview> {
    let store = &sight.app.store;
    let staff = sight.for_staff();
    let breadth = if staff { Breadth::Staff } else { Breadth::Learner };
    let parts = class_parts::recordings(store, sight.meeting.id, breadth).await?;
    let readings = if staff { class_parts::readings(store, sight.meeting.id).await? } else { Vec::new() };
    let told = live::of_class(sight).await?;
    let facts = Facts { parts: &parts, readings: &readings, told: &told };
    let mut notes = live::notes(sight, &told.open);
    if staff {
        notes.extend(self::notes(sight));
        notes.extend(exempted(sight).await?);
    }
    Ok(Overview {
        t: sight.t,
        notes,
        check: live::check(sight, &told.open),
        join: join(sight),
        answers: answers(sight, facts),
        zone_words: zone_words(sight.t, sight.when),
        timeline: timeline(sight, facts),
        last_sync: if staff { last_sync(sight, &readings) } else { None },
        seen_by: seen_by(sight.t, sight.seen, sight.around),
        notice: notice_for(sight).await?,
        cases: cases(sight),
    })
}

/// The tab of a conference without any class.
pub(super) fn without_class(
    app: &App,
    (seen, around): (&Seen, &Around),
    (t, when): (&'static Text, When),
) -> Overview {
    let scheduled = Step {
        mark: Mark::Recorded,
        what: scheduled_words(t, around).into(),
        at: Some(when.day_time(seen.placed.conference.created_at)),
        detail: String::new(),
        next: false,
    };
    Overview {
        t,
        check: None,
        notes: vec![Note::new(None, t.get("no-class")).line(t.get("no-class-text"))],
        join: None,
        answers: Vec::new(),
        zone_words: zone_words(t, when),
        timeline: vec![scheduled],
        last_sync: None,
        seen_by: seen_by(t, seen, around),
        notice: notice_text(app, around),
        cases: Vec::new(),
    }
}

/// What can be done about the recording of a class that has not begun.
fn cases(sight: Sight<'_>) -> Vec<Link> {
    let course = sight.seen.placed.conference.course_id;
    let mut links = Vec::new();
    if sight.is_ahead() && sight.may(Act::Object) {
        let href = format!("/courses/{course}/objection?class={}", sight.meeting.id);
        links.push(Link::new(href, sight.t.get("objection-of-class")));
    }
    if sight.verdict == Verdict::Upcoming && sight.may(Act::Exempt) {
        let href = format!("/courses/{course}/exceptions?class={}", sight.meeting.id);
        links.push(Link::new(href, sight.t.get("exception-of-class")));
    }
    links
}

/// "Scheduled by Łukasz Wójcik", or that it was taken over from elsewhere.
pub(super) fn scheduled_words(t: &Text, around: &Around) -> String {
    match &around.scheduled_by {
        Some(name) => t.with("step-scheduled-by", &[("name", name.as_str().into())]),
        None => t.get("step-scheduled").to_owned(),
    }
}

/// The name of a kind, as it begins a line.
pub(super) fn kind_name(t: &'static Text, kind: SyncKind) -> &'static str {
    match kind {
        SyncKind::Recordings => t.get("tab-recordings"),
        SyncKind::Transcripts => t.get("kind-transcripts"),
        SyncKind::Attendance => t.get("tab-attendance"),
        SyncKind::Chat => t.get("tab-chat"),
        SyncKind::Files => t.get("tab-files"),
    }
}

/// The reason why recording could not be switched on, if it could not.
pub(super) fn failure(status: AutoRecordingStatus) -> Option<EnableFailure> {
    EnableFailure::parse(status.as_str())
}

/// That an approved exception covers the class, and whether Teams has said so; until then it says what keeps it.
async fn exempted(sight: Sight<'_>) -> Result<Option<Note>> {
    let (t, meeting) = (sight.t, sight.meeting);
    if !sight.is_ahead() {
        return Ok(None);
    }
    let approved = exceptions::of_meeting(&sight.app.store, meeting.id).await?;
    let Some(one) = approved.iter().find(|one| one.covers(meeting.id, meeting.starts_at)) else {
        return Ok(None);
    };
    let href = format!("/courses/{}/exceptions", one.course_id);
    let note = if meeting.auto_recording_status == AutoRecordingStatus::Exempted {
        Note::new(Some(Mark::Exempted), t.get("exempted-note")).line(one.reason.clone())
    } else {
        Note::new(Some(Mark::Waiting), t.get("exempted-not-yet"))
            .line(one.reason.clone())
            .line(meeting.auto_recording_detail.clone())
            .fix(t.get("live-not-off-fix"))
    };
    Ok(Some(note.link(Link::new(href, t.get("exceptions-title")))))
}

fn notes(sight: Sight<'_>) -> Vec<Note> {
    let (t, meeting) = (sight.t, sight.meeting);
    let mut notes = Vec::new();
    if sight.is_ahead()
        && let Some(failure) = failure(meeting.auto_recording_status)
    {
        let mut note = failure.note(t);
        if !meeting.auto_recording_detail.is_empty() {
            note.lines
                .push(t.with("enable-detail", &[("detail", meeting.auto_recording_detail.as_str().into())]));
        }
        notes.push(note);
    }
    if !meeting.left_out.is_empty() && sight.is_ahead() {
        let names: Vec<&str> = meeting.left_out.iter().map(String::as_str).collect();
        let names = join_names(t, &names);
        notes.push(
            Note::new(Some(Mark::Waiting), t.with("left-out", &[("names", names.into())]))
                .line(t.get("left-out-text")),
        );
    }
    notes
}

fn join(sight: Sight<'_>) -> Option<Join> {
    if !sight.is_ahead() || sight.meeting.has_ended(sight.now) || !sight.may(Act::Join) {
        return None;
    }
    let span = sight.when.span(sight.meeting.starts_at, sight.meeting.ends_at).words;
    let detail = if sight.verdict == Verdict::Running {
        sight.t.with("join-now", &[("span", span.into())])
    } else {
        let relative = sight.when.relative_words(sight.meeting.starts_at);
        format!("{span}, {relative}")
    };
    Some(Join {
        href: format!("/join/{}", sight.meeting.id),
        words: sight.t.get("join-teams").to_owned(),
        detail,
    })
}

fn zone_words(t: &Text, when: When) -> String {
    t.with("times-in", &[("zone", when.zone_words().into())])
}

/// The parts of the last reading, in the order people read them; nothing before the first, nor while the class is to come
/// or on: what was read until then says nothing of it.
fn last_sync(sight: Sight<'_>, readings: &[Reading]) -> Option<LastSync> {
    let t = sight.t;
    if sight.is_ahead() {
        return None;
    }
    let newest = readings.iter().map(|reading| reading.read_at).max()?;
    let parts: Vec<PartLine> = SyncKind::ALL.iter().map(|kind| part_line(sight, *kind, readings)).collect();
    let is_well = |kind: &&SyncKind| {
        let reading = readings.iter().find(|reading| reading.kind == **kind);
        sight.is_off(**kind)
            || reading.is_some_and(|reading| matches!(reading.state, KindState::Ok | KindState::Off))
    };
    let well = SyncKind::ALL.iter().filter(is_well).count();
    let words = if well == SyncKind::ALL.len() {
        t.get("sync-done").to_owned()
    } else {
        t.with("sync-partly", &[("done", well.into()), ("all", SyncKind::ALL.len().into())])
    };
    Some(LastSync { at: sight.when.relative(newest), words, parts })
}

fn part_line(sight: Sight<'_>, kind: SyncKind, readings: &[Reading]) -> PartLine {
    let t = sight.t;
    let name = kind_name(t, kind);
    let reading = readings.iter().find(|reading| reading.kind == kind);
    let state = if sight.is_off(kind) { Some(KindState::Off) } else { reading.map(|reading| reading.state) };
    match (state, reading) {
        (Some(KindState::Ok), Some(reading)) if reading.note.is_some() => {
            PartLine::new(Mark::NotHeld, name, t.get("kind-no-longer"))
        }
        (Some(KindState::Ok), Some(reading)) => {
            let words = t.with("kind-done", &[("n", reading.items.into())]);
            PartLine::new(Mark::Recorded, name, words)
        }
        (Some(KindState::Failed), Some(reading)) => {
            let why = reading.error.clone().unwrap_or_else(|| t.get("kind-failed-unknown").to_owned());
            PartLine::new(Mark::Missing, name, why).strong(t.get("kind-failed"))
        }
        (Some(KindState::Waiting), _) => PartLine::new(Mark::Waiting, name, t.get("kind-waiting")),
        (Some(KindState::Off), _) => PartLine::new(Mark::NotHeld, name, t.get("kind-off")),
        _ => PartLine::new(Mark::Upcoming, name, t.get("kind-not-read")),
    }
}

fn seen_by(t: &Text, seen: &Seen, around: &Around) -> String {
    let who = if seen.placed.conference.published {
        t.with("seen-by-learners", &[("n", around.learners.into())])
    } else {
        t.get("seen-by-staff").to_owned()
    };
    let rest = match (
        seen.facts.learners_see_chat && !seen.facts.of_minors,
        seen.facts.learners_see_files && !seen.facts.of_minors,
    ) {
        (false, false) => t.get("seen-by-staff-rest"),
        (true, false) => t.get("seen-by-chat"),
        (false, true) => t.get("seen-by-files"),
        (true, true) => t.get("seen-by-chat-files"),
    };
    format!("{who} {rest}")
}

/// The notice in the reader's language, if the school wrote it in theirs.
async fn notice_for(sight: Sight<'_>) -> Result<String> {
    if sight.meeting.auto_recording_status == AutoRecordingStatus::Exempted {
        return Ok(sight.t.get("exempted-note").to_owned());
    }
    let id = sight.seen.placed.conference.integration_id;
    let own = notice::in_language(sight.app, id, &sight.viewer.language).await?;
    Ok(own.unwrap_or_else(|| notice_text(sight.app, sight.around)))
}

fn notice_text(app: &App, around: &Around) -> String {
    let own = &around.notice;
    let terms = OwnTerms {
        basis: own.basis,
        storage: &own.storage,
        kept: &own.kept,
        contact: &own.contact,
        wording: &own.wording,
    };
    notice::text(app, terms)
}
