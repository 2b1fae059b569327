//! What people are told by mail, as tables of the first schema.

/// Mails, what people chose about them, and which of the periodic ones were made last.
pub(super) const MAIL: &str = "
CREATE TABLE mail (
    id {id},
    user_id BIGINT NOT NULL REFERENCES \"user\" (id) ON DELETE CASCADE,
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    queued_at {time} NOT NULL,
    due_at {time} NOT NULL,
    letter {text},
    sent_at {time},
    dropped_at {time},
    dropped_because {text} NOT NULL DEFAULT '',
    error {text} NOT NULL DEFAULT '',
    UNIQUE (kind, subject, user_id)
);
CREATE INDEX mail_due ON mail (user_id, due_at) WHERE sent_at IS NULL AND dropped_at IS NULL;
CREATE INDEX mail_by_user ON mail (user_id, id);
CREATE INDEX mail_sent ON mail (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mail_dropped ON mail (dropped_at) WHERE dropped_at IS NOT NULL;
CREATE TABLE mail_round (
    kind {text} NOT NULL PRIMARY KEY,
    subject {text} NOT NULL,
    made_at {time} NOT NULL
);
CREATE TABLE mail_choice (
    user_id BIGINT NOT NULL REFERENCES \"user\" (id) ON DELETE CASCADE,
    kind {text} NOT NULL,
    pace {text} NOT NULL,
    chosen_at {time} NOT NULL,
    PRIMARY KEY (user_id, kind)
);
";
