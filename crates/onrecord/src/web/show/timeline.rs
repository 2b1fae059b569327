//! What happened with a class, from stored facts in the order of time, and what comes next.

use chrono::{DateTime, TimeDelta, Utc};

use super::live::ToldOfClass;
use super::overview::{Facts, failure, kind_name, scheduled_words};
use super::recordings::USUALLY;
use super::sight::Sight;
use super::verdict::{basis_words, fact_words, mark, missing};
use crate::model::alert::{Alert, AlertKind};
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::live::Answer;
use crate::model::sync::KindState;
use crate::model::verdict::Basis;
use crate::model::words::Word as _;
use crate::store::pages::class::Reading;
use crate::store::pages::class_parts::{Noted, Part};
use crate::web::parts::{Mark, Step};
use crate::web::when::{self, Moment};

/// The steps so far, then the next ones.
pub(super) fn timeline(sight: Sight<'_>, facts: Facts<'_>) -> Vec<Step> {
    let mut steps = vec![scheduled(sight)];
    steps.extend(switched_on(sight, facts.told));
    steps.extend(drifted(sight, facts.told));
    steps.extend(held(sight));
    steps.extend(told(sight, facts.told));
    steps.extend(found(sight, facts.parts));
    steps.extend(verdict(sight));
    steps.extend(rests_on(sight));
    steps.extend(copied(sight, facts.parts));
    steps.extend(facts.readings.iter().filter_map(|reading| unread(sight, reading)));
    let mut steps = in_order_of_time(steps);
    let mut coming = next(sight, facts.parts);
    if let Some(first) = coming.first_mut() {
        first.next = true;
    }
    steps.extend(coming);
    steps
}

/// The steps by the time at which they happened. What has no time of its own stays behind what it was said after.
fn in_order_of_time(steps: Vec<Step>) -> Vec<Step> {
    let mut latest = DateTime::<Utc>::MIN_UTC;
    let mut timed: Vec<(DateTime<Utc>, Step)> = Vec::with_capacity(steps.len());
    for step in steps {
        let at = step.at.as_ref().and_then(|at| DateTime::parse_from_rfc3339(&at.iso).ok());
        latest = at.map_or(latest, |at| at.with_timezone(&Utc));
        timed.push((latest, step));
    }
    timed.sort_by_key(|(at, _)| *at);
    timed.into_iter().map(|(_, step)| step).collect()
}

fn step(mark: Mark, what: String, at: Option<Moment>, detail: String) -> Step {
    Step { mark, what: what.into(), at, detail, next: false }
}

fn scheduled(sight: Sight<'_>) -> Step {
    let at = sight.when.day_time(sight.seen.placed.conference.created_at);
    let what = if sight.is_taken_over() {
        sight.t.get("step-taken-over").to_owned()
    } else {
        scheduled_words(sight.t, sight.around)
    };
    step(Mark::Recorded, what, Some(at), String::new())
}

fn switched_on(sight: Sight<'_>, told: &ToldOfClass) -> Option<Step> {
    let (t, meeting) = (sight.t, sight.meeting);
    if sight.verdict == Verdict::Cancelled {
        return None;
    }
    let at = meeting.read_back_at.map(|at| sight.when.day_time(at));
    match meeting.auto_recording_status {
        AutoRecordingStatus::Enabled => {
            let at = told.enabled_at.map(|at| sight.when.day_time(at)).or(at);
            let detail = if sight.is_ahead() { t.get("step-enabled-detail") } else { "" };
            Some(step(Mark::Recorded, t.get("step-enabled").to_owned(), at, detail.to_owned()))
        }
        AutoRecordingStatus::Exempted => {
            Some(step(Mark::Exempted, t.get("step-exempted").to_owned(), at, String::new()))
        }
        AutoRecordingStatus::Pending if sight.is_ahead() => {
            Some(step(Mark::Waiting, t.get("step-pending").to_owned(), None, String::new()))
        }
        AutoRecordingStatus::Pending => None,
        status => {
            let why = failure(status).filter(|_| sight.for_staff());
            let detail = why.map_or_else(String::new, |failure| failure.sentence(t).to_owned());
            Some(step(Mark::Missing, t.get("enable-failed").to_owned(), at, detail))
        }
    }
}

/// Recording that somebody switched off before class, and that was put back; staff only.
fn drifted(sight: Sight<'_>, told: &ToldOfClass) -> Vec<Step> {
    let t = sight.t;
    let shown = |noted: &Noted| {
        let (mark, what) = if noted.action == "recording.drift_repaired" {
            (Mark::Recorded, t.get("step-drift-repaired"))
        } else {
            (Mark::Missing, t.get("step-drift-found"))
        };
        step(mark, what.to_owned(), Some(sight.when.day_time(noted.at)), String::new())
    };
    told.noted.iter().map(shown).collect()
}

/// What people were told while the class was to come or on; staff only.
fn told(sight: Sight<'_>, told: &ToldOfClass) -> Vec<Step> {
    let t = sight.t;
    let shown = |alert: &Alert| {
        let what = match alert.kind {
            AlertKind::NotEnabled => t.get("step-alert-not-enabled"),
            AlertKind::NotOff => t.get("step-alert-not-off"),
            AlertKind::NotChecked => t.get("step-alert-not-checked"),
            AlertKind::NotRecording => t.get("step-alert-not-recording"),
            AlertKind::ConfirmRecording => t.get("step-alert-confirm"),
            AlertKind::Expiring => t.get("step-alert-expiring"),
            AlertKind::NoRoom => t.get("step-alert-no-room"),
            AlertKind::ConsentMissing => t.get("step-alert-consent"),
        };
        let until = alert.resolved_at.map_or_else(String::new, |at| {
            t.with("step-alert-until", &[("when", sight.when.time(at).words.into())])
        });
        let mark = if alert.resolved_at.is_some() { Mark::Waiting } else { Mark::Missing };
        step(mark, what.to_owned(), Some(sight.when.day_time(alert.raised_at)), until)
    };
    let mut steps: Vec<Step> = told.all.iter().map(shown).collect();
    if let Some(answered) = &told.answered {
        let key = match answered.answer {
            Answer::Recording => "step-said-yes",
            Answer::NotRecording => "step-said-no",
        };
        let what = t.with(key, &[("name", answered.by.as_str().into())]);
        steps.push(step(Mark::Upcoming, what, Some(sight.when.day_time(answered.at)), String::new()));
    }
    steps
}

/// What the verdict rests on, for those who oversee the installation.
fn rests_on(sight: Sight<'_>) -> Option<Step> {
    let (t, meeting) = (sight.t, sight.meeting);
    let is_judged = !matches!(sight.verdict, Verdict::Upcoming | Verdict::Running | Verdict::Waiting);
    if sight.viewer.role.is_none() || !is_judged || meeting.verdict_evidence.is_empty() {
        return None;
    }
    let facts: Vec<&str> = meeting.verdict_evidence.iter().filter_map(|fact| fact_words(t, fact)).collect();
    let mut detail = sentence(&facts.join("; "));
    if let Some(basis) = Basis::parse(&meeting.verdict_basis) {
        detail = format!("{detail} {}", basis_words(t, basis));
    }
    Some(step(Mark::Upcoming, t.get("step-rests-on").to_owned(), None, detail))
}

/// The words with a capital in front and a full stop behind.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn held(sight: Sight<'_>) -> Option<Step> {
    let (t, meeting) = (sight.t, sight.meeting);
    match (meeting.call_started_at, meeting.call_ended_at) {
        (Some(start), Some(end)) => {
            let length = when::duration(t, (end - start).num_milliseconds());
            Some(step(
                Mark::Recorded,
                t.get("step-held").to_owned(),
                Some(sight.when.span(start, end)),
                length,
            ))
        }
        (Some(start), None) => {
            let at = Some(sight.when.day_time(start));
            Some(step(Mark::Running, t.get("step-begun").to_owned(), at, String::new()))
        }
        (None, _) if sight.verdict == Verdict::Running => {
            let at = Some(sight.when.day_time(meeting.starts_at));
            Some(step(Mark::Running, t.get("step-running").to_owned(), at, String::new()))
        }
        (None, _) if sight.verdict == Verdict::Waiting => {
            let at = Some(sight.when.day_time(meeting.ends_at));
            Some(step(Mark::Recorded, t.get("step-over").to_owned(), at, String::new()))
        }
        _ => None,
    }
}

fn found(sight: Sight<'_>, parts: &[Part]) -> Option<Step> {
    let t = sight.t;
    let first = parts.iter().map(|part| part.found_at).min()?;
    if let Some(reason) = parts.iter().find_map(|part| part.brought_because.clone()) {
        let why = if sight.for_staff() { reason } else { String::new() };
        let what = t.get("step-brought").to_owned();
        return Some(step(Mark::Recorded, what, Some(sight.when.day_time(first)), why));
    }
    let over = sight.meeting.call_ended_at.unwrap_or(sight.meeting.ends_at);
    let after = first - over;
    let detail = if after > TimeDelta::zero() && after < TimeDelta::days(2) {
        t.with("step-found-after", &[("time", when::duration(t, after.num_milliseconds()).into())])
    } else {
        String::new()
    };
    let what = t.with("step-found", &[("n", parts.len().into())]);
    Some(step(Mark::Recorded, what, Some(sight.when.day_time(first)), detail))
}

/// The verdict, where it says more than the steps before it.
fn verdict(sight: Sight<'_>) -> Option<Step> {
    let (t, meeting) = (sight.t, sight.meeting);
    let (what, detail) = match sight.verdict {
        Verdict::NotHeld => (t.get("recordings-not-held"), t.get("recordings-not-held-text")),
        Verdict::Cancelled => (t.get("recordings-cancelled"), ""),
        Verdict::Exempted => (t.get("recordings-exempted"), t.get("recordings-exempted-text")),
        Verdict::Recorded => (t.get("step-recorded"), ""),
        Verdict::Missing if sight.for_staff() => {
            (t.get("recording-not-found"), missing(t, &meeting.verdict_cause).why)
        }
        Verdict::Missing => (t.get("recording-not-found"), ""),
        Verdict::Upcoming | Verdict::Running | Verdict::Waiting => return None,
    };
    let at = match sight.verdict {
        Verdict::Cancelled => meeting.cancelled_at.or(meeting.verdict_at),
        _ => meeting.verdict_at,
    };
    let at = at.map(|at| sight.when.day_time(at));
    Some(step(mark(sight.verdict), what.to_owned(), at, detail.to_owned()))
}

fn copied(sight: Sight<'_>, parts: &[Part]) -> Option<Step> {
    let last = parts
        .iter()
        .filter(|part| part.facts.is_verified())
        .filter_map(|part| part.facts.verified_at)
        .max()?;
    if !parts.iter().all(|part| part.facts.is_verified()) {
        return None;
    }
    let what = sight.t.get("step-copied").to_owned();
    Some(step(Mark::Recorded, what, Some(sight.when.day_time(last)), String::new()))
}

/// A kind that could not be read; staff only, because learners get no readings.
fn unread(sight: Sight<'_>, reading: &Reading) -> Option<Step> {
    if reading.state != KindState::Failed || sight.is_off(reading.kind) {
        return None;
    }
    let t = sight.t;
    let what = t.with("step-unread", &[("kind", kind_name(t, reading.kind).into())]);
    let detail = reading.error.clone().unwrap_or_default();
    Some(step(Mark::Missing, what, Some(sight.when.day_time(reading.read_at)), detail))
}

fn next(sight: Sight<'_>, parts: &[Part]) -> Vec<Step> {
    let (t, meeting, when) = (sight.t, sight.meeting, sight.when);
    let coming = |what: &str, at: Moment, detail: &str| {
        step(Mark::Upcoming, what.to_owned(), Some(at), detail.to_owned())
    };
    let mut steps = Vec::new();
    if sight.verdict == Verdict::Upcoming {
        let relative = sentence(&when.relative_words(meeting.starts_at));
        steps.push(coming(t.get("step-class"), when.span(meeting.starts_at, meeting.ends_at), &relative));
    }
    if let Some(at) = meeting.guard_at.filter(|at| *at > sight.now && sight.for_staff() && sight.is_ahead()) {
        let what =
            if sight.verdict == Verdict::Upcoming { t.get("step-checks") } else { t.get("step-watches") };
        steps.insert(0, coming(what, when.relative(at), ""));
    }
    if sight.is_ahead() && meeting.auto_recording_status == AutoRecordingStatus::Exempted {
        return steps;
    }
    if sight.is_ahead() {
        let arrives = when.day_time(meeting.ends_at + USUALLY);
        steps.push(coming(t.get("step-arrives"), arrives, t.get("where-usually")));
        return steps;
    }
    let looks =
        meeting.next_sync_at.filter(|_| meeting.settled_at.is_none() && meeting.cancelled_at.is_none());
    if let Some(at) = looks.filter(|at| *at > sight.now) {
        steps.push(coming(t.get("step-looks"), when.relative(at), ""));
    }
    let kept = !parts.is_empty() && parts.iter().all(|part| part.facts.is_verified());
    let expires =
        parts.iter().filter(|part| part.facts.gone_at.is_none() && part.facts.source_removed_at.is_none());
    if let Some(at) = expires.filter_map(|part| part.expected_expiry_at).min().filter(|at| *at > sight.now) {
        let detail = if kept { t.get("step-expires-kept") } else { t.get("step-expires-copied") };
        steps.push(coming(t.get("step-expires"), when.date(at), detail));
    }
    steps
}
