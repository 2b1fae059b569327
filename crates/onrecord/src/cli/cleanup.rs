//! `onrecord cleanup`: copies recordings of a certain age into the archive, verified. Also `cleanup_old_recordings`, the
//! name that stands in people's cron tables. Nothing is ever removed by it.

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::{Context, Failure, Outcome, out, progress};
use crate::clock::Clock;
use crate::ops::keep::{self, Asked, CleanupReport, Line, Plan};

/// Copy recordings of a certain age into the archive, each verified. Without --archive it only says how they are kept.
#[derive(Debug, Args)]
#[command(alias = "cleanup_old_recordings")]
pub struct CleanupArgs {
    /// Recordings that are at least so many days old.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    days: u32,
    /// Copy them, with transcript and chat, unless a verified copy is there.
    #[arg(long)]
    archive: bool,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Print every recording.
    #[arg(long, short)]
    verbose: bool,
}

/// Runs `onrecord cleanup`.
pub async fn run(context: &Context, args: &CleanupArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let asked = Asked { days: i64::from(args.days) };
    let plan = keep::plan(&app, asked).await.context("listing recordings")?;
    if args.dry_run || !args.archive {
        print_plan(args, &plan)?;
        return Ok(Outcome::AllWell);
    }
    let bar = progress::bar(plan.recordings.len() as u64, 0, "recordings");
    let each = |line: &Line| {
        if args.verbose && !args.json {
            bar.suspend(|| out::print(&in_words(line)));
        }
        bar.inc(1);
    };
    let ran = keep::run(&app, plan, each).await;
    bar.finish_and_clear();
    let report = ran.context("copying recordings")?;
    if args.json {
        out::print(&serde_json::to_string_pretty(&report).context("writing JSON")?);
    } else {
        print(args, &report);
    }
    Ok(if report.success { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn in_words(line: &Line) -> String {
    let tail = match (&line.error, &line.archive_key) {
        (Some(error), _) => error.clone(),
        (None, Some(key)) => key.clone(),
        (None, None) => String::new(),
    };
    format!(
        "{:>8}  {}  {:<16} {} {}  {tail}",
        line.recording_id,
        line.recorded_at.format("%Y-%m-%d"),
        line.outcome.to_string(),
        line.course_code,
        line.title
    )
}

fn print_plan(args: &CleanupArgs, plan: &Plan) -> Result<(), Failure> {
    if args.json {
        let document = json!({ "dry_run": args.dry_run, "archive": args.archive, "plan": plan });
        out::print(&serde_json::to_string_pretty(&document).context("writing JSON")?);
        return Ok(());
    }
    let to_copy = plan.recordings.iter().filter(|line| line.outcome == keep::Outcome::ToCopy).count();
    for line in plan.recordings.iter().filter(|line| args.verbose || line.outcome == keep::Outcome::ToCopy) {
        out::print(&in_words(line));
    }
    out::print(&format!(
        "{} recordings are {} days old or older; {to_copy} of them have no verified copy.",
        plan.recordings.len(),
        args.days
    ));
    out::print(if args.archive {
        "Nothing was done. Without --dry-run these are copied into the archive."
    } else {
        "Nothing was done. With --archive these are copied into the archive; nothing is ever removed by this command."
    });
    Ok(())
}

fn print(args: &CleanupArgs, report: &CleanupReport) {
    if !args.verbose {
        for line in report.recordings.iter().filter(|line| line.error.is_some()) {
            out::print(&in_words(line));
        }
    }
    let mib = report.archived_bytes / (1024 * 1024);
    out::print(&format!(
        "{} copied and verified ({mib} MiB), {} were there already, {} wait, {} are gone at Microsoft, {} failed.",
        report.archived, report.already_archived, report.waiting, report.gone, report.failed
    ));
}
