//! Ids: 64-bit integers that cannot be mixed up. An id is never reused.

/// A row's id as a newtype over `i64`.
pub trait Id: Copy + Sized + 'static {
    /// Wraps a number that came from a row or a URL; whether such a row exists is another question.
    fn new(id: i64) -> Self;

    /// The number in tables, URLs and JSON.
    fn get(self) -> i64;
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub i64);

            impl Id for $name {
                fn new(id: i64) -> Self {
                    Self(id)
                }

                fn get(self) -> i64 {
                    self.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = std::num::ParseIntError;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    text.parse().map(Self)
                }
            }
        )+
    };
}

ids! {
    /// A person known to OnRecord.
    UserId,
    /// A course and its roster.
    CourseId,
    /// One person's place in one course.
    EnrolmentId,
    /// A tenant's connection.
    IntegrationId,
    /// A mailbox that organizes meetings.
    ServiceAccountId,
    /// A class or a series of them.
    ConferenceId,
    /// The Teams meeting of one time slot.
    MeetingId,
    /// A recording, transcript or shared file.
    ArtifactId,
    /// A subscription to Microsoft's change notifications.
    SubscriptionId,
    /// A piece of work in the queue.
    JobId,
    /// One run of Sync Data.
    SyncRunId,
    /// One line of the audit.
    AuditEntryId,
    /// An API token.
    ApiTokenId,
    /// A viewer's visit to an artifact.
    VisitId,
    /// A one-time link that sets a password.
    OneTimeLinkId,
    /// One attended row of a meeting.
    AttendanceRecordId,
    /// A message in a meeting's chat.
    ChatMessageId,
    /// One wording of the recording notice.
    NoticeVersionId,
    /// Something a person must be told.
    AlertId,
    /// One thing that one person is told by mail.
    MailId,
    /// A test meeting that is made and removed again.
    RehearsalId,
    /// The former event of a meeting that was made anew.
    WithdrawalId,
    /// A written rule of how long something is kept.
    RetentionPolicyId,
    /// A reason for which nothing may be removed.
    HoldId,
    /// One run of the retention policies.
    RetentionRunId,
    /// A person's data to be erased.
    ErasureId,
    /// Classes that are not to be recorded.
    ExceptionId,
    /// What a minor's guardian was told or said.
    GuardianWordId,
    /// Somebody's objection to being recorded.
    ObjectionId,
}
