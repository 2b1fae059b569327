//! A Microsoft Graph that runs on your laptop: meetings, recordings and drives, with a clock you can move and faults you can inject.
//! Written from Microsoft's documentation alone; it shares no type and no line with any client of Graph.

mod assertion;
mod auth;
mod batch;
mod blobs;
mod calendar;
mod clock;
mod control;
mod delivery;
mod download;
mod drive;
mod faults;
mod http;
mod items;
mod join_page;
mod log;
mod media;
mod meetings;
mod meter;
mod odata;
mod pending;
mod people;
mod random;
mod rich;
mod routes;
mod save;
mod script;
mod seed;
mod server;
mod simulator;
mod subscription;
mod tenant;
mod transport;
mod vtt;
mod world;
mod zones;

pub use log::LoggedRequest;
pub use script::{
    Attendee, Attendees, ChatLine, Delays, HeldAttendee, HeldFile, HeldRecording, HoldError, HoldOutcome,
    HoldRequest, LiveState, Outcome, Person, RecordRequest,
};
pub use seed::{SeedEvent, SeedUser, SeededEvent};
pub use simulator::{JoinLinks, Options, Scenario, Simulator};
