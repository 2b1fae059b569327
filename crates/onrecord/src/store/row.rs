//! Between SQL values and `model` types: how a parameter is bound and a column read.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rusqlite::types::Value as Cell;
use sea_orm::{QueryResult, Value};

use super::{Error, Result};
use crate::model::id::Id;
use crate::model::words::Word;

/// One row of an answer.
#[derive(Debug)]
pub struct Row(Answer);

#[derive(Debug)]
enum Answer {
    /// From the pool.
    Pool(QueryResult),
    /// From SQLite itself.
    Sqlite { columns: Arc<Columns>, cells: Vec<Cell> },
}

/// The names of a statement's columns, with their places.
#[derive(Debug)]
pub(super) struct Columns(Vec<(String, usize)>);

impl Columns {
    pub(super) fn new(names: Vec<&str>) -> Self {
        let mut places: Vec<_> = names.into_iter().map(str::to_owned).zip(0..).collect();
        places.sort();
        Self(places)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, name: &str) -> Option<usize> {
        let found = self.0.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        Some(self.0[found].1)
    }
}

impl Row {
    pub(super) fn new(row: QueryResult) -> Self {
        Self(Answer::Pool(row))
    }

    pub(super) fn of_sqlite(columns: &Arc<Columns>, cells: Vec<Cell>) -> Self {
        Self(Answer::Sqlite { columns: Arc::clone(columns), cells })
    }

    /// The value of `column`; an error names the column that is missing or of another type.
    pub fn get<T: Column>(&self, column: &str) -> Result<T> {
        T::column(self, column)
    }

    /// The id in `column`.
    pub fn id<I: Id>(&self, column: &str) -> Result<I> {
        self.get::<i64>(column).map(I::new)
    }

    /// The id in `column`, if any.
    pub fn id_opt<I: Id>(&self, column: &str) -> Result<Option<I>> {
        Ok(self.get::<Option<i64>>(column)?.map(I::new))
    }

    /// The JSON text in `column`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text)
            .map_err(|error| Error::Database(format!("column {column} holds other JSON: {error}")))
    }
}

/// A type that can be read from a column.
pub trait Column: Sized {
    /// Reads `column` of `row`.
    fn column(row: &Row, column: &str) -> Result<Self>;
}

/// A type that can be bound to a parameter.
pub trait Param {
    /// The value to bind.
    fn param(&self) -> Value;

    /// `NULL` of this type; PostgreSQL wants to know the type of a `NULL`.
    fn null() -> Value;
}

/// A type as SQLite keeps it.
trait OfCell: Sized {
    fn of_cell(cell: &Cell) -> Option<Self>;
}

impl OfCell for i64 {
    fn of_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Integer(value) = cell { Some(*value) } else { None }
    }
}

impl OfCell for bool {
    fn of_cell(cell: &Cell) -> Option<Self> {
        i64::of_cell(cell).map(|value| value != 0)
    }
}

impl OfCell for String {
    fn of_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { Some(text.clone()) } else { None }
    }
}

impl OfCell for Vec<u8> {
    fn of_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => Some(bytes.clone()),
            Cell::Text(text) => Some(text.clone().into_bytes()),
            Cell::Null | Cell::Integer(_) | Cell::Real(_) => None,
        }
    }
}

impl OfCell for DateTime<Utc> {
    fn of_cell(cell: &Cell) -> Option<Self> {
        let Cell::Text(text) = cell else { return None };
        let with_zone = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
        // What SQLite's own functions give has no zone: it is UTC.
        with_zone.or_else(|_| NaiveDateTime::parse_from_str(text, "%F %T%.f").map(|time| time.and_utc())).ok()
    }
}

impl OfCell for NaiveDate {
    fn of_cell(cell: &Cell) -> Option<Self> {
        if let Cell::Text(text) = cell { text.parse().ok() } else { None }
    }
}

fn cell<'a>(columns: &Columns, cells: &'a [Cell], column: &str) -> Result<&'a Cell> {
    let cell = columns.place(column).and_then(|place| cells.get(place));
    cell.ok_or_else(|| Error::Database(format!("the answer has no column {column}")))
}

fn other_type<T>(column: &str, cell: &Cell) -> Error {
    let (wanted, found) = (std::any::type_name::<T>(), cell.data_type());
    Error::Database(format!("column {column} is of the type {found}, not {wanted}"))
}

macro_rules! plain {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        $(
            impl Column for $type {
                fn column(row: &Row, column: &str) -> Result<Self> {
                    match &row.0 {
                        Answer::Pool(row) => Ok(row.try_get("", column)?),
                        Answer::Sqlite { columns, cells } => {
                            let cell = cell(columns, cells, column)?;
                            <$type>::of_cell(cell).ok_or_else(|| other_type::<$type>(column, cell))
                        }
                    }
                }
            }

            impl Column for Option<$type> {
                fn column(row: &Row, column: &str) -> Result<Self> {
                    match &row.0 {
                        Answer::Pool(row) => Ok(row.try_get("", column)?),
                        Answer::Sqlite { columns, cells } => match cell(columns, cells, column)? {
                            Cell::Null => Ok(None),
                            cell => {
                                let value = <$type>::of_cell(cell);
                                value.map(Some).ok_or_else(|| other_type::<$type>(column, cell))
                            }
                        },
                    }
                }
            }

            impl Param for $type {
                fn param(&self) -> Value {
                    Value::from(self.clone())
                }

                fn null() -> Value {
                    Value::$variant(None)
                }
            }
        )+
    };
}

plain! {
    i64 => BigInt,
    bool => Bool,
    String => String,
    Vec<u8> => Bytes,
    DateTime<Utc> => ChronoDateTimeUtc,
    NaiveDate => ChronoDate,
}

impl Param for str {
    fn param(&self) -> Value {
        Value::from(self)
    }

    fn null() -> Value {
        Value::String(None)
    }
}

impl<T: Word> Column for T {
    fn column(row: &Row, column: &str) -> Result<Self> {
        let text: String = row.get(column)?;
        T::parse(&text)
            .ok_or_else(|| Error::Database(format!("column {column} holds the unknown word {text:?}")))
    }
}

impl<T: Word> Column for Option<T> {
    fn column(row: &Row, column: &str) -> Result<Self> {
        let Some(text) = row.get::<Option<String>>(column)? else {
            return Ok(None);
        };
        T::parse(&text)
            .map(Some)
            .ok_or_else(|| Error::Database(format!("column {column} holds the unknown word {text:?}")))
    }
}

/// Wraps a fixed word for binding.
impl<T: Word> Param for T {
    fn param(&self) -> Value {
        Value::from(self.as_str())
    }

    fn null() -> Value {
        Value::String(None)
    }
}

impl<T: Param> Param for Option<T> {
    fn param(&self) -> Value {
        self.as_ref().map_or_else(T::null, Param::param)
    }

    fn null() -> Value {
        T::null()
    }
}

macro_rules! borrowed {
    ($($type:ty),+) => {
        $(
            impl Param for &$type {
                fn param(&self) -> Value {
                    (**self).param()
                }

                fn null() -> Value {
                    <$type>::null()
                }
            }
        )+
    };
}

borrowed!(str, String);

macro_rules! id_params {
    ($($id:ident),+ $(,)?) => {
        $(
            impl Param for crate::model::id::$id {
                fn param(&self) -> Value {
                    Value::from(self.0)
                }

                fn null() -> Value {
                    Value::BigInt(None)
                }
            }
        )+
    };
}

id_params!(
    UserId,
    CourseId,
    EnrolmentId,
    IntegrationId,
    ServiceAccountId,
    ConferenceId,
    MeetingId,
    ArtifactId,
    JobId,
    SubscriptionId,
    SyncRunId,
    AuditEntryId,
    ApiTokenId,
    VisitId,
    OneTimeLinkId,
    AttendanceRecordId,
    ChatMessageId,
    NoticeVersionId,
    AlertId,
    MailId,
    RehearsalId,
    WithdrawalId,
    RetentionPolicyId,
    HoldId,
    RetentionRunId,
    ErasureId,
    ExceptionId,
    GuardianWordId,
    ObjectionId,
);

/// `($1, $2), ($3, $4), …` for `rows` rows of `columns` columns each.
pub(super) fn tuples(rows: usize, columns: usize) -> String {
    let tuple = |row: usize| {
        let places: Vec<String> =
            (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(tuple).collect::<Vec<_>>().join(", ")
}
