//! Sample pages of a class: the class page with its tabs, in its states.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Place, Standing, html},
    pages::{
        conference::{
            Attendance, AttendanceRow, Body as TabBody, Chat, ChatLine, Conference, FileRow, Files, Hiding,
            Join, LastSync, LikelyRow, Overview, Publish, RecordingRow, Recordings, StaffActions, Watch,
        },
        trouble::{self, EnableFailure},
    },
    parts::{Answer, Badge, Empty, Link, Mark, Note, Recline, Step, Tab, Tabs},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("class-overview", |t| show(&class(t, Standing::Instructor, TabBody::Overview(Box::new(overview(t)))))),
    ("class-upcoming", class_upcoming),
    ("class-failed", class_failed),
    ("class-syncing", class_syncing),
    ("class-learner", class_learner),
    ("recordings", |t| show(&class(t, Standing::Instructor, TabBody::Recordings(recordings(t))))),
    ("recordings-waiting", recordings_waiting),
    ("recordings-missing", recordings_missing),
    ("attendance", |t| show(&class(t, Standing::Instructor, TabBody::Attendance(attendance(t))))),
    ("chat", |t| show(&class(t, Standing::Instructor, TabBody::Chat(chat(t))))),
    ("chat-failed", chat_failed),
    ("files", |t| show(&class(t, Standing::Instructor, TabBody::Files(files(t))))),
];

fn show(page: &Conference) -> Response<Body> {
    html(StatusCode::OK, page)
}

fn class(t: &'static Text, standing: Standing, body: TabBody) -> Conference {
    let open = match &body {
        TabBody::Overview(_) => "class-overview",
        TabBody::Recordings(_) => "recordings",
        TabBody::Attendance(_) => "attendance",
        TabBody::Chat(_) => "chat",
        TabBody::Files(_) => "files",
    };
    let tab = |name: &str, words, count| Tab {
        href: format!("/styleguide/{name}"),
        words,
        count,
        current: name == open,
    };
    let staff = StaffActions {
        syncing: None,
        edit_href: Some("/styleguide/conference-edit".to_owned()),
        cancel_href: Some("/styleguide/cancel".to_owned()),
        cancel_class_href: Some("/styleguide/cancel".to_owned()),
        publish: Publish::Withdraw,
    };
    Conference {
        page: sample::page(t, sample::TITLE, Place::Conferences, standing),
        id: 318,
        crumbs: sample::crumbs(),
        title: sample::TITLE.to_owned(),
        lead:
            "Dr. Ngozi Adeyemi and Łukasz Wójcik, Tuesdays 14:00–15:30 Europe/Amsterdam, in Microsoft Teams"
                .to_owned(),
        description: String::new(),
        badges: Vec::new(),
        staff: (standing == Standing::Instructor).then_some(staff),
        recline: sample::recline(t),
        tabs: Tabs {
            label: "Class of Tuesday 10 November".to_owned(),
            tabs: vec![
                tab("class-overview", "Overview", None),
                tab("recordings", "Recordings", Some(2)),
                tab("attendance", "Attendance", Some(24)),
                tab("chat", "Chat", None),
                tab("files", "Files", Some(3)),
            ],
        },
        class_heading: sample::when(t).class_words(sample::at(10, 13, 0), sample::at(10, 14, 30)),
        body,
        refresh_seconds: None,
        href: format!("/styleguide/{open}"),
    }
}

fn overview(t: &'static Text) -> Overview {
    Overview {
        t,
        notes: Vec::new(),
        check: None,
        join: None,
        answers: sample::answers(t),
        zone_words: "Times in Europe/Amsterdam (CET)".to_owned(),
        timeline: sample::timeline(t),
        last_sync: Some(LastSync {
            at: sample::when(t).relative(sample::at(18, 10, 31)),
            words: "partly done: 3 of 5".to_owned(),
            parts: sample::parts(),
        }),
        seen_by: "118 learners of the course: recordings and transcript. Chat and the attendance of others: instructors only.".to_owned(),
        notice: sample::notice(),
        cases: vec![Link::new("/styleguide/exceptions", t.get("exception-of-class"))],
    }
}

fn upcoming_answers(enabled: bool) -> Vec<Answer> {
    let answer = |id, mark, question, answer: &'static str, detail: &str| Answer {
        id,
        mark,
        question,
        answer: answer.into(),
        detail: detail.to_owned(),
        button: None,
        link: None,
    };
    let first = if enabled {
        answer(
            "answer-recorded",
            Some(Mark::Recorded),
            "Will it be recorded?",
            "Yes, by itself",
            "Read back from Teams 8 minutes ago.",
        )
    } else {
        answer(
            "answer-recorded",
            Some(Mark::Missing),
            "Will it be recorded?",
            "Not by itself yet",
            "We try again in 4 minutes.",
        )
    };
    vec![
        first,
        answer(
            "answer-where",
            None,
            "Where will the recording be?",
            "On this page",
            "Usually 20 minutes after class.",
        ),
        if enabled {
            answer("answer-missing", None, "What is missing, and who acts?", "Nothing", "Nobody need act.")
        } else {
            answer(
                "answer-missing",
                Some(Mark::Missing),
                "What is missing, and who acts?",
                "A Teams administrator acts",
                "Jan de Korte was told 10 minutes ago.",
            )
        },
    ]
}

fn upcoming(t: &'static Text, enabled: bool) -> Overview {
    let when = sample::when(t);
    let next = |what: &'static str, at, detail: &str, next| Step {
        mark: Mark::Upcoming,
        what: what.into(),
        at: Some(at),
        detail: detail.to_owned(),
        next,
    };
    let mut timeline = sample::timeline(t);
    timeline.truncate(if enabled { 2 } else { 1 });
    timeline.push(next("Class", when.relative(sample::at(18, 12, 0)), "", true));
    timeline.push(next(
        "Recording arrives",
        when.day_time(sample::at(18, 13, 50)),
        "Usually 20 minutes after class.",
        false,
    ));
    Overview {
        notes: if enabled { Vec::new() } else { vec![EnableFailure::AccessPolicy.note(t)] },
        join: Some(Join {
            href: "/styleguide/join".to_owned(),
            words: t.get("join-teams").to_owned(),
            detail: "Today, 13:00–14:30, in 1 h 18 min".to_owned(),
        }),
        answers: upcoming_answers(enabled),
        timeline,
        last_sync: None,
        ..overview(t)
    }
}

fn class_upcoming(t: &'static Text) -> Response<Body> {
    show(&class(t, Standing::Instructor, TabBody::Overview(Box::new(upcoming(t, true)))))
}

fn class_failed(t: &'static Text) -> Response<Body> {
    show(&class(t, Standing::Instructor, TabBody::Overview(Box::new(upcoming(t, false)))))
}

fn class_syncing(t: &'static Text) -> Response<Body> {
    let mut page = class(t, Standing::Instructor, TabBody::Overview(Box::new(overview(t))));
    page.badges = vec![Badge::new("hide", "Not published: learners do not see it")];
    if let Some(staff) = &mut page.staff {
        staff.syncing = Some("Asking Microsoft since 20 seconds; someone else has started it.".to_owned());
        staff.publish = Publish::Offer;
    }
    show(&page)
}

fn class_learner(t: &'static Text) -> Response<Body> {
    let body = Overview {
        last_sync: None,
        answers: sample::answers(t).into_iter().take(2).collect(),
        ..overview(t)
    };
    let mut page = class(t, Standing::Learner, TabBody::Overview(Box::new(body)));
    page.recline = Recline { t, stops: Vec::new() };
    page.tabs.tabs.truncate(2);
    show(&page)
}

fn recording(t: &'static Text, id: i64, title: &str, hiding: Hiding) -> RecordingRow {
    RecordingRow {
        id,
        title: title.to_owned(),
        when: sample::when(t).day_time(sample::at(10, 13, 1)),
        detail: "to 14:43, transcript in English".to_owned(),
        duration: "42\u{a0}min".to_owned(),
        size: "203\u{a0}MB".to_owned(),
        kept: vec![Badge::new("safe", "Archive, verified"), Badge::new("cloud", "OneDrive")],
        download_count: 17,
        watch: Some(Watch {
            view_href: "/styleguide/player".to_owned(),
            download_href: Some("/styleguide/player".to_owned()),
            download_label: format!("Download {title}, 203 MB"),
        }),
        onedrive_href: Some("https://westerdam.sharepoint.example/recordings".to_owned()),
        kept_until: String::new(),
        may_remove: false,
        hiding,
        keeping: None,
    }
}

fn recordings(t: &'static Text) -> Recordings {
    let hidden =
        Hiding::Hidden { words: "By Łukasz Wójcik yesterday: a patient’s name is said.".to_owned() };
    let copying = RecordingRow {
        watch: None,
        kept: vec![Badge::new("cloud", "OneDrive")],
        ..recording(t, 3, "Practical group B, part 3 of 3", Hiding::NotOffered)
    };
    Recordings {
        t,
        heading: "Recordings of Tuesday 10 November".to_owned(),
        sum: "3 parts, 1 h 24 min, 401 MB".to_owned(),
        rows: vec![
            recording(t, 1, "Practical group B, part 1 of 3", Hiding::MayHide),
            recording(t, 2, "Practical group B, part 2 of 3", hidden),
            copying,
        ],
        notes: vec![
            Note::new(Some(Mark::Waiting), "4 minutes are in no recording.").line(
                "Someone stopped the recording at 14:43 and started it again at 14:47. The class still counts as recorded.",
            ),
            trouble::download_failed(t),
        ],
        empty: None,
        likely: vec![LikelyRow {
            name: "Practical group B-20261110_140211UTC-Meeting Recording.mp4".to_owned(),
            when: sample::when(t).day_time(sample::at(10, 13, 2)),
            detail: "42 min, 203 MB".to_owned(),
            reasons: "same name, same time, same organizer".to_owned(),
            action: "/meetings/1/likely/5".to_owned(),
        }],
        by_hand: Some("/meetings/1/recordings".to_owned()),
        for_staff: true,
    }
}

fn recordings_waiting(t: &'static Text) -> Response<Body> {
    let body = Recordings {
        rows: Vec::new(),
        sum: String::new(),
        notes: Vec::new(),
        empty: Some(Empty {
            icon: "waiting",
            title: "The recording is on its way".into(),
            text: "The class ended 12 minutes ago. Recordings are usually here 20 to 60 minutes after class, by 16:30. OnRecord looks again in 40 seconds; this page shows it by itself.".into(),
            action: None,
        }),
        likely: Vec::new(),
        by_hand: None,
        for_staff: false,
        ..recordings(t)
    };
    let mut page = class(t, Standing::Learner, TabBody::Recordings(body));
    page.refresh_seconds = Some(15);
    show(&page)
}

fn recordings_missing(t: &'static Text) -> Response<Body> {
    let body = Recordings {
        rows: Vec::new(),
        sum: String::new(),
        notes: vec![trouble::recording_not_found(
            t,
            Some((t.get("missing-not-recorded"), t.get("missing-not-recorded-fix"))),
            Some("OnRecord looks again in one hour. It looks until Friday 15:30.".to_owned()),
        )],
        empty: None,
        ..recordings(t)
    };
    show(&class(t, Standing::Instructor, TabBody::Recordings(body)))
}

fn attendance(t: &'static Text) -> Attendance {
    let when = sample::when(t);
    let row = |name: &str, email: &str, minute, duration: &str, detail: &str| AttendanceRow {
        name: name.to_owned(),
        email: email.to_owned(),
        joined: when.time(sample::at(10, 13, minute)),
        left: when.time(sample::at(10, 14, 27)),
        duration: duration.to_owned(),
        detail: detail.to_owned(),
        unknown: None,
    };
    Attendance {
        t,
        heading: "Attendance of Tuesday 10 November".to_owned(),
        sum: "24 people, 83 minutes in the middle".to_owned(),
        rows: vec![
            row("Dr. Ngozi Adeyemi", "n.adeyemi@westerdam.example", 0, "1\u{a0}h 27\u{a0}min", ""),
            row(
                "Θεοδώρα Παπαδοπούλου",
                "t.papadopoulou@westerdam.example",
                2,
                "1\u{a0}h 12\u{a0}min",
                "came and went 3 times",
            ),
            AttendanceRow {
                unknown: Some(Badge::new("help", "Not matched to a person")),
                ..row("iPad von Jonas", "", 9, "54\u{a0}min", "")
            },
        ],
        notes: Vec::new(),
        empty: None,
    }
}

fn chat(t: &'static Text) -> Chat {
    let when = sample::when(t);
    let line = |sender: &str, minute, text: &str| ChatLine {
        sender: sender.to_owned(),
        at: when.time(sample::at(10, 13, minute)),
        text: text.to_owned(),
    };
    Chat {
        t,
        heading: "Chat of Tuesday 10 November".to_owned(),
        sum: "3 messages".to_owned(),
        messages: vec![
            line(
                "Dr. Ngozi Adeyemi",
                4,
                "The slides are in Files.\nPlease draw what you see, not what you expect.",
            ),
            line("山田 花子", 21, "プレパラートの染色は何分ですか"),
            line("نور الهاشمي", 22, "خمس دقائق"),
        ],
        notes: Vec::new(),
        empty: None,
        pager: None,
    }
}

fn chat_failed(t: &'static Text) -> Response<Body> {
    let body = Chat {
        messages: Vec::new(),
        sum: String::new(),
        notes: vec![
            Note::new(Some(Mark::Missing), "Chat: not permitted by Microsoft")
                .line("Everything else is here and can be used.")
                .fix("A Teams administrator grants Chat.Read.All, or chat is switched off for this course."),
        ],
        ..chat(t)
    };
    show(&class(t, Standing::Instructor, TabBody::Chat(body)))
}

fn files(t: &'static Text) -> Files {
    let file = |name: &str, href: Option<&str>| FileRow {
        name: name.to_owned(),
        shared_by: "Dr. Ngozi Adeyemi".to_owned(),
        at: Some(sample::when(t).day_time(sample::at(10, 13, 4))),
        size: "2\u{a0}MB".to_owned(),
        download_href: href.map(str::to_owned),
    };
    Files {
        t,
        heading: "Files of Tuesday 10 November".to_owned(),
        sum: "2 files".to_owned(),
        rows: vec![
            file("Microscopy, slides.pdf", Some("/styleguide/files")),
            file("Zeichnung_Vorlage_Zwiebelhaut.docx", None),
        ],
        notes: Vec::new(),
        empty: None,
    }
}
