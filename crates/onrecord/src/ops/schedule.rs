//! Scheduling: a conference and its meetings are written at once, with a job for each meeting; Teams is told by the
//! worker. Recording is mandatory: whoever asks for "off" is overruled, warned about and audited.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::mail::STILL_NEWS;
use super::slot_faults::{fault_text, field_error, too_late};
use super::{Error, FieldError, Result, audit, organizer, rights, say, say_with};
use crate::app::App;
use crate::model::access::{self, Act, Facts, Viewer};
use crate::model::conference::Conference;
use crate::model::id::{ConferenceId, CourseId, IntegrationId, MeetingId, UserId};
use crate::model::job::JobKind;
use crate::model::schedule::{self, Fault, LONGEST_DESCRIPTION, LONGEST_TITLE, Slot, SlotText, place};
use crate::model::slot_plan::{self, Refused, SlotPlan};
use crate::store::conferences::{self, NewConference, PlacedCourse};
use crate::store::mail::sources;
use crate::store::meetings::{self, NewMeeting};
use crate::store::{Tx, integrations, jobs};

/// A conference as a person or program asks for it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Name of the class.
    pub title: String,
    /// Plain text.
    pub description: String,
    /// Its course.
    pub course_id: Option<CourseId>,
    /// `teams`; nothing else is there yet.
    pub platform: Option<String>,
    /// IANA zone of the slots.
    pub time_zone: String,
    /// When it takes place.
    pub time_slots: Vec<SlotText>,
    /// Whether learners see it.
    pub published: bool,
    /// What old callers send; `false` is overruled.
    pub enable_recording: Option<bool>,
}

/// What to change of a conference; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Name of the class.
    pub title: Option<String>,
    /// Plain text.
    pub description: Option<String>,
    /// Its course.
    pub course_id: Option<CourseId>,
    /// `teams`; nothing else is there yet.
    pub platform: Option<String>,
    /// IANA zone of the slots.
    pub time_zone: Option<String>,
    /// All slots: with an id changed, without added, missing cancelled.
    pub time_slots: Option<Vec<SlotText>>,
    /// Whether learners see it.
    pub published: Option<bool>,
    /// What old callers send; `false` is overruled.
    pub enable_recording: Option<bool>,
}

/// Subject of the jobs of a meeting.
pub fn meeting_subject(id: MeetingId) -> String {
    format!("meeting:{id}")
}

/// Schedules a conference and returns its id at once, however many slots it has.
pub async fn schedule(app: &App, viewer: &Viewer, draft: Draft) -> Result<ConferenceId> {
    warn_if_disabling(draft.enable_recording, viewer.user_id);
    let Some(course_id) = draft.course_id else {
        return Err(Error::invalid("course_id", say("op-name-course")));
    };
    let course = course_to_edit(app, viewer, course_id).await?;
    let now = app.clock.now();
    let slots = checked(&draft, now)?;
    let tx = app.store.write().await?;
    let integration_id = integration_for_new(&tx, now).await?;
    let new = NewConference {
        external_id: None,
        course_id: course.id,
        integration_id,
        title: clean_title(&draft.title),
        description: clean_text(&draft.description),
        time_zone: draft.time_zone.trim().to_owned(),
        published: draft.published,
        created_by: Some(viewer.user_id),
        first_starts_at: slots.iter().map(|slot| slot.starts_at).min().unwrap_or(now),
        last_ends_at: slots.iter().map(|slot| slot.ends_at).max().unwrap_or(now),
    };
    let id = conferences::insert(&tx, &new, now).await?;
    let meetings = add_slots(app, &tx, (id, integration_id), &slots).await?;
    let about = json!({ "title": new.title, "course_id": course.id, "meetings": meetings });
    let actor = Some(viewer.user_id);
    audit::record(app, &tx, actor, "conference.scheduled", (format!("conference:{id}"), about)).await?;
    audit_if_disabling(app, &tx, draft.enable_recording, (viewer.user_id, id)).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(id)
}

/// Changes a conference. What Teams must know is told by jobs.
pub async fn change(app: &App, viewer: &Viewer, id: ConferenceId, change: Change) -> Result<()> {
    warn_if_disabling(change.enable_recording, viewer.user_id);
    let seen = rights::conference(app, viewer, id, Act::Edit).await?;
    if let Some(course) = change.course_id.filter(|course| *course != seen.placed.conference.course_id) {
        course_to_edit(app, viewer, course).await?;
    }
    let tx = app.store.write().await?;
    let old = conferences::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    if old.cancelled_at.is_some() {
        return Err(Error::Conflict(say("form-cancelled")));
    }
    let now = app.clock.now();
    let new = changed(&old, &change)?;
    let plan = planned(&tx, &new, &change, now).await?;
    if new != old {
        conferences::update(&tx, &new, now).await?;
    }
    if new.published && !old.published {
        sources::note_published(&tx, id, now - STILL_NEWS, now).await?;
    }
    let mut told = carry_out(app, &tx, &new, &plan).await?;
    if invitations_differ(&old, &new) {
        told.extend(meetings::mark_changed(&tx, id, now).await?);
    }
    enqueue(&tx, JobKind::Update, told, now).await?;
    let about = differences(&old, &new, &plan);
    let actor = Some(viewer.user_id);
    audit::record(app, &tx, actor, "conference.changed", (format!("conference:{id}"), about)).await?;
    audit_if_disabling(app, &tx, change.enable_recording, (viewer.user_id, id)).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

/// Cancels every class of a conference that has not begun. Repeating it changes nothing.
pub async fn cancel(app: &App, viewer: &Viewer, id: ConferenceId, reason: &str) -> Result<()> {
    rights::conference(app, viewer, id, Act::Edit).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let conference = conferences::lock(&tx, id).await?.ok_or(Error::NotFound)?;
    let meetings = meetings::lock_of_conference(&tx, id).await?;
    let ahead = meetings.iter().filter(|meeting| meeting.cancelled_at.is_none() && !meeting.has_started(now));
    let ahead: Vec<MeetingId> = ahead.map(|meeting| meeting.id).collect();
    if ahead.is_empty() {
        if conference.cancelled_at.is_some() {
            return Ok(());
        }
        return Err(Error::Conflict(say("cancel-too-late")));
    }
    let about = json!({ "meetings": ahead, "reason": clean_text(reason) });
    cancel_these(&tx, id, ahead, now).await?;
    let actor = Some(viewer.user_id);
    audit::record(app, &tx, actor, "conference.cancelled", (format!("conference:{id}"), about)).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

/// Cancels one class that has not begun, and returns its conference. Repeating it changes nothing.
pub async fn cancel_class(app: &App, viewer: &Viewer, id: MeetingId, reason: &str) -> Result<ConferenceId> {
    let conference = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?.conference_id;
    rights::conference(app, viewer, conference, Act::Edit).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    conferences::lock(&tx, conference).await?.ok_or(Error::NotFound)?;
    let meetings = meetings::lock_of_conference(&tx, conference).await?;
    let meeting = meetings.iter().find(|meeting| meeting.id == id).ok_or(Error::NotFound)?;
    if meeting.cancelled_at.is_some() {
        return Ok(conference);
    }
    if meeting.has_started(now) {
        return Err(Error::Conflict(say("cancel-class-too-late")));
    }
    cancel_these(&tx, conference, vec![id], now).await?;
    let about = json!({ "conference_id": conference, "reason": clean_text(reason) });
    let actor = Some(viewer.user_id);
    audit::record(app, &tx, actor, "meeting.cancelled", (format!("meeting:{id}"), about)).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(conference)
}

/// Cancels classes of one conference, of which Teams is told by jobs.
async fn cancel_these(
    tx: &Tx,
    conference: ConferenceId,
    meetings: Vec<MeetingId>,
    now: DateTime<Utc>,
) -> Result<()> {
    for meeting in &meetings {
        meetings::cancel(tx, *meeting, now).await?;
    }
    conferences::refresh_span(tx, conference, now).await?;
    enqueue(tx, JobKind::Update, meetings, now).await
}

/// The course, if `viewer` may schedule in it.
pub async fn course_to_edit(app: &App, viewer: &Viewer, id: CourseId) -> Result<PlacedCourse> {
    let course =
        conferences::find_placed_course(&app.store, id, viewer.user_id).await?.ok_or(Error::NotFound)?;
    let standing = access::standing(viewer.role, course.membership, app.clock.now());
    let facts = Facts { published: true, ..Facts::default() };
    let decision = access::decide(standing, viewer.scope, Act::Edit, facts);
    rights::settle(app, viewer, &format!("course:{id}"), decision).await?;
    Ok(course)
}

/// The integration of new conferences. Scheduling does not wait until one is set up: a row without settings is made.
async fn integration_for_new(tx: &Tx, now: DateTime<Utc>) -> Result<IntegrationId> {
    match integrations::first(tx).await? {
        Some(integration) => Ok(integration.id),
        None => Ok(integrations::insert(tx, "Microsoft Teams", now).await?),
    }
}

/// Writes slots, gives each an account, and queues the work on them.
async fn add_slots(
    app: &App,
    tx: &Tx,
    place: (ConferenceId, IntegrationId),
    slots: &[Slot],
) -> Result<Vec<MeetingId>> {
    let (conference, integration) = place;
    let now = app.clock.now();
    let accounts = organizer::choose(tx, integration, slots.len(), now).await?;
    let new = |(slot, account): (&Slot, _)| NewMeeting {
        external_id: None,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        transaction_id: Uuid::new_v4().to_string(),
        service_account_id: account,
        organizer_email: None,
        event_id: None,
        join_url: None,
    };
    let rows: Vec<NewMeeting> = slots.iter().zip(accounts).map(new).collect();
    meetings::insert_many(tx, conference, &rows, now).await?;
    let written = meetings::ids_of_transactions(tx, conference, &rows).await?;
    enqueue(tx, JobKind::Provision, written.clone(), now).await?;
    Ok(written)
}

async fn enqueue(tx: &Tx, kind: JobKind, mut meetings: Vec<MeetingId>, now: DateTime<Utc>) -> Result<()> {
    meetings.sort_unstable();
    meetings.dedup();
    let subjects: Vec<String> = meetings.into_iter().map(meeting_subject).collect();
    Ok(jobs::enqueue_many(tx, kind, &subjects, now, now).await?)
}

/// The slots of a draft, if everything in it is right.
fn checked(draft: &Draft, now: DateTime<Utc>) -> Result<Vec<Slot>> {
    let mut errors = text_errors(Some(&draft.title), Some(&draft.description), draft.platform.as_deref());
    let mut slots = Vec::new();
    match schedule::zone(&draft.time_zone) {
        Err(fault) => errors.push(FieldError::new("time_zone", fault_text(&fault))),
        Ok(zone) => match schedule::slots(&draft.time_slots, zone) {
            Err(wrong) => errors.extend(wrong.into_iter().map(field_error)),
            Ok(all) => slots = all,
        },
    }
    for (index, slot) in slots.iter().enumerate() {
        if slot.id.is_some() {
            errors.push(FieldError::new(place(index, "id"), say("op-no-slots-yet")));
        }
        if let Some((field, fault)) = schedule::not_plannable(slot, now) {
            errors.push(field_error((place(index, field), fault)));
        }
    }
    for (later, earlier) in schedule::overlaps(&slots) {
        errors.push(field_error((place(later, ""), Fault::Overlaps(earlier))));
    }
    if errors.is_empty() { Ok(slots) } else { Err(Error::Invalid(errors)) }
}

fn text_errors(title: Option<&str>, description: Option<&str>, platform: Option<&str>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(title) = title.map(clean_title) {
        if title.is_empty() {
            errors.push(FieldError::new("title", say("op-give-title")));
        } else if title.chars().count() > LONGEST_TITLE {
            let text = say_with("op-title-long", &[("most", LONGEST_TITLE.into())]);
            errors.push(FieldError::new("title", text));
        }
    }
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        let text = say_with("op-description-long", &[("most", LONGEST_DESCRIPTION.into())]);
        errors.push(FieldError::new("description", text));
    }
    if let Some(other) = platform.filter(|platform| *platform != "teams") {
        let text = say_with("op-no-platform", &[("other", format!("{other:?}").into())]);
        errors.push(FieldError::new("platform", text));
    }
    errors
}

/// One line: line breaks and other control characters become spaces, no space stands twice.
fn clean_title(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters other than line breaks and tabs go.
fn clean_text(text: &str) -> String {
    let kept = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(kept).collect::<String>().trim().to_owned()
}

/// The conference as it will be, if every changed field is right.
fn changed(old: &Conference, change: &Change) -> Result<Conference> {
    let mut errors =
        text_errors(change.title.as_deref(), change.description.as_deref(), change.platform.as_deref());
    if let Some(Err(fault)) = change.time_zone.as_deref().map(schedule::zone) {
        errors.push(FieldError::new("time_zone", fault_text(&fault)));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let mut new = old.clone();
    if let Some(title) = &change.title {
        new.title = clean_title(title);
    }
    if let Some(description) = &change.description {
        new.description = clean_text(description);
    }
    if let Some(zone) = &change.time_zone {
        zone.trim().clone_into(&mut new.time_zone);
    }
    new.course_id = change.course_id.unwrap_or(old.course_id);
    new.published = change.published.unwrap_or(old.published);
    Ok(new)
}

/// What the list of slots in a change means; nothing if there is none.
async fn planned(tx: &Tx, new: &Conference, change: &Change, now: DateTime<Utc>) -> Result<SlotPlan> {
    let meetings = meetings::lock_of_conference(tx, new.id).await?;
    let Some(texts) = &change.time_slots else {
        return Ok(SlotPlan::default());
    };
    let invalid = |wrong: Vec<(String, Fault)>| Error::Invalid(wrong.into_iter().map(field_error).collect());
    let zone =
        schedule::zone(&new.time_zone).map_err(|fault| Error::invalid("time_zone", fault_text(&fault)))?;
    let wanted = schedule::slots(texts, zone).map_err(invalid)?;
    slot_plan::plan(&meetings, &wanted, now).map_err(|refused| match refused {
        Refused::Fields(wrong) => invalid(wrong),
        Refused::TooLate(why) => Error::Conflict(too_late(why)),
    })
}

/// Writes what the plan says and returns the meetings of which Teams must be told.
async fn carry_out(app: &App, tx: &Tx, conference: &Conference, plan: &SlotPlan) -> Result<Vec<MeetingId>> {
    if plan.is_empty() {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    let mut told = Vec::new();
    for (meeting, slot) in &plan.moved {
        meetings::reschedule(tx, *meeting, (slot.starts_at, slot.ends_at), now).await?;
        told.push(*meeting);
    }
    for meeting in &plan.cancelled {
        meetings::cancel(tx, *meeting, now).await?;
        told.push(*meeting);
    }
    if !plan.added.is_empty() {
        add_slots(app, tx, (conference.id, conference.integration_id), &plan.added).await?;
    }
    conferences::refresh_span(tx, conference.id, now).await?;
    Ok(told)
}

/// Whether the invitations say something else now.
fn invitations_differ(old: &Conference, new: &Conference) -> bool {
    (&old.title, &old.description, &old.time_zone, old.course_id)
        != (&new.title, &new.description, &new.time_zone, new.course_id)
}

/// Old and new values, for the audit.
fn differences(old: &Conference, new: &Conference, plan: &SlotPlan) -> serde_json::Value {
    let mut about = serde_json::Map::new();
    let mut note = |field: &str, old: serde_json::Value, new: serde_json::Value| {
        if old != new {
            about.insert(field.to_owned(), json!({ "old": old, "new": new }));
        }
    };
    note("title", json!(old.title), json!(new.title));
    note("description", json!(old.description), json!(new.description));
    note("time_zone", json!(old.time_zone), json!(new.time_zone));
    note("course_id", json!(old.course_id), json!(new.course_id));
    note("published", json!(old.published), json!(new.published));
    if !plan.is_empty() {
        let moved: Vec<_> =
            plan.moved.iter().map(|(id, slot)| json!({ "id": id, "starts_at": slot.starts_at })).collect();
        let added: Vec<_> = plan.added.iter().map(|slot| json!(slot.starts_at)).collect();
        let slots = json!({ "moved": moved, "added": added, "cancelled": plan.cancelled });
        about.insert("time_slots".to_owned(), slots);
    }
    serde_json::Value::Object(about)
}

/// Says in the log that recording cannot be switched off.
pub fn warn_if_disabling(enable_recording: Option<bool>, who: UserId) {
    if enable_recording == Some(false) {
        tracing::warn!(
            user = %who,
            "⚠️ Attempt to disable recording detected. Recording is MANDATORY for all meetings."
        );
    }
}

/// Puts into the audit who asked for recording to be off. It stays on.
pub async fn audit_if_disabling(
    app: &App,
    tx: &Tx,
    enable_recording: Option<bool>,
    whom_and_what: (UserId, ConferenceId),
) -> Result<()> {
    if enable_recording != Some(false) {
        return Ok(());
    }
    let (who, conference) = whom_and_what;
    let about = (format!("conference:{conference}"), json!({ "asked_by": who, "recording": "stays on" }));
    audit::record(app, tx, Some(who), "recording.disable_refused", about).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_clean_line() {
        assert_eq!(clean_title(" Algebra\r\n\t1\u{0} "), "Algebra 1");
        assert_eq!(clean_text("a\u{0}b\r\nc\u{7}"), "ab\nc");
    }

    #[test]
    fn empty_and_long_titles_and_other_platforms_are_refused() {
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|e| e.field).collect::<Vec<_>>();
        assert_eq!(fields(text_errors(Some(" \u{0} "), None, Some("zoom"))), ["title", "platform"]);
        let long = "ä".repeat(LONGEST_TITLE + 1);
        assert_eq!(fields(text_errors(Some(&long), None, None)), ["title"]);
        assert!(text_errors(Some(&"ä".repeat(LONGEST_TITLE)), Some(""), Some("teams")).is_empty());
    }
}
