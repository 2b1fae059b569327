//! One CSV file, read piece by piece: UTF-8, a header that names known columns, a line number for every fault.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};

use chrono::NaiveDate;
use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{Counts, FILES, Run, Source};
use crate::model::schedule::is_plausible;
use crate::ops::{Error, Result, say, say_with};
use crate::text::Value;

/// Rows worked on at once: what both databases take in one statement.
const BATCH: usize = 1_000;

/// Longest text of a field that is not a description.
const LONGEST: usize = 500;

/// Longest description.
const LONGEST_PROSE: usize = 20_000;

/// A word of the file as a sentence quotes it.
pub(super) fn quoted(text: &str) -> Value<'static> {
    format!("{text:?}").into()
}

/// What is wrong with one column.
pub(super) fn about(column: &str, text: &str) -> String {
    format!("{column}: {text}")
}

pub(super) fn no_course(id: &str) -> String {
    say_with("op-import-no-course", &[("what", quoted(id))])
}

pub(super) fn no_conference(id: &str) -> String {
    say_with("op-import-no-conference", &[("what", quoted(id))])
}

/// What a file may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet {
    pub(super) file: &'static str,
    /// Every column, in the order of the documentation.
    pub(super) columns: &'static [&'static str],
    /// Those that must be in the header.
    pub(super) required: &'static [&'static str],
}

/// A file whose header is right.
pub(super) struct Table {
    sheet: Sheet,
    reader: Reader<Box<dyn Read + Send>>,
    /// Where each column of the sheet stands in the file.
    places: Vec<Option<usize>>,
    width: usize,
    is_broken: bool,
}

/// Refuses a source in which nothing can be meant: a missing folder, no known file, a misspelt file.
pub(super) fn check(source: &Source) -> Result<()> {
    let Source::Folder(folder) = source else {
        return Ok(());
    };
    let listed = std::fs::read_dir(folder).map_err(|error| {
        let args = [("folder", folder.display().to_string().into()), ("error", error.to_string().into())];
        Error::invalid("DIR", say_with("op-import-folder", &args))
    })?;
    let names: Vec<String> =
        listed.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    let is_csv = |name: &&String| name.to_lowercase().ends_with(".csv");
    if let Some(stranger) = names.iter().filter(is_csv).find(|name| !FILES.contains(&name.as_str())) {
        let args = [("what", quoted(stranger)), ("files", FILES.join(", ").into())];
        let text = say_with("op-import-stranger", &args);
        return Err(Error::invalid("DIR", text));
    }
    if !names.iter().any(|name| FILES.contains(&name.as_str())) {
        let args = [("folder", folder.display().to_string().into()), ("files", FILES.join(", ").into())];
        let text = say_with("op-import-no-files", &args);
        return Err(Error::invalid("DIR", text));
    }
    Ok(())
}

/// Opens the file of `sheet`. `None` if there is none, or if its header is wrong, which is noted.
pub(super) fn open(run: &mut Run<'_>, source: &Source, sheet: Sheet) -> Result<Option<Table>> {
    let Some(bytes) = bytes(source, sheet.file)? else {
        return Ok(None);
    };
    run.files.push((sheet.file, Counts::default()));
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(true).from_reader(bytes);
    let header = match reader.byte_headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            let args = [("error", error.to_string().into())];
            run.problems.add(sheet.file, 1, say_with("op-import-unreadable", &args));
            return Ok(None);
        }
    };
    match places(&header, sheet) {
        Ok(places) => Ok(Some(Table { sheet, reader, places, width: header.len(), is_broken: false })),
        Err(faults) => {
            for fault in faults {
                run.problems.add(sheet.file, 1, fault);
            }
            Ok(None)
        }
    }
}

fn bytes(source: &Source, file: &str) -> Result<Option<Box<dyn Read + Send>>> {
    match source {
        Source::Contents(contents) => {
            Ok(contents.get(file).map(|bytes| Box::new(Cursor::new(bytes.clone())) as Box<dyn Read + Send>))
        }
        Source::Folder(folder) => match File::open(folder.join(file)) {
            Ok(open) => Ok(Some(Box::new(BufReader::with_capacity(1 << 16, open)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let args = [("error", error.to_string().into())];
                Err(Error::invalid(file, say_with("op-import-unopened", &args)))
            }
        },
    }
}

/// Where the columns of the sheet stand, or every fault of the header.
fn places(header: &ByteRecord, sheet: Sheet) -> std::result::Result<Vec<Option<usize>>, Vec<String>> {
    let mut faults = Vec::new();
    let mut places = vec![None; sheet.columns.len()];
    if header.is_empty() {
        return Err(vec![say_with("op-import-empty", &[("columns", sheet.columns.join(", ").into())])]);
    }
    for (place, name) in header.iter().enumerate() {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(vec![say("op-import-header-utf8")]);
        };
        let name = name.trim_start_matches('\u{feff}').trim();
        if header.len() == 1 && name.contains(';') {
            return Err(vec![say("op-import-semicolons")]);
        }
        match sheet.columns.iter().position(|column| *column == name.to_lowercase()) {
            None => {
                let args = [("what", quoted(name)), ("columns", sheet.columns.join(", ").into())];
                faults.push(say_with("op-import-no-column", &args));
            }
            Some(column) if places[column].is_some() => {
                faults.push(say_with("op-import-column-twice", &[("what", quoted(name))]));
            }
            Some(column) => places[column] = Some(place),
        }
    }
    for required in sheet.required {
        let at = sheet.columns.iter().position(|column| column == required);
        if at.is_none_or(|at| places[at].is_none()) {
            faults.push(say_with("op-import-column-missing", &[("what", quoted(required))]));
        }
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

impl Table {
    /// The next rows that `read` makes something of, with their lines; empty at the end. Faults are noted.
    pub(super) fn batch<T>(
        &mut self,
        run: &mut Run<'_>,
        read: impl Fn(&mut Line<'_>) -> Option<T>,
    ) -> Option<Vec<(u64, T)>> {
        let mut rows = Vec::new();
        let mut record = ByteRecord::new();
        let mut any = false;
        while rows.len() < BATCH && !self.is_broken {
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.is_broken = true;
                    let args = [("error", error.to_string().into())];
                    run.problems.add(self.sheet.file, 0, say_with("op-import-cut", &args));
                    break;
                }
            }
            any = true;
            let number = record.position().map_or(0, csv::Position::line);
            run.counts().rows += 1;
            let mut line = Line { table: self, record: &record, faults: Vec::new() };
            let made = line.whole().and_then(|()| read(&mut line));
            let faults = line.faults;
            match made {
                Some(row) if faults.is_empty() => rows.push((number, row)),
                _ => {
                    run.counts().wrong += 1;
                    for fault in faults {
                        run.problems.add(self.sheet.file, number, fault);
                    }
                }
            }
        }
        any.then_some(rows)
    }
}

/// One row while it is being read.
pub(super) struct Line<'a> {
    table: &'a Table,
    record: &'a ByteRecord,
    faults: Vec<String>,
}

impl<'a> Line<'a> {
    /// Whether it has as many fields as the header, all of them text.
    fn whole(&mut self) -> Option<()> {
        if self.record.len() != self.table.width {
            let args = [("has", self.record.len().into()), ("wants", self.table.width.into())];
            self.faults.push(say_with("op-import-fields", &args));
            return None;
        }
        if self.record.iter().any(|field| std::str::from_utf8(field).is_err()) {
            self.faults.push(say("op-import-line-utf8"));
            return None;
        }
        Some(())
    }

    pub(super) fn fault(&mut self, column: &str, text: &str) {
        self.faults.push(about(column, text));
    }

    /// The field, trimmed; `None` if the file has no such column.
    pub(super) fn field(&self, column: &str) -> Option<&'a str> {
        let at = self.table.sheet.columns.iter().position(|name| *name == column)?;
        let bytes = self.record.get(self.table.places[at]?)?;
        std::str::from_utf8(bytes).ok().map(str::trim)
    }

    /// The field if something stands in it, at most 500 characters on one line.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let text = self.field(column).filter(|text| !text.is_empty())?;
        if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
            self.fault(column, &say_with("op-one-line", &[("most", LONGEST.into())]));
            return None;
        }
        Some(text.to_owned())
    }

    /// The same for text of several lines; `None` only if the file has no such column.
    pub(super) fn prose(&mut self, column: &str) -> Option<String> {
        let text = self.field(column)?.replace("\r\n", "\n").replace('\r', "\n");
        let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
        if text.chars().count() > LONGEST_PROSE || text.chars().any(is_odd) {
            self.fault(column, &say_with("op-import-prose", &[("most", LONGEST_PROSE.into())]));
            return None;
        }
        Some(text)
    }

    /// The field, in which something must stand.
    pub(super) fn required(&mut self, column: &str) -> Option<String> {
        if self.field(column).is_none_or(str::is_empty) {
            self.fault(column, &say("op-import-required"));
            return None;
        }
        self.text(column)
    }

    /// Text that may be emptied.
    pub(super) fn cell(&mut self, column: &str) -> Cell<String> {
        if self.field(column).is_none() { Cell::NoColumn } else { Cell::Given(self.text(column)) }
    }

    /// A date that may be emptied.
    pub(super) fn date(&mut self, column: &str) -> Cell<NaiveDate> {
        let Some(text) = self.field(column) else {
            return Cell::NoColumn;
        };
        if text.is_empty() {
            return Cell::Given(None);
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let date = date.filter(|date| is_plausible(*date));
        if date.is_none() {
            self.fault(column, &say_with("op-import-date", &[("what", quoted(text))]));
        }
        Cell::Given(date)
    }

    /// A whole number of at least 0.
    pub(super) fn number(&mut self, column: &str) -> Option<i64> {
        let text = self.field(column).filter(|text| !text.is_empty())?;
        let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
        if number.is_none() {
            self.fault(column, &say_with("op-import-number", &[("what", quoted(text))]));
        }
        number
    }
}

/// A field whose column may be missing: then what is there stays.
#[derive(Debug)]
pub(super) enum Cell<T> {
    /// The file does not say.
    NoColumn,
    /// What stands in it; nothing empties it.
    Given(Option<T>),
}

impl<T> Cell<T> {
    /// What stands in it, or what was there before if the file does not say.
    pub(super) fn or(self, before: impl FnOnce() -> Option<T>) -> Option<T> {
        match self {
            Self::NoColumn => before(),
            Self::Given(value) => value,
        }
    }
}

/// Which ids were in a file already, and where.
#[derive(Debug, Default)]
pub(super) struct Once(HashSet<String>);

impl Once {
    /// What is wrong if `value` was there before.
    pub(super) fn fault(&mut self, column: &str, value: &str) -> Option<String> {
        if self.0.contains(value) {
            return Some(about(column, &say_with("op-import-earlier", &[("what", quoted(value))])));
        }
        self.0.insert(value.to_owned());
        None
    }
}
