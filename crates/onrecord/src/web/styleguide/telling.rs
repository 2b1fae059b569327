//! Sample pages about telling people: mail, the page that stops mails, and the report. Invented, like all samples.

use axum::http::StatusCode;
use chrono::{TimeZone as _, Utc};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        mail::{MailPage, MailRow, MailStop, StopStep},
        monitor::StatusRow,
        reports::{MissingRow, NumberRow, Reports},
    },
    parts::{Mark, Note, PartLine},
    text::Text,
    when::{Moment, When},
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("mail", |t| html(StatusCode::OK, &mail(t))),
    ("mail-stop", |t| html(StatusCode::OK, &stop(t))),
    ("mail-stopped", |t| html(StatusCode::OK, &MailStop::done(t))),
    ("reports", |t| html(StatusCode::OK, &reports(t))),
];

fn moment(t: &'static Text) -> Moment {
    let now = Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap_or_default();
    When::new(t, chrono_tz::Europe::Amsterdam, now).day_time(now)
}

fn mail(t: &'static Text) -> MailPage {
    let row = |kind, to: &str, state, why: &str| MailRow {
        kind,
        to: to.to_owned(),
        at: moment(t),
        state,
        why: why.to_owned(),
    };
    MailPage {
        page: sample::page(t, t.get("nav-mail"), Place::Mail, Standing::Admin),
        headline: t.get("mail-on").to_owned(),
        lead: t.with("mail-by-smtp", &[("place", "mail.westerdam.example:587".into())]),
        notes: vec![
            Note::new(Some(Mark::Missing), t.with("mail-fails", &[("n", 2.into())]))
                .line("mail.westerdam.example:587: 451 try again later")
                .fix(t.get("mail-test-fix")),
        ],
        state: vec![
            PartLine::new(
                Mark::Missing,
                t.get("mail-queue"),
                t.with("mail-queue-sum", &[("waiting", 41.into()), ("failing", 2.into())]),
            ),
            PartLine::new(
                Mark::Recorded,
                t.get("mail-lately"),
                t.with("mail-lately-sum", &[("sent", 1204.into()), ("dropped", 7.into())]),
            ),
        ],
        rows: vec![
            row(
                t.get("mail-kind-ready"),
                "l.okafor@westerdam.example",
                Mark::Recorded.pill_with(t.get("mail-sent")),
                "",
            ),
            row(
                t.get("mail-kind-missing"),
                "n.adeyemi@westerdam.example",
                Mark::Cancelled.pill_with(t.get("mail-dropped")),
                t.get("mail-because-resolved"),
            ),
        ],
        may_test: true,
    }
}

fn stop(t: &'static Text) -> MailStop {
    let kinds = vec![t.get("mail-kind-ready")];
    MailStop::new(t, StopStep::Ask { email: "l.okafor@westerdam.example".to_owned(), kinds })
}

fn reports(t: &'static Text) -> Reports {
    let number = |words: &str, now, before| NumberRow { words: words.to_owned(), now, before };
    let status = |mark, words: &str, code: &str, count| StatusRow {
        mark,
        words: words.to_owned(),
        code: code.to_owned(),
        count,
        href: None,
    };
    Reports {
        page: sample::page(t, t.get("nav-reports"), Place::Reports, Standing::Officer),
        headline: t.get("reports-title").to_owned(),
        lead: t.with("reports-lead", &[("from", "2026-11-15".into()), ("until", "2026-11-21".into())]),
        numbers: vec![
            number(t.get("reports-classes"), 412, 398),
            number(t.get("reports-recordings"), 431, 402),
            number(t.get("reports-downloads"), 1210, 988),
        ],
        statuses: vec![status(Mark::Recorded, "Recording is on", "enabled", 212)],
        owners: vec![status(Mark::Missing, t.get("owner-admin"), "admin", 2)],
        missing: vec![MissingRow {
            class: "BIO-204 Practical group B".to_owned(),
            href: "/styleguide/conference".to_owned(),
            at: moment(t),
            cause: t.get("cause-storage"),
            owner: t.get("owner-admin"),
        }],
        room: sample::meters(),
    }
}
