//! The API for programs: one file per resource.

pub mod alerts;
pub mod attendance;
pub mod audit;
pub mod bin;
pub mod by_hand;
pub mod chat;
pub mod conferences;
pub mod courses;
pub mod exceptions;
pub mod files;
pub mod holds;
pub mod inbox;
pub mod integration;
pub mod keeping;
pub mod ledger;
pub mod minors;
pub mod monitor;
pub mod notices;
pub mod objections;
pub mod paging;
pub mod people_data;
pub mod recordings;
pub mod retention;
pub mod tokens;
pub mod users;
