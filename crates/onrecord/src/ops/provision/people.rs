//! Who is invited and entered in Teams: instructors with their role, learners only if the course says so. Teams takes
//! people of Entra ID only; whoever it does not know is left out of it and named, and the class goes on.

use chrono::TimeDelta;
use msgraph::{Attendee, Client, MeetingParticipant, ParticipantRole};

use super::{Asked, Case, Stuck, judge};
use crate::app::App;
use crate::model::integration::InstructorRole;
use crate::model::people::CourseRole;
use crate::store::invitees::{self, Invitee};

/// Whom the directory did not know is asked for again after this time.
const ASK_AGAIN: TimeDelta = TimeDelta::hours(24);

/// The people of a meeting.
#[derive(Debug, Default)]
pub(crate) struct Entered {
    /// The complete list for Teams.
    pub(crate) participants: Vec<MeetingParticipant>,
    /// Addresses of those whom Teams cannot take.
    pub(crate) left_out: Vec<String>,
}

async fn invited(app: &App, case: &Case) -> Result<Vec<Invitee>, Stuck> {
    let on = case.meeting.starts_at.with_timezone(&case.zone).date_naive();
    let mut invited = invitees::of_course(&app.store, case.conference.course_id, on).await?;
    let organizer = case.meeting.organizer_email.as_deref().unwrap_or_default();
    invited.retain(|person| !person.email.eq_ignore_ascii_case(organizer));
    Ok(invited)
}

/// Who gets the invitation by mail.
pub(crate) async fn attendees(app: &App, case: &Case) -> Result<Vec<Attendee>, Stuck> {
    let invited = invited(app, case).await?;
    Ok(invited.into_iter().map(|person| Attendee::required(person.email, Some(person.name))).collect())
}

/// The complete list for Teams. In somebody else's meeting those who are in it already stay, in their roles.
pub(crate) async fn participants(
    app: &App,
    client: &Client,
    case: &Case,
    meeting: (&str, &str),
) -> Result<Entered, Stuck> {
    let (organizer_id, online_meeting_id) = meeting;
    let mut entered = Entered::default();
    for person in invited(app, case).await? {
        match object_id(app, client, &person).await? {
            Some(id) if id == organizer_id => {}
            Some(id) => entered.participants.push(MeetingParticipant {
                user_id: Some(id),
                upn: Some(person.upn.unwrap_or(person.email)),
                role: Some(role(person.role, case.integration.instructor_role)),
            }),
            None => {
                tracing::warn!(meeting = %case.meeting.id, user = %person.user_id, "left out of the Teams meeting: not in Entra ID");
                entered.left_out.push(person.email);
            }
        }
    }
    if case.meeting.service_account_id.is_none() {
        let read = match client.online_meeting(organizer_id, online_meeting_id).await {
            Ok(read) => read,
            Err(error) => return Err(judge(client, Asked::Meetings, error).await),
        };
        let is_entered = |one: &MeetingParticipant| {
            entered.participants.iter().any(|known| {
                known.user_id.is_some() && known.user_id == one.user_id
                    || known
                        .upn
                        .as_deref()
                        .zip(one.upn.as_deref())
                        .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
            })
        };
        let others: Vec<_> = read.attendees().into_iter().filter(|one| !is_entered(one)).collect();
        entered.participants.extend(others);
    }
    Ok(entered)
}

fn role(role: CourseRole, instructors: InstructorRole) -> ParticipantRole {
    match (role, instructors) {
        (CourseRole::Learner, _) => ParticipantRole::Attendee,
        (CourseRole::Instructor, InstructorRole::Presenter) => ParticipantRole::Presenter,
        (CourseRole::Instructor, InstructorRole::Coorganizer) => ParticipantRole::Coorganizer,
    }
}

/// The object id of a person: as kept, else from the directory, whose answer is kept either way.
async fn object_id(app: &App, client: &Client, person: &Invitee) -> Result<Option<String>, Stuck> {
    if person.entra_object_id.is_some() {
        return Ok(person.entra_object_id.clone());
    }
    let now = app.clock.now();
    if person.unknown_since.is_some_and(|since| now - since < ASK_AGAIN) {
        return Ok(None);
    }
    let name = person.upn.as_deref().unwrap_or(&person.email);
    match client.user(name).await {
        Ok(user) => {
            let tx = app.store.write().await?;
            invitees::set_object_id(&tx, person.user_id, &user.id).await?;
            tx.commit().await?;
            Ok(Some(user.id))
        }
        Err(msgraph::Error::NotFound { .. } | msgraph::Error::Upstream { status: 400, .. }) => {
            let tx = app.store.write().await?;
            invitees::set_unknown(&tx, person.user_id, now).await?;
            tx.commit().await?;
            Ok(None)
        }
        // Without the permission to read people their roles are lost, but never the recording.
        Err(msgraph::Error::Forbidden { .. }) => Ok(None),
        Err(error) => Err(judge(client, Asked::Directory, error).await),
    }
}

/// In words, who should present but does not according to Teams; empty when all is well.
pub(super) fn roles_missing(settings: &msgraph::MeetingSettings, read: &[MeetingParticipant]) -> String {
    let is_presenting = |role: Option<&ParticipantRole>| {
        matches!(role, Some(ParticipantRole::Presenter | ParticipantRole::Coorganizer))
    };
    let should = settings.participants.iter().filter(|one| is_presenting(one.role.as_ref()));
    let does = |one: &MeetingParticipant| {
        read.iter().any(|other| {
            let same = one.user_id.is_some() && other.user_id == one.user_id
                || one
                    .upn
                    .as_deref()
                    .zip(other.upn.as_deref())
                    .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
            same && is_presenting(other.role.as_ref())
        })
    };
    let missing: Vec<_> = should.filter(|one| !does(one)).filter_map(|one| one.upn.as_deref()).collect();
    if missing.is_empty() {
        return String::new();
    }
    format!("Recording is on, but Teams does not list as presenters: {}.", missing.join(", "))
}
