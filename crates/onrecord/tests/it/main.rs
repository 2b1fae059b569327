//! The one integration test binary: each file is a flow, or a rule about the code base itself.

#![cfg(test)]

mod audit;
mod belongings;
mod captions;
mod database;
mod doctor;
mod documents;
mod doors;
mod enforce;
mod floor_plan;
mod front;
mod import;
mod lanes;
mod lecture;
mod log;
mod matching;
mod monitor;
mod notice;
mod pages_class;
mod pages_class_list;
mod pages_home;
mod pages_scheduling;
mod player;
mod provision;
mod range;
mod recordings;
mod rights;
mod rights_to_media;
mod schedule;
mod school;
mod settings;
mod sign_in;
mod sync;
mod teaching;
mod tokens;
mod upstream;
mod users;
mod verdict;
mod visits;

mod world;
