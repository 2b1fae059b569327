//! Sample pages of watching and joining: the player in its states, the waiting page of a class.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::{Build, sample};
use crate::web::{
    page::{Flash, Place, Standing, html},
    pages::{
        join::JoinWait,
        recording::{Captions, Cue, Part, PartsLine, Player, Search, Transcript, Turn, Video, mark_found},
        trouble,
    },
    parts::{Badge, Link, Mark, Note},
    text::Text,
};

pub(super) const SAMPLES: &[(&str, Build)] = &[
    ("player", |t| html(StatusCode::OK, &player(t, ""))),
    ("player-found", |t| html(StatusCode::OK, &player(t, "gradient"))),
    ("player-waiting", player_waiting),
    ("join", join),
];

fn turns(query: &str) -> Vec<Turn> {
    let said: [(&str, &[(i64, &str)]); 4] = [
        (
            "Dr. Ngozi Adeyemi",
            &[
                (0, "So let us ask what would happen if the pump simply stopped. No energy, no transport."),
                (
                    3,
                    "The gradient runs down. Slowly at first, because the membrane is a good insulator, and then all at once.",
                ),
                (
                    6,
                    "Three sodium ions go out, two potassium ions come in, and one ATP is spent. That is the whole bargain.",
                ),
            ],
        ),
        (
            "山田 花子 (Yamada Hanako)",
            &[(
                10,
                "Is that why the inside stays negative? Or is that the leak channels and the gradient together?",
            )],
        ),
        (
            "Dr. Ngozi Adeyemi",
            &[
                (14, "Both, and it matters which one you name in the exam. The pump is electrogenic."),
                (
                    18,
                    "Draw it once with the pump alone, and once with both. You will never confuse them again.",
                ),
            ],
        ),
        ("Someone we could not identify", &[(22, "Could you leave the slide for another minute, please?")]),
    ];
    let mut number = 0;
    said.iter()
        .map(|(speaker, cues)| Turn {
            speaker: (*speaker).to_owned(),
            cues: cues
                .iter()
                .map(|(second, text)| {
                    number += 1;
                    Cue {
                        number,
                        start_ms: second * 1000,
                        end_ms: second * 1000 + 2800,
                        words: mark_found(text, query),
                    }
                })
                .collect(),
        })
        .collect()
}

fn player(t: &'static Text, query: &str) -> Player {
    let part = |words: &str, from_ms, to_ms, current| Part {
        href: "/styleguide/player".to_owned(),
        words: words.to_owned(),
        from_ms,
        to_ms,
        current,
    };
    Player {
        page: sample::page(
            t,
            "Lecture 11: the sodium–potassium pump",
            Place::Conferences,
            Standing::Instructor,
        ),
        id: 77,
        crumbs: sample::crumbs(),
        title: "Lecture 11: the sodium–potassium pump".to_owned(),
        when: sample::when(t).day_time(sample::at(16, 8, 0)),
        people: "Dr. Ngozi Adeyemi".to_owned(),
        badges: vec![Badge::new("safe", "Archive, verified")],
        video: Video::Playable {
            content_href: "/styleguide/no-video".to_owned(),
            mime: "video/mp4".to_owned(),
            captions: vec![Captions {
                href: "/styleguide/no-captions".to_owned(),
                language: "en".to_owned(),
                label: "English".to_owned(),
            }],
            start_seconds: None,
        },
        download: Some(Link::new("/styleguide/player", "Download, 412 MB")),
        onedrive_href: Some("https://westerdam.sharepoint.example/recordings".to_owned()),
        visits_href: Some("/styleguide/audit".to_owned()),
        parts_line: Some(PartsLine {
            label: "Parts: part 1, 42 minutes; 4 minutes not recorded; part 2, 41 minutes".to_owned(),
            parts: vec![
                part("Part 1, 42 min", 0, 42 * 60_000, true),
                part("Part 2, 41 min", 46 * 60_000, 87 * 60_000, false),
            ],
        }),
        transcript: Transcript::Here {
            turns: turns(query),
            search: Search {
                query: query.to_owned(),
                found: if query.is_empty() { String::new() } else { "2 places".to_owned() },
                first: (!query.is_empty()).then(|| "c2".to_owned()),
            },
            saves: vec![Link::new("/styleguide/player", "WebVTT"), Link::new("/styleguide/player", "Text")],
        },
    }
}

fn player_waiting(t: &'static Text) -> Response<Body> {
    let note = |title: &'static str, line: &str| Note::new(Some(Mark::Waiting), title).line(line);
    let player = Player {
        video: Video::NotYet(trouble::download_failed(t)),
        transcript: Transcript::NotHere(note(
            "No transcript yet",
            "Microsoft usually offers it some minutes after the recording. OnRecord looks for 24 hours.",
        )),
        download: None,
        parts_line: None,
        ..player(t, "")
    };
    html(StatusCode::OK, &player)
}

fn join(t: &'static Text) -> Response<Body> {
    let when = sample::when(t);
    let mut page = sample::page(t, t.get("join-teams"), Place::Conferences, Standing::Learner);
    page.flash = Some(Flash { mark: Mark::Waiting, words: "The meeting is being made in Teams.".to_owned() });
    let join = JoinWait {
        page,
        crumbs: sample::crumbs(),
        title: "Membranes and transport: why cells leak, and what they do about it".to_owned(),
        when: when.span(sample::at(18, 12, 0), sample::at(18, 13, 30)),
        relative: when.relative_words(sample::at(18, 12, 0)),
        note: Note::new(Some(Mark::Waiting), "The Teams meeting is not ready yet")
            .line("It was scheduled a moment ago and is usually there within a minute. This page goes on by itself."),
        notice: sample::notice(),
        read: None,
        class_href: "/styleguide/class-upcoming".to_owned(),
        teams_href: None,
        href: "/styleguide/join".to_owned(),
        refresh_seconds: Some(5),
    };
    html(StatusCode::OK, &join)
}
