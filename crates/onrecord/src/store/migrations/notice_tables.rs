//! What people were told of recording and said to it, as tables of the first schema: exceptions, acknowledgements,
//! objections, and what guardians of minors said.

/// Runs after the tables of people, conferences and meetings.
pub(super) const NOTICE: &str = "
CREATE TABLE recording_exception (
    id {id},
    course_id BIGINT NOT NULL REFERENCES course (id),
    meeting_id BIGINT REFERENCES meeting (id),
    reason {text} NOT NULL,
    starts_at {time} NOT NULL,
    ends_at {time} NOT NULL,
    asked_by BIGINT REFERENCES \"user\" (id),
    asked_as {text} NOT NULL,
    asked_at {time} NOT NULL,
    ruling {text},
    decided_by BIGINT REFERENCES \"user\" (id),
    decided_as {text},
    decided_at {time},
    decision_note {text} NOT NULL DEFAULT '',
    ended_at {time},
    ended_by BIGINT REFERENCES \"user\" (id),
    end_reason {text} NOT NULL DEFAULT ''
);
CREATE INDEX recording_exception_by_course ON recording_exception (course_id, id);
CREATE INDEX recording_exception_undecided ON recording_exception (id) WHERE ruling IS NULL AND ended_at IS NULL;
CREATE INDEX recording_exception_approved ON recording_exception (ends_at) WHERE ruling = 'approved';
CREATE TABLE objection (
    id {id},
    course_id BIGINT NOT NULL REFERENCES course (id),
    meeting_id BIGINT REFERENCES meeting (id),
    about BIGINT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    reason {text} NOT NULL,
    raised_at {time} NOT NULL,
    due_at {time} NOT NULL,
    owner_id BIGINT REFERENCES \"user\" (id),
    outcome {text},
    answer {text} NOT NULL DEFAULT '',
    closed_at {time},
    exception_id BIGINT REFERENCES recording_exception (id)
);
CREATE UNIQUE INDEX objection_open ON objection (user_id, course_id, about) WHERE closed_at IS NULL;
CREATE INDEX objection_waiting ON objection (due_at) WHERE closed_at IS NULL;
CREATE INDEX objection_by_user ON objection (user_id, id);
CREATE TABLE objection_note (
    id {id},
    objection_id BIGINT NOT NULL REFERENCES objection (id),
    author_id BIGINT NOT NULL REFERENCES \"user\" (id),
    text {text} NOT NULL,
    noted_at {time} NOT NULL
);
CREATE INDEX objection_note_of ON objection_note (objection_id, id);
CREATE TABLE minor_course (
    course_id BIGINT NOT NULL PRIMARY KEY REFERENCES course (id),
    requires {text} NOT NULL,
    marked_at {time} NOT NULL
);
CREATE TABLE minor_person (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES \"user\" (id),
    requires {text} NOT NULL,
    marked_at {time} NOT NULL
);
CREATE TABLE guardian_word (
    id {id},
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    kind {text} NOT NULL,
    guardian {text} NOT NULL,
    evidence {text} NOT NULL,
    given_at {time} NOT NULL,
    expires_at {time},
    recorded_by BIGINT REFERENCES \"user\" (id),
    recorded_at {time} NOT NULL,
    withdrawn_at {time}
);
CREATE INDEX guardian_word_of ON guardian_word (user_id, id);
CREATE TABLE notice_wording (
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    language {text} NOT NULL,
    body {text} NOT NULL,
    updated_at {time} NOT NULL,
    PRIMARY KEY (integration_id, language)
);
CREATE TABLE meeting_notice (
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    notice_version_id BIGINT NOT NULL REFERENCES notice_version (id),
    first_used_at {time} NOT NULL,
    PRIMARY KEY (meeting_id, notice_version_id)
);
CREATE INDEX meeting_notice_by_version ON meeting_notice (notice_version_id);
CREATE TABLE acknowledgement (
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    notice_version_id BIGINT NOT NULL REFERENCES notice_version (id),
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    acknowledged_at {time} NOT NULL,
    PRIMARY KEY (user_id, notice_version_id)
);
CREATE INDEX acknowledgement_by_version ON acknowledgement (notice_version_id);
CREATE INDEX notice_version_latest ON notice_version (integration_id, language, id);
CREATE INDEX meeting_exempted ON meeting (starts_at, id) WHERE auto_recording_status = 'exempted';
";
