//! The demo's small campus: invented people and courses, and a plan of classes around the present day, written as
//! the CSV files that any school would import.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

/// The zone of the campus.
pub(super) const ZONE: chrono_tz::Tz = chrono_tz::Europe::Amsterdam;

/// The host of every address.
pub(super) const HOST: &str = "contoso.example";

/// People: external id and mailbox name, shown name, global role.
pub(super) const PEOPLE: &[(&str, &str, &str)] = &[
    ("admin", "Jan de Korte", "admin"),
    ("officer", "Mirjam Osei", "officer"),
    ("instructor", "Dr. Ngozi Adeyemi", ""),
    ("lukasz", "Łukasz Wójcik", ""),
    ("learner", "Ada Lindqvist", ""),
    ("outsider", "Olaf Brandt", ""),
    ("amina", "Amina Rahman", ""),
    ("bo", "Bo Jansen", ""),
    ("chidi", "Chidi Okafor", ""),
    ("daria", "Daria Kowalska", ""),
    ("emre", "Emre Yıldız", ""),
    ("farida", "Farida Haddad", ""),
    ("giulia", "Giulia Conti", ""),
    ("hiroshi", "Hiroshi Tanaka", ""),
    ("ines", "Inês Carvalho", ""),
    ("theodora", "Θεοδώρα Παπαδοπούλου", ""),
];

const LEARNERS: &[&str] =
    &["learner", "amina", "bo", "chidi", "daria", "emre", "farida", "giulia", "hiroshi", "ines", "theodora"];

/// Courses: id and code, title, instructors.
const COURSES: &[(&str, &str, &[&str])] = &[
    ("BIO-204", "Cell Biology", &["instructor", "lukasz"]),
    ("MAT-110", "Linear Algebra", &["instructor"]),
    ("HIS-130", "Cities of the Baltic", &["instructor", "lukasz"]),
];

/// How a class of the past went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    Held,
    TwoParts,
    NotRecorded,
    NobodyCame,
    NoTranscript,
}

/// A series of the plan.
struct Series {
    id: &'static str,
    course: &'static str,
    title: &'static str,
    description: &'static str,
    published: bool,
    weekday: Weekday,
    start: (u32, u32),
    minutes: i64,
    /// How its past classes went, the oldest first.
    past: &'static [Past],
    /// How many are to come.
    to_come: u64,
}

const SERIES: &[Series] = &[
    Series {
        id: "cells",
        course: "BIO-204",
        title: "The living cell",
        description: "Lecture. Membranes, organelles, division; bring chapter 4.",
        published: true,
        weekday: Weekday::Mon,
        start: (10, 0),
        minutes: 60,
        past: &[Past::Held, Past::Held, Past::TwoParts],
        to_come: 5,
    },
    Series {
        id: "practical-b",
        course: "BIO-204",
        title: "Practical group B",
        description: "Preparing, staining and drawing onion and elodea cells under the light microscope.",
        published: true,
        weekday: Weekday::Tue,
        start: (14, 0),
        minutes: 90,
        past: &[Past::Held, Past::NobodyCame, Past::NotRecorded],
        to_come: 4,
    },
    Series {
        id: "matrices",
        course: "MAT-110",
        title: "Matrices and maps",
        description: "Lecture with exercises. Change of basis, eigenvalues.",
        published: true,
        weekday: Weekday::Wed,
        start: (9, 0),
        minutes: 75,
        past: &[Past::Held, Past::NoTranscript],
        to_come: 4,
    },
    Series {
        id: "refresher",
        course: "MAT-110",
        title: "Refresher: vectors",
        description: "Two evenings for everybody whose school maths is long ago.",
        published: true,
        weekday: Weekday::Fri,
        start: (17, 0),
        minutes: 50,
        past: &[Past::Held, Past::Held],
        to_come: 0,
    },
    Series {
        id: "hanse",
        course: "HIS-130",
        title: "The Hanse at sea",
        description: "Seminar. Not yet published: only instructors see it.",
        published: false,
        weekday: Weekday::Thu,
        start: (13, 30),
        minutes: 60,
        past: &[Past::Held],
        to_come: 3,
    },
];

/// One class of the plan.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// Its external id.
    pub(super) id: String,
    /// The external id of its conference.
    pub(super) conference: &'static str,
    /// The title of its conference.
    pub(super) title: &'static str,
    /// Day in the campus's zone.
    pub(super) date: NaiveDate,
    /// Wall time.
    pub(super) starts: NaiveTime,
    /// Wall time.
    pub(super) ends: NaiveTime,
    /// How it went, if it is past.
    pub(super) past: Option<Past>,
    /// Whom a meeting of the past had been sent to, as mailbox names.
    pub(super) people: Vec<&'static str>,
}

impl Class {
    /// The subject of its meeting in Teams.
    pub(super) fn subject(&self) -> String {
        format!("{} - {} {}", self.title, self.date, self.starts.format("%H:%M"))
    }

    /// Its scheduled moments.
    pub(super) fn moments(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = |time| {
            let local = self.date.and_time(time).and_local_timezone(ZONE);
            local.earliest().map_or_else(|| self.date.and_time(time).and_utc(), |at| at.with_timezone(&Utc))
        };
        (at(self.starts), at(self.ends))
    }
}

/// Every class of the plan around `now`, and one that begins in half an hour.
pub(super) fn classes(now: DateTime<Utc>) -> Vec<Class> {
    let today = now.with_timezone(&ZONE).date_naive();
    let mut classes: Vec<Class> = SERIES.iter().flat_map(|series| series.around(today)).collect();
    classes.extend(soon(now));
    classes
}

impl Series {
    fn around(&self, today: NaiveDate) -> Vec<Class> {
        let back = u64::from(today.weekday().days_since(self.weekday));
        let last = today - Days::new(if back == 0 { 7 } else { back });
        let first = last - Days::new(7 * (self.past.len() as u64 - 1));
        let starts = NaiveTime::from_hms_opt(self.start.0, self.start.1, 0).unwrap_or_default();
        (0..self.past.len() as u64 + self.to_come)
            .map(|week| Class {
                id: format!("{}-{}", self.id, week + 1),
                conference: self.id,
                title: self.title,
                date: first + Days::new(7 * week),
                starts,
                ends: starts + TimeDelta::minutes(self.minutes),
                past: self.past.get(week as usize).copied(),
                people: roster(self.course),
            })
            .collect()
    }
}

/// A class that begins in half an hour, unless midnight is near.
fn soon(now: DateTime<Utc>) -> Option<Class> {
    let start = now.with_timezone(&ZONE).naive_local() + TimeDelta::minutes(30);
    let end = start + TimeDelta::minutes(45);
    let minute = |time: NaiveTime| NaiveTime::parse_from_str(&time.format("%H:%M").to_string(), "%H:%M").ok();
    (start.date() == end.date()).then_some(())?;
    Some(Class {
        id: "office-hour-1".to_owned(),
        conference: "office-hour",
        title: "Questions before the exam",
        date: start.date(),
        starts: minute(start.time())?,
        ends: minute(end.time())?,
        past: None,
        people: roster("MAT-110"),
    })
}

fn roster(course: &str) -> Vec<&'static str> {
    let teaching = COURSES.iter().find(|(id, ..)| *id == course).map_or(&[][..], |(_, _, people)| people);
    teaching.iter().chain(LEARNERS).copied().collect()
}

/// `users.csv`, `courses.csv`, `enrolments.csv` and `conferences.csv`.
pub(super) fn school(with_office_hour: bool) -> [(&'static str, String); 4] {
    let mut users = "id,email,name,role\n".to_owned();
    for (id, name, role) in PEOPLE {
        let _ = writeln!(users, "{id},{id}@{HOST},{name},{role}");
    }
    let mut courses = "id,code,title\n".to_owned();
    let mut enrolments = "course_id,user_id,role\n".to_owned();
    for (id, title, instructors) in COURSES {
        let _ = writeln!(courses, "{id},{id},{title}");
        for person in *instructors {
            let _ = writeln!(enrolments, "{id},{person},instructor");
        }
        for person in LEARNERS {
            let _ = writeln!(enrolments, "{id},{person},learner");
        }
    }
    let mut conferences = "id,course_id,title,description,published,time_zone\n".to_owned();
    for series in SERIES {
        let _ = writeln!(
            conferences,
            "{},{},{},\"{}\",{},{ZONE}",
            series.id, series.course, series.title, series.description, series.published
        );
    }
    if with_office_hour {
        let _ = writeln!(
            conferences,
            "office-hour,MAT-110,Questions before the exam,Bring what is unclear.,true,{ZONE}"
        );
    }
    [
        ("users.csv", users),
        ("courses.csv", courses),
        ("enrolments.csv", enrolments),
        ("conferences.csv", conferences),
    ]
}
