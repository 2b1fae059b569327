//! `onrecord enforce`: looks at every meeting still to come, those made before OnRecord included, and makes Teams
//! record it. There is no opposite command.

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out, progress};
use crate::clock::Clock;
use crate::ops::enforce::{self, Mode, Report};

/// Make Teams record every meeting that is to come, and find the ids of those that are over.
#[derive(Debug, Args)]
pub struct EnforceArgs {
    /// Only say what would be done; change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs `onrecord enforce`.
pub async fn run(context: &Context, args: &EnforceArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let mode = if args.dry_run { Mode::DryRun } else { Mode::Apply };
    let extent = enforce::extent(&app, mode).await.context("counting meetings")?;
    let bar = progress::bar(extent.meetings.max(0) as u64, extent.done.max(0) as u64, "meetings");
    let swept = enforce::sweep_telling(&app, mode, |_| bar.inc(1)).await;
    bar.finish_and_clear();
    let report = swept.context("enforcing recording")?;
    if args.json {
        out::print(&serde_json::to_string_pretty(&report).context("writing JSON")?);
    } else {
        print(&report);
    }
    Ok(if report.success { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn print(report: &Report) {
    if !report.meetings.is_empty() {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(["meeting", "starts (UTC)", "outcome", "recording", "detail"]);
        for line in &report.meetings {
            table.add_row([
                line.meeting_id.to_string(),
                line.starts_at.format("%Y-%m-%d %H:%M").to_string(),
                line.outcome.to_string(),
                line.auto_recording_status.to_string(),
                line.detail.clone(),
            ]);
        }
        out::print(&table.to_string());
    }
    let word = if report.checked == 1 { "meeting" } else { "meetings" };
    out::print(&format!("{} {word} looked at, {} failed.", report.checked, report.failed));
    if let Some(begun) = report.resumed_from {
        out::print(&format!("It went on with the sweep begun {begun}."));
    }
    for outcome in &report.by_outcome {
        out::print(&format!("  {} {}", outcome.count, outcome.status));
    }
    for reason in &report.reasons {
        out::print(&format!("  {} × {}", reason.count, reason.status));
    }
}
