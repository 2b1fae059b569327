//! Between SQL values and `model` types: how a parameter is bound and a column read.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{QueryResult, Value};

use super::{Error, Result};
use crate::model::id::Id;
use crate::model::words::Word;

/// One row of an answer.
#[derive(Debug)]
pub struct Row(QueryResult);

impl Row {
    pub(super) fn new(row: QueryResult) -> Self {
        Self(row)
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

macro_rules! plain {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        $(
            impl Column for $type {
                fn column(row: &Row, column: &str) -> Result<Self> {
                    Ok(row.0.try_get("", column)?)
                }
            }

            impl Column for Option<$type> {
                fn column(row: &Row, column: &str) -> Result<Self> {
                    Ok(row.0.try_get("", column)?)
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
    SyncRunId,
    AuditEntryId,
    ApiTokenId,
    VisitId,
    OneTimeLinkId,
    AttendanceRecordId,
    ChatMessageId,
    NoticeVersionId,
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
