//! The permissions in the token: which are missing, what is lost without them, and which were granted a moment ago.

use super::super::Look;
use super::super::account::Seen;
use super::super::refusal::entra_permissions;
use super::super::site::{MailWay, Open, Site};
use crate::model::finding::{Severity, Trouble};
use crate::model::finding_code::Code;
use crate::model::permission::{PERMISSIONS, Permission, SENDING_MAIL};

fn needed(site: &Site) -> impl Iterator<Item = &'static Permission> {
    PERMISSIONS.iter().filter(|permission| permission.is_needed(&site.integration.kinds_off))
}

pub(super) fn consent(site: &Site) -> Option<Look> {
    let open = site.open()?;
    if !open.claims.roles.is_empty() {
        return Some(Ok(format!("{} permissions granted", open.claims.roles.len())));
    }
    let names: Vec<_> = needed(site).map(|permission| permission.name).collect();
    let trouble = Trouble::error(
        Code::ConsentMissing,
        "The app has no permission at all: an administrator has not consented to it yet.",
        format!(
            "In Entra, open the app registration, API permissions: add these application permissions of Microsoft Graph, then Grant admin consent: {}. It may take an hour to show.",
            names.join(", ")
        ),
    );
    Some(Err(trouble.link(entra_permissions(&site.integration.client_id))))
}

/// The permission to send mail, where mail is sent through Microsoft.
pub(super) fn mail(site: &Site) -> Option<Look> {
    let Some(MailWay::Graph(mailbox)) = &site.machine.mail else { return None };
    let open = site.open()?;
    let look = one(&SENDING_MAIL, open, &[], &site.integration.client_id);
    // Classes are held and recorded without it.
    let milder = |trouble: Box<Trouble>| Box::new(Trouble { severity: Severity::Warning, ..*trouble });
    Some(look.map(|_| format!("mails are sent from {mailbox}")).map_err(milder))
}

/// Each permission that the kinds in use need, by name.
pub(in super::super) fn permissions(
    site: &Site,
    open: &Open,
    accounts: &[Seen<'_>],
) -> Vec<(&'static str, Look)> {
    let client = &site.integration.client_id;
    needed(site).map(|permission| (permission.name, one(permission, open, accounts, client))).collect()
}

fn one(permission: &Permission, open: &Open, accounts: &[Seen<'_>], client: &str) -> Look {
    if permission.is_granted(&open.claims.roles) {
        return Ok(permission.purpose.to_owned());
    }
    if permission.name == "Calendars.ReadWrite"
        && let Some(words) = by_exchange(accounts)
    {
        return Ok(words);
    }
    if open.granted.iter().any(|id| id.eq_ignore_ascii_case(permission.role_id)) {
        return Err(Trouble::warning(
            Code::ConsentPending,
            format!(
                "The permission {} is granted, but the sign-in service does not hand it out yet.",
                permission.name
            ),
            "Wait: it may take an hour to show. Then verify again.",
        )
        .consequence(permission.lost));
    }
    Err(Trouble::error(
        Code::PermissionMissing,
        format!("The permission {} is missing: it {}.", permission.name, permission.purpose),
        format!(
            "In Entra, open the app registration, API permissions, Add a permission, Microsoft Graph, Application permissions: add {}, then Grant admin consent. It may take an hour to show.",
            permission.name
        ),
    )
    .consequence(permission.lost)
    .link(entra_permissions(client)))
}

/// Exchange can let the app into some mailboxes by itself; then no token says so, and only trying shows it.
fn by_exchange(accounts: &[Seen<'_>]) -> Option<String> {
    let is_in = |seen: &Seen<'_>| matches!(seen.calendar, Some(Ok(_)));
    (!accounts.is_empty() && accounts.iter().all(is_in))
        .then(|| format!("granted by Exchange for {} service accounts", accounts.len()))
}
