//! The API for programs: one file per resource.

pub mod alerts;
pub mod attendance;
pub mod by_hand;
pub mod chat;
pub mod conferences;
pub mod courses;
pub mod files;
pub mod inbox;
pub mod integration;
pub mod ledger;
pub mod monitor;
pub mod paging;
pub mod recordings;
pub mod tokens;
pub mod users;
