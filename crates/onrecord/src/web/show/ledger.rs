//! `/admin/ledger`: every scheduled class and what became of it, as a page and as CSV. Both are narrowed in the same way;
//! whoever takes the export out is on record.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::stream;

use super::verdict::{basis_words, cause_name, mark, missing, owner_name};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::conference::Verdict;
use crate::model::verdict::{Basis, Cause, Owner};
use crate::model::words::Word as _;
use crate::ops::{ledger as ops_ledger, rights};
use crate::store::pages::ledger::{self, After, Choices, Filter, Line, MOST_COUNTED};
use crate::web::api::ledger::{self as api, LedgerItem, LedgerQuery};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::input::QueryOf;
use crate::web::page::{Place, html};
use crate::web::pages::ledger::{Ledger, LedgerRow};
use crate::web::parts::{Chip, Choice, Empty, Field, FieldKind, Pager};
use crate::web::text::{Text, join_names};
use crate::web::when::When;

/// Classes on one page.
const PAGE: i64 = 50;

/// Classes read at a time for an export.
const PIECE: i64 = 500;

/// The verdicts that the page offers, in the order in which people look for them.
const CHIPS: [Verdict; 7] = [
    Verdict::Missing,
    Verdict::Recorded,
    Verdict::Waiting,
    Verdict::NotHeld,
    Verdict::Cancelled,
    Verdict::Exempted,
    Verdict::Upcoming,
];

/// `GET /admin/ledger`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<LedgerQuery>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let now = app.clock.now();
    let filter = asked.filter(now)?;
    let after = asked.after()?;
    let mut lines = ledger::list(&app.store, &filter, after, (PAGE + 1, now)).await?;
    let more = lines.len() as i64 > PAGE;
    lines.truncate(PAGE as usize);
    // Courses of a term lie scattered: counting them would read the whole ledger.
    let counted = if filter.term.is_none() { ledger::counts(&app.store, &filter).await? } else { Vec::new() };
    let choices = ledger::choices(&app.store, filter.course).await?;
    let t = reader.text();
    let next = lines.last().filter(|_| more).map(|last| {
        let first = address(&asked, None);
        let sign = if first.contains('?') { '&' } else { '?' };
        format!("{first}{sign}cursor={}", api::mark(last))
    });
    let page = Ledger {
        page: reader.page(t.get("ledger-title"), Place::Ledger),
        export_href: address(&asked, None).replacen("/admin/ledger", "/admin/ledger.csv", 1),
        filters: filters(t, &asked, &choices),
        verdict: asked.verdict.clone(),
        course_id: asked.course_id.clone(),
        only_course: only_course(t, &asked, &choices),
        chips: chips(t, &asked, &counted),
        rows: lines.iter().map(|line| row(t, line, now)).collect(),
        empty: lines.is_empty().then(|| Empty {
            icon: "conferences",
            title: t.get("ledger-empty").into(),
            text: t.get("ledger-empty-text").into(),
            action: None,
        }),
        pager: Some(Pager {
            t,
            shown: t.with("ledger-shown", &[("n", (lines.len() as i64).into())]),
            first: after.map(|_| address(&asked, None)),
            next,
        }),
    };
    Ok(html(StatusCode::OK, &page).into_response())
}

/// The address of the first page with these filters; with `verdict` that instead of the asked one.
fn address(asked: &LedgerQuery, verdict: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in asked.pairs() {
        match (name, verdict) {
            ("verdict", Some(_)) => {}
            // Only what is missing has a cause and an owner.
            ("cause" | "owner", Some(other)) if other != Verdict::Missing.as_str() => {}
            _ => {
                query.append_pair(name, value);
            }
        }
    }
    if let Some(verdict) = verdict.filter(|verdict| !verdict.is_empty()) {
        query.append_pair("verdict", verdict);
    }
    let query = query.finish();
    if query.is_empty() { "/admin/ledger".to_owned() } else { format!("/admin/ledger?{query}") }
}

fn filters(t: &'static Text, asked: &LedgerQuery, choices: &Choices) -> Vec<Field> {
    let anything = |present: &str| vec![Choice::new("", t.get("ledger-any"), present)];
    let mut causes = anything(&asked.cause);
    causes.extend(
        Cause::ALL.iter().map(|cause| Choice::new(cause.as_str(), cause_name(t, *cause), &asked.cause)),
    );
    let mut owners = anything(&asked.owner);
    owners.extend(
        Owner::ALL.iter().map(|owner| Choice::new(owner.as_str(), owner_name(t, *owner), &asked.owner)),
    );
    let mut terms = anything(&asked.term);
    terms.extend(choices.terms.iter().map(|term| Choice::new(term, term, &asked.term)));
    let mut fields = vec![
        Field::new("from", t.get("audit-from"), FieldKind::Date).value(&asked.from),
        Field::new("to", t.get("audit-to"), FieldKind::Date).value(&asked.to),
        Field::new("cause", t.get("ledger-cause"), FieldKind::Select(causes)),
        Field::new("owner", t.get("ledger-owner"), FieldKind::Select(owners)),
    ];
    if !choices.terms.is_empty() {
        fields.push(Field::new("term", t.get("ledger-term"), FieldKind::Select(terms)));
    }
    fields
}

fn only_course(t: &Text, asked: &LedgerQuery, choices: &Choices) -> Option<(String, String)> {
    let (code, title) = choices.course.as_ref()?;
    let words = t.with("ledger-only-course", &[("course", format!("{code} {title}").into())]);
    let without = LedgerQuery { course_id: String::new(), ..asked.clone() };
    Some((words, address(&without, None)))
}

fn chips(t: &'static Text, asked: &LedgerQuery, counted: &[(Verdict, i64)]) -> Vec<Chip> {
    let all = Chip {
        href: address(asked, Some("")),
        mark: None,
        words: t.get("ledger-all").into(),
        count: None,
        current: asked.verdict.is_empty(),
    };
    let count = |verdict: Verdict| {
        let found = counted.iter().find(|(of, _)| *of == verdict).map(|(_, n)| *n);
        // A figure that stopped counting says nothing.
        found.filter(|n| *n < MOST_COUNTED)
    };
    let chip = |verdict: Verdict| Chip {
        href: address(asked, Some(verdict.as_str())),
        mark: Some(mark(verdict)),
        words: mark(verdict).word(t).to_owned().into(),
        count: count(verdict),
        current: asked.verdict == verdict.as_str(),
    };
    std::iter::once(all).chain(CHIPS.map(chip)).collect()
}

fn row(t: &'static Text, line: &Line, now: DateTime<Utc>) -> LedgerRow {
    let when = When::new(t, line.time_zone.parse().unwrap_or(chrono_tz::UTC), now);
    let verdict = line.meeting.verdict_now(now);
    let teachers: Vec<&str> = line.teachers.iter().map(String::as_str).collect();
    let cause = Cause::parse(&line.meeting.verdict_cause).filter(|_| verdict == Verdict::Missing);
    let basis = Basis::parse(&line.meeting.verdict_basis).filter(|_| cause.is_some());
    let said = cause.map(|_| missing(t, &line.meeting.verdict_cause));
    LedgerRow {
        href: format!("/conferences/{}?class={}", line.conference_id(), line.meeting.id),
        title: line.title.clone(),
        course: line.course_code.clone(),
        teachers: join_names(t, &teachers),
        course_href: format!("/courses/{}", line.course_id),
        when: when.day_time(line.meeting.starts_at),
        verdict: mark(verdict).pill(t),
        cause: match said {
            Some(said) => said.why.to_owned(),
            None if line.recordings_manual > 0 => t.get("kept-by-hand").to_owned(),
            None => String::new(),
        },
        basis: basis.map_or_else(String::new, |basis| basis_words(t, basis).to_owned()),
        fix: said.map_or_else(String::new, |said| said.fix.to_owned()),
        who: cause.map_or_else(String::new, |cause| owner_name(t, cause.owner()).to_owned()),
    }
}

/// `GET /admin/ledger.csv`: the same classes, all of them, piece by piece.
pub async fn export(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<LedgerQuery>,
) -> Result<Response, PageError> {
    let now = app.clock.now();
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let filter = asked.filter(now)?;
    ops_ledger::note_export(&app, &viewer, asked.as_json()).await?;
    let pieces = stream::try_unfold(Step::Head, move |place| {
        let (app, filter) = (Arc::clone(&app), filter.clone());
        async move { piece(&app, &filter, (place, now)).await }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"onrecord-ledger.csv\""),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// How far an export has come.
enum Step {
    Head,
    After(Option<After>),
    End,
}

const COLUMNS: [&str; 21] = [
    "meeting_id",
    "conference_id",
    "course_id",
    "course_code",
    "term",
    "title",
    "instructors",
    "starts_at",
    "ends_at",
    "auto_recording_status",
    "verdict",
    "cause",
    "basis",
    "owner",
    "fix",
    "evidence",
    "verdict_at",
    "settled_at",
    "recordings",
    "course_title",
    "recordings_manual",
];

async fn piece(
    app: &App,
    filter: &Filter,
    (place, now): (Step, DateTime<Utc>),
) -> Result<Option<(Bytes, Step)>, std::io::Error> {
    let after = match place {
        Step::Head => return Ok(Some((written([COLUMNS.map(str::to_owned)])?, Step::After(None)))),
        Step::After(after) => after,
        Step::End => return Ok(None),
    };
    let lines = ledger::list(&app.store, filter, after, (PIECE, now)).await.map_err(|error| {
        tracing::error!(%error, "an export of the ledger broke off");
        std::io::Error::other("the export broke off")
    })?;
    let Some(last) = lines.last() else {
        return Ok(None);
    };
    let last = After { starts_at: last.meeting.starts_at, id: last.meeting.id };
    let next = if lines.len() as i64 == PIECE { Step::After(Some(last)) } else { Step::End };
    Ok(Some((written(lines.into_iter().map(|line| record(line, now)))?, next)))
}

fn record(line: Line, now: DateTime<Utc>) -> [String; 21] {
    let course_title = line.course_title.clone();
    let item = LedgerItem::of(line, now);
    let at = |moment: DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    [
        item.meeting_id.to_string(),
        item.conference_id.to_string(),
        item.course_id.to_string(),
        harmless(item.course_code),
        harmless(item.term),
        harmless(item.title),
        harmless(item.instructors.join("; ")),
        at(item.starts_at),
        at(item.ends_at),
        item.auto_recording_status,
        item.verdict,
        item.cause.unwrap_or_default(),
        item.basis.unwrap_or_default(),
        item.owner.unwrap_or_default(),
        item.fix.unwrap_or_default(),
        item.evidence.join(" "),
        item.verdict_at.map(at).unwrap_or_default(),
        item.settled_at.map(at).unwrap_or_default(),
        item.recordings.to_string(),
        harmless(course_title),
        item.recordings_manual.to_string(),
    ]
}

/// A spreadsheet takes what begins like this for a formula and may run it.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

fn written(records: impl IntoIterator<Item = [String; 21]>) -> Result<Bytes, std::io::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(record).map_err(std::io::Error::other)?;
    }
    writer.into_inner().map(Bytes::from).map_err(|error| std::io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(harmless("=HYPERLINK(1)".to_owned()), "'=HYPERLINK(1)");
        assert_eq!(harmless("Algebra 1".to_owned()), "Algebra 1");
    }
}
