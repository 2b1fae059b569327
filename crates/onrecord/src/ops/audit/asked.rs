//! What somebody asks the audit for, as they wrote it: the same words on the page, over the API and at the command line.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::model::id::{ArtifactId, CourseId, MeetingId, UserId};
use crate::model::people::normal_email;
use crate::model::schedule::is_plausible;
use crate::ops::{Error, Result};
use crate::store::audit_search::{About, Filter, What};
use crate::store::users;

/// The word that asks for all visits instead of one action.
pub const VISITS: &str = "visits";

/// What entries are asked for; what is empty does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Whose: a person's e-mail address or number.
    pub who: String,
    /// An action, or `visits`.
    pub action: String,
    /// A `word:id`.
    pub subject: String,
    /// The number of a recording, transcript or file.
    pub recording: String,
    /// The number of a meeting.
    pub class: String,
    /// The number or code of a course.
    pub course: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl Asked {
    /// The same with each text as `clean` makes it.
    #[must_use]
    pub fn cleaned(&self, clean: impl Fn(&str) -> String) -> Self {
        Self {
            who: clean(&self.who),
            action: clean(&self.action),
            subject: clean(&self.subject),
            recording: clean(&self.recording),
            class: clean(&self.class),
            course: clean(&self.course),
            from: clean(&self.from),
            to: clean(&self.to),
        }
    }

    /// What narrows, by name.
    pub fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("who", &self.who),
            ("action", &self.action),
            ("subject", &self.subject),
            ("recording", &self.recording),
            ("class", &self.class),
            ("course", &self.course),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// The filter of the store. Text that is no number or date narrows to nothing it could mean, so it is an error.
    pub async fn filter(&self, app: &App) -> Result<Filter> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let what = match self.action.as_str() {
            VISITS => Some(What::Visits),
            action => some(action).map(What::Action),
        };
        let to = date("to", &self.to)?.and_then(|day| day.checked_add_days(Days::new(1)));
        Ok(Filter {
            actor: self.person(app).await?,
            about: self.about()?,
            what,
            from: date("from", &self.from)?.map(start),
            until: to.map(start),
            before: None,
        })
    }

    /// Whose entries. An address that nobody has narrows to nothing.
    async fn person(&self, app: &App) -> Result<Option<UserId>> {
        let text = self.who.trim();
        if text.contains('@') {
            let found = users::find_by_email(&app.store, &normal_email(text)).await?;
            return Ok(Some(found.map_or(UserId(0), |user| user.id)));
        }
        Ok(number("who", text, "Write a person's e-mail address or number.")?.map(UserId))
    }

    fn about(&self) -> Result<Option<About>> {
        let id =
            |field, text| number(field, text, "Write a number, as it stands in the address of its page.");
        let given = [
            (!self.subject.is_empty()).then(|| About::Subject(self.subject.clone())),
            id("recording", &self.recording)?.map(|id| About::Artifact(ArtifactId(id))),
            id("class", &self.class)?.map(|id| About::Class(MeetingId(id))),
            (!self.course.is_empty()).then(|| match self.course.parse() {
                Ok(id) => About::Course(CourseId(id)),
                Err(_) => About::CourseCode(self.course.clone()),
            }),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (about, None) => Ok(about),
            _ => Err(Error::invalid("subject", "Name one of subject, recording, class and course.")),
        }
    }
}

fn start(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

fn date(field: &str, text: &str) -> Result<Option<NaiveDate>> {
    let wrong = "Write a date as 2026-09-01.";
    match number(field, text, wrong)? {
        Some(day) if !is_plausible(day) => Err(Error::invalid(field, wrong)),
        day => Ok(day),
    }
}

/// The value in `text`, nothing when it is empty, or an error that says what to write.
pub fn number<T: std::str::FromStr>(field: &str, text: &str, write: &str) -> Result<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::invalid(field, write))
}
