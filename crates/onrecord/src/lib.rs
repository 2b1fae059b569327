//! OnRecord: every class on the record: scheduled, recorded, proved, kept, and seen only by those it belongs to.
//!
//! The floor plan, from the top; a room uses only rooms on floors below it (`tests/it/floor_plan.rs` holds this).
//!
//! - floor 4, the doors: [`web`], [`cli`]
//! - floor 3, the operations: [`ops`]
//! - floor 2, what an operation is handed: [`app`], [`delivery`], [`graph`], [`lanes`]
//! - floor 1, the outside world, one room each: [`store`], [`bucket`], [`clock`], [`secrets`], [`post`],
//!   [`telemetry`]
//! - floor 0, nouns and rules: [`model`], [`config`], [`text`]
//! - floor 0, nouns and rules: [`model`], [`config`]; and [`fail`], the points at which tests end the process

pub mod app;
pub mod bucket;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod fail;
pub mod graph;
pub mod lanes;
pub mod model;
pub mod ops;
pub mod post;
pub mod secrets;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod web;
pub mod worker;
