//! `onrecord sync`: brings recordings, transcripts, attendance, chat and files. Also `sync_conference_data`, the name
//! that stands in people's cron tables.

use std::collections::BTreeMap;

use anyhow::anyhow;
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Value, json};

use super::{Context, Failure, Outcome, out, progress};
use crate::app::App;
use crate::clock::Clock;
use crate::model::id::ConferenceId;
use crate::model::sync::{KindState, SyncCause, SyncReport};
use crate::ops::Error;
use crate::ops::sync::{self, Asked, Plan, Reconciliation, SyncRequest, Synced, sync_conference, sync_whole};
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
    // A flag that needs another one is not refused beside what excludes that other one: it would be passed over.
    #[arg(long, value_enum, requires = "all", conflicts_with = "conference_id")]
    status: Option<Status>,
    /// Ask for everything again, settled meetings included. With --all this is how what existed before is brought in;
    /// one that was broken off goes on where it stood, and a count of all recordings stands at the end.
    #[arg(long)]
    force: bool,
    /// With --all: only say what would be read. Microsoft is not asked and nothing is changed.
    #[arg(long, requires = "all", conflicts_with = "conference_id")]
    dry_run: bool,
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
        let asked = Asked { scope, cause };
        let plan = sync::plan(&app, asked).await.map_err(anyhow::Error::from)?;
        if args.dry_run {
            print_plan(args, &plan);
            return Ok(Outcome::AllWell);
        }
        synced = all(&app, args, (asked, &plan)).await?;
    }
    let reconciled = if args.all && args.force {
        Some(sync::reconcile(&app).await.map_err(anyhow::Error::from)?)
    } else {
        None
    };
    let failed = synced.iter().filter(|one| has_failed(one)).count();
    if args.json {
        out::print(&document(args, &synced, reconciled.as_ref()).to_string());
    } else {
        print_summary(args, &synced, failed);
        if let Some(reconciled) = &reconciled {
            print_reconciliation(reconciled);
        }
    }
    Ok(if failed == 0 { Outcome::AllWell } else { Outcome::SomethingFailed })
}

/// Reads all conferences, with a bar on a terminal.
async fn all(app: &App, args: &SyncArgs, (asked, plan): (Asked, &Plan)) -> Result<Vec<Synced>, Failure> {
    if let Some(begun) = plan.resumed_from {
        let text = "going on with the run begun {begun}: {done} conferences are done";
        let text = text.replace("{begun}", &begun.to_rfc3339()).replace("{done}", &plan.done.to_string());
        tracing::info!("{text}");
    }
    let bar = progress::bar(plan.conferences.max(0) as u64, plan.done.max(0) as u64, "conferences");
    let mut synced: Vec<Synced> = Vec::new();
    let each = |one: &Synced| {
        if args.verbose && !args.json {
            bar.suspend(|| out::print(&line(one)));
        }
        synced.push(one.clone());
        bar.inc(1);
    };
    let read = sync_whole(app, asked, each).await;
    bar.finish_and_clear();
    read.map_err(anyhow::Error::from)?;
    Ok(synced)
}

fn print_plan(args: &SyncArgs, plan: &Plan) {
    if args.json {
        out::print(&json!({ "dry_run": true, "plan": plan }).to_string());
        return;
    }
    out::print(&format!(
        "Would read {} conferences with {} meetings, of which {} ended about 60 days ago or earlier (only their file is \
         still to be had), and the onedrives of {} organizers. Nothing was asked or changed.",
        plan.conferences, plan.meetings, plan.file_only, plan.organizers
    ));
    if let Some(begun) = plan.resumed_from {
        out::print(&format!("It would go on with the run begun {begun}, after {} conferences.", plan.done));
    }
}

fn print_reconciliation(all: &Reconciliation) {
    out::print(&format!(
        "Recordings found {}: matched {}, in the inbox {}, of no class {}, vanished {}.",
        all.found, all.matched, all.inbox, all.no_class, all.gone
    ));
    let lines = [
        ("matched by", &all.matched_by),
        ("in the inbox because", &all.inbox_why),
        ("verdicts", &all.verdicts),
        ("no longer offered by Microsoft", &all.no_longer_offered),
    ];
    for (title, tallies) in lines.iter().filter(|(_, tallies)| !tallies.is_empty()) {
        let said: Vec<String> = tallies.iter().map(|one| format!("{} {}", one.status, one.count)).collect();
        out::print(&format!("  {title}: {}", said.join(", ")));
    }
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
        if let Some(note) = &part.note {
            text.extend([format!("\n    {note}")]);
        }
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

fn document(args: &SyncArgs, synced: &[Synced], reconciled: Option<&Reconciliation>) -> Value {
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
            "reconciliation": reconciled,
            "results": synced.iter().map(each).collect::<Vec<_>>(),
        }),
    }
}
