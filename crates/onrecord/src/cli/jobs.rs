//! `onrecord jobs`: what waits, what runs, and what was given up; a dead job is put back by hand.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::id::JobId;
use crate::model::job::Job;
use crate::ops::actor::Actor;
use crate::ops::{self, queue};
use crate::store::jobs;

/// Work on the queue.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, the dead ones first.
    List(ListArgs),
    /// Put dead jobs back, to run at once.
    Retry(RetryArgs),
}

/// Options of `jobs list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Jobs at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `jobs retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Numbers of dead jobs, as `jobs list` shows them.
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<i64>,
    /// Every dead job.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

#[derive(Serialize)]
struct Line {
    id: JobId,
    kind: &'static str,
    subject: String,
    state: &'static str,
    run_at: chrono::DateTime<chrono::Utc>,
    attempts: i64,
    last_error: String,
}

#[derive(Serialize)]
struct Listing {
    waiting_or_running: i64,
    dead: i64,
    jobs: Vec<Line>,
}

/// Runs the command.
pub async fn run(context: &Context, command: &JobsCommand) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let now = app.clock.now();
    match command {
        JobsCommand::List(args) => {
            let found = jobs::list(&app.store, args.limit).await.context("reading the queue")?;
            let (alive, dead) = jobs::counts(&app.store).await.context("reading the queue")?;
            let lines = found.into_iter().map(|job| line(job, now)).collect();
            print(&Listing { waiting_or_running: alive, dead, jobs: lines }, args)?;
            Ok(Outcome::AllWell)
        }
        JobsCommand::Retry(args) => {
            let ids = if args.all {
                let all = jobs::list(&app.store, i64::from(i32::MAX)).await.context("reading the queue")?;
                all.into_iter().filter(|job| job.dead_at.is_some()).map(|job| job.id).collect()
            } else {
                args.ids.iter().copied().map(JobId).collect::<Vec<_>>()
            };
            let mut is_all_well = true;
            for id in ids {
                let is_back = match queue::retry(&app, Actor::Operator, id).await {
                    Ok(()) => true,
                    Err(ops::Error::NotFound) => false,
                    Err(error) => return Err(anyhow::Error::new(error).context("writing the queue").into()),
                };
                let text = if is_back { "is put back" } else { "is no dead job" };
                out::print(&format!("Job {id} {text}."));
                is_all_well &= is_back;
            }
            Ok(if is_all_well { Outcome::AllWell } else { Outcome::SomethingFailed })
        }
    }
}

fn line(job: Job, now: chrono::DateTime<chrono::Utc>) -> Line {
    let state = if job.dead_at.is_some() {
        "dead"
    } else if job.claimed_until.is_some_and(|until| until > now) {
        "running"
    } else {
        "waiting"
    };
    Line {
        id: job.id,
        kind: crate::model::words::Word::as_str(job.kind),
        subject: job.subject,
        state,
        run_at: job.run_at,
        attempts: job.attempts,
        last_error: job.last_error,
    }
}

fn print(listing: &Listing, args: &ListArgs) -> Result<(), Failure> {
    if args.json {
        out::print(&serde_json::to_string_pretty(listing).context("writing JSON")?);
        return Ok(());
    }
    if !listing.jobs.is_empty() {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(["id", "state", "kind", "subject", "runs at (UTC)", "attempts", "last error"]);
        for job in &listing.jobs {
            table.add_row([
                job.id.to_string(),
                job.state.to_owned(),
                job.kind.to_owned(),
                job.subject.clone(),
                job.run_at.format("%Y-%m-%d %H:%M:%S").to_string(),
                job.attempts.to_string(),
                job.last_error.clone(),
            ]);
        }
        out::print(&table.to_string());
    }
    out::print(&format!("{} waiting or running, {} dead.", listing.waiting_or_running, listing.dead));
    Ok(())
}
