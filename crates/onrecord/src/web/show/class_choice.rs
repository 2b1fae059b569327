//! The choice between one class to come of a course and something wider, as forms about recording ask for it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::account::fault;
use crate::app::App;
use crate::model::id::{CourseId, MeetingId};
use crate::ops::{FieldError, Result};
use crate::store::exceptions::{self, Ahead, Class};
use crate::web::parts::{Choice, Field, FieldKind};
use crate::web::text::Text;
use crate::web::when::When;

/// Classes to choose from.
const CLASSES: i64 = 100;

/// What is wider than one class: its word in the form, and the key of its text.
pub(super) type Wider = (&'static str, &'static str);

/// The classes to choose from.
pub(super) async fn ahead(app: &App, course: CourseId) -> Result<Vec<Ahead>> {
    Ok(exceptions::classes_ahead(&app.store, course, app.clock.now(), CLASSES).await?)
}

/// The field. `typed` is what was chosen before; empty for what is wider.
pub(super) fn field(
    t: &'static Text,
    (ahead, now): (&[Ahead], DateTime<Utc>),
    (wider, key): Wider,
    (typed, errors): (&str, &[FieldError]),
) -> Field {
    let chosen = if typed.is_empty() { wider } else { typed };
    let mut choices = vec![Choice::new(wider, t.get(key), chosen)];
    choices
        .extend(ahead.iter().map(|one| Choice::new(one.id.to_string(), words(t, now, &one.class), chosen)));
    Field::new("scope", t.get("exception-about"), FieldKind::Select(choices))
        .error(fault(errors, "meeting_id"))
}

/// The class that was chosen; `None` for what is wider. What is no number is no class.
pub(super) fn chosen(typed: &str, (wider, _): Wider) -> Option<MeetingId> {
    (!typed.is_empty() && typed != wider).then(|| MeetingId(typed.parse().unwrap_or_default()))
}

/// A class with its time.
pub(super) fn words(t: &'static Text, now: DateTime<Utc>, class: &Class) -> String {
    let when = When::new(t, class.time_zone.parse().unwrap_or(Tz::UTC), now);
    format!("{}, {}", class.title, when.day_time(class.starts_at).words)
}
