//! Teams meeting policies, which Graph does not show: please look, and confirm.

use super::super::Look;
use super::super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;
use crate::model::integration::SyncKind;
use crate::model::policy::{Confirmation, PolicyAnswer, PolicyTopic};

/// What to ask of one policy, and how to mend it.
struct Question {
    topic: PolicyTopic,
    code: Code,
    /// What should be so.
    wish: &'static str,
    /// What is lost if it is not.
    lost: &'static str,
    /// Settings to look at.
    settings: &'static str,
    /// Settings to give.
    set: &'static str,
}

pub(super) fn recording(site: &Site) -> Option<Look> {
    ask(
        site,
        &Question {
            topic: PolicyTopic::Recording,
            code: Code::ConfirmRecordingPolicy,
            wish: "the Teams meeting policy of the service accounts allows cloud recording and transcription",
            lost: "Teams accepts the setting, and records nothing all the same.",
            settings: "AllowCloudRecording, AllowTranscription",
            set: "-AllowCloudRecording $true -AllowTranscription $true",
        },
    )
}

pub(super) fn instructors(site: &Site) -> Option<Look> {
    ask(
        site,
        &Question {
            topic: PolicyTopic::Instructors,
            code: Code::ConfirmInstructorPolicy,
            wish: "the Teams meeting policy of the instructors allows them to record",
            lost: "Recording begins when somebody who may record joins; if nobody may, the class is not recorded.",
            settings: "AllowCloudRecording, AllowTranscription",
            set: "-AllowCloudRecording $true -AllowTranscription $true",
        },
    )
}

pub(super) fn attendance(site: &Site) -> Option<Look> {
    if site.integration.kinds_off.contains(&SyncKind::Attendance) {
        return None;
    }
    ask(
        site,
        &Question {
            topic: PolicyTopic::Attendance,
            code: Code::ConfirmAttendancePolicy,
            wish: "the Teams meeting policy of the service accounts allows attendance reports",
            lost: "There is no attendance, and a class that was not held cannot be told from one that was not recorded.",
            settings: "AllowEngagementReport",
            set: "-AllowEngagementReport Enabled",
        },
    )
}

pub(super) fn expiry(site: &Site) -> Option<Look> {
    ask(
        site,
        &Question {
            topic: PolicyTopic::Expiry,
            code: Code::ConfirmExpiryPolicy,
            wish: "new recordings of the service accounts expire after 120 days or later (A1 licences: 30 at most)",
            lost: "OnRecord counts with 120 days; recordings that expire earlier are gone before anybody is warned.",
            settings: "NewMeetingRecordingExpirationDays",
            set: "-NewMeetingRecordingExpirationDays 120",
        },
    )
}

fn ask(site: &Site, question: &Question) -> Option<Look> {
    site.open()?;
    if site.accounts.is_empty() {
        return None;
    }
    let Some(said) = site.rows.confirmation(question.topic) else {
        return Some(Err(please(site, question, "Nobody has confirmed yet")));
    };
    if said.answer == PolicyAnswer::No {
        let message = format!("{} found that this is not so: {}.", who(said), question.wish);
        let fix = format!(
            "A Teams administrator changes the policy. It takes some hours. Then confirm it here: {}",
            place(question)
        );
        return Some(Err(Trouble::error(Code::PolicyForbids, message, fix)
            .consequence(question.lost)
            .command(mend(site, question))));
    }
    if question.topic == PolicyTopic::Recording && site.rows.unrecorded_since_answer > 0 {
        let n = site.rows.unrecorded_since_answer;
        let message = format!(
            "{} confirmed that {}, but {n} classes since then were held with recording on and not recorded.",
            who(said),
            question.wish
        );
        let fix = format!("Look again with the command, and confirm anew: {}", place(question));
        return Some(Err(Trouble::warning(Code::PolicyContradicted, message, fix)
            .consequence(question.lost)
            .command(look(site, question))
            .harms(n)));
    }
    if said.is_old(site.now) {
        let since = format!("{} confirmed it more than a year ago", who(said));
        return Some(Err(please(site, question, &since)));
    }
    Some(Ok(format!("{} confirmed that {}", who(said), question.wish)))
}

fn who(said: &Confirmation) -> String {
    let name = said.name.as_deref().unwrap_or("An administrator");
    format!("{name} on {}", said.at.format("%Y-%m-%d"))
}

fn place(question: &Question) -> String {
    format!("the page Manage, Microsoft Teams, or `onrecord doctor --confirm {}=yes`.", question.topic)
}

fn please(site: &Site, question: &Question, why: &str) -> Box<Trouble> {
    Trouble::info(
        question.code,
        format!("{why} that {}. Microsoft does not let apps read meeting policies.", question.wish),
        format!("Please look with the command and confirm: {}", place(question)),
    )
    .consequence(question.lost)
    .command(look(site, question))
}

/// The lines that show the policy of each account.
fn look(site: &Site, question: &Question) -> String {
    let mut lines = vec!["Connect-MicrosoftTeams".to_owned()];
    if question.topic == PolicyTopic::Instructors {
        lines.push("# for some instructors, in place of the address:".to_owned());
        lines
            .push("(Get-CsOnlineUser -Identity \"instructor@school.example\").TeamsMeetingPolicy".to_owned());
    } else {
        let id = |account: &crate::model::integration::ServiceAccount| {
            account.entra_object_id.clone().unwrap_or_else(|| account.email.clone())
        };
        lines.extend(
            site.accounts.iter().map(|account| {
                format!("(Get-CsOnlineUser -Identity \"{}\").TeamsMeetingPolicy", id(account))
            }),
        );
    }
    lines.push("# an empty answer means the policy Global".to_owned());
    lines.push(format!("Get-CsTeamsMeetingPolicy | Format-Table Identity, {}", question.settings));
    lines.join("\n")
}

fn mend(site: &Site, question: &Question) -> String {
    format!(
        "{}\n# with the policy that was found, in place of Global:\nSet-CsTeamsMeetingPolicy -Identity Global {}",
        look(site, question),
        question.set
    )
}
