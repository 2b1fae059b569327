//! The web: pages for people and an API for programs, over the same operations. All routes stand in one table.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::model::access::{Act, GlobalAct};
use crate::telemetry::requests;

pub mod api;
pub mod assets;
pub mod auth;
pub mod caller;
pub mod docs;
pub mod error;
pub mod form;
pub mod headers;
pub mod input;
pub mod listing;
pub mod media;
pub mod notifications;
pub mod page;
pub mod pages;
pub mod parts;
pub mod range;
pub mod routes;
pub mod show;
pub mod styleguide;
pub mod sync;
pub mod when;

pub use crate::text;

use routes::{Reach, routes};

routes! {
    get "/" => show::home::page, Reach::SignedIn;
    get "/conferences" => show::conferences::page, Reach::SignedIn;
    get "/conferences/new" => show::conference_form::new, Reach::Teaching;
    post "/conferences/new" => show::conference_form::create, Reach::Teaching;
    get "/conferences/{id}/edit" => show::conference_form::edit, Reach::Conference(Act::Edit);
    post "/conferences/{id}/edit" => show::conference_form::change, Reach::Conference(Act::Edit);
    get "/conferences/{id}/cancel" => show::cancel::page, Reach::Conference(Act::Edit);
    post "/conferences/{id}/cancel" => show::cancel::cancel, Reach::Conference(Act::Edit);
    get "/join/{id}" => show::join::page, Reach::Meeting(Act::Join);
    get "/conferences/{id}" => show::conference::page, Reach::Conference(Act::See);
    post "/conferences/{id}/publish" => show::conference::publish, Reach::Conference(Act::Edit);
    get "/recordings/{id}" => show::player::page, Reach::Recording(Act::Watch);
    post "/meetings/{id}/recordings/link" => show::by_hand::attach, Reach::Meeting(Act::Edit);
    post "/meetings/{id}/recordings/upload" => show::by_hand::upload, Reach::Meeting(Act::Edit);
    post "/meetings/{id}/likely/{file}/confirm" => show::likely::confirm, Reach::Meeting(Act::Edit);
    post "/meetings/{id}/likely/{file}/refuse" => show::likely::refuse, Reach::Meeting(Act::Edit);
    post "/recordings/{id}/hide" => show::player::hide, Reach::Recording(Act::Hide);
    post "/recordings/{id}/show" => show::player::show, Reach::Recording(Act::Hide);
    get "/recordings/{id}/content" => media::watch, Reach::Recording(Act::Watch);
    get "/recordings/{id}/download" => media::download, Reach::Recording(Act::Watch);
    get "/recordings/{id}/captions.vtt" => media::captions, Reach::Recording(Act::Watch);
    get "/files/{id}/download" => media::download_file, Reach::File(Act::SeeFiles);
    get "/api/v1/conferences/{id}/recordings" => api::recordings::list, Reach::Conference(Act::See);
    get "/api/v1/recordings/{id}" => api::recordings::one, Reach::Recording(Act::Watch);
    get "/api/v1/recordings/{id}/content" => media::api_content, Reach::Recording(Act::Watch);
    get "/api/v1/recordings/{id}/transcript" => api::recordings::transcript, Reach::Recording(Act::Watch);
    post "/api/v1/recordings/{id}/hide" => api::recordings::hide, Reach::Recording(Act::Hide);
    post "/api/v1/recordings/{id}/show" => api::recordings::show, Reach::Recording(Act::Hide);
    post "/recordings/{id}/archive" => show::storage::archive, Reach::Recording(Act::Hide);
    post "/recordings/{id}/expiry" => show::storage::correct, Reach::Recording(Act::Hide);
    post "/api/v1/recordings/{id}/archive" => api::keeping::archive, Reach::Recording(Act::Hide);
    post "/api/v1/recordings/{id}/expiry" => api::keeping::correct, Reach::Recording(Act::Hide);
    get "/api/v1/storage" => api::keeping::drives, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/storage/{id}/rehome" => api::keeping::rehome, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/openapi.json" => docs::openapi, Reach::Public;
    get "/api/docs" => docs::show, Reach::Public;
    post "/conferences/{id}/sync" => sync::sync, Reach::Conference(Act::Sync);
    post "/conferences/{id}/sync/" => sync::sync, Reach::Conference(Act::Sync);
    get "/api/v1/sync-runs/{id}" => sync::run, Reach::SyncRun(Act::SeeStaffDetail);
    get "/api/v1/conferences/{id}/attendance" => api::attendance::list, Reach::Conference(Act::SeeOwnAttendance);
    get "/api/v1/conferences/{id}/chat" => api::chat::list, Reach::Conference(Act::SeeChat);
    get "/api/v1/conferences/{id}/files" => api::files::list, Reach::Conference(Act::SeeFiles);
    get "/api/v1/inbox" => api::inbox::list, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/inbox/{id}/assign" => api::inbox::assign, Reach::Inbox(GlobalAct::Administer);
    post "/api/v1/inbox/{id}/dismiss" => api::inbox::dismiss, Reach::Inbox(GlobalAct::Administer);
    post "/api/v1/inbox/{id}/undo" => api::inbox::undo, Reach::Inbox(GlobalAct::Administer);
    get "/api/v1/inbox/decided" => api::inbox::decided, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/meetings/{id}/recordings/link" => api::by_hand::attach, Reach::Meeting(Act::Edit);
    post "/api/v1/meetings/{id}/recordings/upload" => api::by_hand::upload, Reach::Meeting(Act::Edit);
    get "/api/v1/meetings/{id}/likely" => api::inbox::likely, Reach::Meeting(Act::Edit);
    post "/api/v1/meetings/{id}/likely/{file}/confirm" => api::inbox::confirm, Reach::Meeting(Act::Edit);
    post "/api/v1/meetings/{id}/likely/{file}/refuse" => api::inbox::refuse, Reach::Meeting(Act::Edit);
    get "/api/v1/monitor" => api::monitor::show, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/ledger" => api::ledger::list, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/alerts" => api::alerts::list, Reach::SignedIn;
    post "/api/v1/meetings/{id}/recording-check" => api::alerts::check, Reach::Meeting(Act::Sync);
    get "/api/v1/integrations/teams/findings" => api::integration::findings, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/integrations/teams/verify" => api::integration::verify, Reach::Installation(GlobalAct::Administer);
    post "/api/v1/integrations/teams/confirmations" => api::integration::confirm, Reach::Installation(GlobalAct::Administer);
    post "/api/v1/integrations/teams/rehearsals" => api::integration::rehearse, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/integrations/teams/rehearsals/latest" => api::integration::rehearsed, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/conferences" => api::conferences::list, Reach::SignedIn;
    post "/api/v1/conferences" => api::conferences::create, Reach::SignedIn;
    get "/api/v1/conferences/{id}" => api::conferences::show, Reach::Conference(Act::See);
    patch "/api/v1/conferences/{id}" => api::conferences::update, Reach::Conference(Act::Edit);
    delete "/api/v1/conferences/{id}" => api::conferences::cancel, Reach::Conference(Act::Edit);
    post "/api/v1/meetings/{id}/cancel" => api::conferences::cancel_meeting, Reach::Meeting(Act::Edit);
    get "/api/v1/audit" => show::audit::list, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/audit/export" => api::audit::export, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/recordings/{id}/viewers" => api::audit::viewers, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/me" => api::users::me, Reach::SignedIn;
    get "/api/v1/users" => api::users::list, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/users" => api::users::create, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/users/{id}" => api::users::show, Reach::Installation(GlobalAct::Oversee);
    patch "/api/v1/users/{id}" => api::users::change, Reach::Installation(GlobalAct::Administer);
    post "/api/v1/users/{id}/disable" => api::users::disable, Reach::Installation(GlobalAct::Administer);
    post "/api/v1/users/{id}/enable" => api::users::enable, Reach::Installation(GlobalAct::Administer);
    post "/api/v1/users/{id}/link" => api::users::link, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/courses" => api::courses::list, Reach::SignedIn;
    post "/api/v1/courses" => api::courses::create, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/courses/{id}" => api::courses::show, Reach::Course(Act::See);
    patch "/api/v1/courses/{id}" => api::courses::change, Reach::Course(Act::Edit);
    get "/api/v1/courses/{id}/roster" => api::courses::roster, Reach::Course(Act::SeeStaffDetail);
    put "/api/v1/courses/{id}/roster" => api::courses::put_roster, Reach::Installation(GlobalAct::Administer);
    get "/api/v1/tokens" => api::tokens::list, Reach::SignedIn;
    post "/api/v1/tokens" => api::tokens::create, Reach::SignedIn;
    delete "/api/v1/tokens/{id}" => api::tokens::revoke, Reach::SignedIn;
    get "/login" => show::session::login, Reach::Public;
    post "/login" => show::session::sign_in, Reach::Public;
    post "/logout" => show::session::sign_out, Reach::Public;
    get "/welcome/{token}" => show::session::welcome, Reach::Public;
    post "/welcome/{token}" => show::session::set_password, Reach::Public;
    get "/account" => show::account::page, Reach::SignedIn;
    post "/account/appearance" => show::account::appearance, Reach::SignedIn;
    post "/account/password" => show::account::password, Reach::SignedIn;
    post "/account/tokens" => show::account::create_token, Reach::SignedIn;
    post "/account/tokens/{id}/revoke" => show::account::revoke_token, Reach::SignedIn;
    get "/courses" => show::courses::list, Reach::SignedIn;
    post "/courses" => show::courses::create, Reach::Installation(GlobalAct::Administer);
    get "/courses/{id}" => show::courses::page, Reach::Course(Act::See);
    post "/courses/{id}/settings" => show::course_settings::save, Reach::Course(Act::Edit);
    post "/courses/{id}/roster" => show::courses::upload, Reach::Installation(GlobalAct::Administer);
    post "/courses/{id}/enrolments" => show::courses::enrol, Reach::Installation(GlobalAct::Administer);
    post "/courses/{id}/enrolments/{user}/remove" => show::courses::remove, Reach::Installation(GlobalAct::Administer);
    get "/courses/{id}/exceptions" => show::exceptions::page, Reach::Course(Act::SeeStaffDetail);
    post "/courses/{id}/exceptions" => show::exceptions::ask, Reach::Course(Act::Exempt);
    post "/courses/{id}/exceptions/{exception}/decision" => show::exceptions::decide, Reach::Course(Act::Exempt);
    post "/courses/{id}/exceptions/{exception}/end" => show::exceptions::end, Reach::Course(Act::Exempt);
    post "/join/{id}" => show::join::acknowledge, Reach::Meeting(Act::Join);
    get "/courses/{id}/acknowledgements" => show::notices::of_course, Reach::Course(Act::SeeStaffDetail);
    get "/admin/notices" => show::notices::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/notices/wordings" => show::notices::save, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/meetings/{id}/notice" => api::notices::of_meeting, Reach::Meeting(Act::Join);
    post "/api/v1/meetings/{id}/acknowledgement" => api::notices::acknowledge, Reach::Meeting(Act::Join);
    get "/api/v1/courses/{id}/acknowledgements" => api::notices::of_course, Reach::Course(Act::SeeStaffDetail);
    get "/api/v1/notices" => api::notices::versions, Reach::Installation(GlobalAct::Oversee);
    put "/api/v1/notices/wordings" => api::notices::put_wording, Reach::Installation(GlobalAct::Retain);
    get "/courses/{id}/minors" => show::minors::page, Reach::Course(Act::SeeStaffDetail);
    post "/courses/{id}/minors" => show::minors::mark_course, Reach::Installation(GlobalAct::Retain);
    post "/courses/{id}/minors/people" => show::minors::mark_person, Reach::Installation(GlobalAct::Retain);
    post "/courses/{id}/guardians" => show::minors::keep, Reach::Installation(GlobalAct::Retain);
    post "/courses/{id}/guardians/{word}/withdraw" => show::minors::withdraw, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/courses/{id}/minors" => api::minors::of_course, Reach::Course(Act::SeeStaffDetail);
    put "/api/v1/courses/{id}/minors" => api::minors::mark_course, Reach::Installation(GlobalAct::Retain);
    put "/api/v1/users/{id}/minor" => api::minors::mark_person, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/users/{id}/guardians" => api::minors::keep, Reach::Installation(GlobalAct::Retain);
    delete "/api/v1/guardians/{id}" => api::minors::withdraw, Reach::Installation(GlobalAct::Retain);
    get "/courses/{id}/objection" => show::objections::page, Reach::Course(Act::Object);
    post "/courses/{id}/objection" => show::objections::raise, Reach::Course(Act::Object);
    post "/objections/{id}/withdraw" => show::objections::withdraw, Reach::SignedIn;
    get "/admin/cases/{id}" => show::objections::case, Reach::Installation(GlobalAct::Oversee);
    post "/admin/cases/{id}" => show::objections::change, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/courses/{id}/objections" => api::objections::raise, Reach::Course(Act::Object);
    get "/api/v1/me/objections" => api::objections::own, Reach::SignedIn;
    get "/api/v1/objections" => api::objections::list, Reach::Installation(GlobalAct::Oversee);
    patch "/api/v1/objections/{id}" => api::objections::change, Reach::Installation(GlobalAct::Retain);
    get "/admin/cases" => show::cases::page, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/courses/{id}/exceptions" => api::exceptions::of_course, Reach::Course(Act::SeeStaffDetail);
    post "/api/v1/courses/{id}/exceptions" => api::exceptions::ask, Reach::Course(Act::Exempt);
    post "/api/v1/courses/{id}/exceptions/{exception}/decision" => api::exceptions::decide, Reach::Course(Act::Exempt);
    post "/api/v1/courses/{id}/exceptions/{exception}/end" => api::exceptions::end, Reach::Course(Act::Exempt);
    get "/api/v1/exceptions" => api::exceptions::all, Reach::Installation(GlobalAct::Oversee);
    get "/admin/users" => show::users::page, Reach::Installation(GlobalAct::Administer);
    post "/admin/users" => show::users::invite, Reach::Installation(GlobalAct::Administer);
    post "/admin/users/file" => show::users::upload, Reach::Installation(GlobalAct::Administer);
    post "/admin/users/{id}/link" => show::users::link, Reach::Installation(GlobalAct::Administer);
    post "/admin/users/{id}/role" => show::users::role, Reach::Installation(GlobalAct::Administer);
    post "/admin/users/{id}/disable" => show::users::disable, Reach::Installation(GlobalAct::Administer);
    post "/admin/users/{id}/enable" => show::users::enable, Reach::Installation(GlobalAct::Administer);
    get "/settings/integrations/teams" => show::integration::page, Reach::Installation(GlobalAct::Administer);
    post "/settings/integrations/teams" => show::integration::save, Reach::Installation(GlobalAct::Administer);
    post "/settings/integrations/teams/verify" => show::integration::verify, Reach::Installation(GlobalAct::Administer);
    post "/settings/integrations/teams/notice" => show::integration::save_notice, Reach::Installation(GlobalAct::Administer);
    post "/settings/integrations/teams/policies" => show::integration_upkeep::confirm, Reach::Installation(GlobalAct::Administer);
    post "/settings/integrations/teams/rehearse" => show::integration_upkeep::rehearse, Reach::Installation(GlobalAct::Administer);
    get "/admin/monitor" => show::monitor::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/jobs/{id}/retry" => show::monitor::retry, Reach::Installation(GlobalAct::Administer);
    get "/admin/inbox" => show::inbox::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/inbox/{id}/assign" => show::inbox::assign, Reach::Inbox(GlobalAct::Administer);
    post "/admin/inbox/{id}/dismiss" => show::inbox::dismiss, Reach::Inbox(GlobalAct::Administer);
    get "/admin/ledger" => show::ledger::page, Reach::Installation(GlobalAct::Oversee);
    get "/admin/ledger.csv" => show::ledger::export, Reach::Installation(GlobalAct::Oversee);
    post "/meetings/{id}/recording-check" => show::live::answer, Reach::Meeting(Act::Sync);
    post "/admin/inbox/{id}/undo" => show::inbox::undo, Reach::Inbox(GlobalAct::Administer);
    get "/admin/retention" => show::retention::policies::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/retention/policies" => show::retention::policies::create, Reach::Installation(GlobalAct::Retain);
    get "/admin/retention/policies/{id}" => show::retention::policies::edit, Reach::Installation(GlobalAct::Retain);
    post "/admin/retention/policies/{id}" => show::retention::policies::change, Reach::Installation(GlobalAct::Retain);
    post "/admin/retention/policies/{id}/end" => show::retention::policies::end, Reach::Installation(GlobalAct::Retain);
    post "/admin/retention/runs" => show::retention::policies::run, Reach::Installation(GlobalAct::Retain);
    get "/admin/holds" => show::retention::holds::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/holds" => show::retention::holds::place, Reach::Installation(GlobalAct::Retain);
    post "/admin/holds/{id}/release" => show::retention::holds::release, Reach::Installation(GlobalAct::Retain);
    get "/admin/bin" => show::retention::bin::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/bin/{id}/restore" => show::retention::bin::restore, Reach::Installation(GlobalAct::Retain);
    post "/admin/recordings/{id}/remove" => show::retention::bin::remove, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/retention/policies" => api::retention::list, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/retention/policies" => api::retention::create, Reach::Installation(GlobalAct::Retain);
    put "/api/v1/retention/policies/{id}" => api::retention::change, Reach::Installation(GlobalAct::Retain);
    delete "/api/v1/retention/policies/{id}" => api::retention::end, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/retention/preview" => api::retention::preview, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/retention/runs" => api::retention::run, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/retention/runs/{id}" => api::retention::show, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/holds" => api::holds::list, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/holds" => api::holds::place, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/holds/{id}/release" => api::holds::release, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/bin" => api::bin::list, Reach::Installation(GlobalAct::Oversee);
    post "/api/v1/recordings/{id}/remove" => api::bin::remove, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/recordings/{id}/restore" => api::bin::restore, Reach::Installation(GlobalAct::Retain);
    get "/admin/requests" => show::retention::requests::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/requests" => show::retention::requests::answer, Reach::Installation(GlobalAct::Retain);
    get "/admin/privacy" => show::retention::access::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/privacy" => show::retention::access::save, Reach::Installation(GlobalAct::Retain);
    get "/account/data" => show::own_data::page, Reach::SignedIn;
    get "/account/data.json" => show::own_data::export, Reach::SignedIn;
    get "/recordings/{id}/reason" => show::own_data::why, Reach::Recording(Act::Watch);
    post "/recordings/{id}/reason" => show::own_data::say_why, Reach::Recording(Act::Watch);
    post "/api/v1/recordings/{id}/reason" => api::people_data::reason, Reach::Recording(Act::Watch);
    get "/api/v1/me/data" => api::people_data::own, Reach::SignedIn;
    get "/api/v1/users/{id}/data" => api::people_data::of_person, Reach::Installation(GlobalAct::Retain);
    post "/api/v1/users/{id}/erasure" => api::people_data::erase, Reach::Installation(GlobalAct::Retain);
    get "/api/v1/erasures" => api::people_data::erasures, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/privacy" => api::people_data::settings, Reach::Installation(GlobalAct::Oversee);
    patch "/api/v1/privacy" => api::people_data::change, Reach::Installation(GlobalAct::Retain);
    get "/admin/audit" => show::audit::page, Reach::Installation(GlobalAct::Oversee);
    get "/admin/storage" => show::storage::page, Reach::Installation(GlobalAct::Oversee);
    post "/admin/storage/expiry" => show::storage::set_days, Reach::Installation(GlobalAct::Administer);
    post "/admin/storage/accounts/{id}/rehome" => show::storage::move_meetings, Reach::Installation(GlobalAct::Administer);
    get "/admin/mail" => show::mail::page, Reach::Installation(GlobalAct::Administer);
    post "/admin/mail/test" => show::mail::test, Reach::Installation(GlobalAct::Administer);
    post "/account/mail" => show::account::mail, Reach::SignedIn;
    get "/mail/stop/{token}" => show::mail_stop::page, Reach::Public;
    post "/mail/stop/{token}" => show::mail_stop::stop, Reach::Public;
    get "/admin/reports" => show::reports::page, Reach::Installation(GlobalAct::Oversee);
    get "/api/v1/reports/week" => api::monitor::week, Reach::Installation(GlobalAct::Oversee);
    post "/graph/notifications" => notifications::receive, Reach::Public;
    post "/graph/lifecycle" => notifications::receive, Reach::Public;
}

/// The whole product as one service.
pub fn router(app: Arc<App>) -> Router {
    whole(app, Router::new())
}

/// The same with the style guide, which only the demo shows.
pub fn demo_router(app: Arc<App>) -> Router {
    whole(app, styleguide::router())
}

fn whole(app: Arc<App>, extra: Router<Arc<App>>) -> Router {
    let body_limit = app.config.limits.body_kib.get() as usize * 1024;
    let ready = {
        let store = app.store.clone();
        move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|error| error.to_string()) }
        }
    };
    table()
        .merge(requests::machine_routes(ready))
        .merge(assets::router())
        .merge(extra)
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(from_fn_with_state(Arc::clone(&app), auth::same_site))
        .layer(from_fn(guard_headers))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(requests::observe))
        .with_state(app)
}

/// Whether a program asked: its errors are problem+json, those of people are pages.
fn is_program(path: &str) -> bool {
    path.starts_with("/api/") || path.trim_end_matches('/').ends_with("/sync")
}

async fn nothing_here(request: Request) -> Response {
    if is_program(request.uri().path()) {
        return error::ApiError(crate::ops::Error::NotFound).into_response();
    }
    error::PageError(crate::ops::Error::NotFound).into_response()
}

async fn not_that_way(method: Method, request: Request) -> Response {
    let text = format!("{method} cannot be used at this address.");
    if is_program(request.uri().path()) {
        return error::problem(StatusCode::METHOD_NOT_ALLOWED, text, Vec::new());
    }
    (StatusCode::METHOD_NOT_ALLOWED, text).into_response()
}

async fn guard_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    headers::secure(response.headers_mut());
    response
}
