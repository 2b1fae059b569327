//! Calendar events and the online meetings behind them: two objects, made together.
//! Rules of Exchange and Teams only; words and permissions are in `routes/`.

use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::subscription::Topic;
use crate::tenant::{LinkForm, LinkHost, User};
use crate::world::{Event, Meeting, News, World};

/// The mark by which the Teams block in an invitation is known; losing it turns the meeting off.
const BLOCK_MARK: &str = "me-email-text";

/// What Microsoft's own join links leave unescaped.
const LINK: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');

/// A time as Exchange takes it, resolved.
#[derive(Debug, Clone)]
pub(crate) struct When {
    pub(crate) at: DateTime<Utc>,
    pub(crate) zone: String,
}

/// All it takes to make an event.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) owner: String,
    pub(crate) props: Map<String, Value>,
    pub(crate) start: When,
    pub(crate) end: When,
    pub(crate) transaction_id: Option<String>,
    /// `http://127.0.0.1:8081`: where local join links lead.
    pub(crate) origin: String,
}

impl World {
    /// Makes the event, and its meeting when one is asked for and the mailbox may have one.
    pub(crate) fn create_event(&mut self, draft: Draft, now: DateTime<Utc>) -> String {
        let id = format!("AAMkAD{}", self.random.base64(90));
        let uid =
            format!("040000008200E00074C5B7101A82E008{}", self.random.guid().replace('-', "").to_uppercase());
        let allowed = self.tenant.user(&draft.owner).is_some_and(User::may_meet);
        let wanted = draft.props.get("isOnlineMeeting") == Some(&Value::Bool(true));
        let mut event = Event {
            id: id.clone(),
            owner: draft.owner,
            props: draft.props,
            start: draft.start.at,
            end: draft.end.at,
            start_zone: draft.start.zone,
            end_zone: draft.end.zone,
            transaction_id: draft.transaction_id,
            meeting_id: None,
            created_at: now,
            modified_at: now,
            version: 1,
            cancelled: false,
            uid,
        };
        event.props.remove("isOnlineMeeting");
        if wanted && allowed {
            self.attach_meeting(&mut event, &draft.origin, now);
        }
        self.announce_event(&event.owner, &id, "created");
        self.events.insert(event);
        self.touch();
        id
    }

    /// Makes the meeting of an event and writes the join block into its body.
    pub(crate) fn attach_meeting(&mut self, event: &mut Event, origin: &str, now: DateTime<Utc>) {
        let subject = text(&event.props, "subject");
        let times = (event.start, event.end);
        let mut meeting = self.new_meeting(&event.owner, &subject, times, (origin, now));
        meeting.event_id = Some(event.id.clone());
        meeting.calendar_backed = true;
        meeting.props["participants"]["attendees"] = self.invited(event);
        event.meeting_id = Some(meeting.id.clone());
        let block = join_block(&meeting.join_url);
        let body =
            event.props.entry("body").or_insert_with(|| json!({ "contentType": "html", "content": "" }));
        let written = body["content"].as_str().unwrap_or_default();
        let inner = written.replace("</body>", "").replace("</html>", "");
        body["content"] = format!("{inner}{block}</body></html>").into();
        body["contentType"] = "html".into();
        self.meetings.insert(meeting);
    }

    /// A meeting that no calendar knows yet.
    pub(crate) fn new_meeting(
        &mut self,
        organizer: &str,
        subject: &str,
        (start, end): (DateTime<Utc>, DateTime<Utc>),
        (origin, now): (&str, DateTime<Utc>),
    ) -> Meeting {
        let code = self.random.base64(36).replace(['+', '/', '='], "x");
        let thread_id = format!("19:meeting_{code}@thread.v2");
        let id = base64::engine::general_purpose::STANDARD.encode(format!("1*{organizer}*0**{thread_id}"));
        let digits = self.random.digits(13);
        let passcode = self.random.base32(6);
        let join_url = self.join_link(&thread_id, organizer, (&digits, &passcode), origin);
        let tenant_id = self.tenant.tenant_id.clone();
        let upn = self.tenant.user(organizer).map(|user| user.email.clone());
        let props = json!({
            "isBroadcast": false, "meetingType": "scheduled", "isEntryExitAnnounced": false,
            "allowedPresenters": "everyone", "allowAttendeeToEnableMic": true, "allowAttendeeToEnableCamera": true,
            "allowMeetingChat": "enabled", "allowTeamworkReactions": true, "recordAutomatically": false,
            "allowRecording": true, "allowTranscription": true, "isEndToEndEncryptionEnabled": false,
            "allowBreakoutRooms": true, "allowLiveShare": "enabled", "allowPowerPointSharing": true, "allowWhiteboard": true,
            "allowedLobbyAdmitters": "organizerAndCoOrganizersAndPresenters", "allowParticipantsToChangeName": false,
            "shareMeetingChatHistoryDefault": "none", "watermarkProtection": null,
            "meetingSpokenLanguageTag": "en-US", "sensitivityLabelAssignment": null, "videoTeleconferenceId": null,
            "audioConferencing": null, "meetingTemplateId": null, "allowCopyingAndSharingMeetingContent": true,
            "lobbyBypassSettings": { "scope": "organization", "isDialInBypassEnabled": false },
            "joinMeetingIdSettings": { "isPasscodeRequired": true, "joinMeetingId": digits, "passcode": passcode },
            "participants": {
                "organizer": { "upn": upn, "role": "presenter", "identity": { "user": {
                    "id": organizer, "displayName": null, "tenantId": tenant_id, "identityProvider": "AAD" } } },
                "attendees": [] }
        });
        let Value::Object(props) = props else { unreachable!("a JSON object was written above") };
        Meeting {
            id,
            organizer: organizer.to_owned(),
            event_id: None,
            calendar_backed: false,
            external_id: None,
            join_url,
            thread_id,
            props,
            subject: subject.to_owned(),
            start,
            end,
            created_at: now,
            used_at: now,
            recordings: Vec::new(),
            transcripts: Vec::new(),
            reports: Vec::new(),
            held: Vec::new(),
            live: None,
        }
    }

    fn join_link(&self, thread: &str, organizer: &str, (digits, code): (&str, &str), origin: &str) -> String {
        let switches = &self.tenant.switches;
        let host = match switches.join_links {
            LinkHost::Local => origin,
            LinkHost::Teams => "https://teams.microsoft.com",
        };
        match switches.join_link_form {
            LinkForm::Short => format!("{host}/meet/{digits}?p={code}"),
            LinkForm::Classic => {
                let context = format!(r#"{{"Tid":"{}","Oid":"{organizer}"}}"#, self.tenant.tenant_id);
                format!(
                    "{host}/l/meetup-join/{}/0?context={}",
                    lower_escapes(thread),
                    lower_escapes(&context)
                )
            }
        }
    }

    /// The invited people of the tenant, as participants.
    pub(crate) fn invited(&self, event: &Event) -> Value {
        addresses(&event.props)
            .into_iter()
            .map(|(address, _)| {
                let id = self.tenant.user(&address).map(|user| user.id.clone());
                json!({ "upn": address, "role": "attendee", "identity": { "user": {
                    "id": id, "displayName": null, "tenantId": id.as_ref().map(|_| &self.tenant.tenant_id), "identityProvider": "AAD" } } })
            })
            .collect()
    }

    /// Lets changes of an event flow to its meeting; a body without the join block turns the meeting off.
    pub(crate) fn event_changed(&mut self, event_id: &str, body_changed: Option<()>, now: DateTime<Utc>) {
        let Some(mut event) = self.events.remove(event_id) else {
            return;
        };
        event.version += 1;
        event.modified_at = now;
        let attendees = self.invited(&event);
        if let Some(meeting_id) = event.meeting_id.clone() {
            let content =
                event.props.get("body").and_then(|body| body["content"].as_str()).unwrap_or_default();
            if body_changed.is_some() && !content.contains(BLOCK_MARK) {
                event.meeting_id = None;
                self.meetings.remove(&meeting_id);
            } else if let Some(meeting) = self.meetings.get_mut(&meeting_id) {
                meeting.subject = text(&event.props, "subject");
                (meeting.start, meeting.end) = (event.start, event.end);
                meeting.used_at = now;
                keep_roles(&mut meeting.props, attendees);
            }
        }
        self.announce_event(&event.owner, event_id, "updated");
        self.events.insert(event);
        self.touch();
    }

    /// Takes an event out of the calendar; the meeting may stay readable, by switch.
    pub(crate) fn remove_event(&mut self, event_id: &str) {
        if let Some(event) = self.events.remove(event_id) {
            if let Some(meeting_id) = &event.meeting_id
                && !self.tenant.switches.deleted_event_keeps_meeting
            {
                self.meetings.remove(meeting_id);
            }
            self.announce_event(&event.owner, event_id, "deleted");
            self.touch();
        }
    }

    pub(crate) fn announce_event(&mut self, owner: &str, event_id: &str, change: &'static str) {
        self.news.push(News {
            topic: Topic::Events { user_id: owner.to_owned() },
            change,
            id: event_id.to_owned(),
            resource: format!("Users/{owner}/Events/{event_id}"),
        });
    }

    /// Whether Teams finds the meeting by its link yet.
    pub(crate) fn lookup_works(&self, meeting: &Meeting, now: DateTime<Utc>) -> bool {
        meeting.created_at + TimeDelta::seconds(self.tenant.switches.late_lookup_s) <= now
    }
}

/// New attendees get the attendee role, known ones keep theirs.
fn keep_roles(props: &mut Map<String, Value>, mut attendees: Value) {
    let before = props["participants"]["attendees"].clone();
    for attendee in attendees.as_array_mut().into_iter().flatten() {
        let known = before.as_array().into_iter().flatten().find(|old| old["upn"] == attendee["upn"]);
        if let Some(known) = known {
            attendee["role"] = known["role"].clone();
        }
    }
    props["participants"]["attendees"] = attendees;
}

/// Attendees of an event as address and name.
pub(crate) fn addresses(props: &Map<String, Value>) -> Vec<(String, String)> {
    props
        .get("attendees")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|attendee| {
            let mail = attendee.get("emailAddress")?;
            let address = mail.get("address")?.as_str()?.to_owned();
            let name = mail.get("name").and_then(Value::as_str).unwrap_or(&address).to_owned();
            Some((address, name))
        })
        .collect()
}

/// A text property, empty when missing.
pub(crate) fn text(props: &Map<String, Value>, name: &str) -> String {
    props.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Percent-encoding with small letters, as Microsoft writes its join links.
fn lower_escapes(plain: &str) -> String {
    utf8_percent_encode(plain, LINK)
        .map(|piece| if piece.starts_with('%') { piece.to_lowercase() } else { piece.to_owned() })
        .collect()
}

fn join_block(join_url: &str) -> String {
    format!(
        "<br><div class=\"{BLOCK_MARK}\" style=\"width:100%\">________________________________________________________________________________<br>\
         <span style=\"font-size:24px\">Microsoft Teams meeting</span><br>\
         <a class=\"me-email-headline\" href=\"{join_url}\">Join the meeting now</a><br>\
         ________________________________________________________________________________</div>"
    )
}
