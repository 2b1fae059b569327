//! `/admin/reports`: the last seven days in numbers, beside the seven days before.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use super::monitor;
use super::verdict::{self, cause_name, owner_name};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::verdict::Owner;
use crate::model::words::Word as _;
use crate::ops::monitor::Tally;
use crate::ops::report::{self, MissingClass, Storage, Week, WeeklyReport};
use crate::ops::rights;
use crate::web::auth::Reader;
use crate::web::error::PageError;
use crate::web::page::{Place, html};
use crate::web::pages::monitor::StatusRow;
use crate::web::pages::reports::{MissingRow, NumberRow, Reports};
use crate::web::parts::{Mark, Meter};
use crate::web::text::Text;
use crate::web::when::{self, When};

/// `GET /admin/reports`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let report = report::of_last_days(&app).await?;
    let page = view(&reader, &report, app.clock.now());
    Ok(html(StatusCode::OK, &page).into_response())
}

fn view(reader: &Reader, report: &WeeklyReport, now: DateTime<Utc>) -> Reports {
    let t = reader.text();
    let week = &report.week;
    let days = [("from", week.first_day.to_string().into()), ("until", week.last_day.to_string().into())];
    Reports {
        page: reader.page(t.get("nav-reports"), Place::Reports),
        headline: t.get("reports-title").to_owned(),
        lead: t.with("reports-lead", &days),
        numbers: numbers(t, week, &report.before),
        statuses: week
            .conferences_by_auto_recording_status
            .iter()
            .filter_map(|tally| status(t, tally))
            .collect(),
        owners: week.missing_by_owner.iter().filter_map(|tally| owner(t, tally)).collect(),
        missing: week.missing.iter().map(|class| missing(t, class, now)).collect(),
        room: report.storage.iter().filter_map(|room| meter(t, room)).collect(),
    }
}

fn numbers(t: &'static Text, week: &Week, before: &Week) -> Vec<NumberRow> {
    let row = |words: &str, now, before| NumberRow { words: words.to_owned(), now, before };
    let count = |week: &Week, word: &str| {
        week.verdicts.iter().find(|one| one.status == word).map_or(0, |one| one.count)
    };
    let mut rows = vec![row(t.get("reports-classes"), week.classes, before.classes)];
    for judged in Verdict::ALL {
        let (now, then) = (count(week, judged.as_str()), count(before, judged.as_str()));
        if now + then > 0 {
            rows.push(row(verdict::mark(*judged).word(t), now, then));
        }
    }
    rows.push(row(t.get("reports-recordings"), week.recordings, before.recordings));
    rows.push(row(t.get("reports-downloads"), week.downloads, before.downloads));
    rows.push(row(t.get("reports-views"), week.views, before.views));
    rows.push(row(t.get("reports-viewers"), week.viewers, before.viewers));
    rows
}

fn status(t: &'static Text, tally: &Tally) -> Option<StatusRow> {
    AutoRecordingStatus::parse(&tally.status).map(|status| monitor::status(t, status, tally.count))
}

fn owner(t: &'static Text, tally: &Tally) -> Option<StatusRow> {
    let owner = Owner::parse(&tally.status)?;
    Some(StatusRow {
        mark: Mark::Missing,
        words: owner_name(t, owner).to_owned(),
        code: tally.status.clone(),
        count: tally.count,
        href: Some(format!("/admin/ledger?verdict=missing&owner={}", tally.status)),
    })
}

fn missing(t: &'static Text, class: &MissingClass, now: DateTime<Utc>) -> MissingRow {
    let when = When::new(t, class.time_zone.parse().unwrap_or(chrono_tz::UTC), now);
    MissingRow {
        class: format!("{} {}", class.course_code, class.title),
        href: format!("/conferences/{}?class={}", class.conference_id, class.meeting_id),
        at: when.day_time(class.starts_at),
        cause: cause_name(t, class.cause),
        owner: owner_name(t, class.owner),
    }
}

fn meter(t: &'static Text, room: &Storage) -> Option<Meter> {
    let (used, total) = room.used_bytes.zip(room.total_bytes).filter(|(_, total)| *total > 0)?;
    let percent = u8::try_from(used.max(0).saturating_mul(100) / total).unwrap_or(100).min(100);
    let words = t.with(
        "reports-room",
        &[
            ("percent", i64::from(percent).into()),
            ("used", when::size(t, used).into()),
            ("total", when::size(t, total).into()),
        ],
    );
    Some(Meter { name: room.account.clone(), words, percent })
}
