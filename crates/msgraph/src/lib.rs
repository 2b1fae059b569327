//! A small Microsoft Graph client for Teams class recording.
//!
//! It exists so that one place knows how Graph really behaves: tokens, throttling, paging, byte ranges, links that
//! are secrets. It knows nothing of the product that uses it, keeps nothing on disk and reads neither the
//! environment nor the system clock.
//!
//! Start at [`Client::builder`]. Every call returns [`Error`], which says what a caller can act on. Calls wait
//! only as long as [`RetryPolicy`] allows; what would take longer comes back with the time to wait, so that the
//! caller can come again later.
//!
//! ```no_run
//! # async fn example() -> Result<(), msgraph::Error> {
//! use futures::StreamExt;
//! use msgraph::{Client, Credentials, Proof};
//!
//! let client = Client::builder(Credentials {
//!     tenant_id: "9a2f4c1e-0000-0000-0000-000000000000".to_owned(),
//!     client_id: "51b7d3aa-0000-0000-0000-000000000000".to_owned(),
//!     proof: Proof::Secret("the value, not the id".to_owned().into()),
//! })
//! .build()?;
//! let drive = client.user_drive("rec@school.example").await?;
//! let file = client.drive_download(&drive.id, "01BYE5RZ6QN3ZWBTUFOFD3GSPGOHDJD36K");
//! let mut bytes = file.open(0, Some(1 << 20)).await?.stream;
//! while let Some(chunk) = bytes.next().await {
//!     let _ = chunk?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | look for | file |
//! |---|---|
//! | settings, the one place that sends | `builder.rs`, `client.rs`, `call.rs`, `reply.rs`, `retry.rs`, `token.rs`, `certificate.rs`, `der.rs`, `lane.rs`, `batch.rs` |
//! | what can go wrong | `error.rs`, `redact.rs` |
//! | events and online meetings | `events.rs`, `online_meetings.rs` |
//! | what a meeting leaves behind | `recordings.rs`, `transcripts.rs`, `attendance.rs`, `chats.rs` |
//! | files and their bytes | `drive.rs`, `content.rs`, `source.rs`, `range.rs`, `connections.rs`, `quickxor.rs` |
//! | people and the tenant | `users.rs` |
//! | mail | `mail.rs` |
//! | being called when something is new | `subscriptions.rs` |
#![warn(missing_docs)]

mod attendance;
mod batch;
mod builder;
mod call;
mod certificate;
mod chats;
mod client;
mod connections;
mod content;
mod der;
mod diagnostics;
mod drive;
mod error;
mod events;
mod identity;
mod lane;
mod mail;
mod moment;
mod online_meetings;
mod open_enum;
mod page;
mod quickxor;
mod range;
mod recordings;
mod redact;
mod reply;
mod retry;
mod source;
mod subscriptions;
mod token;
mod transcripts;
mod users;

pub use attendance::{AttendanceInterval, AttendanceRecord, AttendanceReport};
pub use builder::ClientBuilder;
pub use certificate::ClientCertificate;
pub use chats::{
    Attachment, CallRecordingEvent, Chat, ChatMessage, EventDetail, MessageBody, MessageType, RecordingStatus,
};
pub use client::Client;
pub use content::{Content, ContentStream, DownloadHandle};
pub use diagnostics::{AppCredential, AppCredentials};
pub use drive::{
    Deleted, Drive, DriveDeltaFrom, DriveItem, FileFacet, FolderFacet, Hashes, ParentReference, Quota,
    QuotaState, Video,
};
pub use error::{Error, RequestIds};
pub use events::{Attendee, Calendar, Event, EventPatch, MeetingProvider, NewEvent, ZonedTime};
pub use identity::{Identity, IdentitySet};
pub use lane::{Lane, Lanes, MemoryLanes, Pace, Paused, Permit};
pub use mail::NewMail;
pub use online_meetings::{
    AllowedPresenters, AttendeeMedia, LobbyScope, MeetingParticipant, MeetingSettings, OnlineMeeting,
    ParticipantRole, Presence,
};
pub use page::{Delta, Link, Next};
pub use quickxor::QuickXorHash;
pub use recordings::{CallRecording, DeltaFrom};
pub use retry::RetryPolicy;
pub use subscriptions::{NewSubscription, Subscription};
pub use token::{Credentials, OpenIdConfiguration, Proof, TokenClaims};
pub use transcripts::{CallTranscript, Speakers, TranscriptText};
pub use users::{AssignedPlan, LicenseDetail, Organization, ServicePlan, User, VerifiedDomain};
