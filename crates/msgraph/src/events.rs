//! Calendar events: how a class gets its place in the organizer's calendar, and with it its Teams meeting.
//!
//! Docs: `user-post-events`, `event-update`, `event-cancel`, `calendar-list-calendarview`.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::call::{Call, EVENTS_IN_UTC, IMMUTABLE_ID};
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::open_enum::open_enum;
use crate::retry::Repeat;

const EVENT_FIELDS: &str = "id,subject,body,start,end,isCancelled,isOnlineMeeting,onlineMeeting,onlineMeetingProvider,\
    transactionId,iCalUId,organizer,attendees,type,seriesMasterId,webLink,lastModifiedDateTime";

open_enum! {
    /// Who provides the online meetings of a calendar.
    MeetingProvider {
        /// Teams.
        TeamsForBusiness = "teamsForBusiness",
        /// Skype for Business.
        SkypeForBusiness = "skypeForBusiness",
        /// Skype.
        SkypeForConsumer = "skypeForConsumer",
        /// Not known or none.
        Unknown = "unknown",
    }
}

/// A wall time and its zone, `dateTimeTimeZone` in Graph's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonedTime {
    /// The time on the wall.
    pub date_time: NaiveDateTime,
    /// An IANA or a Windows zone name.
    pub time_zone: String,
}

impl ZonedTime {
    /// A moment, told in UTC.
    pub fn utc(time: DateTime<Utc>) -> Self {
        Self { date_time: time.naive_utc(), time_zone: "UTC".to_owned() }
    }

    /// The moment, if the zone is UTC, as in all answers to this client.
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        self.time_zone.eq_ignore_ascii_case("UTC").then(|| self.date_time.and_utc())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTime {
    date_time: String,
    #[serde(default)]
    time_zone: Option<String>,
}

impl Serialize for ZonedTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let date_time = self.date_time.format("%Y-%m-%dT%H:%M:%S").to_string();
        WireTime { date_time, time_zone: Some(self.time_zone.clone()) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ZonedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = WireTime::deserialize(deserializer)?;
        let text = wire.date_time.trim_end_matches('Z');
        let date_time = moment::parse_local(text)
            .ok_or_else(|| serde::de::Error::custom("a date and time was expected"))?;
        Ok(Self { date_time, time_zone: wire.time_zone.unwrap_or_else(|| "UTC".to_owned()) })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct EmailAddress {
    #[serde(default)]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Somebody who is invited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attendee {
    #[serde(default)]
    email_address: EmailAddress,
    /// `required`, `optional` or `resource`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl Attendee {
    /// Somebody whose presence is required.
    pub fn required(address: impl Into<String>, name: Option<String>) -> Self {
        let email_address = EmailAddress { address: Some(address.into()), name };
        Self { email_address, kind: Some("required".to_owned()) }
    }

    /// Mail address.
    pub fn address(&self) -> Option<&str> {
        self.email_address.address.as_deref()
    }

    /// Name to show.
    pub fn name(&self) -> Option<&str> {
        self.email_address.name.as_deref()
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct HtmlBody<'a> {
    content_type: &'static str,
    content: &'a str,
}

impl<'a> HtmlBody<'a> {
    fn of(content: &'a str) -> Self {
        Self { content_type: "HTML", content }
    }
}

/// An event to create. It always gets a Teams meeting.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Title.
    pub subject: String,
    /// Text of the invitation, in HTML; Outlook adds the join block.
    pub body_html: String,
    /// Begin.
    pub start: ZonedTime,
    /// End.
    pub end: ZonedTime,
    /// Everybody invited; they get their invitations at once.
    pub attendees: Vec<Attendee>,
    /// Whether the invited see each other.
    pub hide_attendees: bool,
    /// Makes the creation safe to repeat: the same id never makes a second event.
    pub transaction_id: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNewEvent<'a> {
    subject: &'a str,
    body: HtmlBody<'a>,
    start: &'a ZonedTime,
    end: &'a ZonedTime,
    attendees: &'a [Attendee],
    is_online_meeting: bool,
    online_meeting_provider: MeetingProvider,
    allow_new_time_proposals: bool,
    response_requested: bool,
    hide_attendees: bool,
    transaction_id: Uuid,
}

/// What to change on an event; what is `None` stays. Attendees are the whole new list.
#[derive(Debug, Clone, Default)]
pub struct EventPatch {
    /// Title.
    pub subject: Option<String>,
    /// The whole body. It must still hold the join block that Outlook put there, or the meeting is switched off.
    pub body_html: Option<String>,
    /// Begin.
    pub start: Option<ZonedTime>,
    /// End.
    pub end: Option<ZonedTime>,
    /// Everybody invited.
    pub attendees: Option<Vec<Attendee>>,
    /// The event's etag: change it only if it is still this one, else [`Error::PreconditionFailed`].
    pub if_match: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePatch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<HtmlBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<&'a ZonedTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'a ZonedTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendees: Option<&'a [Attendee]>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(deserialize_with = "null_as_default")]
    content: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventMeeting {
    join_url: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipient {
    email_address: EmailAddress,
}

/// An event as Graph tells it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Stable even when the event is moved to another folder.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// For [`EventPatch::if_match`].
    #[serde(rename = "@odata.etag")]
    pub etag: Option<String>,
    /// The id given at creation; absent if none was.
    pub transaction_id: Option<String>,
    /// The same in all mailboxes.
    #[serde(rename = "iCalUId")]
    pub ical_uid: Option<String>,
    /// Title.
    pub subject: Option<String>,
    /// Begin, in UTC.
    pub start: Option<ZonedTime>,
    /// End, in UTC.
    pub end: Option<ZonedTime>,
    /// Whether it was cancelled.
    #[serde(deserialize_with = "null_as_default")]
    pub is_cancelled: bool,
    /// Whether it has an online meeting; its link may still be on its way.
    #[serde(deserialize_with = "null_as_default")]
    pub is_online_meeting: bool,
    /// Who provides the meeting.
    pub online_meeting_provider: Option<MeetingProvider>,
    /// `singleInstance`, `occurrence`, `exception` or `seriesMaster`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The series this is an occurrence of.
    pub series_master_id: Option<String>,
    /// The invited.
    #[serde(deserialize_with = "null_as_default")]
    pub attendees: Vec<Attendee>,
    /// The event in Outlook on the web.
    pub web_link: Option<String>,
    /// Last change.
    #[serde(deserialize_with = "moment::optional")]
    pub last_modified_date_time: Option<DateTime<Utc>>,
    body: Option<Body>,
    online_meeting: Option<EventMeeting>,
    organizer: Option<Recipient>,
}

impl Event {
    /// The Teams link, as received. `None` while Teams has not made the meeting yet: read the event again.
    pub fn join_url(&self) -> Option<&str> {
        self.online_meeting.as_ref()?.join_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The body in HTML, with the join block.
    pub fn body_html(&self) -> Option<&str> {
        self.body.as_ref().map(|body| body.content.as_str())
    }

    /// The organizer's mail address.
    pub fn organizer_address(&self) -> Option<&str> {
        self.organizer.as_ref()?.email_address.address.as_deref()
    }

    /// Begin as a moment.
    pub fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.start.as_ref()?.to_utc()
    }

    /// End as a moment.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.end.as_ref()?.to_utc()
    }
}

/// What a mailbox's calendar allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Calendar {
    /// Without Teams among them, events are made silently without a meeting.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_online_meeting_providers: Vec<MeetingProvider>,
    /// The default.
    pub default_online_meeting_provider: Option<MeetingProvider>,
}

#[derive(Serialize)]
struct Comment<'a> {
    comment: &'a str,
}

impl Client {
    /// Creates an event with a Teams meeting in this mailbox (object id or UPN). Safe to repeat: a second call with
    /// the same transaction id gives [`Error::DuplicateTransaction`].
    pub async fn create_event(&self, mailbox: &str, event: &NewEvent) -> Result<Event, Error> {
        let call =
            events(Call::post(lane(mailbox), "users"), mailbox).repeat(Repeat::Safe).json(&WireNewEvent {
                subject: &event.subject,
                body: HtmlBody::of(&event.body_html),
                start: &event.start,
                end: &event.end,
                attendees: &event.attendees,
                is_online_meeting: true,
                online_meeting_provider: MeetingProvider::TeamsForBusiness,
                allow_new_time_proposals: false,
                response_requested: false,
                hide_attendees: event.hide_attendees,
                transaction_id: event.transaction_id,
            });
        self.json(&call).await
    }

    /// Reads an event.
    pub async fn event(&self, mailbox: &str, event_id: &str) -> Result<Event, Error> {
        let call =
            events(Call::get(lane(mailbox), "users"), mailbox).id(event_id).query("$select", EVENT_FIELDS);
        self.json(&call).await
    }

    /// Changes an event and returns it as it is now. People who are newly invited, or no longer, are told by mail.
    pub async fn patch_event(
        &self,
        mailbox: &str,
        event_id: &str,
        patch: &EventPatch,
    ) -> Result<Event, Error> {
        let mut call = events(Call::patch(lane(mailbox), "users"), mailbox).id(event_id).json(&WirePatch {
            subject: patch.subject.as_deref(),
            body: patch.body_html.as_deref().map(HtmlBody::of),
            start: patch.start.as_ref(),
            end: patch.end.as_ref(),
            attendees: patch.attendees.as_deref(),
        });
        if let Some(etag) = &patch.if_match {
            // A repeat after an unnoticed success would find another etag.
            call = call.header(http::header::IF_MATCH, etag).repeat(Repeat::Once);
        }
        self.json(&call).await
    }

    /// Cancels an event; the invited get this comment by mail. An event that is gone already gives
    /// [`Error::NotFound`].
    pub async fn cancel_event(&self, mailbox: &str, event_id: &str, comment: &str) -> Result<(), Error> {
        let call = events(Call::post(lane(mailbox), "users"), mailbox)
            .id(event_id)
            .word("cancel")
            .json(&Comment { comment });
        self.done(&call).await
    }

    /// All events, occurrences of series included, that touch this time.
    pub async fn calendar_view(
        &self,
        mailbox: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Event>, Error> {
        let call = Call::get(lane(mailbox), "users")
            .id(mailbox)
            .word("calendarView")
            .query_time("startDateTime", from)
            .query_time("endDateTime", until)
            .query("$select", EVENT_FIELDS)
            .query("$top", "100")
            .prefer(IMMUTABLE_ID)
            .prefer(EVENTS_IN_UTC);
        self.all_pages(call).await
    }

    /// What this mailbox's calendar allows; [`Error::NotFound`] if the account has no mailbox.
    pub async fn calendar(&self, mailbox: &str) -> Result<Calendar, Error> {
        let call = Call::get(lane(mailbox), "users")
            .id(mailbox)
            .word("calendar")
            .query("$select", "allowedOnlineMeetingProviders,defaultOnlineMeetingProvider");
        self.json(&call).await
    }
}

fn lane(mailbox: &str) -> Lane {
    Lane::Mailbox(mailbox.to_owned())
}

fn events(call: Call, mailbox: &str) -> Call {
    call.id(mailbox).word("events").prefer(IMMUTABLE_ID).prefer(EVENTS_IN_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_with_nulls_unknown_fields_and_seven_digits() {
        let event: Event = serde_json::from_str(
            r#"{"@odata.etag":"W/\"k\"","id":"AAMk=","subject":null,"start":{"dateTime":"2026-09-01T06:00:00.0000000","timeZone":"UTC"},
            "end":{"dateTime":"2026-09-01T07:30:00","timeZone":"Europe/Berlin"},"isCancelled":null,"attendees":null,"onlineMeeting":null,
            "onlineMeetingProvider":"somethingNew","body":{"contentType":"html","content":"<p>x</p>"},"new":{"a":[1]}}"#,
        )
        .expect("an event");
        assert_eq!(event.starts_at().map(moment::format).as_deref(), Some("2026-09-01T06:00:00Z"));
        assert_eq!(event.ends_at(), None, "not in UTC, so not guessed");
        assert_eq!(event.join_url(), None);
        assert_eq!(event.online_meeting_provider, Some(MeetingProvider::Other("somethingNew".to_owned())));
        assert_eq!(event.body_html(), Some("<p>x</p>"));
    }

    #[test]
    fn wall_time_is_sent_without_zone() {
        let time = ZonedTime {
            date_time: moment::parse_local("2026-09-01T08:00:00").expect("a time"),
            time_zone: "Europe/Berlin".to_owned(),
        };
        let json = serde_json::to_string(&time).expect("JSON");
        assert_eq!(json, r#"{"dateTime":"2026-09-01T08:00:00","timeZone":"Europe/Berlin"}"#);
    }
}
