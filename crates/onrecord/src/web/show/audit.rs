//! The audit as a page and as JSON: who did what, when; newest first. Nothing here changes anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{AuditEntryId, UserId};
use crate::model::schedule::is_plausible;
use crate::ops::{Error, rights};
use crate::store::audit::{self, Filter, Line};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::{ApiError, PageError};
use crate::web::input::QueryOf;
use crate::web::listing;
use crate::web::page::{Place, html};
use crate::web::pages::audit::{Audit, AuditRow};
use crate::web::parts::{Choice, Empty, Field, FieldKind, Mark, Note, Pager};
use crate::web::text::Text;
use crate::web::when::When;

/// Entries on one page.
const PAGE: i64 = listing::PAGE;

/// What the page is narrowed to, as its address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    who: String,
    action: String,
    subject: String,
    from: String,
    to: String,
    cursor: String,
    limit: String,
}

impl Asked {
    /// The filter of the store; text that is no id or date narrows to nothing it could mean, so it is an error.
    fn filter(&self) -> Result<Filter, Error> {
        let wrong = "Write a date as 2026-09-01.";
        let date = |field, text| match read::<NaiveDate>(field, text, wrong)? {
            Some(day) if !is_plausible(day) => Err(Error::invalid(field, wrong)),
            day => Ok(day),
        };
        let number = |field, text| read::<i64>(field, text, "Write the number of a person or an entry.");
        let start = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let some = |text: &str| Some(listing::searched(text)).filter(|text| !text.is_empty());
        Ok(Filter {
            actor: number("who", &self.who)?.map(UserId),
            subject: some(&self.subject),
            action: some(&self.action),
            from: date("from", &self.from)?.map(start),
            until: date("to", &self.to)?.and_then(|day| day.checked_add_days(Days::new(1))).map(start),
            before: number("cursor", &self.cursor)?.map(AuditEntryId),
        })
    }

    /// The address of the page after the entry `last`.
    fn next(&self, last: AuditEntryId) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::from("/admin/audit?"));
        let fields = [
            ("who", &self.who),
            ("action", &self.action),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            address.append_pair(name, value);
        }
        address.append_pair("cursor", &last.to_string()).finish()
    }
}

/// The value in `text`, nothing when it is empty, or an error that says what to write.
fn read<T: std::str::FromStr>(field: &str, text: &str, write: &str) -> Result<Option<T>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::invalid(field, write))
}

/// `GET /admin/audit`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let t = reader.text();
    let mut lines = audit::list(&app.store, &asked.filter()?, PAGE + 1).await?;
    let (sealed, actions) = audit::overview(&app.store).await?;
    let next = listing::page(&mut lines, PAGE, |line| asked.next(line.entry.id));
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let entries: Vec<AuditRow> = lines.iter().map(|line| row(t, &when, line)).collect();
    let page = Audit {
        page: reader.page(t.get("audit-title"), Place::Audit),
        chain: Note::new(Some(Mark::Recorded), t.with("audit-sealed", &[("count", sealed.into())]))
            .line(t.get("audit-sealed-text")),
        filters: filters(t, &asked, &actions),
        empty: entries.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("audit-empty").into(),
            text: t.get("audit-empty-text").into(),
            action: None,
        }),
        pager: Some(Pager {
            t,
            shown: t.with("audit-shown", &[("count", (entries.len() as i64).into())]),
            first: (!asked.cursor.is_empty()).then(|| "/admin/audit".to_owned()),
            next,
        }),
        entries,
    };
    Ok(html(StatusCode::OK, &page).into_response())
}

fn filters(t: &'static Text, asked: &Asked, actions: &[String]) -> Vec<Field> {
    let mut choices = vec![Choice::new("", t.get("audit-everything"), &asked.action)];
    choices.extend(actions.iter().map(|action| Choice::new(action, action, &asked.action)));
    vec![
        Field::new("action", t.get("column-what"), FieldKind::Select(choices)),
        Field::new("subject", t.get("column-subject"), FieldKind::Search).value(&asked.subject),
        Field::new("who", t.get("audit-who"), FieldKind::Search).value(&asked.who),
        Field::new("from", t.get("audit-from"), FieldKind::Date).value(&asked.from),
        Field::new("to", t.get("audit-to"), FieldKind::Date).value(&asked.to),
    ]
}

fn row(t: &'static Text, when: &When, line: &Line) -> AuditRow {
    let entry = &line.entry;
    let key = format!("action-{}", entry.action.replace(['.', '_'], "-"));
    let what = if t.has(&key) { t.get(&key).to_owned() } else { entry.action.clone() };
    AuditRow {
        seq: entry.seq,
        at: when.day_time(entry.at),
        who: who(t, line),
        what,
        action: entry.action.clone(),
        subject: entry.subject.clone(),
        subject_href: address(&entry.subject),
        detail: entry.detail.as_deref().map(in_words).unwrap_or_default(),
    }
}

fn who(t: &Text, line: &Line) -> String {
    match (&line.actor_name, line.entry.actor) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => t.with("audit-person", &[("id", id.0.into())]),
        (None, None) => "OnRecord".to_owned(),
    }
}

/// The page about a `word:id`, where there is one.
fn address(subject: &str) -> Option<String> {
    let (word, id) = subject.split_once(':')?;
    let place = match word {
        "conference" => "conferences",
        "recording" => "recordings",
        "course" => "courses",
        _ => return None,
    };
    Some(format!("/{place}/{id}"))
}

/// A detail as `key: value` pairs.
fn in_words(detail: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(detail) else {
        return String::new();
    };
    let pairs = fields.iter().map(|(name, value)| match value {
        serde_json::Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    pairs.collect::<Vec<_>>().join("; ")
}

/// A page of the audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditPage {
    items: Vec<AuditItem>,
    next_cursor: Option<String>,
}

/// One entry of the audit.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditItem {
    id: i64,
    seq: Option<i64>,
    at: DateTime<Utc>,
    actor_id: Option<i64>,
    actor_name: Option<String>,
    action: String,
    subject: String,
    #[schema(value_type = Option<Object>)]
    detail: Option<serde_json::Value>,
    hash: Option<String>,
}

/// The audit, newest entry first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    params(
        ("who" = Option<i64>, Query, description = "Only this person's entries."),
        ("action" = Option<String>, Query, description = "Only this action, such as `recording.downloaded`."),
        ("subject" = Option<String>, Query, description = "Only entries on this thing, as `word:id`."),
        ("from" = Option<String>, Query, description = "First day (UTC), as 2026-09-01."),
        ("to" = Option<String>, Query, description = "Last day (UTC)."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."),
        ("limit" = Option<i64>, Query, description = "Entries per page, 50 by default, at most 200."),
    ),
    responses((status = 200, description = "Entries of the audit.", body = AuditPage)),
)]
pub async fn list(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Json<AuditPage>, ApiError> {
    rights::global(&app, &viewer, GlobalAct::Oversee).await?;
    let limit = listing::limit(read("limit", &asked.limit, "Write a number from 1 to 200.")?)?;
    let mut lines = audit::list(&app.store, &asked.filter()?, limit + 1).await?;
    let next_cursor = listing::page(&mut lines, limit, |line| line.entry.id);
    Ok(Json(AuditPage { items: lines.into_iter().map(item).collect(), next_cursor }))
}

fn item(line: Line) -> AuditItem {
    let Line { entry, actor_name } = line;
    AuditItem {
        id: entry.id.0,
        seq: entry.seq,
        at: entry.at,
        actor_id: entry.actor.map(|actor| actor.0),
        actor_name,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail.and_then(|detail| serde_json::from_str(&detail).ok()),
        hash: entry.hash,
    }
}
