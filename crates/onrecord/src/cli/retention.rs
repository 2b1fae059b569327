//! `onrecord retention`: the written policies, what a run of them would do, and running them. A run removes nothing that
//! its dry run at the same moment does not list.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Context, Failure, Outcome, out};
use crate::app::App;
use crate::clock::Clock;
use crate::model::id::ArtifactId;
use crate::model::retention::Policy;
use crate::ops::actor::Actor;
use crate::ops::retention::{self, Report, words};
use crate::ops::{Error, bin};
use crate::store::bin::{Entry, Shelf};
use crate::store::retention::runs::Item;
use crate::text;

/// Work on retention.
#[derive(Debug, Subcommand)]
pub enum RetentionCommand {
    /// List the policies in force. They are written on the page Keeping or over the API.
    Policies(Json),
    /// Show exactly what a run would do now, and keep that plan.
    Preview(Json),
    /// Apply the policies, and say what changed since the last preview.
    Run(Json),
    /// List what lies in the bin, or what was deleted out of it.
    Bin(BinArgs),
    /// Take recordings, transcripts or files out of the bin.
    Restore(RestoreArgs),
}

/// Options of most commands.
#[derive(Debug, Args)]
pub struct Json {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `retention bin`.
#[derive(Debug, Args)]
pub struct BinArgs {
    /// What was deleted, instead of what can be restored.
    #[arg(long)]
    purged: bool,
    /// Rows at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `retention restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Their numbers, as `retention bin` shows them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
}

#[derive(Serialize)]
struct PolicyLine<'a> {
    id: i64,
    name: &'a str,
    nature: &'static str,
    course_id: Option<i64>,
    term: &'a str,
    of_minors: bool,
    kind: Option<&'static str>,
    counted_from: &'static str,
    days: i64,
    until: Option<chrono::NaiveDate>,
    copy_first: bool,
}

#[derive(Serialize)]
struct ItemLine<'a> {
    act: String,
    kind: String,
    subject_id: i64,
    course_code: &'a str,
    title: &'a str,
    why: &'a str,
    state: String,
    said: &'a str,
}

#[derive(Serialize)]
struct RunDocument<'a> {
    run_id: i64,
    mode: String,
    resumed: bool,
    items: Vec<ItemLine<'a>>,
    added_since_preview: Option<Vec<ItemLine<'a>>>,
    dropped_since_preview: Option<Vec<ItemLine<'a>>>,
}

#[derive(Serialize)]
struct BinLine<'a> {
    id: i64,
    kind: String,
    course_code: &'a str,
    title: &'a str,
    name: &'a str,
    reason: &'a str,
    purge_at: Option<chrono::DateTime<chrono::Utc>>,
    purged_at: Option<chrono::DateTime<chrono::Utc>>,
    sha256: Option<&'a str>,
}

/// Runs the command.
pub async fn run(context: &Context, command: &RetentionCommand) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    match command {
        RetentionCommand::Policies(args) => policies(&app, args).await,
        RetentionCommand::Preview(args) => {
            let report = retention::dry_run(&app, Actor::Operator).await?;
            print(&report, args)
        }
        RetentionCommand::Run(args) => {
            let report = retention::run(&app, Actor::Operator).await?;
            print(&report, args)
        }
        RetentionCommand::Bin(args) => list_bin(&app, args).await,
        RetentionCommand::Restore(args) => restore(&app, args).await,
    }
}

async fn policies(app: &App, args: &Json) -> Result<Outcome, Failure> {
    use crate::model::words::Word as _;
    let found = retention::list(app, Actor::Operator).await?;
    let line = |policy: &'_ Policy| -> (String, String) {
        (policy.name.clone(), words::rule(text::english(), policy))
    };
    if args.json {
        let lines: Vec<_> = found
            .iter()
            .map(|policy| PolicyLine {
                id: policy.id.0,
                name: &policy.name,
                nature: policy.nature.as_str(),
                course_id: policy.course_id.map(|course| course.0),
                term: &policy.term,
                of_minors: policy.of_minors,
                kind: policy.kind.map(crate::model::words::Word::as_str),
                counted_from: policy.counted_from.as_str(),
                days: policy.days,
                until: policy.until,
                copy_first: policy.copy_first,
            })
            .collect();
        out::print(&serde_json::to_string_pretty(&lines).context("writing JSON")?);
        return Ok(Outcome::AllWell);
    }
    let mut table = table(&["id", "policy", "nature", "rule"]);
    for policy in &found {
        let (name, rule) = line(policy);
        table.add_row([policy.id.to_string(), name, policy.nature.to_string(), rule]);
    }
    if found.is_empty() {
        out::print("No policy is written: nothing is ever removed.");
    } else {
        out::print(&table.to_string());
    }
    Ok(Outcome::AllWell)
}

fn table(header: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(header.to_vec());
    table
}

fn lines(items: &[Item]) -> Vec<ItemLine<'_>> {
    items
        .iter()
        .map(|item| ItemLine {
            act: item.act.to_string(),
            kind: item.kind.to_string(),
            subject_id: item.subject_id,
            course_code: &item.course_code,
            title: &item.title,
            why: &item.why,
            state: item.state.to_string(),
            said: &item.said,
        })
        .collect()
}

fn print(report: &Report, args: &Json) -> Result<Outcome, Failure> {
    if args.json {
        let document = RunDocument {
            run_id: report.run.id.0,
            mode: report.run.mode.to_string(),
            resumed: report.resumed,
            items: lines(&report.items),
            added_since_preview: report.changes.as_ref().map(|changes| lines(&changes.added)),
            dropped_since_preview: report.changes.as_ref().map(|changes| lines(&changes.dropped)),
        };
        out::print(&serde_json::to_string_pretty(&document).context("writing JSON")?);
        return Ok(Outcome::AllWell);
    }
    if !report.items.is_empty() {
        let mut table = table(&["act", "kind", "id", "course", "class", "state", "why"]);
        for item in &report.items {
            let why = if item.said.is_empty() { &item.why } else { &item.said };
            table.add_row([
                item.act.to_string(),
                item.kind.to_string(),
                item.subject_id.to_string(),
                item.course_code.clone(),
                item.title.clone(),
                item.state.to_string(),
                why.clone(),
            ]);
        }
        out::print(&table.to_string());
    }
    if report.resumed {
        out::print("It went on with a run that was broken off.");
    }
    let run = &report.run;
    out::print(&format!("{} planned, {} done, {} left alone.", run.planned, run.done, run.skipped));
    if let Some(changes) = &report.changes {
        let (added, dropped) = (changes.added.len(), changes.dropped.len());
        out::print(&format!("Since the last preview: {added} came in, {dropped} are kept now."));
    }
    Ok(Outcome::AllWell)
}

async fn list_bin(app: &App, args: &BinArgs) -> Result<Outcome, Failure> {
    let shelf = if args.purged { Shelf::Purged } else { Shelf::Restorable };
    let found = bin::list(app, Actor::Operator, shelf, (None, args.limit)).await?;
    if args.json {
        let line = |entry: &'_ Entry| -> serde_json::Result<serde_json::Value> {
            serde_json::to_value(BinLine {
                id: entry.id.0,
                kind: entry.kind.to_string(),
                course_code: &entry.course_code,
                title: &entry.title,
                name: &entry.name,
                reason: &entry.reason,
                purge_at: entry.purge_at,
                purged_at: entry.purged_at,
                sha256: entry.sha256.as_deref(),
            })
        };
        let lines: Result<Vec<_>, _> = found.iter().map(line).collect();
        let lines = lines.context("writing JSON")?;
        out::print(&serde_json::to_string_pretty(&lines).context("writing JSON")?);
        return Ok(Outcome::AllWell);
    }
    let mut table = table(&["id", "kind", "course", "class", "until (UTC)", "reason"]);
    for entry in &found {
        let until = entry.purged_at.or(entry.purge_at);
        table.add_row([
            entry.id.to_string(),
            entry.kind.to_string(),
            entry.course_code.clone(),
            entry.title.clone(),
            until.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
            entry.reason.clone(),
        ]);
    }
    out::print(&if found.is_empty() { "Nothing is there.".to_owned() } else { table.to_string() });
    Ok(Outcome::AllWell)
}

async fn restore(app: &App, args: &RestoreArgs) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::AllWell;
    for id in &args.ids {
        match bin::restore(app, Actor::Operator, ArtifactId(*id)).await {
            Ok(entry) => out::print(&format!("{} {id} of {} is restored.", entry.kind, entry.title)),
            Err(error @ (Error::NotFound | Error::Conflict(_))) => {
                out::print(&format!("{id}: {error}"));
                outcome = Outcome::SomethingFailed;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(outcome)
}
