//! Sample pages about people and accounts, and the error pages.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        account::{AccountPage, TokenRow},
        error::ErrorPage,
        users::{Invited, UserAction, UserRow, Users},
    },
    parts::{Choice, Command, Field, FieldKind, Mark},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("users", |t| html(StatusCode::OK, &users(t))),
    ("users-invited", users_invited),
    ("account", |t| html(StatusCode::OK, &account(t))),
    ("account-token", account_token),
    ("error-403", |t| {
        html(
            StatusCode::FORBIDDEN,
            &ErrorPage::forbidden(t, "Only instructors of the course may cancel its classes."),
        )
    }),
    ("error-404", |t| html(StatusCode::NOT_FOUND, &ErrorPage::not_found(t))),
    ("error-500", |t| html(StatusCode::INTERNAL_SERVER_ERROR, &ErrorPage::internal(t, "0f6f1d0a-2be7"))),
];

fn role_field(t: &'static Text) -> Field {
    Field::new(
        "role",
        t.get("column-role"),
        FieldKind::Select(vec![
            Choice::new("", "None: by course only", ""),
            Choice::new("admin", "Administrator", ""),
            Choice::new("officer", "Officer", ""),
        ]),
    )
}

fn users(t: &'static Text) -> Users {
    let person = |id, name: &str, email: &str, role: &str, action| UserRow {
        id,
        name: name.to_owned(),
        email: email.to_owned(),
        role: role.to_owned(),
        courses: "2".to_owned(),
        last_seen: "8 minutes ago".to_owned(),
        state: if action == UserAction::Enable {
            Mark::NotHeld.pill_with("Disabled")
        } else {
            Mark::Recorded.pill_with("Active")
        },
        action,
        roles: if action == UserAction::None {
            Vec::new()
        } else {
            vec![
                Choice::new("admin", t.get("role-make-admin"), ""),
                Choice::new("officer", t.get("role-make-officer"), ""),
            ]
        },
    };
    Users {
        page: sample::page(t, t.get("users-title"), Place::Users, Standing::Admin),
        lead: "2,314 people, 3 administrators, 1 officer".to_owned(),
        search: Field::new("q", t.get("users-search"), FieldKind::Search),
        people: vec![
            person(1, "Jan de Korte", "j.dekorte@westerdam.example", "Administrator", UserAction::None),
            person(2, "Dr. Ngozi Adeyemi", "n.adeyemi@westerdam.example", "", UserAction::Disable),
            person(3, "Jürgen Großmann", "j.grossmann@westerdam.example", "", UserAction::Enable),
        ],
        pager: Some(sample::pager(t)),
        empty: None,
        invite: vec![
            Field::new("email", t.get("email"), FieldKind::Email).required(),
            Field::new("name", t.get("column-name"), FieldKind::Text).required(),
            role_field(t),
        ],
        uploaded: None,
        invited: None,
    }
}

fn users_invited(t: &'static Text) -> Response<Body> {
    let mut users = users(t);
    users.invited = Some(Invited {
        name: "Łukasz Wójcik".to_owned(),
        link: Command {
            t,
            label: "Link".into(),
            text: "https://onrecord.westerdam.example/welcome/6f1d0c8e52b74a6c9f0e1b2f7a30c9d4".to_owned(),
        },
        expires: "It is good until 25 November.".to_owned(),
    });
    if let Some(field) = users.invite.first_mut() {
        field.error = Some("Somebody with this address is here already.".to_owned());
    }
    html(StatusCode::OK, &users)
}

fn account(t: &'static Text) -> AccountPage {
    let theme = |value: &str, words: &str| Choice::new(value, words, "");
    AccountPage {
        page: sample::page(t, t.get("account-settings"), Place::Elsewhere, Standing::Instructor),
        name: "Dr. Ngozi Adeyemi".to_owned(),
        email: "n.adeyemi@westerdam.example".to_owned(),
        roles: "teaches 2 courses".to_owned(),
        themes: vec![
            theme("", "As the device"),
            theme("light", "Light"),
            theme("dark", "Dark"),
            theme("contrast", "High contrast"),
        ],
        password: vec![
            Field::new("current_password", "Present password", FieldKind::Password).required(),
            Field::new("password", t.get("new-password"), FieldKind::NewPassword)
                .hint(t.get("new-password-hint"))
                .required(),
        ],
        mails: vec![Field::new(
            "mail_recording_ready",
            t.get("mail-kind-ready"),
            FieldKind::Select(vec![
                Choice::new("at_once", t.get("pace-at-once"), "daily"),
                Choice::new("daily", t.get("pace-daily"), "daily"),
                Choice::new("off", t.get("pace-off"), "daily"),
            ]),
        )],
        mail_lead: t.get("mail-account-lead"),
        tokens: vec![TokenRow {
            id: 1,
            name: "Moodle".to_owned(),
            scope: "read".to_owned(),
            last_used: "8 minutes ago".to_owned(),
            expires: "16 Feb 2027".to_owned(),
            state: Mark::Recorded.pill_with("Good"),
        }],
        tokens_empty: None,
        new_token: vec![
            Field::new("name", t.get("column-name"), FieldKind::Text).hint("What it is for.").required(),
            Field::new(
                "scope",
                t.get("column-scope"),
                FieldKind::Select(vec![
                    Choice::new("read", "Read", "read"),
                    Choice::new("write", "Read and change", "read"),
                ]),
            ),
            Field::new("expires_days", "Days", FieldKind::Number).value("90"),
        ],
        created: None,
    }
}

fn account_token(t: &'static Text) -> Response<Body> {
    let mut page = account(t);
    page.created = Some(Command {
        t,
        label: "Token".into(),
        text: "onr_5bH1xY0Z9sample0only2not3a4real5token".to_owned(),
    });
    html(StatusCode::OK, &page)
}
