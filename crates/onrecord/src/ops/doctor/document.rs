//! What was found, as command, API and report write it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Examination;
use crate::model::finding::{Finding, InOrder, Severity};

/// An examination.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Document {
    /// Nothing is broken; warnings are no failure.
    pub ok: bool,
    /// When everything was looked at.
    pub checked_at: DateTime<Utc>,
    /// What is not in order, the worst first.
    pub findings: Vec<FindingLine>,
    /// What is.
    pub in_order: Vec<InOrderLine>,
}

/// Something that is not in order.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct FindingLine {
    /// A fixed word; `docs/troubleshooting.md` explains each.
    pub code: String,
    /// `error`, `warning` or `info`.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// What it is about.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What follows from it.
    pub consequence: String,
    /// What mends it, and who can.
    pub fix: String,
    /// The command that mends it.
    pub command: Option<String>,
    /// The page on which it is mended.
    pub link: Option<String>,
    /// When it was first found.
    pub since: DateTime<Utc>,
    /// Classes to come, and missing ones since it was last in order, that it harms.
    pub classes_harmed: i64,
    /// When it was last in order.
    pub last_good_at: Option<DateTime<Utc>>,
}

/// Something that is in order.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InOrderLine {
    /// What was looked at.
    pub probe: String,
    /// What it is about.
    pub subject: String,
    /// What was seen.
    pub words: String,
}

impl From<Finding> for FindingLine {
    fn from(found: Finding) -> Self {
        Self {
            code: found.code,
            severity: found.severity,
            subject: found.subject,
            message: found.message,
            consequence: found.consequence,
            fix: found.fix,
            command: found.command,
            link: found.link,
            since: found.since,
            classes_harmed: found.classes_harmed,
            last_good_at: found.last_good_at,
        }
    }
}

impl From<InOrder> for InOrderLine {
    fn from(seen: InOrder) -> Self {
        Self { probe: seen.probe, subject: seen.subject, words: seen.words }
    }
}

impl From<Examination> for Document {
    fn from(found: Examination) -> Self {
        Self {
            ok: found.is_ok(),
            checked_at: found.at,
            findings: found.findings.into_iter().map(FindingLine::from).collect(),
            in_order: found.in_order.into_iter().map(InOrderLine::from).collect(),
        }
    }
}
