//! The simulator over HTTP, as a client of Graph meets it.
//! No sleeps: time is moved through the clock, and deliveries are awaited at the endpoint.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops right there")]

mod control;
mod downloads;
mod drive;
mod given;
mod live;
mod meetings;
mod notifications;
mod sign_in;
mod state;
mod switches;
