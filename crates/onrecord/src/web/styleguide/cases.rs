//! Sample pages about being recorded: the notice before class, exceptions, objections, acknowledgements, minors.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        exceptions::{Cases, ExceptionRow, Exceptions},
        join::{JoinWait, NoticeToRead},
        minors::{GuardianLine, MinorRow, Minors, MinorsChange},
        notices::{AcknowledgementRow, Acknowledgements, NoticeRow, Notices, WordingRow},
        objections::{Case, CaseList, CaseNoteLine, CaseRow, Objecting, OwnObjection},
    },
    parts::{Choice, Field, FieldKind, Link, Mark, Note, Tab, Tabs},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("join-read", join_read),
    ("exceptions", |t| html(StatusCode::OK, &exceptions(t))),
    ("cases", |t| html(StatusCode::OK, &cases(t))),
    ("case", |t| html(StatusCode::OK, &case(t))),
    ("objection", |t| html(StatusCode::OK, &objection(t))),
    ("notices", |t| html(StatusCode::OK, &notices(t))),
    ("acknowledgements", |t| html(StatusCode::OK, &acknowledgements(t))),
    ("minors", |t| html(StatusCode::OK, &minors(t))),
];

fn tabs(t: &'static Text) -> Tabs {
    let tab = |words, current| Tab { href: "/styleguide/cases".to_owned(), words, count: None, current };
    Tabs {
        label: t.get("nav-keeping").to_owned(),
        tabs: vec![tab(t.get("cases-title"), true), tab(t.get("notices-title"), false)],
    }
}

fn join_read(t: &'static Text) -> Response<Body> {
    let when = sample::when(t);
    let join = JoinWait {
        page: sample::page(t, t.get("join-read"), Place::Conferences, Standing::Learner),
        crumbs: sample::crumbs(),
        title: sample::TITLE.to_owned(),
        when: when.span(sample::at(18, 12, 0), sample::at(18, 13, 30)),
        relative: when.relative_words(sample::at(18, 12, 0)),
        note: Note::new(Some(Mark::Waiting), t.get("join-read")).line(t.get("join-read-asked")),
        notice: sample::notice(),
        read: Some(NoticeToRead {
            action: "/styleguide/join-read".to_owned(),
            version: 3,
            pass_href: Some("/styleguide/class-upcoming".to_owned()),
        }),
        class_href: "/styleguide/class-upcoming".to_owned(),
        teams_href: None,
        href: "/styleguide/join-read".to_owned(),
        refresh_seconds: None,
    };
    html(StatusCode::OK, &join)
}

fn rows(t: &'static Text, course: Option<&str>) -> Vec<ExceptionRow> {
    let row = |id, about: &str, state, decided: Vec<String>, may_decide| ExceptionRow {
        id,
        home: "/styleguide/exceptions".to_owned(),
        about: about.to_owned(),
        course: course.map(str::to_owned),
        reason: "Oral exam".to_owned(),
        asked: "Dr. Ngozi Adeyemi, Instructor, 3 days ago".to_owned(),
        decided,
        state,
        may_decide,
        may_end: true,
    };
    let decided = vec!["Małgorzata Wójcik, Officer, 2 days ago".to_owned(), "Only this week.".to_owned()];
    let asked = Mark::Waiting.pill_with(t.get("exception-asked"));
    let approved = Mark::Exempted.pill_with(t.get("exception-approved"));
    vec![
        row(2, "Practical group B, Tue 24 Nov, 10:00", asked, Vec::new(), true),
        row(1, "All classes from 16 to 20 November", approved, decided, false),
    ]
}

fn exceptions(t: &'static Text) -> Exceptions {
    let scopes = vec![Choice::new("span", t.get("exception-all"), "span")];
    Exceptions {
        page: sample::page(t, t.get("exceptions-title"), Place::Courses, Standing::Officer),
        crumbs: sample::crumbs(),
        action: "/styleguide/exceptions".to_owned(),
        fields: Some(vec![
            Field::new("scope", t.get("exception-about"), FieldKind::Select(scopes)),
            Field::new("reason", t.get("reason"), FieldKind::Text)
                .hint(t.get("exception-reason-hint"))
                .error(Some(t.get("op-reason-missing").to_owned()))
                .required(),
            Field::new("ends_on", t.get("exception-last-day"), FieldKind::Date),
        ]),
        rows: rows(t, None),
        empty: None,
        pager: None,
    }
}

fn cases(t: &'static Text) -> Cases {
    let when = sample::when(t);
    let row = |person: &str, owner: &str, state| CaseRow {
        href: "/styleguide/case".to_owned(),
        person: person.to_owned(),
        about: "BIO-204 Cell Biology".to_owned(),
        raised: when.date(sample::at(3, 9, 0)),
        due: when.date(sample::at(30, 9, 0)),
        owner: owner.to_owned(),
        state,
    };
    Cases {
        page: sample::page(t, t.get("cases-title"), Place::Retention, Standing::Officer),
        tabs: tabs(t),
        objections: CaseList {
            rows: vec![
                row("Θεοδώρα Παπαδοπούλου", "nobody", Mark::Waiting.pill_with(t.get("case-new"))),
                row("Luca Okafor", "Małgorzata Wójcik", Mark::Missing.pill_with(t.get("case-overdue"))),
            ],
            empty: None,
            pager: None,
        },
        exceptions: rows(t, Some("BIO-204 Cell Biology")),
        exceptions_empty: None,
        exceptions_pager: None,
    }
}

fn case(t: &'static Text) -> Case {
    Case {
        page: sample::page(t, t.get("case-title"), Place::Retention, Standing::Officer),
        tabs: tabs(t),
        crumbs: sample::crumbs(),
        title: t.with("case-of", &[("id", 7.into()), ("name", "Luca Okafor".into())]),
        lead: "l.okafor@westerdam.example".to_owned(),
        state: Mark::Running.pill_with(t.get("case-open")),
        reason: "I do not want my voice to be kept.".to_owned(),
        facts: vec![(t.get("case-due"), "30 November 2026".to_owned())],
        notes: vec![CaseNoteLine {
            author: "Małgorzata Wójcik".to_owned(),
            at: sample::when(t).day_time(sample::at(17, 9, 0)),
            text: "Called; camera and microphone may stay off.".to_owned(),
        }],
        exceptions: Link::new("/styleguide/exceptions", t.get("exceptions-title")),
        fields: Some(vec![
            Field::new("owner", t.get("case-owner"), FieldKind::Email),
            Field::new("note", t.get("case-note"), FieldKind::Area),
            Field::new("answer", t.get("case-answer"), FieldKind::Area).hint(t.get("case-answer-hint")),
        ]),
        action: "/styleguide/case".to_owned(),
    }
}

fn objection(t: &'static Text) -> Objecting {
    Objecting {
        page: sample::page(t, t.get("objection-title"), Place::Courses, Standing::Learner),
        crumbs: sample::crumbs(),
        action: "/styleguide/objection".to_owned(),
        fields: vec![
            Field::new("reason", t.get("reason"), FieldKind::Area)
                .hint(t.get("objection-reason-hint"))
                .required(),
        ],
        own: vec![OwnObjection {
            id: 7,
            about: "BIO-204 Cell Biology".to_owned(),
            reason: "I do not want my voice to be kept.".to_owned(),
            raised: sample::when(t).date(sample::at(3, 9, 0)),
            answer: t.with("objection-answered-by", &[("date", "30 November 2026".into())]),
            state: Mark::Running.pill_with(t.get("case-open")),
            may_withdraw: true,
        }],
    }
}

fn notices(t: &'static Text) -> Notices {
    let row = |id: i64, language: &'static str, body: String| NoticeRow {
        name: t.with("notice-version-of", &[("id", id.into()), ("language", language.into())]),
        since: sample::when(t).date(sample::at(2, 9, 0)),
        body,
        basis: t.get("basis-public-task"),
        used: t.with("notice-used-by", &[("people", 118.into()), ("classes", 41.into())]),
    };
    Notices {
        page: sample::page(t, t.get("notices-title"), Place::Retention, Standing::Officer),
        tabs: tabs(t),
        asked: t.get("acknowledge-ask").to_owned(),
        rows: vec![row(3, "en", sample::notice()), row(2, "nl", "Deze les wordt opgenomen.".to_owned())],
        empty: None,
        pager: None,
        wordings: vec![WordingRow {
            language: "nl".to_owned(),
            words: "Deze les wordt opgenomen.".to_owned(),
            locked: "",
            edit_href: Some("/admin/notices?language=nl".to_owned()),
        }],
        open: false,
        fields: Some(vec![
            Field::new("language", t.get("notice-language"), FieldKind::Text)
                .hint(t.get("notice-language-hint"))
                .required(),
            Field::new("wording", t.get("notice-words"), FieldKind::Area).hint(t.get("notice-words-hint")),
        ]),
    }
}

fn acknowledgements(t: &'static Text) -> Acknowledgements {
    let when = sample::when(t);
    let row = |name: &str, email: &str, state, at| AcknowledgementRow {
        name: name.to_owned(),
        email: email.to_owned(),
        role: t.get("role-learner"),
        state,
        at,
    };
    let current = t.with("acknowledged-current", &[("version", 3.into())]);
    Acknowledgements {
        page: sample::page(t, t.get("acknowledgements-title"), Place::Courses, Standing::Instructor),
        crumbs: sample::crumbs(),
        lead: t.get("acknowledgements-lead").to_owned(),
        rows: vec![
            row(
                "Luca Okafor",
                "l.okafor@westerdam.example",
                Mark::Recorded.pill_with(current),
                Some(when.day_time(sample::at(17, 9, 0))),
            ),
            row(
                "Θεοδώρα Παπαδοπούλου",
                "t.papa@westerdam.example",
                Mark::NotHeld.pill_with(t.get("acknowledged-not")),
                None,
            ),
        ],
        empty: None,
        pager: None,
    }
}

fn minors(t: &'static Text) -> Minors {
    let requires = |name| {
        let choices = vec![Choice::new("consent", t.get("requirement-consent"), "consent")];
        Field::new(name, t.get("minors-requires"), FieldKind::Select(choices))
    };
    let row = |name: &str, state, words| MinorRow {
        name: name.to_owned(),
        email: "pupil@westerdam.example".to_owned(),
        required: t.get("requirement-consent"),
        state,
        words,
    };
    let said = GuardianLine {
        id: 4,
        words: "Consent, Grace Okafor, 1 September 2026 (letter 7), holds until 1 July 2027".to_owned(),
        may_withdraw: true,
    };
    Minors {
        page: sample::page(t, t.get("minors-title"), Place::Courses, Standing::Officer),
        crumbs: sample::crumbs(),
        home: "/styleguide".to_owned(),
        lead: t.get("minors-marked-consent").to_owned(),
        rows: vec![
            row("Luca Okafor", Mark::Recorded.pill_with(t.get("minors-met")), vec![said]),
            row("Θεοδώρα Παπαδοπούλου", Mark::Missing.pill_with(t.get("minors-missing")), Vec::new()),
        ],
        empty: None,
        change: Some(MinorsChange {
            course: vec![requires("requires")],
            person: vec![
                Field::new("email", t.get("email"), FieldKind::Email).required(),
                requires("person_requires"),
            ],
            guardian: vec![
                Field::new("guardian", t.get("guardian-name"), FieldKind::Text).required(),
                Field::new("evidence", t.get("guardian-evidence"), FieldKind::Text)
                    .hint(t.get("guardian-evidence-hint"))
                    .required(),
            ],
        }),
    }
}
