//! What `doctor` found, as the settings page of Microsoft Teams shows it. The findings bring their own words, which
//! are the ones of the command line: whoever searches for them finds both.

use crate::model::finding::{Finding as Found, InOrder, Severity};
use crate::model::finding_code::Code;
use crate::model::policy::PolicyTopic;
use crate::model::words::Word as _;
use crate::ops::doctor::Examination;
use crate::web::pages::integration::Finding;
use crate::web::parts::{Command, Link, Mark, Note, PartLine};
use crate::web::text::Text;
use crate::web::when::When;

/// Codes of the questions about meeting policies: they are asked in a part of the page of their own.
const QUESTIONS: [(PolicyTopic, Code); 4] = [
    (PolicyTopic::Recording, Code::ConfirmRecordingPolicy),
    (PolicyTopic::Instructors, Code::ConfirmInstructorPolicy),
    (PolicyTopic::Attendance, Code::ConfirmAttendancePolicy),
    (PolicyTopic::Expiry, Code::ConfirmExpiryPolicy),
];

fn is_question(found: &Found) -> bool {
    QUESTIONS.iter().any(|(_, code)| code.as_str() == found.code)
}

/// The open question about a meeting policy, if it is asked.
pub(super) fn question(last: Option<&Examination>, topic: PolicyTopic) -> Option<&Found> {
    let (_, code) = QUESTIONS.iter().find(|(of, _)| *of == topic)?;
    last?.findings.iter().find(|found| found.code == code.as_str())
}

fn count(last: &Examination, severity: Severity) -> i64 {
    last.findings.iter().filter(|finding| finding.severity == severity).count() as i64
}

/// The state of the connection in a sentence.
pub(super) fn lead(t: &'static Text, last: Option<&Examination>) -> String {
    let Some(last) = last else {
        return t.get("teams-unverified").to_owned();
    };
    match (count(last, Severity::Error), count(last, Severity::Warning)) {
        (0, 0) => t.get("teams-well").to_owned(),
        (0, warnings) => t.with("teams-warned", &[("n", warnings.into())]),
        (errors, _) => t.with("teams-broken", &[("n", errors.into())]),
    }
}

/// When it was examined, and how much was in order.
pub(super) fn checked(t: &'static Text, when: &When, last: Option<&Examination>) -> String {
    last.map_or_else(String::new, |last| {
        let good = last.in_order.len() as i64;
        let all = good + count(last, Severity::Error) + count(last, Severity::Warning);
        t.with(
            "teams-checked",
            &[("when", when.relative_words(last.at).into()), ("good", good.into()), ("all", all.into())],
        )
    })
}

/// The note that stands where findings would stand.
pub(super) fn all_well(t: &'static Text, last: Option<&Examination>) -> Option<Note> {
    match last {
        None => Some(Note::new(None, t.get("teams-unverified-title")).line(t.get("teams-unverified-text"))),
        Some(last) if last.findings.iter().all(|found| found.severity == Severity::Info) => {
            let [title, text] = if last.findings.iter().any(is_question) {
                ["teams-well-so-far", "teams-well-asked"]
            } else {
                ["teams-well-title", "teams-well-text"]
            };
            Some(Note::new(Some(Mark::Recorded), t.get(title)).line(t.get(text)))
        }
        Some(_) => None,
    }
}

/// The findings, the worst first, without the questions about meeting policies.
pub(super) fn findings(t: &'static Text, when: &When, last: Option<&Examination>) -> Vec<Finding> {
    let shown = |last: &Examination| {
        let found = last.findings.iter().filter(|found| !is_question(found));
        found.map(|found| finding(t, when, found)).collect()
    };
    last.map(shown).unwrap_or_default()
}

fn finding(t: &'static Text, when: &When, found: &Found) -> Finding {
    let (mark, severity) = match found.severity {
        Severity::Error => (Mark::Missing, t.get("severity-error")),
        Severity::Warning => (Mark::Waiting, t.get("severity-warning")),
        Severity::Info => (Mark::Upcoming, t.get("severity-info")),
    };
    let mut facts = Vec::new();
    if found.classes_harmed > 0 {
        let classes = t.with("finding-classes", &[("n", found.classes_harmed.into())]);
        facts.push((t.get("finding-harmed"), classes));
    }
    if found.severity != Severity::Info {
        facts.push((t.get("finding-since"), when.relative_words(found.since)));
        let last_good = found.last_good_at.map(|at| when.relative_words(at));
        let never = || t.get("finding-never").to_owned();
        facts.push((t.get("finding-last-good"), last_good.unwrap_or_else(never)));
    }
    Finding {
        mark,
        severity,
        title: found.message.clone(),
        text: found.consequence.clone(),
        facts,
        fix: found.fix.clone(),
        command: command(t, found),
        link: found.link.clone().map(|href| Link::new(href, t.get("finding-link"))),
    }
}

/// The command of a finding, to copy.
pub(super) fn command(t: &'static Text, found: &Found) -> Option<Command> {
    let text = found.command.clone()?;
    Some(Command { t, label: t.get("finding-command").into(), text })
}

/// What is in order, the accounts' matters with the account's name.
pub(super) fn in_order(t: &'static Text, last: Option<&Examination>) -> Vec<PartLine> {
    let line = |seen: &InOrder| {
        let words = if seen.subject.contains('@') || seen.probe == "permission" {
            format!("{}: {}", seen.subject, seen.words)
        } else {
            seen.words.clone()
        };
        PartLine::new(Mark::Recorded, name(t, &seen.probe), words)
    };
    last.map(|last| last.in_order.iter().map(line).collect()).unwrap_or_default()
}

/// The name of what was looked at.
fn name(t: &'static Text, probe: &str) -> &'static str {
    match probe {
        "database" => t.get("probe-database"),
        "archive" => t.get("probe-archive"),
        "token" | "connection" => t.get("probe-sign-in"),
        "tenant" => t.get("probe-tenant"),
        "consent" | "permission" => t.get("probe-permission"),
        "graph" => t.get("probe-graph"),
        "accounts" | "account" | "dedicated" | "object_id" | "meeting_limit" => t.get("probe-account"),
        "licence" | "licence_teams" | "licence_onedrive" | "licence_exchange" => t.get("probe-licence"),
        "mailbox" => t.get("probe-mailbox"),
        "onedrive" | "extra_drive" | "recordings_folder" => t.get("probe-onedrive"),
        "access_policy" => t.get("probe-access-policy"),
        "clock" => t.get("probe-clock"),
        "credential" | "certificate" => t.get("probe-credential"),
        "notifications" => t.get("probe-notifications"),
        "recordings" | "sharepoint" => t.get("probe-recordings"),
        "worker" => t.get("probe-worker"),
        "throttling" => t.get("probe-throttling"),
        "object_ids" => t.get("probe-people"),
        "expired_meetings" => t.get("probe-meetings"),
        "transcripts" => t.get("kind-transcripts"),
        "attendance" => t.get("tab-attendance"),
        "chat" => t.get("tab-chat"),
        probe if probe.starts_with("policy_") => t.get("probe-policy"),
        _ => t.get("probe-other"),
    }
}
