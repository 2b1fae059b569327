//! The part of the first schema that is about keeping: copies being written, texts beside them, drives, and meetings that
//! moved. Like all of it, never changed after a release.

/// Runs after the tables it refers to.
pub(super) const KEEPING: &str = "
CREATE TABLE archive_draft (
    key {text} NOT NULL PRIMARY KEY,
    artifact_id BIGINT,
    upload {text} NOT NULL DEFAULT '',
    source {text} NOT NULL DEFAULT '',
    state {text} NOT NULL DEFAULT '',
    parts BIGINT NOT NULL DEFAULT 0,
    size_bytes BIGINT NOT NULL DEFAULT 0,
    whole_at {time},
    finished_at {time},
    holder {text} NOT NULL DEFAULT '',
    held_until {time},
    begun_at {time} NOT NULL,
    touched_at {time} NOT NULL
);
CREATE UNIQUE INDEX archive_draft_of ON archive_draft (artifact_id) WHERE artifact_id IS NOT NULL;
CREATE TABLE archive_part (
    key {text} NOT NULL REFERENCES archive_draft (key) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    content_id {text} NOT NULL,
    PRIMARY KEY (key, number)
);
CREATE TABLE archive_sidecar (
    key {text} NOT NULL PRIMARY KEY,
    artifact_id BIGINT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    kind {text} NOT NULL,
    sha256 {text} NOT NULL,
    size_bytes BIGINT NOT NULL,
    written_at {time} NOT NULL,
    UNIQUE (artifact_id, kind)
);
CREATE TABLE drive_reading (
    service_account_id BIGINT NOT NULL REFERENCES service_account (id),
    day {date} NOT NULL,
    read_at {time} NOT NULL,
    state {text} NOT NULL DEFAULT '',
    total_bytes BIGINT,
    used_bytes BIGINT,
    PRIMARY KEY (service_account_id, day)
);
CREATE TABLE withdrawal (
    id {id},
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    organizer_id {text} NOT NULL,
    event_id {text} NOT NULL,
    asked_by BIGINT REFERENCES \"user\" (id),
    asked_at {time} NOT NULL,
    done_at {time}
);
";
