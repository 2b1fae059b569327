//! `onrecord doctor`: what is wrong with the connection to Microsoft 365, and exactly what mends it.

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::finding::{Finding, Severity};
use crate::ops::doctor::{self, Examination};

/// Say what is wrong with the connection to Microsoft 365, and exactly what mends it.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    checked_at: chrono::DateTime<chrono::Utc>,
    findings: Vec<Line<'a>>,
    in_order: Vec<Well<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: Severity,
    subject: &'a str,
    message: &'a str,
    consequence: &'a str,
    fix: &'a str,
    command: Option<&'a str>,
    link: Option<&'a str>,
    since: chrono::DateTime<chrono::Utc>,
    classes_harmed: i64,
    last_good_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Debug, Serialize)]
struct Well<'a> {
    probe: &'a str,
    subject: &'a str,
    words: &'a str,
}

/// Runs the command.
pub async fn run(context: &Context, args: &DoctorArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    let found = doctor::examine(&app).await.context("examining the integration")?;
    if args.json {
        out::print(&json(&found)?);
    } else {
        print(&found);
    }
    Ok(if found.is_ok() { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn line(finding: &Finding) -> Line<'_> {
    Line {
        code: &finding.code,
        severity: finding.severity,
        subject: &finding.subject,
        message: &finding.message,
        consequence: &finding.consequence,
        fix: &finding.fix,
        command: finding.command.as_deref(),
        link: finding.link.as_deref(),
        since: finding.since,
        classes_harmed: finding.classes_harmed,
        last_good_at: finding.last_good_at,
    }
}

fn json(found: &Examination) -> Result<String, Failure> {
    let report = Report {
        ok: found.is_ok(),
        checked_at: found.at,
        findings: found.findings.iter().map(line).collect(),
        in_order: found
            .in_order
            .iter()
            .map(|well| Well { probe: &well.probe, subject: &well.subject, words: &well.words })
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&report).context("writing JSON")?)
}

fn print(found: &Examination) {
    for finding in &found.findings {
        out::print(&in_words(finding));
    }
    let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let verdict = if errors == 0 { "Nothing is broken".to_owned() } else { format!("{errors} to mend") };
    out::print(&format!("{verdict}; {} in order.", found.in_order.len()));
}

fn in_words(finding: &Finding) -> String {
    let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut lines = vec![format!("{}: {} [{}]", finding.severity, finding.message, finding.code)];
    if !finding.consequence.is_empty() {
        lines.push(format!("  {}", finding.consequence));
    }
    if finding.classes_harmed > 0 {
        lines.push(format!("  Classes to come that it harms: {}.", finding.classes_harmed));
    }
    lines.push(format!("  Fix: {}", finding.fix));
    lines
        .extend(finding.command.iter().flat_map(|command| command.lines()).map(|line| format!("    {line}")));
    let last =
        finding.last_good_at.map_or("never seen well".to_owned(), |at| format!("last well {}", moment(at)));
    lines.push(format!("  Since {}, {last}.\n", moment(finding.since)));
    lines.join("\n")
}
