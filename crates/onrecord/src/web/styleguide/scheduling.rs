//! Sample pages of scheduling: New Conference, editing, cancelling.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        cancel::Cancel,
        conference_form::{ConferenceForm, SlotRow},
    },
    parts::{Choice, Field, FieldKind, Mark, PartLine},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("conference-new", |t| html(StatusCode::OK, &form(t))),
    ("conference-new-errors", form_errors),
    ("conference-edit", form_edit),
    ("cancel", cancel),
];

fn form(t: &'static Text) -> ConferenceForm {
    let line = |mark, name: &'static str, words: &'static str| PartLine::new(mark, name, words);
    ConferenceForm {
        page: sample::page(t, t.get("new-conference"), Place::Conferences, Standing::Instructor),
        heading: t.get("new-conference").to_owned(),
        action: "/styleguide/conference-new".to_owned(),
        back: "/styleguide/conferences".to_owned(),
        save_words: "Schedule 3 classes".to_owned(),
        title: Field::new("title", "Title", FieldKind::Text)
            .hint("Learners see it. Each meeting in Teams is called “title - date time”.")
            .value("Practical group C: osmosis in living cells")
            .required(),
        course: Field::new(
            "course_id",
            "Course",
            FieldKind::Select(vec![
                Choice::new("1", "BIO-204 Cell Biology (118 learners)", "1"),
                Choice::new("2", "BIO-390 Research seminar", "1"),
            ]),
        ),
        description: Field::new("description", "Description (not needed)", FieldKind::Area),
        zone: Field::new(
            "time_zone",
            "Time zone",
            FieldKind::Select(vec![
                Choice::new("Europe/Amsterdam", "Europe/Amsterdam (now CET, UTC+1)", "Europe/Amsterdam"),
                Choice::new("Europe/Athens", "Europe/Athens (now EET, UTC+2)", "Europe/Amsterdam"),
            ]),
        ),
        slots: vec![SlotRow::new(t, 0, None, ["2026-11-25", "14:00", "15:30"])],
        weeks: Some(
            Field::new("weeks", "How many weeks in a row", FieldKind::Number)
                .hint("Each time slot is repeated at the same time of day. 1 for once.")
                .value("3"),
        ),
        published: vec![
            Choice::new("yes", "Learners of the course, from now on", "yes"),
            Choice::new("no", "Only instructors, until I publish it", "yes"),
        ],
        problem: None,
        plan_sum: "3 meetings, Wednesdays, 14:00 Europe/Amsterdam".to_owned(),
        plan: vec![
            line(Mark::Upcoming, "25 Nov", "14:00–15:30, in 7 days"),
            line(Mark::Waiting, "2 Dec", "You also teach Cell Biology, lectures until 14:30"),
            line(Mark::Upcoming, "9 Dec", "14:00–15:30"),
        ],
        notice: sample::notice(),
    }
}

fn form_errors(t: &'static Text) -> Response<Body> {
    let mut form = form(t);
    form.title = form.title.value("").error(Some("Give the conference a title.".to_owned()));
    let mut slot = SlotRow::new(t, 0, None, ["2026-11-25", "14:00", "13:30"]);
    slot.end = slot.end.error(Some("13:30 is before 14:00. Did you mean 15:30?".to_owned()));
    form.slots = vec![slot];
    form.plan = Vec::new();
    "Nothing can be made before that is mended.".clone_into(&mut form.plan_sum);
    html(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

fn form_edit(t: &'static Text) -> Response<Body> {
    let mut held = SlotRow::new(t, 0, Some(41), ["2026-11-10", "14:00", "15:30"]);
    held.settled = Some("Held and recorded: its time cannot change.".to_owned());
    let form = ConferenceForm {
        heading: "Edit conference".to_owned(),
        save_words: "Save changes".to_owned(),
        slots: vec![held, SlotRow::new(t, 1, Some(42), ["2026-11-24", "14:00", "15:30"])],
        weeks: None,
        ..form(t)
    };
    html(StatusCode::OK, &form)
}

fn cancel(t: &'static Text) -> Response<Body> {
    let class = |day: &'static str| PartLine::new(Mark::Cancelled, day, "14:00–15:30");
    let page = Cancel {
        page: sample::page(t, "Cancel 3 classes?", Place::Conferences, Standing::Instructor),
        crumbs: sample::crumbs(),
        heading: "Cancel 3 classes?".to_owned(),
        classes: vec![class("2 Dec"), class("9 Dec"), class("16 Dec")],
        effects: vec![
            "Their Teams meetings are removed, and 3 instructors are told by Outlook.".to_owned(),
            "Recordings of earlier classes stay.".to_owned(),
            "The ledger says cancelled, by whom and why.".to_owned(),
        ],
        reason: Field::new("reason", t.get("reason"), FieldKind::Text),
        action: "/styleguide/cancel".to_owned(),
        confirm_words: "Cancel 3 classes".to_owned(),
        back: "/styleguide/class-overview".to_owned(),
    };
    html(StatusCode::OK, &page)
}
