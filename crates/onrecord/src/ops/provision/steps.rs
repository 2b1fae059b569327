//! The steps of provisioning, in their order. Each looks at what is known, asks Microsoft for what is not, and saves
//! it before the next. A repeat of the whole costs no request for what is saved.

use chrono::TimeDelta;
use msgraph::{
    AttendeeMedia, Client, Event, MeetingProvider, MeetingSettings, NewEvent, OnlineMeeting, ZonedTime,
};
use serde_json::json;
use uuid::Uuid;

use super::{Asked, Case, Stuck, judge, people};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::conference::AutoRecordingStatus as Status;
use crate::model::integration::ServiceAccount;
use crate::model::notice;
use crate::ops::{alerts, audit, licence, organizer as accounts, schedule};
use crate::store::meeting_steps::{self, OnlineMeetingIds, Organizer};
use crate::store::{integrations, minors};

pub(super) type Step<T> = Result<T, Stuck>;

/// Whether the event says what the meeting says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It was just made from it.
    Current,
    /// It is older; an update tells Teams the rest.
    Unknown,
}

/// Makes sure that the organizer is known by object id.
pub(super) async fn organizer(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    if case.meeting.organizer_id.is_some() {
        return Ok(());
    }
    let organizer = if case.is_imported() {
        imported_organizer(app, client, case).await?
    } else {
        own_organizer(app, client, case).await?
    };
    keep_organizer(app, case, organizer).await
}

async fn keep_organizer(app: &App, case: &mut Case, organizer: Organizer) -> Step<()> {
    let tx = app.store.write().await?;
    meeting_steps::save_organizer(&tx, case.meeting.id, &organizer, app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.service_account_id = organizer.account.or(case.meeting.service_account_id);
    case.meeting.organizer_id = Some(organizer.object_id);
    case.meeting.organizer_email.get_or_insert(organizer.email);
    Ok(())
}

/// The account chosen at scheduling; another one if that was disabled meanwhile or none was there yet.
async fn own_organizer(app: &App, client: &Client, case: &Case) -> Step<Organizer> {
    let mut chosen = None;
    if let Some(id) = case.meeting.service_account_id {
        chosen =
            integrations::find_account(&app.store, id).await?.filter(|account| account.disabled_at.is_none());
    }
    if chosen.is_none() {
        let now = app.clock.now();
        let one =
            accounts::choose(&app.store, case.integration.id, 1, now).await?.into_iter().flatten().next();
        if let Some(id) = one {
            chosen = integrations::find_account(&app.store, id).await?;
        }
    }
    let Some(account) = chosen else {
        let text = "No service account can organize this class: add a licensed mailbox under Integrations, \
                    Microsoft Teams, or one with room for more meetings this month.";
        return Err(Stuck::failed(Status::FailedLicense, text));
    };
    of_account(app, client, &account).await
}

/// The account with its object id, from the directory the first time.
async fn of_account(app: &App, client: &Client, account: &ServiceAccount) -> Step<Organizer> {
    let object_id = if let Some(id) = &account.entra_object_id {
        id.clone()
    } else {
        let id = resolve_organizer(client, &account.email).await?;
        accounts::keep_object_id(app, account.id, &id).await?;
        id
    };
    Ok(Organizer { account: Some(account.id), object_id, email: account.email.clone() })
}

/// The object id behind an address, from the directory.
async fn resolve_organizer(client: &Client, email: &str) -> Step<String> {
    match client.user(email).await {
        Ok(user) => Ok(user.id),
        Err(msgraph::Error::NotFound { .. }) => {
            let text = format!(
                "Microsoft does not know the organizer {email}: correct the address, or create the account."
            );
            Err(Stuck::failed(Status::FailedNotFound, text))
        }
        Err(error) => Err(judge(client, Asked::Directory, error).await),
    }
}

/// The organizer of a meeting that was there before: as imported, else the service account that knows its link.
async fn imported_organizer(app: &App, client: &Client, case: &Case) -> Step<Organizer> {
    let all = integrations::accounts(&app.store, case.integration.id).await?;
    if let Some(email) = &case.meeting.organizer_email {
        if let Some(account) = all.iter().find(|account| account.email.eq_ignore_ascii_case(email)) {
            let known = of_account(app, client, account).await?;
            return Ok(Organizer { account: None, ..known });
        }
        let object_id = resolve_organizer(client, email).await?;
        return Ok(Organizer { account: None, object_id, email: email.clone() });
    }
    for account in &all {
        let candidate = of_account(app, client, account).await?;
        if knows(client, case, &candidate.object_id).await? {
            return Ok(Organizer { account: None, ..candidate });
        }
    }
    let text = "No service account knows this Teams link: give the organizer's address with it.";
    Err(Stuck::failed(Status::FailedNotFound, text))
}

async fn knows(client: &Client, case: &Case, organizer_id: &str) -> Step<bool> {
    if let Some(join_url) = &case.meeting.join_url {
        return match client.find_online_meeting(organizer_id, join_url).await {
            Ok(found) => Ok(found.is_some()),
            Err(msgraph::Error::Forbidden { .. }) => Ok(false),
            Err(error) => Err(judge(client, Asked::Meetings, error).await),
        };
    }
    let Some(event_id) = &case.meeting.event_id else {
        return Ok(false);
    };
    match client.event(organizer_id, event_id).await {
        Ok(_) => Ok(true),
        Err(msgraph::Error::NotFound { .. } | msgraph::Error::Upstream { status: 400, .. }) => Ok(false),
        Err(error) => Err(judge(client, Asked::Calendar, error).await),
    }
}

fn organizer_id(case: &Case) -> Step<String> {
    let text = "The organizer of this class is not known.";
    case.meeting.organizer_id.clone().ok_or_else(|| Stuck::failed(Status::FailedNotFound, text))
}

/// Makes sure that there is an event, unless somebody else's link says that there is.
pub(super) async fn event(app: &App, client: &Client, case: &mut Case) -> Step<Sent> {
    if case.meeting.event_id.is_some() || case.meeting.join_url.is_some() {
        return Ok(if case.is_imported() { Sent::Current } else { known_event(case) });
    }
    let mailbox = organizer_id(case)?;
    if matches!(case.meeting.auto_recording_status, Status::FailedProvider | Status::FailedLicense) {
        // A mailbox that made an event without a meeting once would do so again, and everybody would get mail.
        require_teams(client, case, &mailbox).await?;
    }
    let new = new_event(app, case).await?;
    let (event, sent) = match client.create_event(&mailbox, &new).await {
        Ok(event) => (event, Sent::Current),
        Err(msgraph::Error::DuplicateTransaction { existing_event_id, .. }) => {
            (duplicate(client, case, &mailbox, existing_event_id).await?, known_event(case))
        }
        Err(error) => return Err(judge(client, Asked::Calendar, error).await),
    };
    if !is_teams(&event) {
        return Err(withdraw_empty(app, client, case, (&mailbox, &event.id)).await?);
    }
    let tx = app.store.write().await?;
    meeting_steps::save_event(&tx, case.meeting.id, &event.id, event.join_url(), app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.join_url = event.join_url().map(str::to_owned);
    case.meeting.event_id = Some(event.id);
    Ok(sent)
}

/// An event made by an earlier try says what the meeting said then; only a change since makes it old.
fn known_event(case: &Case) -> Sent {
    if case.meeting.wanted_revision > 1 { Sent::Unknown } else { Sent::Current }
}

fn is_teams(event: &Event) -> bool {
    event.is_online_meeting
        && event
            .online_meeting_provider
            .as_ref()
            .is_none_or(|provider| *provider == MeetingProvider::TeamsForBusiness)
}

async fn new_event(app: &App, case: &Case) -> Step<NewEvent> {
    let words = crate::ops::notice::announce(app, &case.integration, case.meeting.id).await?;
    let transaction_id = Uuid::parse_str(&case.meeting.transaction_id)
        .map_err(|_| Stuck::failed(Status::FailedUnknown, "The transaction id of this class is no GUID."))?;
    Ok(NewEvent {
        subject: case.subject(),
        body_html: notice::invitation_html(&case.conference.description, &words),
        start: ZonedTime::utc(case.meeting.starts_at),
        end: ZonedTime::utc(case.meeting.ends_at),
        attendees: people::attendees(app, case).await?,
        hide_attendees: true,
        transaction_id,
    })
}

async fn require_teams(client: &Client, case: &Case, mailbox: &str) -> Step<()> {
    match client.calendar(mailbox).await {
        Ok(calendar)
            if calendar.allowed_online_meeting_providers.contains(&MeetingProvider::TeamsForBusiness) =>
        {
            Ok(())
        }
        Ok(_) => Err(no_teams(client, case, mailbox).await),
        Err(error) => Err(judge(client, Asked::Calendar, error).await),
    }
}

/// Why the mailbox makes events without a Teams meeting: it has no licence, or may not all the same.
async fn no_teams(client: &Client, case: &Case, mailbox: &str) -> Stuck {
    let name = case.meeting.organizer_email.as_deref().unwrap_or("of the organizer");
    let licensed = match client.user(mailbox).await {
        Ok(user) => licence::has_plan(&user, licence::TEAMS),
        Err(_) => true,
    };
    if licensed {
        let text = format!(
            "The mailbox {name} does not allow Teams meetings, so the event was made without one. Give it a Teams \
             licence and allow Teams as provider of online meetings."
        );
        return Stuck::failed(Status::FailedProvider, text);
    }
    let text =
        format!("The organizer {name} has no licence for Teams, so the event was made without a meeting.");
    Stuck::failed(Status::FailedLicense, text)
}

/// Takes back an event that got no Teams meeting, so that a later try can make one that does.
async fn withdraw_empty(app: &App, client: &Client, case: &mut Case, event: (&str, &str)) -> Step<Stuck> {
    let stuck = no_teams(client, case, event.0).await;
    match client.cancel_event(event.0, event.1, "This invitation is replaced by one with a Teams link.").await
    {
        Ok(()) | Err(msgraph::Error::NotFound { .. }) => {}
        Err(error) => return Err(judge(client, Asked::Calendar, error).await),
    }
    let transaction_id = Uuid::new_v4().to_string();
    let tx = app.store.write().await?;
    meeting_steps::forget_event(&tx, case.meeting.id, &transaction_id, app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.transaction_id = transaction_id;
    Ok(stuck)
}

/// The event that an earlier call made without our learning of it: compared by transaction id, never by subject.
async fn duplicate(client: &Client, case: &Case, mailbox: &str, named: Option<String>) -> Step<Event> {
    if let Some(id) = named
        && let Ok(event) = client.event(mailbox, &id).await
        && has_transaction(&event, case)
    {
        return Ok(event);
    }
    match event_by_transaction(client, case, mailbox).await? {
        Some(event) => Ok(event),
        None => Err(Stuck::Waiting(
            Status::FailedNotFound,
            "Microsoft says that the event exists already, but does not show it in the calendar yet."
                .to_owned(),
        )),
    }
}

fn has_transaction(event: &Event, case: &Case) -> bool {
    event.transaction_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(&case.meeting.transaction_id))
}

/// The event of this meeting in the calendar of its slot; if the slot was moved meanwhile, around it.
pub(crate) async fn event_by_transaction(client: &Client, case: &Case, mailbox: &str) -> Step<Option<Event>> {
    for around in [TimeDelta::minutes(1), TimeDelta::days(45)] {
        let (from, until) = (case.meeting.starts_at - around, case.meeting.ends_at + around);
        let events = match client.calendar_view(mailbox, from, until).await {
            Ok(events) => events,
            Err(error) => return Err(judge(client, Asked::Calendar, error).await),
        };
        if let Some(event) = events.into_iter().find(|event| has_transaction(event, case)) {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// Makes sure that the Teams link is known; Teams may give it a moment after the event.
pub(super) async fn join_url(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    if case.meeting.join_url.is_some() {
        return Ok(());
    }
    let mailbox = organizer_id(case)?;
    let Some(event_id) = case.meeting.event_id.clone() else {
        return Err(Stuck::failed(Status::FailedNotFound, "There is neither an event nor a Teams link."));
    };
    let event = match client.event(&mailbox, &event_id).await {
        Ok(event) => event,
        Err(msgraph::Error::NotFound { .. }) => {
            let text = "The event of this class is not in the organizer's calendar any more.";
            return Err(Stuck::failed(Status::FailedNotFound, text));
        }
        Err(error) => return Err(judge(client, Asked::Calendar, error).await),
    };
    if !is_teams(&event) && !case.is_imported() {
        return Err(withdraw_empty(app, client, case, (&mailbox, &event_id)).await?);
    }
    let Some(join_url) = event.join_url() else {
        let text = "Teams has not given the event its link yet.";
        return Err(Stuck::Waiting(Status::FailedProvider, text.to_owned()));
    };
    let tx = app.store.write().await?;
    meeting_steps::save_event(&tx, case.meeting.id, &event_id, Some(join_url), app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.join_url = Some(join_url.to_owned());
    Ok(())
}

/// Makes sure that the online meeting's id is known: found by the link, under its organizer.
pub(super) async fn online_meeting(
    app: &App,
    client: &Client,
    case: &mut Case,
) -> Step<Option<OnlineMeeting>> {
    if case.meeting.online_meeting_id.is_some() {
        return Ok(None);
    }
    let organizer = organizer_id(case)?;
    let Some(join_url) = case.meeting.join_url.clone() else {
        return Err(Stuck::failed(Status::FailedNotFound, "There is no Teams link to find the meeting by."));
    };
    let found = match client.find_online_meeting(&organizer, &join_url).await {
        Ok(found) => found,
        Err(error) => return Err(judge(client, Asked::Meetings, error).await),
    };
    let Some(found) = found else {
        let text = "Teams does not find the meeting by its link yet.";
        return Err(Stuck::Waiting(Status::FailedNotFound, text.to_owned()));
    };
    let ids = OnlineMeetingIds {
        id: &found.id,
        thread_id: found.thread_id(),
        join_url: found.join_web_url.as_deref(),
    };
    let tx = app.store.write().await?;
    meeting_steps::save_online_meeting(&tx, case.meeting.id, ids, app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.online_meeting_id = Some(found.id.clone());
    case.meeting.chat_thread_id = found.thread_id().map(str::to_owned);
    Ok(Some(found))
}

pub(super) fn teams_ids(case: &Case) -> Step<(String, String)> {
    let text = "Teams does not know this meeting.";
    let id = case.meeting.online_meeting_id.clone();
    Ok((organizer_id(case)?, id.ok_or_else(|| Stuck::failed(Status::FailedNotFound, text))?))
}

/// Switches recording on, and believes it only when the meeting, read again, says so.
pub(crate) async fn enforce(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    let (organizer, online_meeting) = teams_ids(case)?;
    let id = case.meeting.id;
    tracing::info!(online_meeting, "🔴 Enabling auto-recording for meeting: {id}");
    let settings = settings(app, client, case).await?;
    if let Err(error) = client.enforce_recording(&organizer, &online_meeting, &settings).await {
        return Err(judge(client, Asked::Meetings, error).await);
    }
    read_back(app, client, case, &settings).await
}

/// What Teams is told of a meeting besides recording: its lobby, who has which role, and that minors begin with camera and
/// microphone off. Keeps who could not be entered.
pub(super) async fn settings(app: &App, client: &Client, case: &mut Case) -> Step<MeetingSettings> {
    let (organizer, online_meeting) = teams_ids(case)?;
    let entered = people::participants(app, client, case, (&organizer, &online_meeting)).await?;
    if entered.left_out != case.meeting.left_out {
        let tx = app.store.write().await?;
        meeting_steps::save_left_out(&tx, case.meeting.id, &entered.left_out).await?;
        tx.commit().await?;
        case.meeting.left_out = entered.left_out;
    }
    let is_of_minors = minors::is_of_minors(&app.store, case.conference.course_id).await?;
    Ok(MeetingSettings {
        lobby: case.integration.lobby_scope.clone().into(),
        participants: entered.participants,
        attendee_media: if is_of_minors { AttendeeMedia::Off } else { AttendeeMedia::AsIs },
    })
}

/// Reads the meeting and keeps `enabled` only if it says that it will be recorded.
async fn read_back(app: &App, client: &Client, case: &mut Case, settings: &MeetingSettings) -> Step<()> {
    let (organizer, online_meeting) = teams_ids(case)?;
    let read = match client.online_meeting(&organizer, &online_meeting).await {
        Ok(read) => read,
        Err(error) => return Err(judge(client, Asked::Meetings, error).await),
    };
    if read.is_end_to_end_encryption_enabled == Some(true) {
        let text = "The meeting is end-to-end encrypted; Teams cannot record such meetings. Switch encryption off in \
                    its options.";
        return Err(Stuck::failed(Status::FailedUnknown, text));
    }
    if !read.is_recording_enforced() {
        let text =
            "Teams accepted the setting, but the meeting, read again, does not say that it will be recorded.";
        return Err(Stuck::Waiting(Status::FailedDrift, text.to_owned()));
    }
    let detail = people::roles_missing(settings, &read.attendees());
    if !detail.is_empty() {
        tracing::warn!(meeting = %case.meeting.id, detail, "Teams did not take every role");
    }
    keep_enabled(app, case, &detail).await?;
    tracing::info!(meeting = %case.meeting.id, "✓ Auto-recording enabled successfully");
    Ok(())
}

/// Keeps that Teams says it will record, which mends every alert about it.
pub(crate) async fn keep_enabled(app: &App, case: &mut Case, detail: &str) -> Step<()> {
    let now = app.clock.now();
    let was = case.meeting.auto_recording_status;
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, case.meeting.id, Status::Enabled, detail, now).await?;
    if was != Status::Enabled {
        let about = (schedule::meeting_subject(case.meeting.id), json!({ "before": was }));
        let is_repair = was == Status::FailedDrift && case.meeting.read_back_at.is_some();
        let action = if is_repair { "recording.drift_repaired" } else { "recording.enabled" };
        audit::record(app, &tx, None, action, about).await?;
    }
    let ended = [AlertKind::NotEnabled, AlertKind::NotOff, AlertKind::NotChecked];
    alerts::resolve(app, &tx, case.meeting.id, &ended).await?;
    tx.commit().await?;
    case.meeting.auto_recording_status = Status::Enabled;
    case.meeting.read_back_at = Some(now);
    Ok(())
}

/// What can still be learnt of a class that is over: its ids, and whether it was set to be recorded.
pub(super) async fn identify(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    organizer(app, client, case).await?;
    join_url(app, client, case).await?;
    let found = online_meeting(app, client, case).await?;
    let Some(found) = found else {
        return Ok(());
    };
    if found.is_recording_enforced() {
        return keep_enabled(app, case, "").await;
    }
    let text = "The class was not set to be recorded by itself when it was found.";
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, case.meeting.id, Status::FailedUnknown, text, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
