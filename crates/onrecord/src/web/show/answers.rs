//! The three answers of a class: will it be, or was it, recorded; where is the recording; what is missing, and who
//! acts. The third is for staff. Learners get the first two in words that help them.

use super::live;
use super::overview::{Facts, failure, kind_name};
use super::sight::Sight;
use super::verdict::{mark, missing};
use crate::model::alert::{Alert, AlertKind};
use crate::model::artifact::Safety;
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::sync::KindState;
use crate::model::verdict::Cause;
use crate::model::words::Word as _;
use crate::store::pages::class::Reading;
use crate::store::pages::class_parts::Part;
use crate::web::pages::trouble::EnableFailure;
use crate::web::parts::{Answer, Link, Mark};
use crate::web::text::join_names;
use crate::web::when;

/// The answers for this reader.
pub(super) fn answers(sight: Sight<'_>, facts: Facts<'_>) -> Vec<Answer> {
    let mut answers = vec![recorded(sight, facts), place(sight, facts.parts)];
    if sight.for_staff() {
        answers.push(who_acts(sight, facts));
    }
    answers
}

/// Playing time of all parts, if it is known of each.
fn covered_ms(parts: &[Part]) -> Option<i64> {
    parts.iter().map(|part| part.duration_ms).sum()
}

/// What lies between the parts and is in none.
pub(super) fn gaps_ms(parts: &[Part]) -> i64 {
    let between = |pair: &[Part]| Some((pair[1].started_at? - pair[0].ended_at?).num_milliseconds());
    parts.windows(2).filter_map(between).filter(|gap| *gap > 30_000).sum()
}

/// The open alert that a class which is on is not being recorded.
fn silent<'a>(sight: Sight<'_>, facts: Facts<'a>) -> Option<&'a Alert> {
    let is_on = sight.verdict == Verdict::Running;
    facts.told.open.iter().find(|alert| is_on && alert.kind == AlertKind::NotRecording)
}

fn recorded(sight: Sight<'_>, facts: Facts<'_>) -> Answer {
    let (t, parts) = (sight.t, facts.parts);
    let silent = silent(sight, facts);
    let is_silent = silent.is_some();
    let question = match sight.verdict {
        Verdict::Upcoming => t.get("answer-will"),
        Verdict::Running => t.get("answer-is"),
        _ => t.get("answer-was"),
    };
    let (answer, detail) = match sight.verdict {
        _ if is_silent && sight.for_staff() => {
            let why = silent.map_or("", |alert| live::why(t, &alert.detail));
            (t.get("live-not-being-recorded"), why.to_owned())
        }
        _ if is_silent => {
            (t.get("live-not-being-recorded"), t.get("live-not-recorded-learner-text").to_owned())
        }
        Verdict::Upcoming | Verdict::Running => ahead(sight),
        Verdict::Waiting => {
            let ended = sight.when.relative_words(sight.ended_at());
            let detail = t.with("recorded-waiting-detail", &[("ended", ended.into())]);
            (t.get("recorded-waiting"), detail)
        }
        Verdict::Recorded => return was_recorded(sight, question, parts),
        Verdict::NotHeld => (t.get("recorded-not-held"), t.get("recordings-not-held-text").to_owned()),
        Verdict::Cancelled => (t.get("recorded-cancelled"), String::new()),
        Verdict::Exempted => (t.get("recorded-exempted"), t.get("recordings-exempted-text").to_owned()),
        Verdict::Missing => not_recorded(sight),
    };
    let mark = match (sight.verdict, sight.meeting.auto_recording_status) {
        _ if is_silent => Mark::Missing,
        (Verdict::Upcoming | Verdict::Running, AutoRecordingStatus::Enabled) => Mark::Recorded,
        (Verdict::Upcoming | Verdict::Running, AutoRecordingStatus::Exempted) => Mark::Exempted,
        (Verdict::Upcoming | Verdict::Running, AutoRecordingStatus::Pending) => Mark::Waiting,
        (Verdict::Upcoming | Verdict::Running, _) => Mark::Missing,
        (verdict, _) => mark(verdict),
    };
    Answer {
        id: "answer-recorded",
        mark: Some(mark),
        question,
        answer: answer.into(),
        detail,
        button: None,
        link: (!sight.is_ahead()).then(|| Link::new("#happened", t.get("how-we-know"))),
    }
}

/// The answer before and during class.
fn ahead(sight: Sight<'_>) -> (&'static str, String) {
    let (t, meeting) = (sight.t, sight.meeting);
    match meeting.auto_recording_status {
        AutoRecordingStatus::Enabled => {
            let detail = meeting.read_back_at.map_or_else(String::new, |at| {
                t.with("will-enabled-detail", &[("when", sight.when.relative_words(at).into())])
            });
            (t.get("will-enabled"), detail)
        }
        AutoRecordingStatus::Exempted => (t.get("will-exempted"), t.get("will-exempted-detail").to_owned()),
        AutoRecordingStatus::Pending => (t.get("will-pending"), t.get("will-pending-detail").to_owned()),
        _ if sight.for_staff() => (t.get("will-failed"), t.get("will-failed-detail").to_owned()),
        _ => (t.get("will-failed"), t.get("will-failed-learner").to_owned()),
    }
}

fn was_recorded(sight: Sight<'_>, question: &'static str, parts: &[Part]) -> Answer {
    let t = sight.t;
    let call = sight.meeting.call_started_at.zip(sight.meeting.call_ended_at);
    let call_ms = call.map(|(start, end)| (end - start).num_milliseconds()).filter(|ms| *ms > 0);
    let mut detail = match (covered_ms(parts).filter(|ms| *ms > 0), call_ms) {
        (Some(covered), Some(call)) => t.with(
            "recorded-covers",
            &[("covered", when::duration(t, covered).into()), ("call", when::duration(t, call).into())],
        ),
        (Some(covered), None) => t.with("recorded-length", &[("covered", when::duration(t, covered).into())]),
        (None, _) => String::new(),
    };
    let gaps = gaps_ms(parts);
    if gaps > 0 {
        detail.push(' ');
        detail.push_str(&t.with("recorded-gaps", &[("gaps", when::duration(t, gaps).into())]));
    }
    let answer = if parts.len() > 1 {
        t.with("recorded-parts", &[("n", parts.len().into())])
    } else {
        t.get("recorded-yes").to_owned()
    };
    Answer {
        id: "answer-recorded",
        mark: Some(Mark::Recorded),
        question,
        answer: answer.into(),
        detail,
        button: None,
        link: Some(Link::new("#happened", t.get("how-we-know"))),
    }
}

/// The answer when it is missing: learners are told that, staff also why.
fn not_recorded(sight: Sight<'_>) -> (&'static str, String) {
    let t = sight.t;
    let cause = sight.meeting.verdict_cause.as_str();
    let answer =
        if cause == Cause::StoppedEarly.as_str() { t.get("recorded-in-part") } else { t.get("recorded-no") };
    let detail = if sight.for_staff() { missing(t, cause).why } else { t.get("recorded-no-learner") };
    (answer, detail.to_owned())
}

fn place(sight: Sight<'_>, parts: &[Part]) -> Answer {
    let t = sight.t;
    let answer = |question: &'static str, answer: &'static str, detail: String| Answer {
        id: "answer-where",
        mark: None,
        question,
        answer: answer.into(),
        detail,
        button: None,
        link: None,
    };
    let here: Vec<&Part> = parts.iter().filter(|part| part.facts.safety() != Safety::Gone).collect();
    if let Some(first) = here.first() {
        let (words, detail) = kept(sight, &here);
        return Answer {
            button: Some(Link::new(format!("/recordings/{}", first.id), t.get("view-online"))),
            link: (parts.len() > 1).then(|| Link::new(sight.address("recordings"), t.get("where-all-parts"))),
            ..answer(t.get("answer-where-is"), words, detail)
        };
    }
    match sight.verdict {
        Verdict::Upcoming | Verdict::Running
            if sight.meeting.auto_recording_status == AutoRecordingStatus::Exempted =>
        {
            answer(t.get("answer-where-will"), t.get("where-none"), String::new())
        }
        Verdict::Upcoming | Verdict::Running => {
            answer(t.get("answer-where-will"), t.get("where-this-page"), t.get("where-usually").to_owned())
        }
        Verdict::Waiting => {
            let next = sight.meeting.next_sync_at.filter(|next| *next > sight.now);
            let detail = next.map_or_else(
                || t.get("recording-looks-soon").to_owned(),
                |next| t.with("recording-looks-next", &[("when", sight.when.relative_words(next).into())]),
            );
            answer(t.get("answer-where-will"), t.get("where-this-page"), detail)
        }
        Verdict::Recorded | Verdict::Missing if !parts.is_empty() => {
            answer(t.get("answer-where-is"), t.get("where-gone"), t.get("where-gone-text").to_owned())
        }
        Verdict::Recorded if sight.for_staff() => {
            answer(t.get("answer-where-is"), t.get("where-removed"), t.get("where-removed-text").to_owned())
        }
        Verdict::Recorded => answer(t.get("answer-where-is"), t.get("home-not-shown"), String::new()),
        _ => answer(t.get("answer-where-is"), t.get("where-none"), String::new()),
    }
}

/// Where the parts are kept, said of all of them.
fn kept(sight: Sight<'_>, parts: &[&Part]) -> (&'static str, String) {
    let t = sight.t;
    let all = |wanted: &dyn Fn(&Part) -> bool| parts.iter().all(|part| wanted(part));
    let expiry = parts.iter().filter_map(|part| part.expected_expiry_at).min();
    let expiry = expiry.filter(|at| *at > sight.now).map(|at| sight.when.date(at).words);
    if all(&|part| part.facts.safety() == Safety::SourceRemoved || part.facts.gone_at.is_some()) {
        return (t.get("where-archive"), String::new());
    }
    let detail = |key: &dyn Fn(String) -> String| expiry.clone().map_or_else(String::new, key);
    if all(&|part| part.facts.is_verified()) {
        let words = detail(&|date| t.with("where-both-expiry", &[("date", date.into())]));
        return (t.get("where-both"), words);
    }
    let words = detail(&|date| t.with("where-microsoft-expiry", &[("date", date.into())]));
    (t.get("where-microsoft"), words)
}

/// What is missing, and who acts.
fn who_acts(sight: Sight<'_>, facts: Facts<'_>) -> Answer {
    let (t, readings) = (sight.t, facts.readings);
    let answer = |mark: Option<Mark>, answer: String, detail: &str| Answer {
        id: "answer-missing",
        mark,
        question: t.get("answer-missing"),
        answer: answer.into(),
        detail: detail.to_owned(),
        button: None,
        link: None,
    };
    if sight.is_ahead()
        && let Some(failure) = failure(sight.meeting.auto_recording_status)
    {
        return answer(Some(Mark::Missing), acts(sight, failure).to_owned(), failure.fix(t));
    }
    if silent(sight, facts).is_some() {
        let who = t.get("acts-instructor").to_owned();
        return answer(Some(Mark::Missing), who, t.get("live-press-record-fix"));
    }
    if sight.verdict == Verdict::Missing {
        let missing = missing(t, &sight.meeting.verdict_cause);
        return answer(Some(Mark::Missing), missing.who.to_owned(), missing.fix);
    }
    if let Some((mark, who, fix)) = facts.told.open.iter().find_map(|alert| told_to_act(sight, alert)) {
        return answer(Some(mark), who.to_owned(), fix);
    }
    let named = |state: KindState| {
        let wanted = |reading: &&Reading| reading.state == state && !sight.is_off(reading.kind);
        let mut found: Vec<&Reading> = readings.iter().filter(wanted).collect();
        found.sort_by_key(|reading| reading.kind);
        let names: Vec<&str> = found.iter().map(|reading| kind_name(t, reading.kind)).collect();
        let error = found.iter().find_map(|reading| reading.error.clone());
        (!names.is_empty()).then(|| (join_names(t, &names), error.unwrap_or_default()))
    };
    if let Some((names, error)) = named(KindState::Failed) {
        return answer(Some(Mark::Missing), t.with("lacks-failed", &[("kinds", names.into())]), &error);
    }
    if sight.verdict == Verdict::Waiting {
        return answer(
            Some(Mark::Waiting),
            t.get("lacks-recording").to_owned(),
            t.get("lacks-recording-detail"),
        );
    }
    if let Some((names, _)) = named(KindState::Waiting)
        && !sight.is_ahead()
    {
        let words = t.with("lacks-waiting", &[("kinds", names.into())]);
        return answer(Some(Mark::Waiting), words, t.get("lacks-recording-detail"));
    }
    answer(None, t.get("lacks-nothing").to_owned(), t.get("nobody-need-act"))
}

/// Who acts on an open alert, and how; `None` for those that are said before.
fn told_to_act(sight: Sight<'_>, alert: &Alert) -> Option<(Mark, &'static str, &'static str)> {
    let t = sight.t;
    match alert.kind {
        AlertKind::NotEnabled | AlertKind::NotRecording => None,
        AlertKind::ConsentMissing => Some((Mark::Missing, t.get("acts-overseer"), t.get("live-consent-fix"))),
        AlertKind::NotOff => Some((Mark::Missing, t.get("acts-admin"), t.get("live-not-off-fix"))),
        AlertKind::NoRoom => Some((Mark::Missing, t.get("acts-admin"), t.get("live-no-room-fix"))),
        AlertKind::Expiring => Some((Mark::Missing, t.get("acts-admin"), t.get("live-expiring-fix"))),
        AlertKind::NotChecked => Some((Mark::Waiting, t.get("acts-admin"), t.get("live-not-checked-fix"))),
        AlertKind::ConfirmRecording => {
            Some((Mark::Waiting, t.get("acts-instructor"), t.get("live-ask-text")))
        }
    }
}

fn acts(sight: Sight<'_>, failure: EnableFailure) -> &'static str {
    let t = sight.t;
    match failure {
        EnableFailure::Permission
        | EnableFailure::AccessPolicy
        | EnableFailure::License
        | EnableFailure::Unknown => t.get("acts-admin"),
        EnableFailure::NotFound | EnableFailure::Drift => t.get("acts-instructor"),
        EnableFailure::Provider | EnableFailure::Throttled | EnableFailure::Network => t.get("acts-nobody"),
    }
}
