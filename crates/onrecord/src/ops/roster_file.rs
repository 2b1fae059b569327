//! A roster as an uploaded CSV file: all or nothing, with what is wrong by line and column. People who are not here
//! yet are added.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::actor::Actor;
use super::enrolment::{self, Done, Rest, Wanted, Who};
use super::people::{self, Person};
use super::{Error, Result, say, say_with};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::CourseId;
use crate::model::people::{CourseRole, is_email, normal_email};
use crate::model::schedule::is_plausible;
use crate::model::words::Word as _;
use crate::store::{courses, users};

/// Columns a file may have; only the first is needed.
const COLUMNS: [&str; 5] = ["email", "name", "role", "section", "ends_on"];

/// Faults named one by one; the rest is only counted.
const SHOWN: usize = 100;

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, the header being 1.
    pub line: u64,
    /// The column by its name; empty when it is about the whole line.
    pub column: String,
    /// What is wrong and what to write.
    pub message: String,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken; so many people were new to OnRecord.
    Done(Done, usize),
    /// Nothing was changed. At most a hundred faults, and how many there are in all.
    Faults(Vec<Fault>, usize),
}

/// One line as read.
#[derive(Debug)]
struct Line {
    email: String,
    name: String,
    role: CourseRole,
    section: Option<String>,
    ends_on: Option<NaiveDate>,
}

/// Collects faults, naming the first hundred.
#[derive(Debug, Default)]
struct Faults {
    shown: Vec<Fault>,
    count: usize,
}

impl Faults {
    fn add(&mut self, line: u64, column: &str, message: impl Into<String>) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(Fault { line, column: column.to_owned(), message: message.into() });
        }
    }
}

/// Puts the people of a CSV file into a course.
pub async fn put(app: &App, actor: Actor<'_>, course: CourseId, file: &[u8], rest: Rest) -> Result<Outcome> {
    actor.must(app, GlobalAct::Administer).await?;
    let lines = match read(file) {
        Ok(lines) => lines,
        Err(faults) => return Ok(Outcome::Faults(faults.shown, faults.count)),
    };
    let tx = app.store.write().await?;
    courses::lock(&tx, course).await?.ok_or(Error::NotFound)?;
    let emails: Vec<String> = lines.iter().map(|line| line.email.clone()).collect();
    let known = users::ids_by_email(&tx, &emails).await?;
    let mut added = 0;
    for line in lines.iter().filter(|line| !known.contains_key(&line.email)) {
        let person =
            Person { email: Some(line.email.clone()), name: Some(line.name.clone()), ..Person::default() };
        people::add(app, &tx, actor, person).await?;
        added += 1;
    }
    let wanted: Vec<Wanted> = lines
        .into_iter()
        .map(|line| Wanted {
            who: Who::Email(line.email),
            role: line.role,
            section: line.section,
            ends_on: line.ends_on,
        })
        .collect();
    let done = enrolment::put_in(app, &tx, actor, (course, &wanted), rest).await?;
    tx.commit().await?;
    Ok(Outcome::Done(done, added))
}

fn read(file: &[u8]) -> std::result::Result<Vec<Line>, Faults> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut faults = Faults::default();
    if is_workbook(file) {
        faults.add(1, "", say("op-csv-workbook"));
        return Err(faults);
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
    let places = header(&mut reader, &mut faults);
    if faults.count > 0 {
        return Err(faults);
    }
    let mut lines = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for record in reader.byte_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.add(line, "", say("op-csv-line"));
                break;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        if let Some(line) = one(&record, &places, number, &mut faults) {
            if let Some(first) = seen.insert(line.email.clone(), number) {
                faults.add(number, "email", say_with("op-csv-same", &[("line", first.into())]));
            }
            lines.push(line);
        }
    }
    if lines.is_empty() && faults.count == 0 {
        faults.add(1, "", say("op-csv-empty"));
    }
    if faults.count == 0 { Ok(lines) } else { Err(faults) }
}

/// Whether the file is a workbook of a spreadsheet program, or another archive, and no text.
pub fn is_workbook(file: &[u8]) -> bool {
    // A zip archive, and the format of the years before.
    file.starts_with(b"PK\x03\x04") || file.starts_with(b"\xd0\xcf\x11\xe0")
}

/// Where each column stands.
fn header(reader: &mut csv::Reader<&[u8]>, faults: &mut Faults) -> HashMap<&'static str, usize> {
    let mut places = HashMap::new();
    let Ok(header) = reader.byte_headers() else {
        faults.add(1, "", say("op-csv-header"));
        return places;
    };
    for (place, name) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(name).to_lowercase();
        match COLUMNS.iter().find(|known| **known == name) {
            Some(known) if places.insert(*known, place).is_some() => {
                faults.add(1, known, say("op-csv-twice"));
            }
            Some(_) => {}
            None => {
                let text = say_with("op-csv-unknown", &[("columns", COLUMNS.join(", ").into())]);
                faults.add(1, &name, text);
            }
        }
    }
    if !places.contains_key("email") {
        faults.add(1, "email", say("op-csv-missing"));
    }
    places
}

fn one(
    record: &csv::ByteRecord,
    places: &HashMap<&'static str, usize>,
    number: u64,
    faults: &mut Faults,
) -> Option<Line> {
    let before = faults.count;
    if record.len() > places.len() {
        let text =
            say_with("op-csv-fields", &[("has", record.len().into()), ("header", places.len().into())]);
        faults.add(number, "", text);
    }
    let mut field = |name: &'static str, most: usize| -> String {
        let bytes = places.get(name).and_then(|place| record.get(*place)).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) if text.chars().count() <= most && !text.chars().any(char::is_control) => {
                text.to_owned()
            }
            Ok(_) => {
                faults.add(number, name, say_with("op-one-line", &[("most", most.into())]));
                String::new()
            }
            Err(_) => {
                faults.add(number, name, say("op-csv-utf8"));
                String::new()
            }
        }
    };
    let email = normal_email(&field("email", 254));
    let (name, role) = (field("name", 200), field("role", 20));
    let (section, ends_on) = (field("section", 100), field("ends_on", 20));
    if faults.count == before && !is_email(&email) {
        faults.add(number, "email", say_with("op-csv-email", &[("what", email.as_str().into())]));
    }
    let parsed_role = match role.to_lowercase().as_str() {
        "" => Some(CourseRole::Learner),
        word => CourseRole::parse(word),
    };
    if parsed_role.is_none() {
        faults.add(number, "role", say_with("op-csv-role", &[("what", role.as_str().into())]));
    }
    let last_day = ends_on.parse::<NaiveDate>().ok().filter(|day| is_plausible(*day));
    if last_day.is_none() && !ends_on.is_empty() {
        faults.add(number, "ends_on", say_with("op-csv-date", &[("what", ends_on.as_str().into())]));
    }
    if faults.count > before {
        return None;
    }
    let section = Some(section).filter(|text| !text.is_empty());
    Some(Line { email, name, role: parsed_role?, section, ends_on: last_day })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(file: &[u8]) -> Vec<(u64, String)> {
        let found = read(file).expect_err("it has faults");
        found.shown.into_iter().map(|fault| (fault.line, fault.column)).collect()
    }

    #[test]
    fn a_sound_file_is_read_with_its_defaults() {
        let file = "\u{feff}Email, name ,role\nAda@School.example,\"Lovelace, Ada\",instructor\nbo@school.example,,\n";
        let lines = read(file.as_bytes()).unwrap();
        assert_eq!(lines[0].email, "ada@school.example");
        assert_eq!(lines[0].name, "Lovelace, Ada");
        assert_eq!(lines[1].role, CourseRole::Learner);
    }

    #[test]
    fn every_fault_is_named_by_line_and_column() {
        let file = b"email,role,ends_on\nnobody,learner,\na@b.example,boss,2026-13-01\na@b.example,,\nA@B.example,,\n";
        let expected = [(2, "email"), (3, "role"), (3, "ends_on"), (5, "email")];
        assert_eq!(faults(file), expected.map(|(line, column)| (line, column.to_owned())));
        assert_eq!(faults(b"email\n\xff\xfe@b.example\n"), [(2, "email".to_owned())]);
        assert_eq!(faults(b"email,name\na@b.example,Smith,John\n"), [(2, String::new())]);
    }

    #[test]
    fn unknown_missing_and_doubled_columns_are_refused() {
        assert_eq!(faults(b"mail\na@b.example\n"), [(1, "mail".to_owned()), (1, "email".to_owned())]);
        assert_eq!(faults(b"email,email\na@b.example,x\n"), [(1, "email".to_owned())]);
        assert_eq!(faults(b"email\n").len(), 1);
        assert_eq!(faults(b"").len(), 1);
        assert_eq!(faults(b"PK\x03\x04\x14\0email\n"), [(1, String::new())], "an Excel file is named once");
    }

    #[test]
    fn a_thousand_faults_are_counted_and_a_hundred_named() {
        let file = format!("email\n{}", "nobody\n".repeat(1_000));
        let found = read(file.as_bytes()).expect_err("it has faults");
        assert_eq!((found.shown.len(), found.count), (100, 1_000));
    }
}
