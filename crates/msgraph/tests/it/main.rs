//! The client against a small server of its own: what Graph really does, and what it does on a bad day.

mod batches;
mod calls;
mod downloads;
mod server;
mod signing_in;
mod weather;
