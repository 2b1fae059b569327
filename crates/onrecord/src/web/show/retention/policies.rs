//! `/admin/retention`: the written policies, what one would do, and runs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{may_change, tabs};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{RetentionPolicyId, RetentionRunId};
use crate::model::retention::{CountedFrom, ItemState, Kept, Nature, Policy, RetentionAct, RunMode};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::retention::{self as ops, Changes, Report, words};
use crate::ops::{Error, FieldError, Result as Done, rights};
use crate::store::retention::runs::{Item, Run};
use crate::store::retention::{choices, find};
use crate::web::api::retention::PolicyBody;
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::input::{PathId, QueryOf};
use crate::web::page::{Place, html};
use crate::web::pages::retention::{Plan, PlanRow, PolicyForm, PolicyRow, Retention, RunRow};
use crate::web::parts::{Choice, Empty, Field, FieldKind, Mark, Note, Pill};
use crate::web::show::account::fault;
use crate::web::text::Text;
use crate::web::when::When;

/// Acts shown on the page; the command line and the API show all.
const SHOWN: usize = 200;

/// Runs shown.
const RUNS: i64 = 10;

/// Courses and terms to choose from.
const CHOICES: i64 = 500;

/// Which run is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    run: String,
}

/// The form of a policy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    nature: String,
    course_id: String,
    term: String,
    whose: String,
    kind: String,
    counted_from: String,
    days: String,
    until: String,
    copy_first: String,
    step: String,
}

/// The choice of classes with minors.
const MINORS: &str = "minors";

impl Typed {
    fn of(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            nature: policy.nature.to_string(),
            course_id: policy.course_id.map(|course| course.to_string()).unwrap_or_default(),
            term: policy.term.clone(),
            whose: if policy.of_minors { MINORS } else { "" }.to_owned(),
            kind: policy.kind.map(|kind| kind.to_string()).unwrap_or_default(),
            counted_from: policy.counted_from.to_string(),
            days: policy.days.to_string(),
            until: policy.until.map(|day| day.to_string()).unwrap_or_default(),
            copy_first: if policy.copy_first { "yes" } else { "no" }.to_owned(),
            step: String::new(),
        }
    }

    fn body(&self) -> PolicyBody {
        PolicyBody {
            name: self.name.clone(),
            nature: Some(self.nature.clone()),
            course_id: self.course_id.parse().ok(),
            term: self.term.clone(),
            of_minors: self.whose == MINORS,
            kind: Some(self.kind.clone()),
            counted_from: Some(self.counted_from.clone()),
            // What is no number is no number of days, which is said so.
            days: self.days.trim().parse().unwrap_or(-1),
            until: Some(self.until.clone()),
            copy_first: Some(self.copy_first != "no"),
        }
    }
}

/// What the page shows besides the list.
#[derive(Default)]
struct Shown {
    typed: Option<Typed>,
    editing: Option<RetentionPolicyId>,
    errors: Vec<FieldError>,
    plan: Option<Plan>,
}

/// `GET /admin/retention`.
pub async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    QueryOf(asked): QueryOf<Asked>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let t = reader.text();
    let plan = match asked.run.parse::<i64>() {
        Ok(id) => Some(of_run(t, ops::report(&app, RetentionRunId(id), false).await?)),
        Err(_) => None,
    };
    Ok(render(&app, &reader, StatusCode::OK, Shown { plan, ..Shown::default() }).await?)
}

/// `GET /admin/retention/policies/{id}`.
pub async fn edit(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<RetentionPolicyId>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let policy = find(&app.store, id).await?.ok_or(Error::NotFound)?;
    let shown = Shown { typed: Some(Typed::of(&policy)), editing: Some(id), ..Shown::default() };
    Ok(render(&app, &reader, StatusCode::OK, shown).await?)
}

/// `POST /admin/retention/policies`.
pub async fn create(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    Ok(step(&app, &reader, (None, typed)).await?)
}

/// `POST /admin/retention/policies/{id}`.
pub async fn change(
    State(app): State<Arc<App>>,
    reader: Reader,
    PathId(id): PathId<RetentionPolicyId>,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    Ok(step(&app, &reader, (Some(id), typed)).await?)
}

/// Previews or saves what was typed.
async fn step(
    app: &App,
    reader: &Reader,
    (editing, typed): (Option<RetentionPolicyId>, Typed),
) -> Done<Response> {
    rights::global(app, &reader.viewer, GlobalAct::Retain).await?;
    let actor = Actor::Viewer(&reader.viewer);
    let t = reader.text();
    if let Some(id) = editing {
        find(&app.store, id).await?.ok_or(Error::NotFound)?;
    }
    let wanted = typed.body().read();
    let done = match (wanted, typed.step.as_str(), editing) {
        (Err(error), _, _) => Err(error),
        (Ok(wanted), "save", Some(id)) => ops::change(app, actor, id, wanted).await.map(|_| None),
        (Ok(wanted), "save", None) => ops::create(app, actor, wanted).await.map(|_| None),
        (Ok(wanted), _, editing) => ops::preview(app, actor, (editing, wanted)).await.map(Some),
    };
    let shown = |errors, plan| Shown { typed: Some(typed), editing, errors, plan };
    match done {
        Ok(None) => Ok(Redirect::to("/admin/retention").into_response()),
        Ok(Some(items)) => {
            let plan = plan(t, t.get("retention-would").to_owned(), items, Vec::new());
            render(app, reader, StatusCode::OK, shown(Vec::new(), Some(plan))).await
        }
        Err(Error::Invalid(errors)) => {
            render(app, reader, StatusCode::UNPROCESSABLE_ENTITY, shown(errors, None)).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /admin/retention/policies/{id}/end`.
pub async fn end(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<RetentionPolicyId>,
) -> Result<Redirect, PageError> {
    ops::end(&app, Actor::Viewer(&viewer), id).await?;
    Ok(Redirect::to("/admin/retention"))
}

/// Which run is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    mode: String,
}

/// `POST /admin/retention/runs`.
pub async fn run(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    FormOf(wanted): FormOf<Wanted>,
) -> Result<Redirect, PageError> {
    rights::global(&app, &viewer, GlobalAct::Retain).await?;
    let actor = Actor::Viewer(&viewer);
    let report = match RunMode::parse(&wanted.mode) {
        Some(RunMode::Real) => ops::run(&app, actor).await?,
        // Whoever does not say that it is meant gets the harmless one.
        Some(RunMode::Dry) | None => ops::dry_run(&app, actor).await?,
    };
    Ok(Redirect::to(&format!("/admin/retention?run={}", report.run.id)))
}

async fn render(app: &App, reader: &Reader, status: StatusCode, shown: Shown) -> Done<Response> {
    let t = reader.text();
    let actor = Actor::Viewer(&reader.viewer);
    let policies = ops::list(app, actor).await?;
    let (terms, courses) = choices(&app.store, CHOICES).await?;
    let course = |id: Option<_>| courses.iter().find(|(one, _)| Some(*one) == id).map(|(_, words)| words);
    let may_change = may_change(&reader.viewer);
    let when = When::new(t, chrono_tz::UTC, app.clock.now());
    let runs = ops::recent(app, actor, RUNS).await?;
    let form = may_change.then(|| PolicyForm {
        heading: t.get(if shown.editing.is_some() { "retention-edit" } else { "retention-new" }).to_owned(),
        action: shown.editing.map_or_else(
            || "/admin/retention/policies".to_owned(),
            |id| format!("/admin/retention/policies/{id}"),
        ),
        open: shown.typed.is_some(),
        fields: {
            let courses: Vec<_> = courses.iter().map(|(id, words)| (id.to_string(), words.clone())).collect();
            fields(t, &shown.typed.unwrap_or_default(), (&terms, &courses), &shown.errors)
        },
    });
    let view = Retention {
        page: reader.page(t.get("retention-title"), Place::Retention),
        tabs: tabs(t, "/admin/retention"),
        empty: policies.is_empty().then(|| Empty {
            icon: "safe",
            title: t.get("retention-empty").into(),
            text: t.get("retention-empty-text").into(),
            action: None,
        }),
        policies: policies.iter().map(|policy| row(t, policy, course(policy.course_id))).collect(),
        form,
        plan: shown.plan,
        runs: runs.iter().map(|run| run_row(t, &when, run)).collect(),
        may_change,
    };
    Ok(html(status, &view).into_response())
}

fn row(t: &'static Text, policy: &Policy, course: Option<&String>) -> PolicyRow {
    let nature = match policy.nature {
        Nature::Removal => Mark::Waiting.pill_with(t.get("retention-removal")),
        Nature::Legal => Mark::Recorded.pill_with(t.get("retention-legal")),
    };
    let kind = policy.kind.map_or_else(|| t.get("retention-everything"), |kind| kind_words(t, kind));
    let mut about = vec![kind.to_owned()];
    match (course, policy.course_id) {
        (Some(words), _) => about.push(words.clone()),
        (None, Some(id)) => about.push(id.to_string()),
        (None, None) => {}
    }
    if !policy.term.is_empty() {
        about.push(policy.term.clone());
    }
    if policy.of_minors {
        about.push(t.get("retention-of-minors").to_owned());
    }
    if policy.course_id.is_none() && policy.term.is_empty() && !policy.of_minors {
        about.push(t.get("retention-all-courses").to_owned());
    }
    PolicyRow {
        id: policy.id.0,
        name: policy.name.clone(),
        nature,
        about: about.join(", "),
        rule: words::rule(t, policy),
    }
}

/// What is kept, in words.
fn kind_words(t: &'static Text, kind: Kept) -> &'static str {
    match kind {
        Kept::Recording => t.get("kept-recordings"),
        Kept::Transcript => t.get("kept-transcripts"),
        Kept::File => t.get("kept-files"),
        Kept::Attendance => t.get("kept-attendance"),
        Kept::Chat => t.get("kept-chat"),
    }
}

fn fields(
    t: &'static Text,
    typed: &Typed,
    (terms, courses): (&[String], &[(String, String)]),
    errors: &[FieldError],
) -> Vec<Field> {
    let select = |name: &'static str, key, choices| {
        Field::new(name, t.get(key), FieldKind::Select(choices)).error(fault(errors, name))
    };
    let any = |key, present: &str| vec![Choice::new("", t.get(key), present)];
    let natures = [(Nature::Removal, "retention-removal"), (Nature::Legal, "retention-legal")]
        .map(|(nature, key)| Choice::new(nature.as_str(), t.get(key), &typed.nature));
    let mut kinds = any("retention-everything", &typed.kind);
    kinds.extend(Kept::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind_words(t, *kind), &typed.kind)));
    let mut of_term = any("retention-all-terms", &typed.term);
    of_term.extend(terms.iter().map(|term| Choice::new(term, term, &typed.term)));
    let mut of_course = any("retention-all-courses", &typed.course_id);
    of_course.extend(courses.iter().map(|(id, words)| Choice::new(id, words, &typed.course_id)));
    let mut whose = any("retention-all-classes", &typed.whose);
    whose.push(Choice::new(MINORS, t.get("retention-of-minors"), &typed.whose));
    let counted = [
        (CountedFrom::Class, "retention-from-class"),
        (CountedFrom::Term, "retention-from-term"),
        (CountedFrom::Date, "retention-from-date"),
    ]
    .map(|(from, key)| Choice::new(from.as_str(), t.get(key), &typed.counted_from));
    let yes_no = [("yes", "retention-copy-yes"), ("no", "retention-copy-no")]
        .map(|(value, key)| Choice::new(value, t.get(key), &typed.copy_first));
    vec![
        Field::new("name", t.get("column-name"), FieldKind::Text)
            .value(typed.name.clone())
            .error(fault(errors, "name"))
            .required(),
        select("nature", "retention-nature", natures.into()),
        select("kind", "retention-kind", kinds),
        select("course_id", "retention-course", of_course),
        select("term", "ledger-term", of_term),
        select("whose", "retention-whose", whose).hint(t.get("retention-whose-hint")),
        select("counted_from", "retention-counted", counted.into()),
        Field::new("days", t.get("retention-days"), FieldKind::Number)
            .value(typed.days.clone())
            .error(fault(errors, "days")),
        Field::new("until", t.get("retention-until"), FieldKind::Date)
            .value(typed.until.clone())
            .hint(t.get("retention-until-hint"))
            .error(fault(errors, "until")),
        select("copy_first", "retention-copy", yes_no.into()).hint(t.get("retention-copy-hint")),
    ]
}

fn run_row(t: &'static Text, when: &When, run: &Run) -> RunRow {
    let mode = match run.mode {
        RunMode::Dry => t.get("retention-run-dry"),
        RunMode::Real => t.get("retention-run-real"),
    };
    let words = match run.mode {
        RunMode::Dry => t.with("retention-planned", &[("n", run.planned.into())]),
        RunMode::Real => t.with("retention-done", &[("n", run.done.into()), ("skipped", run.skipped.into())]),
    };
    RunRow {
        href: format!("/admin/retention?run={}", run.id),
        when: when.day_time(run.started_at),
        mode: mode.to_owned(),
        words,
    }
}

fn of_run(t: &'static Text, report: Report) -> Plan {
    let heading = match report.run.mode {
        RunMode::Dry => t.get("retention-would"),
        RunMode::Real => t.get("retention-did"),
    };
    let changes = report.changes.map(|changes| changed(t, &changes)).unwrap_or_default();
    plan(t, heading.to_owned(), report.items, changes)
}

fn changed(t: &'static Text, changes: &Changes) -> Vec<Note> {
    let note = |key: &'static str, items: &[Item]| {
        (!items.is_empty()).then(|| {
            let title = t.with(key, &[("n", (items.len() as i64).into())]);
            items.iter().take(20).fold(Note::new(None, title), |note, item| {
                note.line(format!("{} {}: {}", item.course_code, item.title, item.why))
            })
        })
    };
    let notes: Vec<Note> = [("retention-added", &changes.added), ("retention-dropped", &changes.dropped)]
        .into_iter()
        .filter_map(|(key, items)| note(key, items))
        .collect();
    if notes.is_empty() { vec![Note::new(None, t.get("retention-unchanged"))] } else { notes }
}

fn plan(t: &'static Text, heading: String, items: Vec<Item>, changes: Vec<Note>) -> Plan {
    let all = items.len();
    let more = all.saturating_sub(SHOWN) as i64;
    Plan {
        heading,
        lead: t.with("retention-acts", &[("n", (all as i64).into())]),
        changes,
        rows: items.into_iter().take(SHOWN).map(|item| plan_row(t, item)).collect(),
        more: if more > 0 { t.with("retention-more", &[("n", more.into())]) } else { String::new() },
    }
}

fn plan_row(t: &'static Text, item: Item) -> PlanRow {
    let act = match item.act {
        RetentionAct::Bin => t.get("act-bin"),
        RetentionAct::Remove => t.get("act-remove"),
        RetentionAct::Copy => t.get("act-copy"),
        RetentionAct::Purge => t.get("act-purge"),
    };
    let state: Pill = match item.state {
        ItemState::Planned => Mark::Waiting.pill_with(t.get("item-planned")),
        ItemState::Done if item.act == RetentionAct::Copy => Mark::Waiting.pill_with(t.get("item-queued")),
        ItemState::Done => Mark::Recorded.pill_with(t.get("item-done")),
        ItemState::Skipped => Mark::NotHeld.pill_with(t.get("item-skipped")),
    };
    PlanRow {
        title: item.title,
        course: item.course_code,
        kind: kind_words(t, item.kind).to_owned(),
        act: act.to_owned(),
        why: if item.said.is_empty() { item.why } else { item.said },
        state,
    }
}
