//! The handlers of pages: each reads, fills its page's struct, and sends it; or does what a form asks and leads on.

pub mod account;
mod answers;
pub mod audit;
pub mod cancel;
pub mod class_lines;
mod class_tabs;
mod class_words;
pub mod conference;
pub mod conference_form;
pub mod conferences;
pub mod courses;
pub mod home;
pub mod inbox;
pub mod integration;
mod integration_fields;
mod integration_findings;
pub mod join;
pub mod monitor;
mod overview;
pub mod player;
pub mod recordings;
pub mod session;
mod sight;
mod timeline;
pub mod users;
mod verdict;
