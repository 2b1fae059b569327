//! `onrecord doctor`: what is wrong with the connection to Microsoft 365, and exactly what mends it; a rehearsal with a
//! test meeting; and the answers about meeting policies that Microsoft does not let a program read.

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure, Outcome, out};
use crate::app::App;
use crate::clock::Clock;
use crate::model::finding::Severity;
use crate::model::policy::{PolicyAnswer, PolicyTopic};
use crate::model::rehearsal::{Rehearsed, Step, StepState};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::doctor::{self, Document, FindingLine};
use crate::ops::rehearsal::{self, By};
use crate::ops::{Error, policy};

/// Say what is wrong with the connection to Microsoft 365, and exactly what mends it.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Make a small test meeting, show how far it comes, and remove it again.
    #[arg(long, conflicts_with = "json")]
    rehearse: bool,
    /// Keep what you found in a Teams meeting policy: `recording`, `instructors`, `attendance` or `expiry`, with yes or
    /// no. May be given several times.
    #[arg(long, value_name = "TOPIC=yes|no", value_parser = confirmation)]
    confirm: Vec<(PolicyTopic, PolicyAnswer)>,
}

fn confirmation(text: &str) -> Result<(PolicyTopic, PolicyAnswer), String> {
    let (topic, answer) = text.split_once('=').ok_or("write it as recording=yes")?;
    let topic =
        PolicyTopic::parse(topic).ok_or("the topic is recording, instructors, attendance or expiry")?;
    let answer = PolicyAnswer::parse(answer).ok_or("the answer is yes or no")?;
    Ok((topic, answer))
}

/// Runs the command.
pub async fn run(context: &Context, args: &DoctorArgs) -> Result<Outcome, Failure> {
    let app = super::open(context.config_and_log()?, Clock::System).await?;
    if args.rehearse {
        return rehearse(&app).await;
    }
    for (topic, answer) in &args.confirm {
        policy::confirm(&app, Actor::Operator, *topic, *answer).await.context("keeping the answer")?;
    }
    let found = doctor::examine(&app).await.context("examining the integration")?;
    let document = Document::from(found);
    if args.json {
        out::print(&serde_json::to_string_pretty(&document).context("writing JSON")?);
    } else {
        print(&document);
    }
    Ok(if document.ok { Outcome::AllWell } else { Outcome::SomethingFailed })
}

async fn rehearse(app: &App) -> Result<Outcome, Failure> {
    let id = match rehearsal::begin(app, Actor::Operator, By::Caller).await {
        Ok(id) => id,
        Err(Error::NotReady(text) | Error::Conflict(text)) => return Err(anyhow::anyhow!(text).into()),
        Err(error) => return Err(error.into()),
    };
    let watch = |step: &Rehearsed| match step.state {
        StepState::Running => {}
        StepState::Ok => out::print(&format!("ok      {}: {}.", name(step.step), step.words)),
        StepState::Failed => out::print(&format!("failed  {}: {}", name(step.step), step.words)),
    };
    let ended = rehearsal::perform(app, id, &watch).await.context("rehearsing")?;
    if ended.cleaned_at.is_some() {
        out::print("The test meeting is removed.");
    } else {
        out::print(&format!(
            "The test meeting could not be removed yet: {} A running server tries again in some minutes.",
            ended.cleaning_error
        ));
    }
    if ended.is_well() && ended.cleaned_at.is_some() {
        out::print("A class can be scheduled and recorded.");
        return Ok(Outcome::AllWell);
    }
    out::print("Run `onrecord doctor` for what mends it.");
    Ok(Outcome::SomethingFailed)
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Create => "1 of 5, make the event",
        Step::JoinUrl => "2 of 5, get the Teams link",
        Step::Lookup => "3 of 5, find the meeting by its link",
        Step::Patch => "4 of 5, switch recording on",
        Step::ReadBack => "5 of 5, read it back",
    }
}

fn print(document: &Document) {
    for finding in &document.findings {
        out::print(&in_words(finding));
    }
    let errors = document.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let verdict = if errors == 0 { "Nothing is broken".to_owned() } else { format!("{errors} to mend") };
    out::print(&format!("{verdict}; {} in order.", document.in_order.len()));
}

/// A finding as lines for a terminal.
pub(super) fn in_words(finding: &FindingLine) -> String {
    let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut lines = vec![format!("{}: {} [{}]", finding.severity, finding.message, finding.code)];
    if !finding.consequence.is_empty() {
        lines.push(format!("  {}", finding.consequence));
    }
    if finding.classes_harmed > 0 {
        lines.push(format!("  Classes that it harms: {}.", finding.classes_harmed));
    }
    lines.push(format!("  Fix: {}", finding.fix));
    lines
        .extend(finding.command.iter().flat_map(|command| command.lines()).map(|line| format!("    {line}")));
    lines.extend(finding.link.iter().map(|link| format!("    {link}")));
    let last =
        finding.last_good_at.map_or("never seen well".to_owned(), |at| format!("last well {}", moment(at)));
    lines.push(format!("  Since {}, {last}.\n", moment(finding.since)));
    lines.join("\n")
}
