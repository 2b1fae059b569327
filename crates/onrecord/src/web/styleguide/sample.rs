//! Sample data that several sample pages share: one invented moment, one class, its people.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::model::integration::LawfulBasis;
use crate::ops::notice::{self, Terms};
use crate::web::{
    page::{Account, Page, Place, Standing},
    pages::{conferences::ConferenceLine, home::CourseLine},
    parts::{Answer, Badge, Crumb, Link, Mark, Meter, Pager, PartLine, Recline, Step, Stop, Tally},
    text::Text,
    when::When,
};

pub(super) const ZONE: Tz = chrono_tz::Europe::Amsterdam;
pub(super) const TITLE: &str =
    "Practical group B: preparing, staining and drawing onion and elodea cells under the light microscope";

/// A moment in November 2026, UTC.
pub(super) fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, hour, minute, 0).single().unwrap_or_default()
}

pub(super) fn when(t: &'static Text) -> When {
    When::new(t, ZONE, at(18, 10, 42))
}

pub(super) fn account(standing: Standing) -> Account {
    let name = match standing {
        Standing::Admin => "Jan de Korte",
        Standing::Officer => "Małgorzata Wójcik",
        Standing::Instructor => "Dr. Ngozi Adeyemi",
        Standing::Learner => "Θεοδώρα Παπαδοπούλου",
    };
    Account { name: name.to_owned(), standing, theme: None }
}

pub(super) fn page(t: &'static Text, title: &str, here: Place, standing: Standing) -> Page {
    Page::new(t, title, here).seen_by(account(standing))
}

pub(super) fn crumbs() -> Vec<Crumb> {
    vec![
        Crumb { href: "/styleguide/course-staff".to_owned(), words: "BIO-204 Cell Biology".to_owned() },
        Crumb { href: "/styleguide/conferences".to_owned(), words: "Conferences".to_owned() },
    ]
}

pub(super) fn recline(t: &'static Text) -> Recline {
    let stop = |mark, words: &str, current| Stop {
        href: "/styleguide/class-overview".to_owned(),
        mark,
        words: words.to_owned(),
        current,
    };
    Recline {
        t,
        stops: vec![
            stop(Mark::Recorded, "13 Oct", false),
            stop(Mark::Recorded, "20 Oct", false),
            stop(Mark::NotHeld, "27 Oct", false),
            stop(Mark::Recorded, "3 Nov", false),
            stop(Mark::Recorded, "10 Nov", true),
            stop(Mark::Missing, "17 Nov", false),
            stop(Mark::Upcoming, "24 Nov", false),
            stop(Mark::Upcoming, "1 Dec", false),
            stop(Mark::Upcoming, "8 Dec", false),
            stop(Mark::Upcoming, "15 Dec", false),
        ],
    }
}

pub(super) fn tally(t: &'static Text) -> Tally {
    Tally { t, marks: recline(t).stops.iter().map(|stop| stop.mark).collect() }
}

pub(super) fn pager(t: &'static Text) -> Pager {
    Pager {
        t,
        shown: "7 of 23".to_owned(),
        first: Some("/styleguide/conferences".to_owned()),
        next: Some("/styleguide/conferences?cursor=eyJp".to_owned()),
    }
}

pub(super) fn answers(t: &'static Text) -> Vec<Answer> {
    vec![
        Answer {
            id: "answer-recorded",
            mark: Some(Mark::Recorded),
            question: "Was it recorded?",
            answer: "Yes, in two parts".into(),
            detail: "1 h 24 min of a call of 1 h 29 min. Between the parts, 4 minutes are not recorded."
                .to_owned(),
            button: None,
            link: Some(Link::new("#happened", "How we know")),
        },
        Answer {
            id: "answer-where",
            mark: None,
            question: "Where is the recording?",
            answer: "Here, with a verified copy in the archive".into(),
            detail: "Microsoft’s own copy is expected to expire about 10 March 2027. Ours stays.".to_owned(),
            button: Some(Link::new("/styleguide/player", t.get("view-online"))),
            link: Some(Link::new("/styleguide/recordings", "Both parts")),
        },
        Answer {
            id: "answer-missing",
            mark: Some(Mark::Missing),
            question: "What is missing, and who acts?",
            answer: "The chat. Your Teams administrator acts.".into(),
            detail: "Microsoft refuses to show it: the permission Chat.Read.All is not granted.".to_owned(),
            button: None,
            link: None,
        },
    ]
}

pub(super) fn timeline(t: &'static Text) -> Vec<Step> {
    let when = when(t);
    let step = |mark, what: &'static str, moment, detail: &str| Step {
        mark,
        what: what.into(),
        at: Some(moment),
        detail: detail.to_owned(),
        next: false,
    };
    vec![
        step(
            Mark::Recorded,
            "Scheduled by Łukasz Wójcik",
            when.day_time(at(2, 10, 20)),
            "26 people were told.",
        ),
        step(
            Mark::Recorded,
            "Recording switched on, and read back",
            when.day_time(at(2, 10, 20)),
            "Checked again 24 h, 1 h and 10 min before class.",
        ),
        step(Mark::Recorded, "Class held", when.span(at(10, 12, 58), at(10, 14, 27)), "24 people"),
        step(
            Mark::Recorded,
            "Two recordings found",
            when.day_time(at(10, 14, 44)),
            "17 minutes after class.",
        ),
        step(
            Mark::Missing,
            "Chat could not be read",
            when.day_time(at(10, 15, 5)),
            "We ask again every night.",
        ),
        Step {
            mark: Mark::Upcoming,
            what: "Microsoft’s copy expires".into(),
            at: None,
            detail: "About 10 March 2027. Nothing is lost then.".to_owned(),
            next: true,
        },
    ]
}

pub(super) fn parts() -> Vec<PartLine> {
    vec![
        PartLine::new(Mark::Recorded, "Recordings", "Done, 2 unchanged"),
        PartLine::new(Mark::Recorded, "Transcripts", "Done, 2 unchanged"),
        PartLine::new(Mark::Waiting, "Attendance", "Not there yet"),
        PartLine::new(Mark::Missing, "Chat", "Not permitted by Microsoft.").strong("Failed."),
        PartLine::new(Mark::NotHeld, "Files", "Off for this course"),
    ]
}

pub(super) fn meters() -> Vec<Meter> {
    let meter =
        |name: &str, words: &str, percent| Meter { name: name.to_owned(), words: words.to_owned(), percent };
    vec![
        meter("recordings-01", "86 %, nearing", 86),
        meter("recordings-02", "41 %", 41),
        meter("recordings-03", "97 %, critical", 97),
    ]
}

/// The notice in the words that the product uses.
pub(super) fn notice() -> String {
    notice::wording(Terms {
        basis: LawfulBasis::LegitimateInterest,
        storage: "the university’s Microsoft 365 and its archive",
        viewers: "only people of the course",
        kept: "until three years after the course ends",
        contact: "privacy@westerdam.example",
        wording: "",
    })
}

pub(super) fn course_lines(t: &'static Text) -> Vec<CourseLine> {
    use Mark::{Cancelled, Recorded, Upcoming, Waiting};

    let line = |code: &str, title: &str, detail: &str, marks: &[Mark]| CourseLine {
        code: code.to_owned(),
        title: title.to_owned(),
        href: "/styleguide/course-staff".to_owned(),
        detail: detail.to_owned(),
        tally: Tally { t, marks: marks.to_vec() },
    };
    vec![
        CourseLine { tally: tally(t), ..line("BIO-204", "Cell Biology", "118 learners, 3 instructors", &[]) },
        line(
            "BIO-390",
            "Research seminar: reading and discussing current papers in molecular medicine",
            "14 learners, with 山田 花子",
            &[Recorded, Recorded, Cancelled, Recorded, Waiting, Upcoming, Upcoming],
        ),
    ]
}

pub(super) fn conference_lines(t: &'static Text) -> Vec<ConferenceLine> {
    let when = when(t);
    let line = |title: &str, under: &str, label, moment, state| ConferenceLine {
        href: "/styleguide/class-overview".to_owned(),
        title: title.to_owned(),
        under: under.to_owned(),
        when_label: label,
        when: Some(moment),
        tally: tally(t),
        state,
        unpublished: None,
    };
    vec![
        line(
            TITLE,
            "BIO-204 Cell Biology · Łukasz Wójcik",
            "Last class",
            when.day_time(at(17, 13, 0)),
            Mark::Missing.pill_with("1 missing"),
        ),
        ConferenceLine {
            tally: Tally { t, marks: vec![Mark::Upcoming] },
            unpublished: Some(Badge::new("hide", "Not published")),
            ..line(
                "Thesis defence: نور الهاشمي",
                "BIO-390 Research seminar · 山田 花子",
                "Next class",
                when.day_time(at(24, 9, 0)),
                Mark::Waiting.pill_with("Recording not on yet"),
            )
        },
        ConferenceLine {
            tally: Tally { t, marks: vec![Mark::Running] },
            ..line(
                "Guest lecture: धीरे-धीरे बढ़ती कोशिकाएँ (slowly growing cells)",
                "BIO-204 Cell Biology · डॉ. नेहा शर्मा",
                "Now",
                when.span(at(18, 10, 0), at(18, 11, 0)),
                Mark::Running.pill(t),
            )
        },
        line(
            "Cell Biology, lectures",
            "BIO-204 Cell Biology · Dr. Ngozi Adeyemi",
            "Next class",
            when.day_time(at(18, 12, 0)),
            Mark::Recorded.pill_with("All in order"),
        ),
    ]
}
