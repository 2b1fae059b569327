//! The audit as a file: CSV for tables, JSON Lines for programs. Made page by page, so that ten million entries take no
//! more memory than a page of them.

use serde_json::json;

use super::Asked;
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::audit::AuditEntry;
use crate::model::id::ArtifactId;
use crate::ops::actor::Actor;
use crate::ops::{Error, Result};
use crate::store::artifacts;
use crate::store::audit_search::{self, Filter, Viewed};
use crate::words;

pub use crate::store::audit_search::Line;

/// Entries read at a time.
const PAGE: i64 = 1_000;

words! {
    /// The form of an export.
    pub enum Form {
        /// A header, then one entry per line.
        Csv = "csv",
        /// One JSON object per line.
        JsonLines = "jsonl",
    }
}

impl Form {
    /// What stands before the first entry.
    pub fn head(self) -> &'static str {
        match self {
            Self::Csv => "seq,at,person_id,person,action,subject,detail,detail_hash,hash\r\n",
            Self::JsonLines => "",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl",
        }
    }
}

/// Notes that the audit is taken out, narrowed to what was asked, before its first byte; refuses whoever may not oversee
/// the installation.
pub async fn note_export(app: &App, actor: Actor<'_>, asked: &Asked, form: Form) -> Result<()> {
    actor.must(app, GlobalAct::Oversee).await?;
    let tx = app.store.write().await?;
    let about = ("audit:all".to_owned(), json!({ "asked": asked, "format": form }));
    super::record(app, &tx, actor.id(), "audit.exported", about).await?;
    Ok(tx.commit().await?)
}

/// Who watched, read or downloaded an artifact, the latest first, at most `limit`.
pub async fn viewers(app: &App, actor: Actor<'_>, id: ArtifactId, limit: i64) -> Result<Vec<Viewed>> {
    actor.must(app, GlobalAct::Oversee).await?;
    artifacts::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    Ok(audit_search::viewers(&app.store, id, limit).await?)
}

/// The next entries of an export, newest first, with their filter moved on; `None` at the end.
pub async fn next_lines(app: &App, filter: &Filter) -> Result<Option<(Vec<Line>, Filter)>> {
    let lines = audit_search::list(&app.store, filter, PAGE).await?;
    let Some(last) = lines.last() else { return Ok(None) };
    let next = Filter { before: Some(last.entry.id), ..filter.clone() };
    Ok(Some((lines, next)))
}

/// An entry as a line of a file.
pub fn line_of(line: &Line, form: Form) -> String {
    let AuditEntry { seq, at, action, subject, detail, detail_hash, hash, .. } = &line.entry;
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    match form {
        Form::JsonLines => {
            let detail: Option<serde_json::Value> =
                detail.as_deref().and_then(|detail| serde_json::from_str(detail).ok());
            let object = json!({
                "seq": seq, "at": at, "person_id": line.person, "person": line.actor_name, "action": action,
                "subject": subject, "detail": detail, "detail_hash": detail_hash, "hash": hash,
            });
            format!("{object}\n")
        }
        Form::Csv => {
            let fields = [
                seq.map(|seq| seq.to_string()).unwrap_or_default(),
                at,
                line.person.map(|person| person.to_string()).unwrap_or_default(),
                line.actor_name.clone().unwrap_or_default(),
                action.clone(),
                subject.clone(),
                detail.clone().unwrap_or_default(),
                detail_hash.clone(),
                hash.clone().unwrap_or_default(),
            ];
            format!("{}\r\n", fields.map(|field| cell(&field)).join(","))
        }
    }
}

/// A cell of a table: quoted where needed, and never a formula to a spreadsheet.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, written) in
            [("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1")]
        {
            assert_eq!(cell(text), written);
        }
    }
}
