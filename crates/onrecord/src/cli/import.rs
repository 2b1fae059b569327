//! `onrecord import DIR`: brings a school's CSV files in, all or nothing.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::ops::actor::Actor;
use crate::ops::import::{self, Options, Report, Source};
use crate::ops::{self, Error};

/// Import users, courses, enrolments, conferences, time slots and recordings from CSV files.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The folder with users.csv, courses.csv, enrolments.csv, conferences.csv, `time_slots.csv`, recordings.csv;
    /// each may be missing.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Say what would happen and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Keep the good rows where others are wrong.
    #[arg(long)]
    partial: bool,
    /// Remove from the courses of enrolments.csv whom it does not name.
    #[arg(long)]
    replace_roster: bool,
    /// With --replace-roster: even if that is more than a fifth of a course.
    #[arg(long, requires = "replace_roster")]
    force: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &ImportArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let options = Options {
        dry_run: args.dry_run,
        partial: args.partial,
        replace_roster: args.replace_roster,
        force: args.force,
    };
    let done = import::run(&app, Actor::Operator, &Source::Folder(args.dir.clone()), options).await;
    let report = match done {
        Err(Error::Invalid(errors)) => {
            let texts: Vec<_> = errors.into_iter().map(|error| error.message).collect();
            return Err(Failure::Usage(texts.join(" ")));
        }
        other => other.context("importing")?,
    };
    if args.json {
        out::print(&serde_json::to_string_pretty(&json(&report)).context("writing JSON")?);
    } else {
        print(&report, args.dry_run);
    }
    Ok(if report.error_count == 0 { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn json(report: &Report) -> serde_json::Value {
    let files: serde_json::Map<_, _> =
        report.files.iter().map(|(name, counts)| ((*name).to_owned(), serde_json::json!(counts))).collect();
    serde_json::json!({
        "applied": report.applied,
        "files": files,
        "errors": report.errors,
        "error_count": report.error_count,
    })
}

fn print(report: &Report, dry_run: bool) {
    for ops::import::LineError { file, line, message } in &report.errors {
        out::complain(&format!("{file}:{line}: {message}"));
    }
    let untold = report.error_count - report.errors.len() as u64;
    if untold > 0 {
        out::complain(&format!("… and {untold} more"));
    }
    for (file, counts) in &report.files {
        let import::Counts { rows, added, changed, unchanged, removed, wrong } = counts;
        out::print(&format!(
            "{file}: {rows} rows, {added} added, {changed} changed, {unchanged} unchanged, {removed} removed, {wrong} wrong"
        ));
    }
    out::print(match (report.applied, dry_run) {
        (true, _) => "Imported.",
        (false, true) => "Dry run: nothing was written.",
        (false, false) => {
            "Nothing was written, because of the errors. Correct them, or use --partial to keep the good rows."
        }
    });
}
