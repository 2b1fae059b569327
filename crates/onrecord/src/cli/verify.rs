//! `onrecord verify`: compares database, archive, audit and journal. Exit code 1 if anything is found.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::audit_head::SignedHead;
use crate::ops::verify::{self, Depth, Report};

/// Compare database, archive and audit with each other. After a backup was put back, and now and then.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Also read every byte of the archive, as `onrecord archive --verify` does.
    #[arg(long)]
    read: bool,
    /// Compare the audit with a head that `onrecord audit head` printed: the line, or a file of such lines.
    #[arg(long, value_name = "LINE|FILE")]
    head: Vec<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Words,
    Json,
}

/// Runs `onrecord verify`.
pub async fn run(context: &Context, args: &VerifyArgs) -> Result<Outcome, Failure> {
    let heads = heads(&args.head)?;
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let depth = if args.read { Depth::Bytes } else { Depth::Sizes };
    let report = verify::all(&app, &heads, depth).await.context("comparing database and archive")?;
    tell(&report, if args.json { Shown::Json } else { Shown::Words })
}

/// Heads as they were given: lines, or files that hold them.
pub(super) fn heads(given: &[String]) -> Result<Vec<SignedHead>, Failure> {
    let mut heads = Vec::new();
    for text in given {
        let text = match SignedHead::parse(text) {
            Some(_) => text.clone(),
            None => std::fs::read_to_string(Path::new(text)).map_err(|error| {
                Failure::Usage(format!(
                    "--head: {text} is neither a head nor a file that can be read: {error}"
                ))
            })?,
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let head = SignedHead::parse(line);
            heads.push(head.ok_or_else(|| {
                Failure::Usage(format!("--head: this is no line of `onrecord audit head`: {line}"))
            })?);
        }
    }
    Ok(heads)
}

/// Prints what was found and says how the command ends.
pub(super) fn tell(report: &Report, shown: Shown) -> Result<Outcome, Failure> {
    if shown == Shown::Json {
        out::print(&serde_json::to_string_pretty(report).context("writing JSON")?);
    } else {
        for finding in &report.findings {
            out::print(&format!("{} {}: {} {}", finding.code, finding.subject, finding.message, finding.fix));
        }
        for note in &report.notes {
            out::print(note);
        }
        let listed = report.listed.map_or_else(String::new, |listed| format!(", {listed} listed"));
        out::print(&format!(
            "{} entries of the audit, {} objects of the archive{listed}, {} sheets of the journal: {}.",
            report.audit.entries,
            report.objects,
            report.sheets,
            match report.findings.len() {
                0 => "all is well".to_owned(),
                findings => format!("{findings} FINDINGS"),
            }
        ));
    }
    Ok(if report.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}
