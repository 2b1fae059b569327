//! `onrecord monitor`: whether what should come out of Microsoft 365 does. Also `monitor_conference_sync`, the name
//! that stands in people's cron tables. Exit code 1 if something is wrong.

use anyhow::{Context as _, anyhow};
use clap::{ArgGroup, Args};

use super::{Context, Failure, Outcome, out};
use crate::clock::Clock;
use crate::model::id::ConferenceId;
use crate::ops::Error;
use crate::ops::monitor::{self, ConferenceReport, Report, Tally};
use crate::ops::report::WeeklyReport;
use crate::ops::subscriptions::Way;

/// Show whether recordings arrive, over everything or for one conference.
#[derive(Debug, Args)]
#[command(alias = "monitor_conference_sync", group = ArgGroup::new("what").required(true))]
pub struct MonitorArgs {
    /// Everything.
    #[arg(long, group = "what")]
    report: bool,
    /// One conference.
    #[arg(long, value_name = "N", group = "what")]
    conference_id: Option<i64>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &MonitorArgs) -> Result<Outcome, Failure> {
    let config = context.config_and_log()?;
    let app = super::open(config, Clock::System).await?;
    let (ok, text) = if let Some(id) = args.conference_id {
        let report = match monitor::conference_report(&app, ConferenceId(id)).await {
            Err(Error::NotFound) => return Err(anyhow!("There is no conference {id}.").into()),
            report => report.context("reading the conference")?,
        };
        (report.ok, if args.json { json(&report)? } else { conference(&report) })
    } else {
        let report = monitor::report(&app).await.context("making the report")?;
        (report.ok, if args.json { json(&report)? } else { everything(&report) })
    };
    out::print(&text);
    Ok(if ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}

fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    Ok(serde_json::to_string(report).context("writing JSON")?)
}

fn tallies(title: &str, tallies: &[Tally]) -> String {
    let lines: Vec<String> = tallies.iter().map(|t| format!("  {:<24} {:>8}\n", t.status, t.count)).collect();
    let lines = lines.concat();
    format!("{title}\n{}", if lines.is_empty() { "  none\n".to_owned() } else { lines })
}

/// What `doctor` found last.
fn connection(report: &Report) -> String {
    let mut text = String::new();
    if let Some(at) = report.examined_at {
        text.extend([format!(
            "Connection to Microsoft 365, looked at {}\n",
            at.format("%Y-%m-%d %H:%M UTC")
        )]);
        for finding in &report.findings {
            text.extend([format!(
                "  {}: {} [{}] since {}, harms {}\n    Fix: {}\n",
                finding.severity,
                finding.message,
                finding.code,
                finding.since.format("%Y-%m-%d %H:%M"),
                finding.classes_harmed,
                finding.fix
            )]);
        }
        if report.findings.is_empty() {
            text.push_str("  everything is in order\n");
        }
    }
    text
}

fn everything(report: &Report) -> String {
    let mut text = String::new();
    text.push_str(if report.ok { "All well.\n" } else { "Something is wrong:\n" });
    for problem in &report.problems {
        text.extend([format!("  - {problem}\n")]);
    }
    for alert in &report.alerts {
        let told: Vec<String> = alert.told.iter().map(ToString::to_string).collect();
        text.extend([format!(
            "  ! {} {} {}, meeting {} at {}: {} since {} (told: {})\n",
            alert.kind,
            alert.course_code,
            alert.title,
            alert.meeting_id,
            alert.starts_at.format("%Y-%m-%d %H:%M"),
            if alert.detail.is_empty() { "no detail" } else { &alert.detail },
            alert.since.format("%H:%M"),
            told.join(", ")
        )]);
    }
    let drift = &report.drift;
    text.extend([format!(
        "Recording switched off before class: found {}, put back {} ({} in the last 7 days)\n",
        drift.found, drift.repaired, drift.repaired_last_7_days
    )]);
    text.push_str(&connection(report));
    text.push_str(&tallies("Conferences by recording status", &report.conferences_by_auto_recording_status));
    text.push_str(&tallies("Recordings by recording status", &report.recordings_by_auto_recording_status));
    text.extend([format!(
        "Recordings {}, stored_in_onedrive {}, gone {}, in the inbox {}, brought by hand {}\n",
        report.recordings,
        report.stored_in_onedrive,
        report.recordings_gone,
        report.inbox,
        report.recordings_manual
    )]);
    text.push_str(&tallies("Verdicts", &report.verdicts));
    if !report.missing_by_cause.is_empty() {
        text.push_str(&tallies("Missing by cause", &report.missing_by_cause));
    }
    text.push_str(&week(&report.last_week));
    text.push_str("Last syncs\n");
    for run in &report.last_runs {
        let how = match run.success {
            Some(true) => "success",
            Some(false) => "not complete",
            None if run.finished_at.is_some() => "broke off",
            None => "running",
        };
        text.extend([format!(
            "  {} conference {} ({}): {how}, {} items\n",
            run.started_at.format("%Y-%m-%d %H:%M:%S"),
            run.conference_id,
            run.cause,
            run.items_processed.unwrap_or_default()
        )]);
    }
    let news = &report.notifications;
    let sum = format!("Change notifications: {} of {} subscriptions live\n", news.live, news.wanted);
    text.push_str(match news.way {
        Way::Told => &sum,
        Way::SwitchedOff => "Change notifications: switched off; sweeps find everything\n",
        Way::Unreachable => "Change notifications: none, because Microsoft cannot reach the public URL; sweeps find everything\n",
    });
    text.extend(news.troubles.iter().map(|trouble| format!("  {trouble}\n")));
    text.push_str("Jobs\n");
    for queue in &report.jobs {
        text.extend([format!(
            "  {:<12} waiting {}, running {}, given up {}\n",
            queue.kind, queue.waiting, queue.running, queue.dead
        )]);
    }
    text
}

/// The last week beside the one before.
fn week(report: &WeeklyReport) -> String {
    let (week, before) = (&report.week, &report.before);
    let mut text = format!("Last seven days, {} to {} (the seven before)\n", week.first_day, week.last_day);
    let mut line = |name: &str, now: i64, then: i64| {
        text.extend([format!("  {name:<24} {now:>8} ({then})\n")]);
    };
    line("classes", week.classes, before.classes);
    for verdict in &week.verdicts {
        let then = before.verdicts.iter().find(|other| other.status == verdict.status);
        line(&verdict.status, verdict.count, then.map_or(0, |tally| tally.count));
    }
    line("recordings", week.recordings, before.recordings);
    line("downloads", week.downloads, before.downloads);
    line("views", week.views, before.views);
    for class in &week.missing {
        text.extend([format!(
            "  missing: {} {} {}, meeting {} ({}), who acts: {}\n",
            class.course_code,
            class.title,
            class.starts_at.format("%Y-%m-%d %H:%M"),
            class.meeting_id,
            class.cause,
            class.owner
        )]);
    }
    for room in &report.storage {
        let percent = room.used_bytes.zip(room.total_bytes).filter(|(_, total)| *total > 0);
        let percent =
            percent.map_or("unknown".to_owned(), |(used, total)| format!("{} %", used * 100 / total));
        let state = room.state.as_deref().unwrap_or("not read yet");
        text.extend([format!("  storage of {}: {percent}, {state}\n", room.account)]);
    }
    text
}

fn conference(report: &ConferenceReport) -> String {
    let mut text = format!(
        "Conference {}: {} ({}, recording {})\n",
        report.conference_id, report.title, report.status, report.auto_recording_status
    );
    for meeting in &report.meetings {
        text.extend([format!(
            "Meeting {} {} to {}: {}, recording {}, {} recordings ({} stored_in_onedrive)\n",
            meeting.id,
            meeting.starts_at.format("%Y-%m-%d %H:%M"),
            meeting.ends_at.format("%H:%M"),
            meeting.verdict,
            meeting.auto_recording_status,
            meeting.recordings,
            meeting.stored_in_onedrive
        )]);
        if let (Some(cause), Some(fix), Some(owner)) = (meeting.cause, &meeting.fix, meeting.owner) {
            let basis = meeting.basis.map_or(String::new(), |basis| format!(", {basis}"));
            text.extend([format!("  Recording not found ({cause}{basis}). {fix} Who acts: {owner}.\n")]);
        }
        for kind in &meeting.kinds {
            let error = kind.error.as_ref().map_or(String::new(), |error| format!(": {error}"));
            text.extend([format!(
                "  {:<12} {} ({} items){error}\n",
                kind.kind.to_string(),
                kind.state,
                kind.items
            )]);
        }
    }
    text
}
