//! What keeps a connection believable, on the settings page of Microsoft Teams: answers about meeting policies, and
//! rehearsals with their steps as they happen.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Redirect;
use serde::Deserialize;

use super::integration_findings as findings;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::integration::Integration as Row;
use crate::model::policy::{Confirmation, PolicyAnswer, PolicyTopic};
use crate::model::rehearsal::{Rehearsal, Step, StepState};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::doctor::Examination;
use crate::ops::rehearsal::{self, By};
use crate::ops::{Error, policy, rights};
use crate::store::{policies, rehearsals};
use crate::web::auth::SignedIn;
use crate::web::error::PageError;
use crate::web::pages::integration::{Policy, RehearsalPart};
use crate::web::parts::{Mark, PartLine};
use crate::web::text::Text;
use crate::web::when::When;

/// How often the steps of a rehearsal are looked at while it goes on.
const REFRESH_SECONDS: u32 = 1;

/// An answer as its form sends it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    topic: String,
    answer: String,
}

/// `POST /settings/integrations/teams/policies`.
pub async fn confirm(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    form: Result<Form<AnswerForm>, FormRejection>,
) -> Result<Redirect, PageError> {
    rights::global(&app, &viewer, GlobalAct::Administer).await?;
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let said = PolicyTopic::parse(&form.topic).zip(PolicyAnswer::parse(&form.answer));
    let Some((topic, answer)) = said else {
        return Err(Error::invalid("answer", "Open the page again and answer from there.").into());
    };
    policy::confirm(&app, Actor::Viewer(&viewer), topic, answer).await?;
    Ok(Redirect::to("/settings/integrations/teams#policies"))
}

/// `POST /settings/integrations/teams/rehearse`.
pub async fn rehearse(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
) -> Result<Redirect, PageError> {
    rehearsal::begin(&app, Actor::Viewer(&viewer), By::Worker).await?;
    Ok(Redirect::to("/settings/integrations/teams#rehearsal"))
}

/// The policies with their last answers.
pub(super) async fn policies(
    t: &'static Text,
    app: &App,
    when: &When,
    (row, last): (&Row, Option<&Examination>),
) -> Result<Vec<Policy>, Error> {
    let said = policies::newest(&app.store, row.id).await?;
    let line = |topic: &PolicyTopic| {
        let answer = said.iter().find(|one| one.topic == *topic);
        let asked = findings::question(last, *topic);
        Policy {
            lost: asked.map_or_else(String::new, |found| {
                t.with("policy-if-not", &[("lost", found.consequence.as_str().into())])
            }),
            command: asked.and_then(|found| findings::command(t, found)),
            ..policy_line(t, when, (*topic, answer))
        }
    };
    Ok(PolicyTopic::ALL.iter().map(line).collect())
}

fn policy_line(t: &'static Text, when: &When, (topic, last): (PolicyTopic, Option<&Confirmation>)) -> Policy {
    let question = match topic {
        PolicyTopic::Recording => t.get("policy-recording"),
        PolicyTopic::Instructors => t.get("policy-instructors"),
        PolicyTopic::Attendance => t.get("policy-attendance"),
        PolicyTopic::Expiry => t.get("policy-expiry"),
    };
    let mark = match last.map(|one| one.answer) {
        None => Mark::Waiting,
        Some(PolicyAnswer::Yes) => Mark::Recorded,
        Some(PolicyAnswer::No) => Mark::Missing,
    };
    let answered = last.map_or_else(
        || t.get("policy-unanswered").to_owned(),
        |one| {
            let key = match one.answer {
                PolicyAnswer::Yes => "policy-yes-by",
                PolicyAnswer::No => "policy-no-by",
            };
            let name = one.name.clone().unwrap_or_else(|| t.get("policy-operator").to_owned());
            t.with(key, &[("name", name.into()), ("when", when.date(one.at).words.into())])
        },
    );
    Policy { topic: topic.as_str(), mark, wish: question, answered, lost: String::new(), command: None }
}

/// The newest rehearsal, or the invitation to the first.
pub(super) async fn rehearsal(
    t: &'static Text,
    app: &App,
    when: &When,
    row: &Row,
) -> Result<RehearsalPart, Error> {
    let Some(last) = rehearsals::newest(&app.store, row.id).await? else {
        return Ok(RehearsalPart {
            steps: Vec::new(),
            words: t.get("rehearsal-never").to_owned(),
            refresh: None,
        });
    };
    Ok(RehearsalPart {
        steps: Step::ALL.iter().map(|step| step_line(t, &last, *step)).collect(),
        words: outcome(t, when, &last),
        refresh: last.is_going_on().then_some(REFRESH_SECONDS),
    })
}

fn outcome(t: &'static Text, when: &When, last: &Rehearsal) -> String {
    let at = [("when", when.relative_words(last.started_at).into())];
    if last.is_going_on() {
        t.get("rehearsal-running").to_owned()
    } else if last.cleaned_at.is_none() {
        t.with("rehearsal-left", &[("error", last.cleaning_error.clone().into())])
    } else if last.is_well() {
        t.with("rehearsal-well", &at)
    } else {
        t.with("rehearsal-failed", &at)
    }
}

fn step_line(t: &'static Text, last: &Rehearsal, step: Step) -> PartLine {
    let name = match step {
        Step::Create => t.get("rehearsal-create"),
        Step::JoinUrl => t.get("rehearsal-join-url"),
        Step::Lookup => t.get("rehearsal-lookup"),
        Step::Patch => t.get("rehearsal-patch"),
        Step::ReadBack => t.get("rehearsal-read-back"),
    };
    let done = last.steps.iter().find(|one| one.step == step);
    let (mark, words) = match done.map(|one| (one.state, one.words.clone())) {
        Some((StepState::Ok, words)) => (Mark::Recorded, words),
        Some((StepState::Failed, words)) => (Mark::Missing, words),
        Some((StepState::Running, _)) => (Mark::Waiting, t.get("rehearsal-step-running").to_owned()),
        None if last.is_going_on() => (Mark::Upcoming, t.get("rehearsal-step-next").to_owned()),
        None => (Mark::Upcoming, t.get("rehearsal-step-left-out").to_owned()),
    };
    PartLine::new(mark, name, words)
}
