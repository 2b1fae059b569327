//! The style guide (`/styleguide`): every component in every state, and every page with sample data
//! (`/styleguide/{sample}`). Shown by the demo only; courses and people in it are invented, and it reads nothing.

mod cases;
mod classes;
mod manage;
mod people;
mod sample;
mod scheduling;
mod school;
mod telling;
mod watching;

use askama::Template;
use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{Response, StatusCode},
    routing::get,
};

use crate::web::{
    page::{self, Page, Place, Standing},
    pages::{error::ErrorPage, trouble},
    parts::{
        self, Answer, Badge, Chip, Choice, Command, Empty, Field, FieldKind, Link, Locked, Mark, Meter, Note,
        Pager, PartLine, Pill, Recline, Step, Tab, Tabs, Tally,
    },
    text::{Text, english},
};

/// `/styleguide` and its sample pages. Needs no state and no sign-in.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/styleguide", get(async || page::html(StatusCode::OK, &guide(english()))))
        .route("/styleguide/{sample}", get(show_sample))
}

/// The names of all sample pages, in the order of the guide.
pub fn sample_names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| name)
}

/// One sample page as it is sent; `None` for a name that is none.
pub fn sample_page(name: &str) -> Option<Response<Body>> {
    all().find(|(other, _)| *other == name).map(|(_, build)| build(english()))
}

type Build = fn(&'static Text) -> Response<Body>;

fn all() -> impl Iterator<Item = (&'static str, Build)> {
    school::SAMPLES
        .iter()
        .chain(scheduling::SAMPLES)
        .chain(classes::SAMPLES)
        .chain(watching::SAMPLES)
        .chain(people::SAMPLES)
        .chain(manage::SAMPLES)
        .chain(telling::SAMPLES)
        .chain(cases::SAMPLES)
        .copied()
}

async fn show_sample(Path(name): Path<String>) -> Response<Body> {
    sample_page(&name).unwrap_or_else(|| page::html(StatusCode::NOT_FOUND, &ErrorPage::not_found(english())))
}

/// The guide itself.
#[derive(Debug, Template)]
#[template(path = "pages/styleguide.html")]
struct Styleguide {
    page: Page,
    colours: Vec<&'static str>,
    pills: Vec<Pill>,
    badges: Vec<Badge>,
    recline: Recline,
    tally: Tally,
    fields: Vec<Field>,
    notes: Vec<Note>,
    failures: Vec<Note>,
    command: Command,
    empty: Empty,
    tabs: Tabs,
    chips: Vec<Chip>,
    pager: Pager,
    answers: Vec<Answer>,
    timeline: Vec<Step>,
    parts: Vec<PartLine>,
    meters: Vec<Meter>,
    samples: Vec<&'static str>,
}

const COLOURS: [&str; 10] =
    ["paper", "sheet", "well", "ink", "ink-soft", "accent", "accent-tint", "recorded", "waiting", "missing"];

fn guide(t: &'static Text) -> Styleguide {
    Styleguide {
        page: Page::new(t, "Style guide", Place::Elsewhere).seen_by(sample::account(Standing::Admin)),
        colours: COLOURS.to_vec(),
        pills: Mark::ALL.into_iter().map(|mark| mark.pill(t)).collect(),
        badges: vec![
            Badge::new("safe", "Archive, verified"),
            Badge::new("cloud", "OneDrive"),
            Badge::new("hide", t.get("hidden-from-learners")),
        ],
        recline: sample::recline(t),
        tally: sample::tally(t),
        fields: fields(t),
        notes: notes(),
        failures: failures(t),
        command: Command { t, label: "Shell command".into(), text: "onrecord doctor --json".to_owned() },
        empty: Empty {
            icon: "conferences",
            title: "No classes yet".into(),
            text: "When your instructors schedule one, it appears here.".into(),
            action: Some(Link::new("/courses", t.get("courses-title"))),
        },
        tabs: Tabs {
            label: "Example".to_owned(),
            tabs: vec![
                tab("Overview", None, true),
                tab("Recordings", Some(2), false),
                tab("Attendance", Some(24), false),
            ],
        },
        chips: vec![chip(None, "All", 23, true), chip(Some(Mark::Missing), "Needs someone", 2, false)],
        pager: sample::pager(t),
        answers: sample::answers(t),
        timeline: sample::timeline(t),
        parts: sample::parts(),
        meters: sample::meters(),
        samples: sample_names().collect(),
    }
}

fn tab(words: &'static str, count: Option<i64>, current: bool) -> Tab {
    Tab { href: "/styleguide".to_owned(), words, count, current }
}

fn chip(mark: Option<Mark>, words: &'static str, count: i64, current: bool) -> Chip {
    Chip { href: "/styleguide".to_owned(), mark, words: words.into(), count: Some(count), current }
}

fn fields(t: &'static Text) -> Vec<Field> {
    vec![
        Field::new("example-title", "Title", FieldKind::Text)
            .hint("Learners see it.")
            .value("Osmosis in living cells"),
        Field::new("example-end", t.get("slot-end"), FieldKind::Time)
            .value("13:30")
            .error(Some("13:30 is before 14:00. Did you mean 15:30?".to_owned())),
        Field::new("example-tenant", "Directory (tenant) id", FieldKind::Text)
            .value("8e0a1f52-0c64")
            .locked(Some(Locked { t, variable: "TEAMS_TENANT_ID".to_owned() })),
        Field::new(
            "example-course",
            "Course",
            FieldKind::Select(vec![
                Choice::new("1", "BIO-204 Cell Biology", "1"),
                Choice::new("2", "BIO-390", "1"),
            ]),
        ),
    ]
}

fn notes() -> Vec<Note> {
    vec![
        Note::new(Some(Mark::Missing), "Tuesday’s practical was held, but there is no recording of it.")
            .line("Recording was switched off in Teams at 14:02 and switched on again too late.")
            .fix("If anyone kept a recording, your administrator can import it.")
            .link(Link::new("/styleguide", "See what happened")),
        Note::new(Some(Mark::Waiting), "Partly done: 4 of 5")
            .line("Chat failed. Everything else is here and can be used."),
        Note::new(Some(Mark::Recorded), "Everything is in order.").line("Checked 4 minutes ago."),
        Note::new(None, "This class is recorded.").line("Only people of the course can see the recording."),
    ]
}

fn failures(t: &'static Text) -> Vec<Note> {
    let mut notes: Vec<Note> =
        trouble::EnableFailure::ALL.into_iter().map(|failure| failure.note(t)).collect();
    notes.push(trouble::recording_not_found(
        t,
        None,
        Some("We look again in 4 minutes, until Saturday 14:00.".to_owned()),
    ));
    notes.push(trouble::download_failed(t));
    notes.push(trouble::storage_full(t, "recordings-01@westerdam.example"));
    notes
}
