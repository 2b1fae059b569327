//! One class that was held and recorded, with everybody who may or may not see it. The recording lies in the
//! archive, so that rights, ranges and counting can be tried without Microsoft.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use onrecord::model::id::{ArtifactId, ConferenceId, CourseId, IntegrationId, MeetingId, UserId};
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::params;
use onrecord::store::conferences::{self, NewConference};
use onrecord::store::{Read as _, Tx};

use crate::world::{Client, World};

pub(crate) const ADMIN: &str = "admin@contoso.example";
pub(crate) const OFFICER: &str = "officer@contoso.example";
pub(crate) const INSTRUCTOR: &str = "instructor@contoso.example";
pub(crate) const LEARNER: &str = "learner@contoso.example";
pub(crate) const OUTSIDER: &str = "outsider@contoso.example";

/// A held class.
pub(crate) struct Lecture {
    pub(crate) world: World,
    pub(crate) course: CourseId,
    pub(crate) conference: ConferenceId,
    pub(crate) meeting: MeetingId,
    pub(crate) recording: ArtifactId,
    pub(crate) learner: UserId,
    pub(crate) starts_at: DateTime<Utc>,
}

/// What a recording holds; `fill` tells one from another.
pub(crate) fn body(fill: u8, length: usize) -> Vec<u8> {
    (0..length).map(|place| (place as u8).wrapping_mul(31).wrapping_add(fill)).collect()
}

impl Lecture {
    /// A published class called `title` with one recording of 1,000 bytes in the archive.
    pub(crate) async fn held(title: &str) -> Self {
        let world = World::new().await;
        Self::held_in(world, title).await
    }

    /// The same in a school of its own.
    pub(crate) async fn held_in(world: World, title: &str) -> Self {
        world.user(ADMIN, Some(GlobalRole::Admin)).await;
        world.user(OFFICER, Some(GlobalRole::Officer)).await;
        world.user(OUTSIDER, None).await;
        let instructor = world.user(INSTRUCTOR, None).await;
        let learner = world.user(LEARNER, None).await;
        let course = world.course("BIO-204").await;
        world.enrol(course, instructor, CourseRole::Instructor).await;
        world.enrol(course, learner, CourseRole::Learner).await;
        let now = world.app.clock.now();
        let starts_at = now - TimeDelta::hours(3);
        let tx = world.app.store.write().await.unwrap();
        let integration_id = integration(&tx, now).await;
        let new = NewConference {
            external_id: None,
            course_id: course,
            integration_id,
            title: title.to_owned(),
            description: String::new(),
            time_zone: "Europe/Amsterdam".to_owned(),
            published: true,
            created_by: Some(instructor),
            first_starts_at: starts_at,
            last_ends_at: starts_at + TimeDelta::hours(1),
        };
        let conference = conferences::insert(&tx, &new, now).await.unwrap();
        let meeting = tx
            .insert(
                "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, created_at, updated_at)
                 VALUES ($1, $2, $3, 'transaction', $4, $4) RETURNING id",
                params![conference, starts_at, starts_at + TimeDelta::hours(1), now],
            )
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut lecture =
            Self { world, course, conference, meeting, recording: ArtifactId(0), learner, starts_at };
        lecture.recording = lecture.archived(1, &body(1, 1_000)).await;
        lecture
    }

    /// One more recording of the class, verified in the archive.
    pub(crate) async fn archived(&self, part: i64, bytes: &[u8]) -> ArtifactId {
        let key = format!("recordings/{}-{part}.mp4", self.meeting);
        self.world.app.bucket.put(&key, Bytes::copy_from_slice(bytes)).await.unwrap();
        let id = self.artifact("recording", part).await;
        self.set(
            id,
            "archive_key = $2, size_bytes = $3, verified_at = $4, quick_xor_hash = $2",
            params![key, bytes.len() as i64, self.world.app.clock.now()],
        )
        .await;
        id
    }

    /// A row of this kind, matched with certainty.
    pub(crate) async fn artifact(&self, kind: &str, part: i64) -> ArtifactId {
        let now = self.world.app.clock.now();
        let tx = self.world.app.store.write().await.unwrap();
        let id = tx
            .insert(
                "INSERT INTO artifact (integration_id, meeting_id, kind, part, match_basis, confidence, started_at,
                     offered_at, created_at, updated_at)
                 VALUES (1, $1, $2, $3, 'meeting_id', 'certain', $4, $5, $5, $5) RETURNING id",
                params![self.meeting, kind, part, self.starts_at, now],
            )
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Changes columns of an artifact; `$1` is its id.
    pub(crate) async fn set(&self, id: ArtifactId, columns: &str, values: Vec<sea_orm::Value>) {
        let mut binds = params![id];
        binds.extend(values);
        self.execute(&format!("UPDATE artifact SET {columns} WHERE id = $1"), binds).await;
    }

    /// Any change that no door makes yet.
    pub(crate) async fn execute(&self, sql: &str, binds: Vec<sea_orm::Value>) {
        let tx = self.world.app.store.write().await.unwrap();
        tx.execute(sql, binds).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A number that a query counts.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let sql = format!("SELECT CAST(({sql}) AS BIGINT) AS n");
        self.world.app.store.row(&sql, params![]).await.unwrap().unwrap().get("n").unwrap()
    }

    /// How many audit entries there are of this action.
    pub(crate) async fn audited(&self, action: &str) -> i64 {
        self.count(&format!("SELECT COUNT(*) FROM audit_entry WHERE action = '{action}'")).await
    }

    /// A person at their keyboard.
    pub(crate) async fn person(&self, email: &str) -> Client<'_> {
        self.world.sign_in(email).await
    }

    /// Addresses of the class's recording.
    pub(crate) fn download(&self) -> String {
        format!("/recordings/{}/download", self.recording)
    }

    pub(crate) fn watch(&self) -> String {
        format!("/recordings/{}/content", self.recording)
    }

    pub(crate) fn api(&self, rest: &str) -> String {
        format!("/api/v1/recordings/{}{rest}", self.recording)
    }
}

async fn integration(tx: &Tx, now: DateTime<Utc>) -> IntegrationId {
    let sql = "SELECT id FROM integration ORDER BY id LIMIT 1";
    if let Some(row) = tx.row(sql, params![]).await.unwrap() {
        return row.id("id").unwrap();
    }
    tx.insert(
        "INSERT INTO integration (name, created_at, updated_at) VALUES ('Teams', $1, $1) RETURNING id",
        params![now],
    )
    .await
    .unwrap()
}
