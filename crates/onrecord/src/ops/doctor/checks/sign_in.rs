//! Signing in to the tenant: settings, token, clock, the end of the credentials, and whether Graph answers.

use chrono::{DateTime, TimeDelta, Utc};
use msgraph::Error as GraphError;

use super::super::Look;
use super::super::refusal::{entra, entra_secrets, proxied, token_trouble, unreachable};
use super::super::site::{Site, Tenant};
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;

/// A credential that ends within this time should be renewed.
const SOON: TimeDelta = TimeDelta::days(30);

/// Beyond this, Microsoft refuses what a certificate signed.
const FAR_OFF: TimeDelta = TimeDelta::minutes(5);

/// Beyond this, classes begin and end at other times than people think.
const OFF: TimeDelta = TimeDelta::minutes(1);

pub(super) fn connection(site: &Site) -> Option<Look> {
    Some(match &site.tenant {
        Tenant::Unset(trouble) => Err(trouble.clone()),
        _ => Ok("Tenant id, client id and what signs in are set".to_owned()),
    })
}

pub(super) fn certificate(site: &Site) -> Option<Look> {
    let valid = match site.machine.certificate.as_ref()? {
        Ok(valid) => valid,
        Err(why) => {
            return Some(Err(Trouble::error(
                Code::CertificateUnreadable,
                format!("The certificate cannot be used: {why}."),
                "Set it to the PEM text with the certificate and its PKCS#8 key, from BEGIN to END; TEAMS_CLIENT_CERTIFICATE_FILE names a file with it.",
            )));
        }
    };
    let client = &site.integration.client_id;
    let fix = "Run `onrecord certificate create`, upload the new certificate under Certificates & secrets of the app registration (both are good side by side), and put the new file in the old one's place.";
    let until = day(valid.not_after());
    Some(if site.now < valid.not_before() {
        Err(Trouble::error(
            Code::CertificateNotYetValid,
            format!("The certificate is not valid before {}.", day(valid.not_before())),
            "Let the machine keep its time by NTP, or use a certificate that is valid already.",
        )
        .link(entra_secrets(client)))
    } else if valid.not_after() <= site.now {
        Err(Trouble::error(Code::CertificateExpired, format!("The certificate ended on {until}."), fix)
            .consequence("Microsoft gives no token: nothing is scheduled, recorded or fetched.")
            .link(entra_secrets(client)))
    } else if valid.not_after() - site.now < SOON {
        Err(Trouble::warning(Code::CertificateExpiring, format!("The certificate ends on {until}."), fix)
            .consequence("After that day nothing is scheduled, recorded or fetched.")
            .link(entra_secrets(client)))
    } else {
        Ok(format!("Certificate {} valid until {until}", valid.thumbprint()))
    })
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

pub(super) fn token(site: &Site) -> Option<Look> {
    match &site.tenant {
        Tenant::Unset(_) => None,
        Tenant::Open(_) => Some(Ok("Microsoft gives a token".to_owned())),
        Tenant::Closed(error) => {
            let trouble = token_trouble(error, site);
            Some(Err(trouble))
        }
    }
}

/// A token of another tenant than the one configured would bring another school's classes.
pub(super) fn tenant(site: &Site) -> Option<Look> {
    let open = site.open()?;
    let wanted = &site.integration.tenant_id;
    let is_id = wanted.len() == 36 && wanted.matches('-').count() == 4;
    let given = open.claims.tid.as_deref().unwrap_or_default();
    if is_id && !given.eq_ignore_ascii_case(wanted) {
        return Some(Err(Trouble::error(
            Code::TenantMismatch,
            format!("The token is of tenant {given}, not of the configured {wanted}."),
            "Enter the Directory (tenant) ID of the tenant in which the app is registered.",
        )));
    }
    if let Err(error @ (GraphError::Unreachable { .. } | GraphError::Timeout { .. })) = &open.openid {
        return Some(Err(unreachable(Code::LoginUnreachable, "The sign-in service", error)));
    }
    Some(Ok(format!("The token is of tenant {given}")))
}

pub(super) fn clock(site: &Site) -> Option<Look> {
    let ahead = site.open()?.ahead?;
    let seconds = ahead.num_seconds();
    if ahead.abs() < OFF {
        return Some(Ok("This machine's clock agrees with Microsoft's".to_owned()));
    }
    let way = if seconds > 0 { "behind" } else { "ahead of" };
    let message = format!("This machine's clock is {} seconds {way} Microsoft's.", seconds.abs());
    let fix = "Let the machine keep its time by NTP: `timedatectl set-ntp true`, then `timedatectl status`.";
    let trouble = if ahead.abs() >= FAR_OFF {
        Trouble::error(Code::ClockSkew, message, fix)
    } else {
        Trouble::warning(Code::ClockSkew, message, fix)
    };
    Some(Err(trouble.consequence(
        "Classes seem to begin and end at other times, and signing in with a certificate fails.",
    )))
}

/// When the client secret ends, as far as the app may read its own registration.
pub(super) fn credential(site: &Site) -> Option<Look> {
    let credentials = site.open()?.credentials.as_ref()?;
    site.machine.secret_hint.as_ref()?;
    let is_ours = |one: &&msgraph::AppCredential| one.hint == site.machine.secret_hint;
    let ours = credentials.secrets.iter().filter(is_ours).filter_map(|one| one.end_date_time).max();
    // A secret that another app's administrator hid shows no hint: then the last to end is taken.
    let ends = ours.or_else(|| credentials.secrets.iter().filter_map(|one| one.end_date_time).max())?;
    let until = day(ends);
    if ends - site.now >= SOON {
        return Some(Ok(format!("Client secret valid until {until}")));
    }
    Some(Err(Trouble::warning(
        Code::SecretExpiring,
        format!("The client secret ends on {until}."),
        "Make a new client secret under Certificates & secrets before that day and save its value here, or change to a certificate.",
    )
    .consequence("After that day nothing is scheduled, recorded or fetched.")
    .link(entra_secrets(&site.integration.client_id))))
}

/// The live proof: a token alone does not show that Graph can be reached.
pub(super) fn graph(site: &Site) -> Option<Look> {
    Some(match &site.open()?.organization {
        Ok(Some(tenant)) => {
            Ok(format!("Answers for {}", tenant.display_name.as_deref().unwrap_or(&tenant.id)))
        }
        // Reading the organization is no permission of ours; that Graph refuses it is an answer.
        Ok(None) | Err(GraphError::Forbidden { .. }) => Ok("Answers".to_owned()),
        Err(error @ GraphError::Unauthorized { .. }) => Err(Trouble::error(
            Code::TokenRefused,
            format!("Graph does not accept the token: {error}."),
            "Look in Entra whether the app (Enterprise applications) is disabled or blocked by Conditional Access for workload identities.",
        )
        .link(entra(&site.integration.client_id))),
        Err(error) => {
            Err(proxied(site).unwrap_or_else(|| unreachable(Code::GraphUnreachable, "Microsoft Graph", error)))
        }
    })
}

pub(super) fn throttling(site: &Site) -> Option<Look> {
    site.open()?;
    let Some((lane, until)) = site.rows.pauses.first() else {
        return Some(Ok("Microsoft asks for no pause".to_owned()));
    };
    let others = site.rows.pauses.len() - 1;
    let and = if others > 0 { format!(" and {others} more") } else { String::new() };
    Some(Err(Trouble::warning(
        Code::Throttled,
        format!("Microsoft asked for a pause until {}: {lane}{and}.", until.format("%H:%M:%S UTC")),
        "Nobody need act: OnRecord waits and goes on by itself. If it lasts for hours, look whether another program uses the same accounts, or add a service account.",
    )))
}
