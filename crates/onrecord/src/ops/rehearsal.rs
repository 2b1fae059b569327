//! Rehearsal: a small test meeting goes the five steps of every class and is removed again. Its row and its removal are
//! queued before the first call, so that nothing is left in the calendar when this process is killed on the way.

use std::time::Duration;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use msgraph::{AttendeeMedia, Client, Event, MeetingSettings, NewEvent, OnlineMeeting, ZonedTime};
use serde_json::json;
use uuid::Uuid;

use super::actor::Actor;
use super::provision::{Asked, Stuck, judge};
use super::turn::Turn;
use super::{Error, Result, audit, integration, organizer, say};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::conference::AutoRecordingStatus as Status;
use crate::model::id::RehearsalId;
use crate::model::job::JobKind;
use crate::model::rehearsal::{Rehearsal, Rehearsed, Step, StepState};
use crate::store::rehearsals::{self, NewRehearsal};
use crate::store::{integrations, jobs};

/// A rehearsal that lasts longer was broken off.
const LONGEST: TimeDelta = TimeDelta::minutes(10);

/// How long after now the test meeting would begin.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// Waits while Teams needs a moment, in seconds: about a minute together.
const WAITS: [u64; 6] = [1, 2, 4, 8, 15, 30];

const SUBJECT: &str = "OnRecord rehearsal (is removed by itself)";

/// Who does the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A worker, as soon as one is free.
    Worker,
    /// The caller, at once.
    Caller,
}

/// Told of each step as it begins and ends.
pub type Watch<'a> = &'a (dyn Fn(&Rehearsed) + Sync);

/// Begins a rehearsal. `Conflict` while another one is under way.
pub async fn begin(app: &App, actor: Actor<'_>, by: By) -> Result<RehearsalId> {
    actor.must(app, GlobalAct::Administer).await?;
    let settings = integration::load(app).await?;
    let id = settings.integration.id;
    integration::connect(app, &settings.integration)?;
    let now = app.clock.now();
    let transaction_id = Uuid::new_v4().to_string();
    let starts_at = (now + AHEAD).duration_trunc(TimeDelta::minutes(15)).unwrap_or(now + AHEAD);
    let new = NewRehearsal { integration: id, by: actor.id(), transaction_id: &transaction_id, starts_at };
    let tx = app.store.write().await?;
    rehearsals::end_stale(&tx, id, (now - LONGEST, now)).await?;
    rehearsals::forget_old(&tx, id).await?;
    let Some(rehearsal) = rehearsals::begin(&tx, &new, now).await? else {
        return Err(Error::Conflict("A rehearsal is under way. Wait until it has ended.".to_owned()));
    };
    // If the caller is killed, a worker removes what is left.
    let run_at = if by == By::Worker { now } else { now + LONGEST };
    jobs::enqueue(&tx, JobKind::Rehearse, &format!("rehearsal:{rehearsal}"), run_at, now).await?;
    let about = (format!("integration:{id}"), json!({ "rehearsal": rehearsal }));
    audit::record(app, &tx, actor.id(), "integration.rehearsed", about).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(rehearsal)
}

/// The newest rehearsal of the first integration.
pub async fn last(app: &App, actor: Actor<'_>) -> Result<Option<Rehearsal>> {
    actor.must(app, GlobalAct::Administer).await?;
    let id = integration::load(app).await?.integration.id;
    Ok(rehearsals::newest(&app.store, id).await?)
}

/// A worker's turn: does the steps if nobody began them, and removes the test meeting.
pub async fn run(app: &App, id: RehearsalId) -> Result<Turn> {
    let Some(found) = rehearsals::find(&app.store, id).await? else {
        return Ok(Turn::Done);
    };
    if found.cleaned_at.is_some() {
        return Ok(Turn::Done);
    }
    let found = if found.finished_at.is_none() && found.steps.is_empty() {
        perform(app, id, &|_: &Rehearsed| ()).await?
    } else {
        break_off(app, &found).await?;
        clean(app, id).await?
    };
    if found.cleaned_at.is_some() {
        return Ok(Turn::Done);
    }
    Ok(Turn::Again(app.clock.now() + TimeDelta::minutes(5), found.cleaning_error))
}

/// What was being done when a process was killed has failed.
async fn break_off(app: &App, found: &Rehearsal) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    for step in found.steps.iter().filter(|step| step.state == StepState::Running) {
        let words = say("op-rehearse-broken");
        rehearsals::put_step(
            &tx,
            found.id,
            &Rehearsed { step: step.step, state: StepState::Failed, words },
            now,
        )
        .await?;
    }
    rehearsals::finish(&tx, found.id, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Does the steps, then removes the test meeting whatever came of them. Returns the rehearsal as it ended.
pub async fn perform(app: &App, id: RehearsalId, watch: Watch<'_>) -> Result<Rehearsal> {
    let found = rehearsals::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let client = integration::client(app, found.integration_id).await?;
    let mut stage = Stage { app, client, row: found, watch };
    // A failure is a step that failed; only our own rows can break this off.
    if let Err(Fault::Broken(error)) = stage.steps().await {
        return Err(error);
    }
    let tx = app.store.write().await?;
    rehearsals::finish(&tx, id, app.clock.now()).await?;
    tx.commit().await?;
    clean(app, id).await
}

/// Why the steps ended early.
enum Fault {
    /// A step failed; that is kept and shown.
    Step,
    /// OnRecord itself could not go on.
    Broken(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

impl From<crate::store::Error> for Fault {
    fn from(error: crate::store::Error) -> Self {
        Self::Broken(error.into())
    }
}

/// A rehearsal that is being done.
struct Stage<'a> {
    app: &'a App,
    client: Client,
    row: Rehearsal,
    watch: Watch<'a>,
}

impl Stage<'_> {
    async fn steps(&mut self) -> std::result::Result<(), Fault> {
        self.begin(Step::Create).await?;
        let created = self.create().await;
        let (mailbox, event) = self.end(Step::Create, created, |_| say("op-rehearse-event")).await?;
        self.begin(Step::JoinUrl).await?;
        let link = self.join_url(&mailbox, &event).await;
        let link = self.end(Step::JoinUrl, link, |_| say("op-rehearse-link")).await?;
        self.begin(Step::Lookup).await?;
        let meeting = self.lookup(&mailbox, &link).await;
        let meeting = self.end(Step::Lookup, meeting, |_| say("op-rehearse-found")).await?;
        self.begin(Step::Patch).await?;
        let patched = self.patch(&mailbox, &meeting.id).await;
        self.end(Step::Patch, patched, |()| say("op-rehearse-taken")).await?;
        self.begin(Step::ReadBack).await?;
        let read = self.read_back(&mailbox, &meeting.id).await;
        self.end(Step::ReadBack, read, |()| say("op-rehearse-on")).await
    }

    async fn note(&self, step: Step, state: StepState, words: String) -> std::result::Result<(), Fault> {
        let step = Rehearsed { step, state, words };
        let tx = self.app.store.write().await?;
        rehearsals::put_step(&tx, self.row.id, &step, self.app.clock.now()).await?;
        tx.commit().await?;
        (self.watch)(&step);
        Ok(())
    }

    async fn begin(&self, step: Step) -> std::result::Result<(), Fault> {
        self.note(step, StepState::Running, String::new()).await
    }

    async fn end<T: Send>(
        &self,
        step: Step,
        outcome: std::result::Result<T, Stuck>,
        words: fn(&T) -> String,
    ) -> std::result::Result<T, Fault> {
        match outcome {
            Ok(value) => {
                self.note(step, StepState::Ok, words(&value)).await?;
                Ok(value)
            }
            Err(Stuck::Broken(error)) => Err(Fault::Broken(error)),
            Err(Stuck::Waiting(_, text)) => {
                self.note(step, StepState::Failed, text).await?;
                Err(Fault::Step)
            }
            Err(Stuck::Failed { status, detail, .. }) => {
                self.note(step, StepState::Failed, format!("{detail} ({status})")).await?;
                Err(Fault::Step)
            }
        }
    }

    /// The event in the calendar of the account that would organize the next class.
    async fn create(&mut self) -> std::result::Result<(String, Event), Stuck> {
        let mailbox = self.mailbox().await?;
        let tx = self.app.store.write().await?;
        rehearsals::put_mailbox(&tx, self.row.id, &mailbox).await?;
        tx.commit().await?;
        self.row.mailbox = Some(mailbox.clone());
        let event = match self.client.create_event(&mailbox, &self.new_event()).await {
            Ok(event) => event,
            Err(msgraph::Error::DuplicateTransaction { .. }) => {
                by_transaction(&self.client, &self.row, &mailbox)
                    .await?
                    .ok_or_else(|| failed("op-rehearse-unseen"))?
            }
            Err(error) => return Err(judge(&self.client, Asked::Calendar, error).await),
        };
        let tx = self.app.store.write().await?;
        rehearsals::put_event(&tx, self.row.id, &event.id).await?;
        tx.commit().await?;
        self.row.event_id = Some(event.id.clone());
        Ok((mailbox, event))
    }

    async fn mailbox(&self) -> std::result::Result<String, Stuck> {
        let (db, now) = (&self.app.store, self.app.clock.now());
        let chosen = organizer::choose(db, self.row.integration_id, 1, now).await?;
        let Some(id) = chosen.into_iter().flatten().next() else {
            return Err(failed("op-rehearse-no-room"));
        };
        let account =
            integrations::find_account(db, id).await?.ok_or_else(|| failed("op-rehearse-account"))?;
        match self.client.user(&account.email).await {
            Ok(user) => Ok(user.id),
            Err(error) => Err(judge(&self.client, Asked::Directory, error).await),
        }
    }

    fn new_event(&self) -> NewEvent {
        let (start, end) = (self.row.starts_at, self.row.starts_at + TimeDelta::minutes(15));
        NewEvent {
            subject: SUBJECT.to_owned(),
            body_html: "<p>OnRecord tries here whether classes can be scheduled and recorded. Nobody is invited, and the event is removed at once.</p>".to_owned(),
            start: ZonedTime::utc(start),
            end: ZonedTime::utc(end),
            attendees: Vec::new(),
            hide_attendees: true,
            transaction_id: self.row.transaction_id.parse().unwrap_or_default(),
        }
    }

    async fn join_url(&self, mailbox: &str, event: &Event) -> std::result::Result<String, Stuck> {
        if let Some(link) = event.join_url() {
            return Ok(link.to_owned());
        }
        for wait in WAITS {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            match self.client.event(mailbox, &event.id).await {
                Ok(event) if event.join_url().is_some() => {
                    return Ok(event.join_url().unwrap_or_default().to_owned());
                }
                Ok(_) => {}
                Err(error) => return Err(judge(&self.client, Asked::Calendar, error).await),
            }
        }
        Err(failed("op-rehearse-no-link"))
    }

    async fn lookup(&self, mailbox: &str, link: &str) -> std::result::Result<OnlineMeeting, Stuck> {
        for wait in WAITS {
            match self.client.find_online_meeting(mailbox, link).await {
                Ok(Some(meeting)) => return Ok(meeting),
                Ok(None) => tokio::time::sleep(Duration::from_secs(wait)).await,
                Err(error) => return Err(judge(&self.client, Asked::Meetings, error).await),
            }
        }
        Err(failed("op-rehearse-not-found"))
    }

    async fn patch(&self, mailbox: &str, meeting: &str) -> std::result::Result<(), Stuck> {
        let integration = integrations::find(&self.app.store, self.row.integration_id).await?;
        let lobby = integration.map_or_else(|| "organization".to_owned(), |found| found.lobby_scope);
        let settings = MeetingSettings {
            lobby: lobby.into(),
            participants: Vec::new(),
            attendee_media: AttendeeMedia::AsIs,
        };
        match self.client.enforce_recording(mailbox, meeting, &settings).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&self.client, Asked::Meetings, error).await),
        }
    }

    async fn read_back(&self, mailbox: &str, meeting: &str) -> std::result::Result<(), Stuck> {
        match self.client.online_meeting(mailbox, meeting).await {
            Ok(read) if read.is_recording_enforced() => Ok(()),
            Ok(_) => Err(failed("op-rehearse-off")),
            Err(error) => Err(judge(&self.client, Asked::Meetings, error).await),
        }
    }
}

/// A step that came to nothing; `key` names the sentence.
fn failed(key: &str) -> Stuck {
    Stuck::Waiting(Status::FailedUnknown, say(key))
}

/// The event that was made without our learning of it.
async fn by_transaction(
    client: &Client,
    row: &Rehearsal,
    mailbox: &str,
) -> std::result::Result<Option<Event>, Stuck> {
    let (from, until): (DateTime<Utc>, DateTime<Utc>) =
        (row.starts_at - TimeDelta::minutes(1), row.starts_at + TimeDelta::minutes(16));
    let events = match client.calendar_view(mailbox, from, until).await {
        Ok(events) => events,
        Err(error) => return Err(judge(client, Asked::Calendar, error).await),
    };
    let is_ours = |event: &Event| {
        event.transaction_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(&row.transaction_id))
    };
    Ok(events.into_iter().find(is_ours))
}

/// Removes the test meeting, and notes that it is gone or why it is not. Repeating it changes nothing.
async fn clean(app: &App, id: RehearsalId) -> Result<Rehearsal> {
    let row = rehearsals::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let removed = match (&row.cleaned_at, &row.mailbox) {
        (Some(_), _) | (_, None) => Ok(()),
        (None, Some(mailbox)) => {
            let client = integration::client(app, row.integration_id).await?;
            remove(&client, &row, mailbox).await
        }
    };
    let (at, error) = match removed {
        Ok(()) => (Some(row.cleaned_at.unwrap_or(app.clock.now())), String::new()),
        Err(text) => (None, text),
    };
    let tx = app.store.write().await?;
    rehearsals::cleaned(&tx, id, at, &error).await?;
    tx.commit().await?;
    rehearsals::find(&app.store, id).await?.ok_or(Error::NotFound)
}

async fn remove(client: &Client, row: &Rehearsal, mailbox: &str) -> std::result::Result<(), String> {
    let event = match &row.event_id {
        Some(event) => Some(event.clone()),
        None => match by_transaction(client, row, mailbox).await {
            Ok(event) => event.map(|event| event.id),
            // It could not be made for the same reason: then there is nothing to remove.
            Err(Stuck::Failed { status, .. }) if refuses(status) && was_refused(row) => None,
            Err(Stuck::Failed { detail, .. } | Stuck::Waiting(_, detail)) => return Err(detail),
            Err(Stuck::Broken(error)) => return Err(error.to_string()),
        },
    };
    let Some(event) = event else {
        return Ok(());
    };
    match client.cancel_event(mailbox, &event, "").await {
        Ok(()) | Err(msgraph::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether it is a refusal, not a failure on the way.
fn refuses(status: Status) -> bool {
    matches!(status, Status::FailedPermission | Status::FailedLicense | Status::FailedNotFound)
}

/// Whether Microsoft refused to make the event at all.
fn was_refused(row: &Rehearsal) -> bool {
    row.steps.iter().any(|step| step.step == Step::Create && step.state == StepState::Failed)
}
