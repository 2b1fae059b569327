//! One file per page: the struct a template shows, with what it needs and nothing it does not.
//! The structs hold words and marks, never rows of the store: what may be shown is decided before.

pub mod account;
pub mod audit;
pub mod cancel;
pub mod conference;
pub mod conference_form;
pub mod conferences;
pub mod courses;
pub mod error;
pub mod exceptions;
pub mod home;
pub mod inbox;
pub mod integration;
pub mod join;
pub mod ledger;
pub mod mail;
pub mod minors;
pub mod monitor;
pub mod notices;
pub mod objections;
pub mod privacy;
pub mod recording;
pub mod reports;
pub mod retention;
pub mod sign_in;
pub mod storage;
pub mod trouble;
pub mod users;
