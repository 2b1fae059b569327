//! `onrecord archive --verify`: reads every copy again and compares it with what it was. Exit code 1 if one is damaged.

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out, progress};
use crate::clock::Clock;
use crate::ops::keep::{self, VerifyReport};

/// Read every copy in the archive again and compare it with what it was. A run that was broken off goes on.
#[derive(Debug, Args)]
pub struct ArchiveArgs {
    /// Read everything again, at the pace of `ONRECORD_ARCHIVE_VERIFY_MIB_PER_SECOND`.
    #[arg(long, required = true)]
    verify: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs `onrecord archive`.
pub async fn run(context: &Context, args: &ArchiveArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let bar = progress::bar(0, 0, "copies");
    let verified = keep::verify(&app, |checked| {
        bar.set_length(checked.all.max(0) as u64);
        bar.set_position(checked.done.max(0) as u64);
    })
    .await;
    bar.finish_and_clear();
    let report = verified.context("reading the archive")?;
    if args.json {
        out::print(&serde_json::to_string_pretty(&report).context("writing JSON")?);
    } else {
        print(&report);
    }
    Ok(if report.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn print(report: &VerifyReport) {
    if let Some(begun) = report.resumed_from {
        out::print(&format!("It went on with the run begun {begun}."));
    }
    for damage in &report.damaged {
        let next = if damage.copied_anew {
            "It is copied anew from Microsoft."
        } else {
            "Microsoft has it no more: restore the file from a backup of the archive and run this again."
        };
        out::print(&format!("recording {}: {} {} {next}", damage.recording_id, damage.key, damage.problem));
    }
    out::print(&format!(
        "{} copies read ({} MiB), {} damaged; {} texts beside them read, {} written again.",
        report.checked,
        report.bytes / (1024 * 1024),
        report.damaged.len(),
        report.texts_checked,
        report.texts_mended
    ));
}
