//! The API's description: `/api/v1/openapi.json` for programs and `/api/docs` for people. Both are made once, from
//! the same annotations that stand on the handlers; nothing is loaded from elsewhere.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::page::{self, Page, Place};
use super::parts;
use super::text::english;

/// The description of the API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "OnRecord",
        description = "Every class on the record. Sign in with a session cookie or `Authorization: Bearer` and a \
                       token from `onrecord token create`. Lists answer `{items, next_cursor}`; errors are \
                       problem+json (RFC 9457)."
    ),
    paths(
        super::show::audit::list,
        super::api::audit::export,
        super::api::audit::viewers,
        super::api::users::me,
        super::api::users::list,
        super::api::users::create,
        super::api::users::show,
        super::api::users::change,
        super::api::users::disable,
        super::api::users::enable,
        super::api::users::link,
        super::api::courses::list,
        super::api::courses::create,
        super::api::courses::show,
        super::api::courses::change,
        super::api::courses::roster,
        super::api::courses::put_roster,
        super::api::tokens::list,
        super::api::tokens::create,
        super::api::tokens::revoke,
        super::api::recordings::list,
        super::api::recordings::one,
        super::api::recordings::transcript,
        super::api::recordings::hide,
        super::api::recordings::show,
        super::api::keeping::archive,
        super::api::keeping::correct,
        super::api::keeping::drives,
        super::api::keeping::rehome,
        super::api::by_hand::attach,
        super::api::by_hand::upload,
        super::media::api_content,
        super::sync::sync,
        super::sync::run,
        super::api::attendance::list,
        super::api::chat::list,
        super::api::files::list,
        super::api::inbox::list,
        super::api::inbox::assign,
        super::api::inbox::dismiss,
        super::api::inbox::undo,
        super::api::inbox::decided,
        super::api::inbox::likely,
        super::api::inbox::confirm,
        super::api::inbox::refuse,
        super::api::monitor::show,
        super::api::monitor::week,
        super::api::ledger::list,
        super::api::alerts::list,
        super::api::alerts::check,
        super::api::integration::findings,
        super::api::integration::verify,
        super::api::integration::confirm,
        super::api::integration::rehearse,
        super::api::integration::rehearsed,
        super::api::retention::list,
        super::api::retention::create,
        super::api::retention::change,
        super::api::retention::end,
        super::api::retention::preview,
        super::api::retention::run,
        super::api::retention::show,
        super::api::holds::list,
        super::api::holds::place,
        super::api::holds::release,
        super::api::people_data::own,
        super::api::people_data::of_person,
        super::api::people_data::erase,
        super::api::people_data::erasures,
        super::api::people_data::settings,
        super::api::people_data::change,
        super::api::people_data::reason,
        super::api::objections::raise,
        super::api::objections::own,
        super::api::objections::list,
        super::api::objections::change,
        super::api::minors::of_course,
        super::api::minors::mark_course,
        super::api::minors::mark_person,
        super::api::minors::keep,
        super::api::minors::withdraw,
        super::api::notices::of_meeting,
        super::api::notices::acknowledge,
        super::api::notices::of_course,
        super::api::notices::versions,
        super::api::notices::put_wording,
        super::api::exceptions::of_course,
        super::api::exceptions::all,
        super::api::exceptions::ask,
        super::api::exceptions::decide,
        super::api::exceptions::end,
        super::api::bin::list,
        super::api::bin::remove,
        super::api::bin::restore,
        super::api::conferences::list,
        super::api::conferences::create,
        super::api::conferences::show,
        super::api::conferences::update,
        super::api::conferences::cancel,
        super::api::conferences::cancel_meeting,
    ),
    components(schemas(super::error::Problem))
)]
struct Description;

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(|| {
    let mut document = Description::openapi();
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::new("onrecord_session"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    document
});

static JSON: LazyLock<String> =
    LazyLock::new(|| DOCUMENT.to_pretty_json().expect("a document made of annotations is JSON") + "\n");

/// The `OpenAPI` document as text, ending in a line break.
pub fn document() -> &'static str {
    &JSON
}

/// `GET /api/v1/openapi.json`.
pub async fn openapi() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([kind], document()).into_response()
}

/// `GET /api/docs`.
pub async fn show() -> Response {
    page::html(StatusCode::OK, &*PAGE).into_response()
}

static PAGE: LazyLock<ApiDocs> = LazyLock::new(ApiDocs::build);

#[derive(Debug, Template)]
#[template(path = "pages/api_docs.html")]
struct ApiDocs {
    page: Page,
    lead: String,
    calls: Vec<Call>,
}

/// One call of the API, for people.
#[derive(Debug)]
struct Call {
    method: String,
    path: String,
    summary: String,
    text: String,
    parameters: Vec<Parameter>,
    body: String,
    answers: Vec<(String, String)>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    place: String,
    text: String,
}

impl ApiDocs {
    fn build() -> Self {
        let t = english();
        let document: Value = serde_json::from_str(document()).unwrap_or_default();
        let mut calls = Vec::new();
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                calls.push(Call::of(method, path, operation));
            }
        }
        let lead = words(&document["info"]["description"]);
        Self { page: Page::new(t, t.get("api-docs-title"), Place::Elsewhere), lead, calls }
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Call {
    fn of(method: &str, path: &str, operation: &Value) -> Self {
        let parameters =
            operation["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
                name: words(&parameter["name"]),
                place: words(&parameter["in"]),
                text: words(&parameter["description"]),
            });
        let body = words(&operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]);
        let answers = entries(&operation["responses"])
            .map(|(status, answer)| (status.clone(), words(&answer["description"])));
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: words(&operation["summary"]),
            text: words(&operation["description"]),
            parameters: parameters.collect(),
            body: body.rsplit('/').next().unwrap_or_default().to_owned(),
            answers: answers.collect(),
        }
    }
}
