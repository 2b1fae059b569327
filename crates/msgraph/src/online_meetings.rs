//! Online meetings: the Teams side of an event, where recording is switched on.
//!
//! Paths take the organizer's *object id*, never a UPN, and need Teams' application access policy besides the
//! permission. Recording is switched off by one call that does nothing else and that nothing falls back to. Docs: `onlinemeeting-get`, `onlinemeeting-update`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{Call, UNKNOWN_MEMBERS, quote};
use crate::client::Client;
use crate::error::Error;
use crate::identity::IdentitySet;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::open_enum::open_enum;

open_enum! {
    /// Who may present.
    AllowedPresenters {
        /// Everybody, learners included.
        Everyone = "everyone",
        /// Everybody of the tenant.
        Organization = "organization",
        /// Those whose role says so.
        RoleIsPresenter = "roleIsPresenter",
        /// The organizer alone.
        Organizer = "organizer",
    }
}

open_enum! {
    /// Who passes the lobby without waiting.
    LobbyScope {
        /// The organizer alone.
        Organizer = "organizer",
        /// People of the tenant.
        Organization = "organization",
        /// People of the tenant and of trusted ones.
        OrganizationAndFederated = "organizationAndFederated",
        /// Everybody.
        Everyone = "everyone",
        /// Those who are invited.
        Invited = "invited",
        /// People of the tenant who are no guests.
        OrganizationExcludingGuests = "organizationExcludingGuests",
    }
}

open_enum! {
    /// The role of an invited person in the meeting.
    ParticipantRole {
        /// Takes part.
        Attendee = "attendee",
        /// May present and start a recording.
        Presenter = "presenter",
        /// Runs a broadcast.
        Producer = "producer",
        /// May do what the organizer may.
        Coorganizer = "coorganizer",
    }
}

open_enum! {
    /// Whether something is switched on.
    Presence {
        /// On.
        Enabled = "enabled",
        /// Off.
        Disabled = "disabled",
        /// Only during the meeting.
        Limited = "limited",
    }
}

/// Somebody with a role in the meeting. Presenters and co-organizers must be people of Entra ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingParticipant {
    /// Object id in Entra ID.
    pub user_id: Option<String>,
    /// User principal name.
    pub upn: Option<String>,
    /// Role.
    pub role: Option<ParticipantRole>,
}

/// Settings of a meeting besides recording, which is not a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingSettings {
    /// Who passes the lobby.
    pub lobby: LobbyScope,
    /// The complete list: whoever is missing loses their role.
    pub participants: Vec<MeetingParticipant>,
    /// Camera and microphone of attendees.
    pub attendee_media: AttendeeMedia,
}

/// What attendees may do with camera and microphone. Whoever presents may change it in the meeting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AttendeeMedia {
    /// As the meeting has it.
    #[default]
    AsIs,
    /// Off until a presenter allows them.
    Off,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireLobby {
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<LobbyScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_dial_in_bypass_enabled: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireParticipant {
    upn: Option<String>,
    role: Option<ParticipantRole>,
    identity: Option<IdentitySet>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct WireParticipants {
    organizer: Option<WireParticipant>,
    #[serde(deserialize_with = "null_as_default")]
    attendees: Vec<WireParticipant>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ChatInfo {
    thread_id: Option<String>,
}

/// A meeting as Teams tells it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OnlineMeeting {
    /// Opaque.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The link people join by, as received.
    pub join_web_url: Option<String>,
    /// Title.
    pub subject: Option<String>,
    /// Planned begin.
    #[serde(deserialize_with = "moment::optional")]
    pub start_date_time: Option<DateTime<Utc>>,
    /// Planned end.
    #[serde(deserialize_with = "moment::optional")]
    pub end_date_time: Option<DateTime<Utc>>,
    /// When Teams forgets the meeting, if told.
    #[serde(deserialize_with = "moment::optional")]
    pub expiry_date_time: Option<DateTime<Utc>>,
    /// Whether Teams records by itself.
    pub record_automatically: Option<bool>,
    /// Whether anybody may record.
    pub allow_recording: Option<bool>,
    /// Whether a transcript may be made.
    pub allow_transcription: Option<bool>,
    /// Encrypted meetings cannot be recorded.
    pub is_end_to_end_encryption_enabled: Option<bool>,
    /// Who may present.
    pub allowed_presenters: Option<AllowedPresenters>,
    /// Whether attendees may switch their camera on.
    pub allow_attendee_to_enable_camera: Option<bool>,
    /// Whether attendees may switch their microphone on.
    pub allow_attendee_to_enable_mic: Option<bool>,
    /// Whether there is a chat.
    pub allow_meeting_chat: Option<Presence>,
    /// Where the organizer changes options by hand.
    pub meeting_options_web_url: Option<String>,
    lobby_bypass_settings: Option<WireLobby>,
    chat_info: Option<ChatInfo>,
    participants: Option<WireParticipants>,
}

impl OnlineMeeting {
    /// The meeting's chat.
    pub fn thread_id(&self) -> Option<&str> {
        self.chat_info.as_ref()?.thread_id.as_deref()
    }

    /// The organizer's object id.
    pub fn organizer_id(&self) -> Option<&str> {
        self.participants.as_ref()?.organizer.as_ref()?.identity.as_ref()?.user_id()
    }

    /// Who passes the lobby.
    pub fn lobby(&self) -> Option<&LobbyScope> {
        self.lobby_bypass_settings.as_ref()?.scope.as_ref()
    }

    /// The invited with their roles.
    pub fn attendees(&self) -> Vec<MeetingParticipant> {
        let attendees = self.participants.iter().flat_map(|all| &all.attendees);
        attendees
            .map(|one| MeetingParticipant {
                user_id: one.identity.as_ref().and_then(IdentitySet::user_id).map(str::to_owned),
                upn: one.upn.clone(),
                role: one.role.clone(),
            })
            .collect()
    }

    /// Whether this answer proves that Teams will not record by itself.
    pub fn is_recording_off(&self) -> bool {
        self.record_automatically == Some(false)
    }

    /// Whether this answer proves that the meeting will be recorded and transcribed by itself.
    pub fn is_recording_enforced(&self) -> bool {
        self.record_automatically == Some(true)
            && self.allow_recording != Some(false)
            && self.allow_transcription != Some(false)
            && self.is_end_to_end_encryption_enabled != Some(true)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enforcement<'a> {
    record_automatically: bool,
    allow_recording: bool,
    allow_transcription: bool,
    allowed_presenters: AllowedPresenters,
    lobby_bypass_settings: WireLobby,
    participants: AttendeeList<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_attendee_to_enable_camera: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_attendee_to_enable_mic: Option<bool>,
}

#[derive(Serialize)]
struct AttendeeList<'a> {
    attendees: Vec<AttendeeEntry<'a>>,
}

#[derive(Serialize)]
struct AttendeeEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a ParticipantRole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<UserOnly<'a>>,
}

#[derive(Serialize)]
struct UserOnly<'a> {
    user: IdOnly<'a>,
}

#[derive(Serialize)]
struct IdOnly<'a> {
    id: &'a str,
}

impl<'a> Enforcement<'a> {
    /// Recording and transcription off. The only body that says so.
    fn exempting(settings: &'a MeetingSettings) -> Self {
        Self {
            record_automatically: false,
            allow_recording: false,
            allow_transcription: false,
            ..Self::new(settings)
        }
    }

    fn new(settings: &'a MeetingSettings) -> Self {
        let attendees = settings.participants.iter().map(|one| AttendeeEntry {
            upn: one.upn.as_deref(),
            role: one.role.as_ref(),
            identity: one.user_id.as_deref().map(|id| UserOnly { user: IdOnly { id } }),
        });
        let may_enable = (settings.attendee_media == AttendeeMedia::Off).then_some(false);
        Self {
            record_automatically: true,
            allow_recording: true,
            allow_transcription: true,
            allowed_presenters: AllowedPresenters::RoleIsPresenter,
            lobby_bypass_settings: WireLobby {
                scope: Some(settings.lobby.clone()),
                is_dial_in_bypass_enabled: Some(false),
            },
            participants: AttendeeList { attendees: attendees.collect() },
            allow_attendee_to_enable_camera: may_enable,
            allow_attendee_to_enable_mic: may_enable,
        }
    }
}

/// One meeting, or a list of none or one.
#[derive(Deserialize)]
struct Found {
    value: Vec<OnlineMeeting>,
}

impl Client {
    /// Finds the meeting behind a join link, given exactly as Graph sent it. `None` if Teams does not know it (yet).
    pub async fn find_online_meeting(
        &self,
        organizer_id: &str,
        join_url: &str,
    ) -> Result<Option<OnlineMeeting>, Error> {
        let filter = format!("JoinWebUrl eq '{}'", quote(join_url));
        let call = meetings(Call::get(Lane::Meetings, "users"), organizer_id).query("$filter", &filter);
        match self.json::<Found>(&call).await {
            Ok(found) => Ok(found.value.into_iter().next()),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a meeting.
    pub async fn online_meeting(&self, organizer_id: &str, meeting_id: &str) -> Result<OnlineMeeting, Error> {
        self.json(&meetings(Call::get(Lane::Meetings, "users"), organizer_id).id(meeting_id)).await
    }

    /// Makes Teams record and transcribe this meeting by itself, and sets who may present. Takes effect only before
    /// the meeting starts. What comes back is Teams' answer, not a proof: read the meeting again.
    pub async fn enforce_recording(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        settings: &MeetingSettings,
    ) -> Result<OnlineMeeting, Error> {
        let call = meetings(Call::patch(Lane::Meetings, "users"), organizer_id)
            .id(meeting_id)
            .json(&Enforcement::new(settings));
        self.json(&call).await
    }

    /// Makes Teams neither record nor transcribe this meeting, and sets who may present. The one call that switches
    /// recording off: only for a meeting for which that was approved. Takes effect only before the meeting starts. What
    /// comes back is Teams' answer, not a proof: read the meeting again.
    pub async fn exempt_from_recording(
        &self,
        organizer_id: &str,
        meeting_id: &str,
        settings: &MeetingSettings,
    ) -> Result<OnlineMeeting, Error> {
        let call = meetings(Call::patch(Lane::Meetings, "users"), organizer_id)
            .id(meeting_id)
            .json(&Enforcement::exempting(settings));
        self.json(&call).await
    }
}

fn meetings(call: Call, organizer_id: &str) -> Call {
    call.id(organizer_id).word("onlineMeetings").prefer(UNKNOWN_MEMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enforcement_always_switches_on_and_sends_the_whole_list() {
        let settings = MeetingSettings {
            lobby: LobbyScope::Organization,
            participants: vec![MeetingParticipant {
                user_id: Some("9d".to_owned()),
                upn: Some("t@school.example".to_owned()),
                role: Some(ParticipantRole::Coorganizer),
            }],
            attendee_media: AttendeeMedia::AsIs,
        };
        let json = serde_json::to_value(Enforcement::new(&settings)).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!({
                "recordAutomatically": true, "allowRecording": true, "allowTranscription": true,
                "allowedPresenters": "roleIsPresenter",
                "lobbyBypassSettings": {"scope": "organization", "isDialInBypassEnabled": false},
                "participants": {"attendees": [{"upn": "t@school.example", "role": "coorganizer", "identity": {"user": {"id": "9d"}}}]}
            })
        );
    }

    #[test]
    fn an_exemption_differs_from_enforcement_in_recording_alone() {
        let settings = MeetingSettings {
            lobby: LobbyScope::Organization,
            participants: Vec::new(),
            attendee_media: AttendeeMedia::Off,
        };
        let mut on = serde_json::to_value(Enforcement::new(&settings)).expect("JSON");
        let off = serde_json::to_value(Enforcement::exempting(&settings)).expect("JSON");
        for flag in ["recordAutomatically", "allowRecording", "allowTranscription"] {
            assert_eq!((&on[flag], &off[flag]), (&true.into(), &false.into()), "{flag}");
            on[flag] = false.into();
        }
        assert_eq!(on, off);
        for flag in ["allowAttendeeToEnableCamera", "allowAttendeeToEnableMic"] {
            assert_eq!(off[flag], false, "{flag}");
        }
    }

    #[test]
    fn a_meeting_without_the_flag_is_not_proved() {
        let read = |json: &str| serde_json::from_str::<OnlineMeeting>(json).expect("a meeting");
        assert!(!read(r#"{"id":"m","recordAutomatically":null}"#).is_recording_enforced());
        assert!(!read(r#"{"id":"m","recordAutomatically":null}"#).is_recording_off());
        assert!(
            !read(r#"{"id":"m","recordAutomatically":true,"allowRecording":false}"#).is_recording_enforced()
        );
        let good = read(
            r#"{"id":"m","recordAutomatically":true,"allowRecording":true,"chatInfo":{"threadId":"19:x"},"allowedPresenters":"unknownFutureValue",
            "participants":{"organizer":{"identity":{"user":{"id":"5f"}}},"attendees":[{"upn":null,"role":"presenter","identity":null}]},"autoAdmittedUsers":1}"#,
        );
        assert!(good.is_recording_enforced());
        assert_eq!((good.thread_id(), good.organizer_id()), (Some("19:x"), Some("5f")));
        assert_eq!(good.attendees()[0].role, Some(ParticipantRole::Presenter));
    }
}
