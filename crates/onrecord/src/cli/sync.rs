//! `onrecord sync`: brings recordings, transcripts, attendance, chat and files. Also `sync_conference_data`, the name
//! that stands in people's cron tables.

use std::collections::BTreeMap;

use anyhow::anyhow;
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Value, json};

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::id::ConferenceId;
use crate::model::sync::{KindState, SyncCause, SyncReport};
use crate::ops::Error;
use crate::ops::sync::{Asked, SyncRequest, Synced, sync_conference, sync_whole};
use crate::store::sync::Scope;

/// Bring recordings, transcripts, attendance, chat and shared files out of Microsoft 365.
#[derive(Debug, Args)]
#[command(alias = "sync_conference_data", group = ArgGroup::new("which").required(true))]
pub struct SyncArgs {
    /// All conferences.
    #[arg(long, group = "which")]
    all: bool,
    /// One conference.
    #[arg(long, value_name = "N", group = "which")]
    conference_id: Option<i64>,
    /// With --all: only conferences with a meeting that has ended.
    #[arg(long, value_enum, requires = "all")]
    status: Option<Status>,
    /// Ask for everything again, settled meetings included.
    #[arg(long)]
    force: bool,
    /// Print every conference and kind.
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    /// A meeting has ended.
    Ended,
}

/// Runs the command.
pub async fn run(context: &Context, args: &SyncArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let app = super::open(config, Clock::System).await?;
    let cause = if args.force { SyncCause::Force } else { SyncCause::Command };
    let mut synced: Vec<Synced> = Vec::new();
    if let Some(id) = args.conference_id {
        let request = SyncRequest { conference: ConferenceId(id), cause, requested_by: None };
        let result = match sync_conference(&app, &request).await {
            Ok(outcome) => outcome.report.ok_or_else(|| "it is still running".to_owned()),
            Err(Error::NotFound) => return Err(anyhow!("There is no conference {id}.").into()),
            Err(error) => Err(error.to_string()),
        };
        synced.push(Synced { conference: request.conference, result });
    } else {
        let scope = if args.status.is_some() { Scope::Ended } else { Scope::All };
        let each = |one: &Synced| {
            if args.verbose && !args.json {
                out::print(&line(one));
            }
            synced.push(one.clone());
        };
        sync_whole(&app, Asked { scope, cause }, each).await.map_err(anyhow::Error::from)?;
    }
    let failed = synced.iter().filter(|one| has_failed(one)).count();
    if args.json {
        out::print(&document(args, &synced).to_string());
    } else {
        print_summary(args, &synced, failed);
    }
    Ok(if failed == 0 { Outcome::AllWell } else { Outcome::SomethingFailed })
}

/// Waiting is no failure.
fn has_failed(one: &Synced) -> bool {
    match &one.result {
        Ok(report) => SyncReport::kinds().iter().any(|kind| report.kind(*kind).state == KindState::Failed),
        Err(_) => true,
    }
}

fn line(one: &Synced) -> String {
    let report = match &one.result {
        Ok(report) => report,
        Err(error) => return format!("conference {}: failed: {error}", one.conference),
    };
    let mut text = format!("conference {}: {} items", one.conference, report.items_processed);
    for kind in SyncReport::kinds() {
        let part = report.kind(*kind);
        text.extend([format!(
            "\n  {kind}: {} (created {}, updated {}, unchanged {})",
            part.state, part.created, part.updated, part.unchanged
        )]);
        if let Some(error) = &part.error {
            text.extend([format!("\n    {error}")]);
        }
    }
    text
}

fn print_summary(args: &SyncArgs, synced: &[Synced], failed: usize) {
    if args.conference_id.is_some() {
        for one in synced {
            out::print(&line(one));
        }
        return;
    }
    let items: u64 =
        synced.iter().filter_map(|one| one.result.as_ref().ok()).map(|r| r.items_processed).sum();
    out::print(&format!("{} conferences read, {items} items, {failed} with a failure.", synced.len()));
    for (reason, count) in reasons(synced) {
        out::print(&format!("  {count} × {reason}"));
    }
}

/// Each reason of a failure once, with how often it came.
fn reasons(synced: &[Synced]) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for one in synced {
        match &one.result {
            Ok(report) => {
                let errors = SyncReport::kinds().iter().filter_map(|kind| {
                    report.kind(*kind).error.as_ref().map(|error| format!("{kind}: {error}"))
                });
                errors.for_each(|error| *reasons.entry(error).or_default() += 1);
            }
            Err(error) => *reasons.entry(error.clone()).or_default() += 1,
        }
    }
    reasons
}

fn document(args: &SyncArgs, synced: &[Synced]) -> Value {
    let each = |one: &Synced| match &one.result {
        Ok(report) => json!({
            "conference_id": one.conference,
            "success": report.success,
            "items_processed": report.items_processed,
            "details": report.details,
            "error": null,
        }),
        Err(error) => json!({
            "conference_id": one.conference, "success": false, "items_processed": 0, "details": null, "error": error,
        }),
    };
    match (args.conference_id, synced) {
        (Some(_), [one]) => each(one),
        _ => json!({
            "success": synced.iter().all(|one| one.result.as_ref().is_ok_and(|report| report.success)),
            "conferences": synced.len(),
            "failed": synced.iter().filter(|one| has_failed(one)).count(),
            "items_processed": synced.iter().filter_map(|one| one.result.as_ref().ok()).map(|r| r.items_processed).sum::<u64>(),
            "results": synced.iter().map(each).collect::<Vec<_>>(),
        }),
    }
}
