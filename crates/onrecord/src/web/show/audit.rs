//! The audit as a page and as JSON: who did what, when; newest first. Nothing here changes anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{AuditEntryId, UserId};
use crate::model::words::Word as _;
use crate::ops::audit::{self, Form, number};
use crate::ops::{Error, rights};
use crate::store::audit_search::{self, Filter, Line};
use crate::store::pages::audit::{Named, names};
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
    #[serde(flatten)]
    what: audit::Asked,
    cursor: String,
    limit: String,
}

impl Asked {
    async fn filter(&self, app: &App) -> Result<Filter, Error> {
        let before =
            number::<i64>("cursor", &self.cursor, "Write the number of an entry.")?.map(AuditEntryId);
        Ok(Filter { before, ..self.what.cleaned(listing::searched).filter(app).await? })
    }

    /// The same narrowing at another address, with one more field.
    fn address(&self, path: &str, (name, value): (&str, &str)) -> String {
        let mut address = url::form_urlencoded::Serializer::new(format!("{path}?"));
        for (name, value) in self.what.fields().iter().filter(|(_, value)| !value.is_empty()) {
            address.append_pair(name, value);
        }
        address.append_pair(name, value).finish()
    }

    /// What the form does not ask for and carries along.
    fn carried(&self) -> Vec<(&'static str, String)> {
        let carried = [("recording", &self.what.recording), ("class", &self.what.class)];
        let set = carried.into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| (name, value.clone())).collect()
    }
}

/// `GET /admin/audit`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let t = reader.text();
    let filter = asked.filter(&app).await?;
    let knows_nobody = filter.actor == Some(UserId(0));
    let mut lines = audit_search::list(&app.store, &filter, PAGE + 1).await?;
    let (sealed, actions) = audit_search::overview(&app.store).await?;
    let older = |line: &Line| asked.address("/admin/audit", ("cursor", &line.entry.id.to_string()));
    let next = listing::page(&mut lines, PAGE, older);
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let subjects: Vec<&str> = lines.iter().map(|line| line.entry.subject.as_str()).collect();
    let names = names(&app.store, &subjects).await?;
    let entries: Vec<AuditRow> =
        lines.iter().map(|line| row(t, &when, line, names.get(&line.entry.subject))).collect();
    let page = Audit {
        page: reader.page(t.get("audit-title"), Place::Audit),
        chain: Note::new(Some(Mark::Recorded), t.with("audit-sealed", &[("count", sealed.into())]))
            .line(t.get("audit-sealed-text"))
            .line(t.with("times-in", &[("zone", when.zone_words().into())])),
        filters: filters(t, &asked, &actions),
        carried: asked.carried(),
        only: only(&app, &asked, &when, t).await?,
        exports: Form::ALL
            .iter()
            .map(|form| (form_name(*form), asked.address("/api/v1/audit/export", ("format", form.as_str()))))
            .collect(),
        empty: entries.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("audit-empty").into(),
            text: t.get(if knows_nobody { "request-nobody" } else { "audit-empty-text" }).into(),
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

/// Words for what the form does not ask for, by name, and the address without it.
async fn only(
    app: &App,
    asked: &Asked,
    when: &When,
    t: &'static Text,
) -> Result<Option<(String, String)>, Error> {
    let subject = match (asked.what.recording.is_empty(), asked.what.class.is_empty()) {
        (false, _) => format!("recording:{}", asked.what.recording),
        (true, false) => format!("meeting:{}", asked.what.class),
        (true, true) => return Ok(None),
    };
    let names = names(&app.store, &[&subject]).await?;
    let name = names.get(&subject).map_or_else(|| subject.clone(), |named| said(t, when, named));
    let words = t.with("audit-only", &[("name", name.into())]);
    Ok(Some((words, "/admin/audit".to_owned())))
}

/// What a form of export is called.
fn form_name(form: Form) -> &'static str {
    match form {
        Form::Csv => "CSV",
        Form::JsonLines => "JSON Lines",
    }
}

fn filters(t: &'static Text, asked: &Asked, actions: &[String]) -> Vec<Field> {
    let mut choices = vec![Choice::new("", t.get("audit-everything"), &asked.what.action)];
    choices.extend(actions.iter().map(|action| Choice::new(action, in_words(t, action), &asked.what.action)));
    choices[1..].sort_by(|a, b| a.words.cmp(&b.words));
    choices.insert(1, Choice::new(audit::VISITS, t.get("audit-visits"), &asked.what.action));
    vec![
        Field::new("action", t.get("column-what"), FieldKind::Select(choices)),
        Field::new("subject", t.get("column-subject"), FieldKind::Search).value(&asked.what.subject),
        Field::new("course", t.get("audit-course"), FieldKind::Search).value(&asked.what.course),
        Field::new("who", t.get("audit-who"), FieldKind::Search).value(&asked.what.who),
        Field::new("from", t.get("audit-from"), FieldKind::Date).value(&asked.what.from),
        Field::new("to", t.get("audit-to"), FieldKind::Date).value(&asked.what.to),
    ]
}

/// An action as people say it; one that has no words yet as it stands.
fn in_words(t: &Text, action: &str) -> String {
    let key = format!("action-{}", action.replace(['.', '_'], "-"));
    if t.has(&key) { t.get(&key).to_owned() } else { action.to_owned() }
}

fn row(t: &'static Text, when: &When, line: &Line, named: Option<&Named>) -> AuditRow {
    let entry = &line.entry;
    AuditRow {
        seq: entry.seq,
        at: when.day_time(entry.at),
        who: who(t, line),
        what: in_words(t, &entry.action),
        action: entry.action.clone(),
        about: named.map_or_else(String::new, |named| said(t, when, named)),
        subject: entry.subject.clone(),
        subject_href: address(&entry.subject, named),
        detail: entry.detail.as_deref().map(plain).unwrap_or_default(),
    }
}

fn who(t: &Text, line: &Line) -> String {
    match (&line.actor_name, line.person) {
        (Some(name), _) => name.clone(),
        // A visit of which only the count is kept.
        (None, None) if line.entry.is_visit() => t.get("audit-somebody").to_owned(),
        (None, Some(id)) => t.with("audit-person", &[("id", id.0.into())]),
        (None, None) => "OnRecord".to_owned(),
    }
}

/// "Practical group B, Tue 17 Nov, 14:00", or a name alone.
fn said(t: &'static Text, when: &When, named: &Named) -> String {
    let Some((begins, zone)) = &named.begins else { return named.name.clone() };
    let zone = zone.parse().unwrap_or(chrono_tz::UTC);
    let begins = When::new(t, zone, when.now()).day_time_within(*begins);
    format!("{}, {begins}", named.name)
}

/// The page about a `word:id`, where there is one.
fn address(subject: &str, named: Option<&Named>) -> Option<String> {
    let (word, id) = subject.split_once(':')?;
    match (word, named?.class) {
        ("conference", _) => Some(format!("/conferences/{id}")),
        ("course", _) => Some(format!("/courses/{id}")),
        ("recording", _) => Some(format!("/recordings/{id}")),
        (_, Some((conference, meeting))) => Some(format!("/conferences/{conference}?class={meeting}")),
        _ => None,
    }
}

/// A detail as `name: value` pairs, without what is empty; what was changed as old and new value.
fn plain(detail: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(detail) else {
        return String::new();
    };
    if let (Some(Value::Object(old)), Some(Value::Object(new)), 2) =
        (fields.get("old"), fields.get("new"), fields.len())
    {
        let changed = new.iter().filter(|(name, value)| old.get(*name) != Some(value));
        let words = changed.map(|(name, value)| {
            let side = |value: Option<&Value>| value.and_then(value_words).unwrap_or_else(|| "–".to_owned());
            format!("{}: {} → {}", spaced(name), side(old.get(name)), side(Some(value)))
        });
        return words.collect::<Vec<_>>().join("; ");
    }
    let pairs =
        fields.iter().filter_map(|(name, value)| Some(format!("{}: {}", spaced(name), value_words(value)?)));
    pairs.collect::<Vec<_>>().join("; ")
}

/// A value as words; nothing for what is empty.
fn value_words(value: &Value) -> Option<String> {
    let words = match value {
        Value::Null => return None,
        Value::String(text) if text.chars().all(|c| c.is_ascii_lowercase() || c == '_') => spaced(text),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(value_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let pair =
                |(name, value): (&String, &Value)| Some(format!("{} {}", spaced(name), value_words(value)?));
            fields.iter().filter_map(pair).collect::<Vec<_>>().join(" ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    (!words.is_empty()).then_some(words)
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
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
        ("who" = Option<String>, Query, description = "Only the entries of this person, by number or e-mail address."),
        ("action" = Option<String>, Query, description = "Only this action, such as `recording.downloaded`; `visits`: whatever tells that somebody watched, read or downloaded."),
        ("subject" = Option<String>, Query, description = "Only entries on this thing, as `word:id`."),
        ("recording" = Option<i64>, Query, description = "Only entries on this recording, transcript or file."),
        ("class" = Option<i64>, Query, description = "Only entries on this meeting and what it left behind."),
        ("course" = Option<String>, Query, description = "Only entries on this course, by number or code, its classes and what they left behind."),
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
    let limit = listing::limit(number("limit", &asked.limit, "Write a number from 1 to 200.")?)?;
    let filter = asked.filter(&app).await?;
    let mut lines = audit_search::list(&app.store, &filter, limit + 1).await?;
    let next_cursor = listing::page(&mut lines, limit, |line| line.entry.id);
    Ok(Json(AuditPage { items: lines.into_iter().map(item).collect(), next_cursor }))
}

fn item(line: Line) -> AuditItem {
    let Line { entry, person, actor_name } = line;
    AuditItem {
        id: entry.id.0,
        seq: entry.seq,
        at: entry.at,
        actor_id: person.map(|person| person.0),
        actor_name,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail.and_then(|detail| serde_json::from_str(&detail).ok()),
        hash: entry.hash,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn details_are_said_in_words() {
        for (detail, words) in [
            (
                r#"{"from":"upcoming","to":"not_held","cause":null,"evidence":["switched_on","covered"]}"#,
                "evidence: switched on, covered; from: upcoming; to: not held",
            ),
            (
                r#"{"old":{"title":"A","term":"","code":"X"},"new":{"title":"B","term":"","code":"X"}}"#,
                "title: A → B",
            ),
            (r#"{"added":[],"user":{"id":3,"role":"learner"}}"#, "user: id 3 role learner"),
            ("[]", ""),
            ("no json", ""),
        ] {
            assert_eq!(plain(detail), words, "{detail}");
        }
    }
}
