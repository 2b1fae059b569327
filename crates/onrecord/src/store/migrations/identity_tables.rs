//! How people prove who they are, as tables of the first schema.

/// Sessions, tokens and one-time links. Runs after the table of people.
pub(super) const IDENTITY: &str = "
CREATE TABLE web_session (
    token_hash {text} NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    created_at {time} NOT NULL,
    last_seen_at {time} NOT NULL,
    expires_at {time} NOT NULL
);
CREATE INDEX web_session_by_user ON web_session (user_id);
CREATE TABLE api_token (
    id {id},
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    token_hash {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    scope {text} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    last_used_at {time},
    revoked_at {time}
);
CREATE INDEX api_token_by_user ON api_token (user_id);
CREATE TABLE one_time_link (
    id {id},
    user_id BIGINT NOT NULL REFERENCES \"user\" (id),
    token_hash {text} NOT NULL UNIQUE,
    created_by BIGINT REFERENCES \"user\" (id),
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    used_at {time}
);
CREATE INDEX one_time_link_by_user ON one_time_link (user_id);
";
