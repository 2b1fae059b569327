//! Every code that `doctor` can report. A closed list: scripts and people search for these words, the manual explains
//! each, and a word is never given another meaning.

use crate::words;

words! {
    /// What is not in order, as a fixed word.
    pub enum Code {
        // This machine.
        DatabaseUnwritable = "database_unwritable",
        ArchiveUnwritable = "archive_unwritable",
        ArchiveDamaged = "archive_damaged",
        BackupMissing = "backup_missing",
        BackupOld = "backup_old",
        WorkerIdle = "worker_idle",
        MailUnreachable = "mail_unreachable",
        // The settings of the connection.
        NotConnected = "not_connected",
        SettingWrong = "setting_wrong",
        SecretUnreadable = "secret_unreadable",
        SecretIsId = "secret_is_id",
        CertificateUnreadable = "certificate_unreadable",
        CertificateNotYetValid = "certificate_not_yet_valid",
        CertificateExpired = "certificate_expired",
        CertificateExpiring = "certificate_expiring",
        // The way to Microsoft.
        LoginUnreachable = "login_unreachable",
        GraphUnreachable = "graph_unreachable",
        SharepointUnreachable = "sharepoint_unreachable",
        ProxyUnreachable = "proxy_unreachable",
        ClockSkew = "clock_skew",
        MicrosoftBusy = "microsoft_busy",
        Throttled = "throttled",
        // Signing in.
        TenantNotFound = "tenant_not_found",
        TenantMalformed = "tenant_malformed",
        TenantMismatch = "tenant_mismatch",
        WrongCloud = "wrong_cloud",
        AppNotFound = "app_not_found",
        AppDisabled = "app_disabled",
        SecretWrong = "secret_wrong",
        SecretExpired = "secret_expired",
        SecretExpiring = "secret_expiring",
        CertificateNotRegistered = "certificate_not_registered",
        ConditionalAccess = "conditional_access",
        PublicClient = "public_client",
        TokenDenied = "token_denied",
        TokenRefused = "token_refused",
        // Permissions.
        ConsentMissing = "consent_missing",
        ConsentPending = "consent_pending",
        PermissionMissing = "permission_missing",
        DirectoryDenied = "directory_denied",
        // The service accounts.
        NoServiceAccount = "no_service_account",
        AccountNotFound = "account_not_found",
        AccountUnread = "account_unread",
        AccountDisabled = "account_disabled",
        SharedMailbox = "shared_mailbox",
        AccountIsAGuest = "account_is_a_guest",
        AccountIsAPerson = "account_is_a_person",
        AccountRecreated = "account_recreated",
        LicenceMissing = "licence_missing",
        LicenceTeamsMissing = "licence_teams_missing",
        LicenceOnedriveMissing = "licence_onedrive_missing",
        LicenceExchangeMissing = "licence_exchange_missing",
        MeetingLimitNear = "meeting_limit_near",
        MeetingLimitReached = "meeting_limit_reached",
        // Their mailbox.
        MailboxMissing = "mailbox_missing",
        MailboxDenied = "mailbox_denied",
        MailboxUnread = "mailbox_unread",
        TeamsProviderMissing = "teams_provider_missing",
        // Teams.
        AccessPolicyMissing = "access_policy_missing",
        AccessPolicyOtherUser = "access_policy_other_user",
        TeamsUnread = "teams_unread",
        RecordingsDenied = "recordings_denied",
        PaymentRequired = "payment_required",
        TranscriptsDisabled = "transcripts_disabled",
        AttendanceDisabled = "attendance_disabled",
        ChatForbidden = "chat_forbidden",
        MeetingsExpired = "meetings_expired",
        ObjectIdMalformed = "object_id_malformed",
        // Their OneDrive.
        OnedriveMissing = "onedrive_missing",
        OnedriveDenied = "onedrive_denied",
        OnedriveUnread = "onedrive_unread",
        StorageFull = "storage_full",
        StorageCritical = "storage_critical",
        StorageNearing = "storage_nearing",
        RecordingsFolderAbsent = "recordings_folder_absent",
        RecordingsFolderLocalized = "recordings_folder_localized",
        ExtraDriveUnreadable = "extra_drive_unreadable",
        // Notifications.
        NotificationUrlNotHttps = "notification_url_not_https",
        NotificationUrlUnreachable = "notification_url_unreachable",
        SubscriptionExpired = "subscription_expired",
        // What Graph cannot read.
        ConfirmRecordingPolicy = "confirm_recording_policy",
        ConfirmInstructorPolicy = "confirm_instructor_policy",
        ConfirmAttendancePolicy = "confirm_attendance_policy",
        ConfirmExpiryPolicy = "confirm_expiry_policy",
        PolicyForbids = "policy_forbids",
        PolicyContradicted = "policy_contradicted",
    }
}
