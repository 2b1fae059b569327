//! The audit as a page and as JSON: who did what, when; newest first. Nothing here changes anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{AuditEntryId, UserId};
use crate::model::people::normal_email;
use crate::model::schedule::is_plausible;
use crate::ops::{Error, rights};
use crate::store::audit::{self, Filter, Line};
use crate::store::pages::audit::{Named, names};
use crate::store::users;
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
    fn filter(&self, who: Option<UserId>) -> Result<Filter, Error> {
        let wrong = "Write a date as 2026-09-01.";
        let date = |field, text| match read::<NaiveDate>(field, text, wrong)? {
            Some(day) if !is_plausible(day) => Err(Error::invalid(field, wrong)),
            day => Ok(day),
        };
        let number = |field, text| read::<i64>(field, text, "Write the number of an entry.");
        let start = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let some = |text: &str| Some(listing::searched(text)).filter(|text| !text.is_empty());
        Ok(Filter {
            actor: who,
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

/// Whose entries are asked for: a person's address or number. An address that nobody has narrows to nothing.
async fn whose(app: &App, text: &str) -> Result<Option<UserId>, Error> {
    let text = text.trim();
    if text.contains('@') {
        let found = users::find_by_email(&app.store, &normal_email(text)).await?;
        return Ok(Some(found.map_or(UserId(0), |user| user.id)));
    }
    Ok(read::<i64>("who", text, "Write a person's e-mail address or number.")?.map(UserId))
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
    let filter = asked.filter(whose(&app, &asked.who).await?)?;
    let mut lines = audit::list(&app.store, &filter, PAGE + 1).await?;
    let (sealed, actions) = audit::overview(&app.store).await?;
    let next = listing::page(&mut lines, PAGE, |line| asked.next(line.entry.id));
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
    choices.extend(actions.iter().map(|action| Choice::new(action, in_words(t, action), &asked.action)));
    choices[1..].sort_by(|a, b| a.words.cmp(&b.words));
    vec![
        Field::new("action", t.get("column-what"), FieldKind::Select(choices)),
        Field::new("subject", t.get("column-subject"), FieldKind::Search).value(&asked.subject),
        Field::new("who", t.get("audit-who"), FieldKind::Search).value(&asked.who),
        Field::new("from", t.get("audit-from"), FieldKind::Date).value(&asked.from),
        Field::new("to", t.get("audit-to"), FieldKind::Date).value(&asked.to),
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
    let filter = asked.filter(whose(&app, &asked.who).await?)?;
    let mut lines = audit::list(&app.store, &filter, limit + 1).await?;
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
