//! The journal of removals as tables of the first schema.

/// What was removed, and on which sheet of the archive's journal it stands.
pub(super) const JOURNAL: &str = "
CREATE TABLE journal_sheet (
    number BIGINT NOT NULL PRIMARY KEY,
    sha256 {text} NOT NULL DEFAULT '',
    opened_at {time} NOT NULL,
    written_at {time}
);
CREATE TABLE journal_line (
    id {id},
    sheet BIGINT REFERENCES journal_sheet (number),
    line {text} NOT NULL,
    noted_at {time} NOT NULL
);
CREATE INDEX journal_line_loose ON journal_line (id) WHERE sheet IS NULL;
CREATE INDEX journal_line_by_sheet ON journal_line (sheet, id) WHERE sheet IS NOT NULL;
";
