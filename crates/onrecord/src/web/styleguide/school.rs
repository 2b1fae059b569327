//! Sample pages: sign-in, home, courses, conferences.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Flash, Page, Place, Standing, html},
    pages::{
        conferences::Conferences,
        courses::{Course, Courses, Enrolled, LineError, NewCourse, Roster, RosterChange},
        home::{AgendaItem, AgendaState, Day, DayClass, Figure, Home, NextClass},
        sign_in::{SignIn, Welcome},
    },
    parts::{Badge, Chip, Choice, Empty, Field, FieldKind, Link, Mark, Note},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("login", |t| html(StatusCode::OK, &SignIn::new(t, "/"))),
    ("login-refused", |t| html(StatusCode::OK, &SignIn::new(t, "/").refused("n.adeyemi@westerdam.example"))),
    ("login-slowed", |t| html(StatusCode::OK, &SignIn::new(t, "/").slowed("n.adeyemi@westerdam.example", 5))),
    ("welcome", |t| html(StatusCode::OK, &Welcome::open(t, "Ngozi", "n.adeyemi@westerdam.example", None))),
    ("welcome-short", |t| {
        let error = Some("9 characters are too few: take at least 12.".to_owned());
        html(StatusCode::OK, &Welcome::open(t, "Ngozi", "n.adeyemi@westerdam.example", error))
    }),
    ("welcome-spent", |t| html(StatusCode::OK, &Welcome::spent(t))),
    ("home-instructor", home_instructor),
    ("home-learner", home_learner),
    ("home-admin", home_admin),
    ("home-empty", home_empty),
    ("courses", courses),
    ("courses-empty", courses_empty),
    ("course-staff", |t| course(t, None)),
    ("course-upload-errors", |t| course(t, Some(upload_errors()))),
    ("course-learner", course_learner),
    ("conferences", conferences),
    ("conferences-empty", conferences_empty),
];

fn empty_home(t: &'static Text, standing: Standing, headline: &str) -> Home {
    Home {
        page: sample::page(t, t.get("nav-home"), Place::Home, standing),
        over: "Wednesday 18 November".to_owned(),
        headline: headline.to_owned(),
        may_schedule: matches!(standing, Standing::Instructor | Standing::Admin),
        wrong: Vec::new(),
        next: None,
        figures: Vec::new(),
        fresh_title: "Where is my recording?",
        fresh: Vec::new(),
        week: Vec::new(),
        courses: Vec::new(),
        empty: None,
    }
}

fn next_class(t: &'static Text) -> NextClass {
    let when = sample::when(t);
    NextClass {
        when: when.span(sample::at(18, 12, 0), sample::at(18, 13, 30)),
        relative: when.relative_words(sample::at(18, 12, 0)),
        course: "BIO-204 Cell Biology".to_owned(),
        title: "Membranes and transport: why cells leak, and what they do about it".to_owned(),
        href: "/styleguide/class-upcoming".to_owned(),
        people: "Dr. Ngozi Adeyemi and Łukasz Wójcik".to_owned(),
        state: Mark::Recorded.pill_with("Will be recorded"),
        state_detail: "Read back from Teams 8 minutes ago".to_owned(),
        join_href: Some("/styleguide/join".to_owned()),
    }
}

fn missing_note() -> Note {
    Note::new(Some(Mark::Missing), "Tuesday’s practical was held, but there is no recording of it.")
        .line("Recording was switched off in Teams at 14:02 and switched on again too late.")
        .fix("If anyone kept a recording, your administrator can import it.")
        .link(Link::new("/styleguide/class-overview", "See what happened"))
}

fn agenda(t: &'static Text) -> Vec<AgendaItem> {
    let when = sample::when(t);
    let item = |day, hour, title: &str, detail: &str, state| AgendaItem {
        when: when.day_time(sample::at(day, hour, 0)),
        title: title.to_owned(),
        href: "/styleguide/class-overview".to_owned(),
        detail: detail.to_owned(),
        state,
    };
    let watch = |label: &str| AgendaState::Watch {
        view_href: "/styleguide/player".to_owned(),
        download_href: Some("/styleguide/player".to_owned()),
        download_label: label.to_owned(),
    };
    vec![
        item(
            18,
            8,
            "Tutorial, first years",
            "The class ended 42 minutes ago. Microsoft is still preparing the recording; it is usually here by 12:30. You need do nothing.",
            AgendaState::Verdict(Mark::Waiting.pill_with("On its way")),
        ),
        item(
            17,
            13,
            "Practical group B: preparing and staining onion cells",
            "There is no recording of this class. Your instructor knows and has been asked to act.",
            AgendaState::Verdict(Mark::Missing.pill_with("No recording")),
        ),
        item(
            16,
            8,
            "Lecture 11: the sodium–potassium pump",
            "1 h 27 min, with transcript",
            watch("Download Lecture 11, 412 MB"),
        ),
        item(
            12,
            10,
            "مدخل إلى الأدب العربي الحديث",
            "Not held: nobody joined. Nothing is missing.",
            AgendaState::Verdict(Mark::NotHeld.pill(t)),
        ),
    ]
}

fn week(t: &'static Text) -> Vec<Day> {
    let when = sample::when(t);
    let class = |day, hour, mark, title: &str, detail: &str| DayClass {
        href: "/styleguide/class-overview".to_owned(),
        mark,
        title: title.to_owned(),
        time: when.time(sample::at(day, hour, 0)),
        detail: detail.to_owned(),
    };
    let day = |words: &str, today, classes| Day { words: words.to_owned(), today, classes };
    vec![
        day(
            "Mon 16",
            false,
            vec![class(16, 8, Mark::Recorded, "Cell Biology, lecture 11", "Recorded, 1 h 27 min")],
        ),
        day(
            "Tue 17",
            false,
            vec![class(17, 13, Mark::Missing, "Practical group B", "Missing: switched off in Teams")],
        ),
        day(
            "Today, Wed 18",
            true,
            vec![
                class(18, 8, Mark::Waiting, "Tutorial, first years", "Waiting for Microsoft"),
                class(18, 12, Mark::Upcoming, "Membranes and transport", "Will be recorded"),
            ],
        ),
        day("Thu 19", false, Vec::new()),
        day("Fri 20", false, vec![class(20, 10, Mark::Cancelled, "Office hour", "Cancelled by you")]),
    ]
}

fn home_instructor(t: &'static Text) -> Response<Body> {
    let home = Home {
        wrong: vec![missing_note()],
        next: Some(next_class(t)),
        week: week(t),
        courses: sample::course_lines(t),
        ..empty_home(t, Standing::Instructor, "Good morning, Ngozi. One class needs attention.")
    };
    html(StatusCode::OK, &home)
}

fn home_learner(t: &'static Text) -> Response<Body> {
    let next = NextClass { state_detail: String::new(), ..next_class(t) };
    let home = Home {
        next: Some(next),
        fresh: agenda(t),
        ..empty_home(t, Standing::Learner, "Your next class starts at 13:00")
    };
    html(StatusCode::OK, &home)
}

fn home_admin(t: &'static Text) -> Response<Body> {
    let figure = |mark, value: &str, words: &str| Figure {
        mark,
        value: value.to_owned(),
        words: words.to_owned(),
        href: "/styleguide/monitor".to_owned(),
    };
    let home = Home {
        figures: vec![
            figure(Some(Mark::Recorded), "1,033", "classes recorded this term"),
            figure(Some(Mark::Missing), "21", "without a recording"),
            figure(Some(Mark::Waiting), "3", "on their way"),
            figure(None, "2", "in the inbox"),
        ],
        wrong: vec![missing_note()],
        fresh: agenda(t),
        fresh_title: "New since yesterday",
        ..empty_home(t, Standing::Admin, "Classes are being recorded. Two things need mending.")
    };
    html(StatusCode::OK, &home)
}

fn home_empty(t: &'static Text) -> Response<Body> {
    let home = Home {
        empty: Some(Empty {
            icon: "courses",
            title: "You are in no course yet".into(),
            text: "As soon as your school enrols you, your classes and their recordings appear here.".into(),
            action: None,
        }),
        ..empty_home(t, Standing::Learner, "Welcome to OnRecord")
    };
    html(StatusCode::OK, &home)
}

fn course_search(t: &'static Text) -> Field {
    Field::new("q", t.get("courses-search"), FieldKind::Search)
}

fn courses(t: &'static Text) -> Response<Body> {
    let page = Courses {
        page: sample::page(t, t.get("courses-title"), Place::Courses, Standing::Admin),
        lead: "2 courses this term.".to_owned(),
        search: course_search(t),
        courses: sample::course_lines(t),
        pager: None,
        empty: None,
        new_course: Some(NewCourse {
            fields: vec![
                Field::new("code", "Code", FieldKind::Text).required(),
                Field::new("title", "Title", FieldKind::Text).required(),
                Field::new("term", "Term", FieldKind::Text),
            ],
            open: false,
        }),
    };
    html(StatusCode::OK, &page)
}

fn courses_empty(t: &'static Text) -> Response<Body> {
    let page = Courses {
        page: sample::page(t, t.get("courses-title"), Place::Courses, Standing::Learner),
        lead: "You are in no course yet.".to_owned(),
        search: course_search(t),
        courses: Vec::new(),
        pager: None,
        empty: Some(Empty {
            icon: "courses",
            title: "No courses yet".into(),
            text: "As soon as your school enrols you, your courses appear here.".into(),
            action: None,
        }),
        new_course: None,
    };
    html(StatusCode::OK, &page)
}

fn upload_errors() -> Vec<LineError> {
    let error = |line, column: &str, message: &str| LineError {
        line,
        column: column.to_owned(),
        message: message.to_owned(),
    };
    vec![
        error(7, "email", "“n.sharma[at]westerdam.example” is not an e-mail address."),
        error(19, "role", "“student” is no role here. Write learner or instructor."),
        error(42, "ends_on", "“31.12.2026” is not a date. Write 2026-12-31."),
    ]
}

fn course(t: &'static Text, line_errors: Option<Vec<LineError>>) -> Response<Body> {
    let person = |user_id, name: &str, email: &str, role: &str| Enrolled {
        user_id,
        name: name.to_owned(),
        email: email.to_owned(),
        role: role.to_owned(),
        section: "B".to_owned(),
        until: "31 Jan 2027".to_owned(),
        note: None,
    };
    let result = line_errors.is_some().then(|| {
        Note::new(Some(Mark::Missing), "Nothing was changed: 3 lines are wrong")
            .line("Mend them in the file and upload it again.")
            .urgent()
    });
    let roster = Roster {
        sum: "118 learners, 3 instructors".to_owned(),
        people: vec![
            person(1, "Dr. Ngozi Adeyemi", "n.adeyemi@westerdam.example", "Instructor"),
            person(2, "Θεοδώρα Παπαδοπούλου", "t.papadopoulou@westerdam.example", "Learner"),
            Enrolled {
                note: Some(Badge::new("info", "Not in Entra: is not invited")),
                ..person(3, "山田 花子", "hanako.yamada@partner.example", "Learner")
            },
        ],
        pager: None,
        empty: None,
        change: Some(RosterChange {
            result,
            too_many: false,
            line_errors: line_errors.unwrap_or_default(),
            add: vec![
                Field::new("email", t.get("email"), FieldKind::Email).required(),
                Field::new(
                    "role",
                    t.get("column-role"),
                    FieldKind::Select(vec![
                        Choice::new("learner", "Learner", "learner"),
                        Choice::new("instructor", "Instructor", "learner"),
                    ]),
                ),
            ],
        }),
    };
    html(StatusCode::OK, &Course { roster: Some(roster), ..course_page(t, Standing::Instructor) })
}

fn course_page(t: &'static Text, standing: Standing) -> Course {
    Course {
        page: sample::page(t, "BIO-204 Cell Biology", Place::Courses, standing),
        id: 1,
        code: "BIO-204".to_owned(),
        title: "Cell Biology".to_owned(),
        lead: "Autumn 2026, with Dr. Ngozi Adeyemi and Łukasz Wójcik".to_owned(),
        may_schedule: standing == Standing::Instructor,
        conferences: sample::conference_lines(t),
        conferences_empty: None,
        more_conferences: None,
        settings: None,
        more: vec![Link::new("/styleguide/exceptions", t.get("exceptions-title"))],
        roster: None,
    }
}

fn course_learner(t: &'static Text) -> Response<Body> {
    html(StatusCode::OK, &course_page(t, Standing::Learner))
}

fn conferences_page(t: &'static Text, page: Page) -> Conferences {
    let chip = |status: &str, mark, words: &'static str, count, current| Chip {
        href: format!("/styleguide/conferences?status={status}"),
        mark,
        words: words.into(),
        count: Some(count),
        current,
    };
    Conferences {
        page,
        may_schedule: true,
        filters: vec![
            Field::new("q", "Title or instructor", FieldKind::Search),
            Field::new(
                "course_id",
                "Course",
                FieldKind::Select(vec![
                    Choice::new("", "All my courses", ""),
                    Choice::new("1", "BIO-204 Cell Biology", ""),
                ]),
            ),
        ],
        status: String::new(),
        chips: vec![
            chip("", None, "All", 23, true),
            chip("missing", Some(Mark::Missing), "Needs someone", 2, false),
            chip("upcoming", None, "Upcoming", 9, false),
            chip("running", None, "In class now", 1, false),
            chip("ended", None, "Ended", 11, false),
            chip("cancelled", None, "Cancelled", 0, false),
        ],
        conferences: sample::conference_lines(t),
        empty: None,
        pager: Some(sample::pager(t)),
    }
}

fn conferences(t: &'static Text) -> Response<Body> {
    let page = sample::page(t, t.get("conferences-title"), Place::Conferences, Standing::Instructor).telling(
        Flash {
            mark: Mark::Recorded,
            words: "7 classes are scheduled. Recording is being switched on.".to_owned(),
        },
    );
    html(StatusCode::OK, &conferences_page(t, page))
}

fn conferences_empty(t: &'static Text) -> Response<Body> {
    let page = sample::page(t, t.get("conferences-title"), Place::Conferences, Standing::Instructor);
    let conferences = Conferences {
        conferences: Vec::new(),
        pager: None,
        empty: Some(Empty {
            icon: "search",
            title: "Nothing fits these filters".into(),
            text: "Try other words, another course, or all states.".into(),
            action: Some(Link::new("/styleguide/conferences", "Show all conferences")),
        }),
        ..conferences_page(t, page)
    };
    html(StatusCode::OK, &conferences)
}
