//! The first schema.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::run(manager, PEOPLE).await?;
        super::run(manager, CONFERENCES).await?;
        super::run(manager, ARTIFACTS).await?;
        super::run(manager, super::keeping::KEEPING).await?;
        super::run(manager, ENGINE).await?;
        super::run(manager, super::retention_tables::RETENTION).await?;
        super::run(manager, super::identity_tables::IDENTITY).await?;
        super::run(manager, super::journal_tables::JOURNAL).await?;
        super::run(manager, super::mail_tables::MAIL).await?;
        super::run(manager, super::notice_tables::NOTICE).await
    }
}

const PEOPLE: &str = r#"
CREATE TABLE "user" (
    id {id},
    email {text} NOT NULL UNIQUE,
    name {text} NOT NULL,
    role {text},
    upn {text},
    entra_object_id {text} UNIQUE,
    external_id {text} UNIQUE,
    language {text} NOT NULL DEFAULT 'en',
    theme {text},
    password_hash {text},
    disabled_at {time},
    pseudonym {text} UNIQUE,
    restricted_at {time},
    erased_at {time},
    last_seen_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX user_by_upn ON "user" (upn);
CREATE INDEX user_restricted ON "user" (id) WHERE restricted_at IS NOT NULL;
CREATE INDEX user_by_name ON "user" (name, id);
CREATE INDEX user_admin ON "user" (id) WHERE role IS NOT NULL;
CREATE TABLE user_alias (
    email {text} NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE
);
CREATE TABLE course (
    id {id},
    external_id {text} UNIQUE,
    code {text} NOT NULL,
    title {text} NOT NULL,
    term {text} NOT NULL DEFAULT '',
    starts_on {date},
    ends_on {date},
    learners_see_chat BOOLEAN NOT NULL DEFAULT FALSE,
    learners_see_files BOOLEAN NOT NULL DEFAULT FALSE,
    invite_learners BOOLEAN NOT NULL DEFAULT FALSE,
    kinds_off {text} NOT NULL DEFAULT '[]',
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX course_by_code ON course (code, id);
CREATE INDEX course_by_term ON course (term, id);
CREATE TABLE enrolment (
    id {id},
    course_id BIGINT NOT NULL REFERENCES course (id),
    user_id BIGINT NOT NULL REFERENCES "user" (id),
    role {text} NOT NULL,
    section {text},
    ends_on {date},
    created_at {time} NOT NULL,
    UNIQUE (course_id, user_id)
);
CREATE INDEX enrolment_by_user ON enrolment (user_id, course_id);
CREATE INDEX enrolment_by_role ON enrolment (course_id, role, ends_on, user_id);
"#;

const CONFERENCES: &str = "
CREATE TABLE integration (
    id {id},
    name {text} NOT NULL,
    tenant_id {text} NOT NULL DEFAULT '',
    client_id {text} NOT NULL DEFAULT '',
    client_secret_sealed {text},
    client_certificate_sealed {text},
    extra_drive_id {text},
    kinds_off {text} NOT NULL DEFAULT '[]',
    instructor_role {text} NOT NULL DEFAULT 'presenter',
    lobby_scope {text} NOT NULL DEFAULT 'organization',
    lawful_basis {text} NOT NULL DEFAULT 'public_task',
    notice_contact {text} NOT NULL DEFAULT '',
    notice_storage {text} NOT NULL DEFAULT '',
    notice_retention {text} NOT NULL DEFAULT '',
    notice_wording {text} NOT NULL DEFAULT '',
    recording_expiry_days BIGINT NOT NULL DEFAULT 120,
    access_detail {text} NOT NULL DEFAULT 'named',
    access_days BIGINT NOT NULL DEFAULT 180,
    access_network BOOLEAN NOT NULL DEFAULT FALSE,
    playback_reason BOOLEAN NOT NULL DEFAULT FALSE,
    verified_at {time},
    revision BIGINT NOT NULL DEFAULT 1,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE TABLE service_account (
    id {id},
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    email {text} NOT NULL,
    entra_object_id {text},
    drive_id {text},
    drive_state {text},
    drive_total_bytes BIGINT,
    drive_used_bytes BIGINT,
    drive_read_at {time},
    disabled_at {time},
    created_at {time} NOT NULL,
    UNIQUE (integration_id, email)
);
CREATE TABLE probe_result (
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    probe {text} NOT NULL,
    subject {text} NOT NULL,
    seq BIGINT NOT NULL,
    words {text} NOT NULL,
    code {text} NOT NULL,
    severity {text},
    message {text} NOT NULL,
    consequence {text} NOT NULL,
    fix {text} NOT NULL,
    command {text},
    link {text},
    classes_harmed BIGINT NOT NULL,
    since {time},
    last_good_at {time},
    checked_at {time} NOT NULL,
    PRIMARY KEY (integration_id, probe, subject)
);
CREATE TABLE policy_answer (
    id {id},
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    topic {text} NOT NULL,
    answer {text} NOT NULL,
    user_id BIGINT REFERENCES \"user\" (id),
    answered_at {time} NOT NULL
);
CREATE INDEX policy_answer_by_topic ON policy_answer (integration_id, topic, id);
CREATE TABLE rehearsal (
    id {id},
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    service_account_id BIGINT REFERENCES service_account (id),
    started_by BIGINT REFERENCES \"user\" (id),
    transaction_id {text} NOT NULL UNIQUE,
    starts_at {time} NOT NULL,
    mailbox {text},
    event_id {text},
    started_at {time} NOT NULL,
    finished_at {time},
    cleaned_at {time},
    cleaning_error {text} NOT NULL DEFAULT ''
);
CREATE INDEX rehearsal_last ON rehearsal (integration_id, id);
CREATE UNIQUE INDEX rehearsal_open ON rehearsal (integration_id) WHERE finished_at IS NULL;
CREATE TABLE rehearsal_step (
    rehearsal_id BIGINT NOT NULL REFERENCES rehearsal (id),
    step {text} NOT NULL,
    state {text} NOT NULL,
    words {text} NOT NULL DEFAULT '',
    at {time} NOT NULL,
    PRIMARY KEY (rehearsal_id, step)
);
CREATE TABLE notice_version (
    id {id},
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    language {text} NOT NULL,
    lawful_basis {text} NOT NULL,
    body {text} NOT NULL,
    created_at {time} NOT NULL
);
CREATE TABLE conference (
    id {id},
    external_id {text} UNIQUE,
    course_id BIGINT NOT NULL REFERENCES course (id),
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    platform {text} NOT NULL DEFAULT 'teams',
    title {text} NOT NULL,
    description {text} NOT NULL DEFAULT '',
    time_zone {text} NOT NULL,
    published BOOLEAN NOT NULL DEFAULT FALSE,
    created_by BIGINT REFERENCES \"user\" (id),
    first_starts_at {time} NOT NULL,
    last_ends_at {time} NOT NULL,
    cancelled_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX conference_by_course ON conference (course_id, first_starts_at, id, published, last_ends_at, cancelled_at);
CREATE INDEX conference_by_start ON conference (first_starts_at, id, last_ends_at, cancelled_at);
CREATE INDEX conference_by_end ON conference (last_ends_at, id);
CREATE INDEX conference_cancelled ON conference (last_ends_at, id) WHERE cancelled_at IS NOT NULL;
CREATE TABLE meeting (
    id {id},
    external_id {text} UNIQUE,
    conference_id BIGINT NOT NULL REFERENCES conference (id),
    starts_at {time} NOT NULL,
    ends_at {time} NOT NULL,
    transaction_id {text} NOT NULL UNIQUE,
    service_account_id BIGINT REFERENCES service_account (id),
    organizer_id {text},
    organizer_email {text},
    event_id {text},
    online_meeting_id {text},
    join_url {text},
    chat_thread_id {text},
    auto_recording_status {text} NOT NULL DEFAULT 'pending',
    auto_recording_detail {text} NOT NULL DEFAULT '',
    read_back_at {time},
    wanted_revision BIGINT NOT NULL DEFAULT 1,
    sent_revision BIGINT NOT NULL DEFAULT 0,
    left_out {text} NOT NULL DEFAULT '[]',
    verdict {text} NOT NULL DEFAULT 'upcoming',
    verdict_cause {text} NOT NULL DEFAULT '',
    verdict_basis {text} NOT NULL DEFAULT '',
    verdict_evidence {text} NOT NULL DEFAULT '[]',
    verdict_at {time},
    call_started_at {time},
    call_ended_at {time},
    next_sync_at {time},
    guard_at {time},
    watched_at {time},
    organizer_gone_at {time},
    synced_at {time},
    cancelled_at {time},
    settled_at {time},
    news_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX meeting_news ON meeting (news_at) WHERE news_at IS NOT NULL;
CREATE INDEX meeting_by_conference ON meeting (conference_id, starts_at, id, ends_at, verdict, cancelled_at,
    auto_recording_status);
CREATE INDEX meeting_by_start ON meeting (starts_at, id);
CREATE INDEX meeting_on ON meeting (starts_at, ends_at, conference_id) WHERE cancelled_at IS NULL;
CREATE INDEX meeting_missing ON meeting (ends_at, conference_id) WHERE verdict = 'missing';
CREATE INDEX meeting_failing ON meeting (ends_at, conference_id, cancelled_at)
    WHERE auto_recording_status NOT IN ('pending', 'enabled', 'exempted');
CREATE INDEX meeting_by_account ON meeting (service_account_id, created_at);
CREATE INDEX meeting_by_online_meeting ON meeting (organizer_id, online_meeting_id);
CREATE INDEX meeting_by_join_url ON meeting (join_url);
CREATE INDEX meeting_by_thread ON meeting (chat_thread_id) WHERE settled_at IS NULL;
CREATE INDEX meeting_due ON meeting (next_sync_at) WHERE settled_at IS NULL AND next_sync_at IS NOT NULL;
CREATE INDEX meeting_pending ON meeting (starts_at) WHERE auto_recording_status = 'pending' AND cancelled_at IS NULL;
CREATE INDEX meeting_unsent ON meeting (starts_at) WHERE wanted_revision <> sent_revision;
CREATE INDEX meeting_open ON meeting (starts_at) WHERE settled_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX meeting_unsettled ON meeting (ends_at) WHERE settled_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX meeting_guard ON meeting (guard_at) WHERE guard_at IS NOT NULL;
CREATE INDEX meeting_by_verdict ON meeting (verdict, starts_at, id);
CREATE INDEX meeting_by_cause ON meeting (verdict_cause, starts_at, id) WHERE verdict = 'missing';
CREATE TABLE alert (
    id {id},
    kind {text} NOT NULL,
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    detail {text} NOT NULL DEFAULT '',
    raised_at {time} NOT NULL,
    resolved_at {time},
    told_at {time}
);
CREATE INDEX alert_untold ON alert (id) WHERE told_at IS NULL AND resolved_at IS NULL;
CREATE UNIQUE INDEX alert_open ON alert (meeting_id, kind) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_meeting ON alert (meeting_id, raised_at);
CREATE INDEX alert_by_time ON alert (raised_at, id) WHERE resolved_at IS NULL;
CREATE TABLE recording_answer (
    id {id},
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    answered_by BIGINT NOT NULL REFERENCES \"user\" (id),
    answer {text} NOT NULL,
    at {time} NOT NULL
);
CREATE INDEX recording_answer_by_meeting ON recording_answer (meeting_id, at);
CREATE TABLE sync_state (
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    kind {text} NOT NULL,
    state {text} NOT NULL,
    error {text},
    note {text},
    position {text},
    fingerprint {text} NOT NULL DEFAULT '',
    items BIGINT NOT NULL DEFAULT 0,
    read_at {time} NOT NULL,
    unchanged_since {time},
    PRIMARY KEY (meeting_id, kind)
);
";

const ARTIFACTS: &str = "
CREATE TABLE artifact (
    id {id},
    external_id {text} UNIQUE,
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    meeting_id BIGINT REFERENCES meeting (id),
    kind {text} NOT NULL,
    graph_id {text},
    call_id {text},
    correlation_id {text},
    organizer_id {text},
    drive_id {text},
    item_id {text},
    web_url {text},
    e_tag {text},
    name {text} NOT NULL DEFAULT '',
    mime_type {text} NOT NULL DEFAULT '',
    size_bytes BIGINT,
    duration_ms BIGINT,
    quick_xor_hash {text},
    sha256 {text},
    part BIGINT NOT NULL DEFAULT 1,
    started_at {time},
    ended_at {time},
    match_basis {text} NOT NULL DEFAULT 'none',
    confidence {text} NOT NULL DEFAULT 'none',
    decided_by BIGINT REFERENCES \"user\" (id),
    decided_at {time},
    decided_reason {text} NOT NULL DEFAULT '',
    dismissed_at {time},
    offered_at {time},
    verified_at {time},
    damaged_at {time},
    source_removed_at {time},
    gone_at {time},
    seen_at {time},
    shift_ms BIGINT NOT NULL DEFAULT 0,
    hidden_at {time},
    hidden_by BIGINT REFERENCES \"user\" (id),
    hidden_reason {text} NOT NULL DEFAULT '',
    binned_at {time},
    restored_at {time},
    binned_by BIGINT REFERENCES \"user\" (id),
    bin_reason {text} NOT NULL DEFAULT '',
    bin_policy_id BIGINT,
    purge_at {time},
    purged_at {time},
    expected_expiry_at {time},
    expiry_set_by BIGINT REFERENCES \"user\" (id),
    expiry_set_at {time},
    archive_key {text},
    damage {text} NOT NULL DEFAULT '',
    download_count BIGINT NOT NULL DEFAULT 0,
    view_count BIGINT NOT NULL DEFAULT 0,
    last_downloaded_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX artifact_by_graph_id ON artifact (integration_id, kind, graph_id) WHERE graph_id IS NOT NULL;
CREATE UNIQUE INDEX artifact_by_item ON artifact (drive_id, item_id) WHERE kind = 'recording' AND item_id IS NOT NULL;
CREATE UNIQUE INDEX artifact_file_by_item ON artifact (meeting_id, drive_id, item_id) WHERE kind = 'file';
CREATE INDEX artifact_by_meeting ON artifact (meeting_id, kind, part, id);
CREATE INDEX artifact_by_drive ON artifact (drive_id, kind, meeting_id);
CREATE INDEX artifact_inbox ON artifact (created_at, id) WHERE meeting_id IS NULL;
CREATE INDEX artifact_by_archive_key ON artifact (archive_key) WHERE archive_key IS NOT NULL;
CREATE INDEX artifact_expiring ON artifact (expected_expiry_at) WHERE expected_expiry_at IS NOT NULL;
CREATE INDEX artifact_binned ON artifact (purge_at, id) WHERE purge_at IS NOT NULL;
CREATE INDEX artifact_decided ON artifact (decided_at, id) WHERE decided_at IS NOT NULL;
CREATE TABLE match_refusal (
    artifact_id BIGINT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    decided_by BIGINT REFERENCES \"user\" (id),
    decided_at {time} NOT NULL,
    PRIMARY KEY (artifact_id, meeting_id)
);
CREATE TABLE transcript_cue (
    artifact_id BIGINT NOT NULL REFERENCES artifact (id),
    seq BIGINT NOT NULL,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT NOT NULL,
    speaker {text} NOT NULL DEFAULT '',
    text {text} NOT NULL,
    PRIMARY KEY (artifact_id, seq)
);
CREATE TABLE attendance_report (
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    report_id {text} NOT NULL,
    started_at {time},
    ended_at {time},
    PRIMARY KEY (meeting_id, report_id)
);
CREATE TABLE attendance_record (
    id {id},
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    report_id {text} NOT NULL,
    graph_id {text} NOT NULL,
    user_id BIGINT REFERENCES \"user\" (id),
    entra_object_id {text},
    name {text} NOT NULL DEFAULT '',
    email {text},
    role {text} NOT NULL DEFAULT '',
    joined_at {time} NOT NULL,
    left_at {time} NOT NULL,
    attended_s BIGINT NOT NULL,
    UNIQUE (meeting_id, report_id, graph_id)
);
CREATE INDEX attendance_by_user ON attendance_record (user_id, meeting_id);
CREATE TABLE attendance_interval (
    record_id BIGINT NOT NULL REFERENCES attendance_record (id),
    seq BIGINT NOT NULL,
    joined_at {time} NOT NULL,
    left_at {time} NOT NULL,
    PRIMARY KEY (record_id, seq)
);
CREATE TABLE chat_message (
    id {id},
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    graph_id {text} NOT NULL,
    user_id BIGINT REFERENCES \"user\" (id),
    entra_object_id {text},
    sender {text} NOT NULL DEFAULT '',
    sent_at {time} NOT NULL,
    edited_at {time},
    deleted_at {time},
    text {text} NOT NULL,
    UNIQUE (meeting_id, graph_id)
);
CREATE TABLE call_event (
    meeting_id BIGINT NOT NULL REFERENCES meeting (id),
    graph_id {text} NOT NULL,
    kind {text} NOT NULL,
    call_id {text},
    file_url {text},
    at {time} NOT NULL,
    PRIMARY KEY (meeting_id, graph_id)
);
CREATE INDEX chat_unnamed ON chat_message (entra_object_id) WHERE user_id IS NULL;
CREATE INDEX chat_by_time ON chat_message (meeting_id, sent_at, id);
CREATE TABLE visit (
    id {id},
    artifact_id BIGINT NOT NULL REFERENCES artifact (id),
    user_id BIGINT REFERENCES \"user\" (id),
    visitor {text} NOT NULL,
    way {text} NOT NULL,
    opened_at {time} NOT NULL,
    last_request_at {time} NOT NULL,
    bytes_sent BIGINT NOT NULL DEFAULT 0,
    address {text},
    user_agent {text}
);
CREATE INDEX visit_by_time ON visit (opened_at, user_id, way);
CREATE INDEX visit_open ON visit (artifact_id, visitor, way, last_request_at);
CREATE INDEX visit_by_user ON visit (user_id, opened_at);
CREATE INDEX visit_by_age ON visit (last_request_at);
";

const ENGINE: &str = "
CREATE TABLE sync_run (
    id {id},
    conference_id BIGINT NOT NULL REFERENCES conference (id),
    meeting_id BIGINT REFERENCES meeting (id),
    cause {text} NOT NULL,
    requested_by BIGINT REFERENCES \"user\" (id),
    started_at {time} NOT NULL,
    lease_until {time} NOT NULL,
    finished_at {time},
    report {text}
);
CREATE UNIQUE INDEX sync_run_open ON sync_run (conference_id) WHERE finished_at IS NULL;
CREATE INDEX sync_run_last ON sync_run (conference_id, id);
CREATE TABLE backfill (
    kind {text} NOT NULL PRIMARY KEY,
    begun_at {time} NOT NULL,
    touched_at {time} NOT NULL,
    organizer {text} NOT NULL DEFAULT '',
    after_id BIGINT NOT NULL DEFAULT 0,
    done BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE delta_link (
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    owner {text} NOT NULL,
    kind {text} NOT NULL,
    link {text},
    read_at {time},
    resync_since {time},
    error {text},
    PRIMARY KEY (integration_id, owner, kind)
);
CREATE TABLE subscription (
    id {id},
    integration_id BIGINT NOT NULL REFERENCES integration (id),
    kind {text} NOT NULL,
    owner {text} NOT NULL,
    organizer {text} NOT NULL,
    made_by {text} NOT NULL DEFAULT '',
    address {text} NOT NULL DEFAULT '',
    graph_id {text} UNIQUE,
    client_state_hash {text} NOT NULL DEFAULT '',
    expires_at {time},
    due_at {time} NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    error {text},
    heard_at {time},
    made_at {time},
    unreachable_at {time},
    created_at {time} NOT NULL,
    UNIQUE (integration_id, kind, owner)
);
CREATE INDEX subscription_by_state ON subscription (client_state_hash);
CREATE TABLE lane (
    key {text} NOT NULL PRIMARY KEY,
    paused_until {time},
    next_at {time}
);
CREATE TABLE lane_holder (
    key {text} NOT NULL,
    holder {text} NOT NULL,
    until {time} NOT NULL,
    PRIMARY KEY (key, holder)
);
CREATE TABLE directory_gap (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES \"user\" (id) ON DELETE CASCADE,
    checked_at {time} NOT NULL
);
CREATE TABLE job (
    id {id},
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    run_at {time} NOT NULL,
    due_at {time},
    attempts BIGINT NOT NULL DEFAULT 0,
    claimed_until {time},
    claimed_by {text},
    last_error {text} NOT NULL DEFAULT '',
    dead_at {time},
    created_at {time} NOT NULL
);
CREATE UNIQUE INDEX job_waiting ON job (kind, subject) WHERE claimed_until IS NULL AND dead_at IS NULL;
CREATE INDEX job_ready ON job (run_at, id) WHERE dead_at IS NULL;
CREATE INDEX job_in_order ON job (COALESCE(due_at, run_at), id) WHERE dead_at IS NULL;
CREATE INDEX job_dead ON job (kind, subject, dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX job_running ON job (subject) WHERE claimed_until IS NOT NULL;
CREATE TABLE audit_entry (
    id {id},
    at {time} NOT NULL,
    actor_id BIGINT,
    action {text} NOT NULL,
    subject {text} NOT NULL,
    detail_hash {text} NOT NULL,
    seq BIGINT UNIQUE,
    hash {text}
);
CREATE INDEX audit_unsealed ON audit_entry (id) WHERE seq IS NULL;
CREATE INDEX audit_by_time ON audit_entry (at, id);
CREATE INDEX audit_by_subject ON audit_entry (subject, at, id);
CREATE INDEX audit_by_actor ON audit_entry (actor_id, at, id);
CREATE INDEX audit_by_action ON audit_entry (action, at, id);
CREATE TABLE audit_checkpoint (
    seq BIGINT NOT NULL PRIMARY KEY,
    hash {text} NOT NULL,
    cut_at {time} NOT NULL,
    public_key {text} NOT NULL,
    signature {text} NOT NULL
);
CREATE TABLE audit_detail (
    entry_id BIGINT NOT NULL PRIMARY KEY REFERENCES audit_entry (id),
    user_id BIGINT,
    visit_id BIGINT,
    salt {text} NOT NULL,
    detail {text} NOT NULL
);
CREATE INDEX audit_detail_by_visit ON audit_detail (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX audit_detail_by_user ON audit_detail (user_id, entry_id) WHERE user_id IS NOT NULL;
CREATE TABLE audit_refusal (
    user_id BIGINT NOT NULL,
    subject {text} NOT NULL,
    hour {time} NOT NULL,
    PRIMARY KEY (user_id, subject, hour)
);
";
