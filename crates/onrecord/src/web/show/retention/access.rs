//! `/admin/privacy`: how much is kept of who watches what, for how long, and whether staff must say why they watch.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{may_change, tabs};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::visit::{AccessDetail, AccessPrivacy};
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::{Error, FieldError, privacy as ops, rights};
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::form::FormOf;
use crate::web::page::{Place, html};
use crate::web::pages::privacy::Privacy;
use crate::web::parts::{Choice, Field, FieldKind};
use crate::web::show::account::fault;
use crate::web::text::Text;

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    access_detail: String,
    access_days: String,
    access_network: String,
    playback_reason: String,
}

/// `GET /admin/privacy`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    let present = ops::find(&app, Actor::Viewer(&reader.viewer)).await?;
    let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    let typed = Typed {
        access_detail: present.detail.to_string(),
        access_days: present.days.to_string(),
        access_network: yes_no(present.network),
        playback_reason: yes_no(present.playback_reason),
    };
    Ok(render(&reader, StatusCode::OK, (&typed, &[])))
}

fn render(reader: &Reader, status: StatusCode, (typed, errors): (&Typed, &[FieldError])) -> Response {
    let t = reader.text();
    let view = Privacy {
        page: reader.page(t.get("privacy-title"), Place::Retention),
        tabs: tabs(t, "/admin/privacy"),
        fields: fields(t, typed, errors),
        may_change: may_change(&reader.viewer),
    };
    html(status, &view).into_response()
}

fn fields(t: &'static Text, typed: &Typed, errors: &[FieldError]) -> Vec<Field> {
    let details = [
        (AccessDetail::Named, "privacy-named"),
        (AccessDetail::Pseudonymous, "privacy-pseudonymous"),
        (AccessDetail::CountsOnly, "privacy-counts"),
    ]
    .map(|(detail, key)| Choice::new(detail.as_str(), t.get(key), &typed.access_detail));
    let yes_no = |present: &str| {
        vec![Choice::new("no", t.get("answer-no"), present), Choice::new("yes", t.get("answer-yes"), present)]
    };
    vec![
        Field::new("access_detail", t.get("privacy-detail"), FieldKind::Select(details.into()))
            .hint(t.get("privacy-detail-hint"))
            .error(fault(errors, "access_detail")),
        Field::new("access_days", t.get("privacy-days"), FieldKind::Number)
            .value(typed.access_days.clone())
            .hint(t.get("privacy-days-hint"))
            .error(fault(errors, "days"))
            .required(),
        Field::new(
            "access_network",
            t.get("privacy-network"),
            FieldKind::Select(yes_no(&typed.access_network)),
        ),
        Field::new(
            "playback_reason",
            t.get("privacy-reason"),
            FieldKind::Select(yes_no(&typed.playback_reason)),
        )
        .hint(t.get("privacy-reason-hint")),
    ]
}

/// `POST /admin/privacy`.
pub async fn save(
    State(app): State<Arc<App>>,
    reader: Reader,
    FormOf(typed): FormOf<Typed>,
) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Retain).await?;
    let Some(detail) = AccessDetail::parse(&typed.access_detail) else {
        let errors = [FieldError::new("access_detail", reader.text().get("privacy-choose").to_owned())];
        return Ok(render(&reader, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &errors)));
    };
    let new = AccessPrivacy {
        detail,
        days: typed.access_days.trim().parse().unwrap_or(0),
        network: typed.access_network == "yes",
        playback_reason: typed.playback_reason == "yes",
    };
    match ops::change(&app, Actor::Viewer(&reader.viewer), new).await {
        Ok(_) => Ok(Redirect::to("/admin/privacy").into_response()),
        Err(Error::Invalid(errors)) => {
            Ok(render(&reader, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &errors)))
        }
        Err(error) => Err(error.into()),
    }
}
