//! The first schema: what is kept for how long, what nobody may remove, and what was removed or forgotten.

/// The tables, in the order in which they refer to each other.
pub(super) const RETENTION: &str = r#"
CREATE TABLE retention_policy (
    id {id},
    name {text} NOT NULL,
    nature {text} NOT NULL,
    course_id BIGINT REFERENCES course (id),
    term {text} NOT NULL DEFAULT '',
    of_minors BOOLEAN NOT NULL DEFAULT FALSE,
    kind {text},
    counted_from {text} NOT NULL,
    days BIGINT NOT NULL DEFAULT 0,
    until_day {date},
    copy_first BOOLEAN NOT NULL DEFAULT TRUE,
    created_by BIGINT REFERENCES "user" (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    ended_at {time}
);
CREATE INDEX retention_policy_in_force ON retention_policy (id) WHERE ended_at IS NULL;
CREATE TABLE hold (
    id {id},
    scope {text} NOT NULL,
    subject_id BIGINT NOT NULL,
    reason {text} NOT NULL,
    owner_id BIGINT REFERENCES "user" (id),
    starts_at {time} NOT NULL,
    ends_at {time},
    released_at {time},
    released_by BIGINT REFERENCES "user" (id),
    release_reason {text} NOT NULL DEFAULT '',
    created_at {time} NOT NULL
);
CREATE INDEX hold_on ON hold (scope, subject_id) WHERE released_at IS NULL;
CREATE TABLE hold_course (
    hold_id BIGINT NOT NULL REFERENCES hold (id),
    course_id BIGINT NOT NULL REFERENCES course (id),
    PRIMARY KEY (hold_id, course_id)
);
CREATE INDEX hold_course_by_course ON hold_course (course_id, hold_id);
CREATE TABLE retention_run (
    id {id},
    mode {text} NOT NULL,
    started_by BIGINT REFERENCES "user" (id),
    compared_with BIGINT REFERENCES retention_run (id),
    started_at {time} NOT NULL,
    finished_at {time},
    planned BIGINT NOT NULL DEFAULT 0,
    done BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX retention_run_open ON retention_run (mode) WHERE finished_at IS NULL;
CREATE TABLE retention_item (
    run_id BIGINT NOT NULL REFERENCES retention_run (id),
    act {text} NOT NULL,
    kind {text} NOT NULL,
    subject_id BIGINT NOT NULL,
    title {text} NOT NULL DEFAULT '',
    course_code {text} NOT NULL DEFAULT '',
    policy_id BIGINT,
    due_at {time},
    why {text} NOT NULL DEFAULT '',
    state {text} NOT NULL,
    said {text} NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, kind, subject_id, act)
);
CREATE INDEX retention_item_planned ON retention_item (run_id) WHERE state = 'planned';
CREATE TABLE removal (
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    kind {text} NOT NULL,
    removed_at {time} NOT NULL,
    policy_id BIGINT,
    why {text} NOT NULL DEFAULT '',
    row_count BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (meeting_id, kind)
);
CREATE TABLE doomed_object (
    key {text} NOT NULL PRIMARY KEY,
    doomed_at {time} NOT NULL
);
CREATE TABLE erasure (
    id {id},
    user_id BIGINT NOT NULL REFERENCES "user" (id),
    reason {text} NOT NULL,
    requested_by BIGINT REFERENCES "user" (id),
    requested_at {time} NOT NULL,
    blocked_by {text} NOT NULL DEFAULT '',
    done_at {time},
    report {text}
);
CREATE UNIQUE INDEX erasure_open ON erasure (user_id) WHERE done_at IS NULL;
CREATE TABLE erased_identity (
    fingerprint {text} NOT NULL,
    user_id BIGINT NOT NULL REFERENCES "user" (id),
    PRIMARY KEY (fingerprint, user_id)
);
CREATE INDEX erased_identity_by_user ON erased_identity (user_id);
CREATE TABLE playback_reason (
    id {id},
    user_id BIGINT NOT NULL REFERENCES "user" (id),
    artifact_id BIGINT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    reason {text} NOT NULL,
    given_at {time} NOT NULL
);
CREATE INDEX playback_reason_given ON playback_reason (user_id, artifact_id, given_at);
"#;
