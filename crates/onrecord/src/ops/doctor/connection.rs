//! Signing in to the tenant: the settings, the token, the permissions in it, and whether Graph answers.

use msgraph::{Client, TokenClaims};

use super::refusal::{entra, entra_permissions, token_trouble, unreachable};
use super::{Look, Notes, integration};
use crate::model::finding::Trouble;
use crate::model::permission::{PERMISSIONS, Permission};
use crate::ops::Error;

/// A client that has a token, and what the token may do.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) client: Client,
    pub(super) roles: Vec<String>,
}

/// `None` where there is no token: then nothing else can be asked.
pub(super) async fn examine(notes: &mut Notes<'_>) -> Option<Access> {
    let client = match client(notes) {
        Ok(client) => client,
        Err(trouble) => {
            notes.note("connection", "integration", Err(trouble));
            return None;
        }
    };
    notes.note("connection", "integration", Ok("Tenant id, client id and secret are set".to_owned()));
    // What was granted meanwhile shows only in a new token.
    client.forget_token().await;
    let claims = match client.token_claims().await {
        Ok(claims) => claims,
        Err(error) => {
            notes.note("token", "integration", Err(token_trouble(&error, &notes.integration)));
            return None;
        }
    };
    notes.note("token", "integration", Ok("Microsoft gives a token".to_owned()));
    let tenant = tenant(&client, &claims, notes).await;
    notes.note("tenant", "integration", tenant);
    permissions(notes, &claims.roles);
    let graph = graph(&client, &notes.integration.client_id).await;
    notes.note("graph", "integration", graph);
    extra_drive(notes, &client, &claims.roles).await;
    Some(Access { client, roles: claims.roles })
}

fn client(notes: &Notes<'_>) -> Result<Client, Box<Trouble>> {
    let (app, settings) = (notes.app, &notes.integration);
    if app.config.teams.client_certificate.is_some() && settings.client_secret_sealed.is_none() {
        return Err(Trouble::error(
            "certificate_unsupported",
            "TEAMS_CLIENT_CERTIFICATE is set, but this version signs in with a client secret only.",
            "Make a client secret for the app registration and set TEAMS_CLIENT_SECRET, or enter it on the page Manage, Microsoft Teams.",
        ));
    }
    integration::connect(app, settings).map_err(|error| match error {
        Error::NotReady(_) => Trouble::error(
            "not_connected",
            missing(notes),
            "Register an app in Entra (App registrations, New registration) and enter its ids and a client secret on the page Manage, Microsoft Teams, or set TEAMS_TENANT_ID, TEAMS_CLIENT_ID and TEAMS_CLIENT_SECRET.",
        )
        .consequence("Until then classes can be planned, but Teams does not know of them.")
        .link("https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"),
        Error::Secrets(error) => Trouble::error(
            "secret_unreadable",
            format!("The client secret cannot be opened: {error}."),
            "Put the earlier key back into ONRECORD_SECRET_KEY (or secret.key), or enter the client secret anew.",
        ),
        Error::Graph(msgraph::Error::Setting { name, what }) => Trouble::error(
            "setting_wrong",
            format!("The setting {name} {what}."),
            "Correct it in the environment, in onrecord.toml or on the page Manage, Microsoft Teams.",
        ),
        other => Trouble::error("setting_wrong", other.to_string(), "Look at the settings of the integration."),
    })
}

fn missing(notes: &Notes<'_>) -> String {
    let settings = &notes.integration;
    let parts = [
        ("the tenant id", settings.tenant_id.is_empty()),
        ("the client id", settings.client_id.is_empty()),
        ("the client secret", settings.client_secret_sealed.is_none()),
    ];
    let missing: Vec<_> = parts.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    format!(
        "Microsoft Teams is not connected: {} missing.",
        match missing.as_slice() {
            [one] => format!("{one} is"),
            [rest @ .., last] => format!("{} and {last} are", rest.join(", ")),
            [] => "nothing is".to_owned(),
        }
    )
}

/// A token of another tenant than the one configured would bring another school's classes.
async fn tenant(client: &Client, claims: &TokenClaims, notes: &Notes<'_>) -> Look {
    let wanted = &notes.integration.tenant_id;
    let is_id = wanted.len() == 36 && wanted.matches('-').count() == 4;
    let given = claims.tid.as_deref().unwrap_or_default();
    if is_id && !given.eq_ignore_ascii_case(wanted) {
        return Err(Trouble::error(
            "tenant_mismatch",
            format!("The token is of tenant {given}, not of the configured {wanted}."),
            "Enter the Directory (tenant) ID of the tenant in which the app is registered.",
        ));
    }
    if let Err(error @ (msgraph::Error::Unreachable { .. } | msgraph::Error::Timeout { .. })) =
        client.openid_configuration().await
    {
        return Err(unreachable("login_unreachable", "The sign-in service", &error));
    }
    Ok(format!("The token is of tenant {given}"))
}

fn permissions(notes: &mut Notes<'_>, roles: &[String]) {
    let client_id = notes.integration.client_id.clone();
    let off = notes.integration.kinds_off.clone();
    let needed: Vec<&Permission> =
        PERMISSIONS.iter().filter(|permission| permission.is_needed(&off)).collect();
    if roles.is_empty() {
        let names: Vec<_> = needed.iter().map(|permission| permission.name).collect();
        let trouble = Trouble::error(
            "consent_missing",
            "The app has no permission at all: an administrator has not consented to it yet.",
            format!(
                "In Entra, open the app registration, API permissions: add these application permissions of Microsoft Graph, then Grant admin consent: {}. It may take an hour to show.",
                names.join(", ")
            ),
        );
        notes.note("consent", "integration", Err(trouble.link(entra_permissions(&client_id))));
    } else {
        notes.note("consent", "integration", Ok(format!("{} permissions granted", roles.len())));
    }
    for permission in needed {
        let look = if permission.is_granted(roles) {
            Ok(permission.purpose.to_owned())
        } else {
            Err(Trouble::error(
                "permission_missing",
                format!("The permission {} is missing: it {}.", permission.name, permission.purpose),
                format!(
                    "In Entra, open the app registration, API permissions, Add a permission, Microsoft Graph, Application permissions: add {}, then Grant admin consent. It may take an hour to show.",
                    permission.name
                ),
            )
            .consequence(permission.lost)
            .link(entra_permissions(&client_id)))
        };
        notes.note("permission", permission.name, look);
    }
}

/// The live proof: a token alone does not show that Graph can be reached.
async fn graph(client: &Client, client_id: &str) -> Look {
    match client.organization().await {
        Ok(Some(tenant)) => Ok(format!("Answers for {}", tenant.display_name.unwrap_or(tenant.id))),
        // Reading the organization is no permission of ours; that Graph refuses it is an answer.
        Ok(None) | Err(msgraph::Error::Forbidden { .. }) => Ok("Answers".to_owned()),
        Err(error @ msgraph::Error::Unauthorized { .. }) => Err(Trouble::error(
            "token_refused",
            format!("Graph does not accept the token: {error}."),
            "Look in Entra whether the app (Enterprise applications) is disabled or blocked by Conditional Access for workload identities.",
        )
        .link(entra(client_id))),
        Err(error) => Err(unreachable("graph_unreachable", "Microsoft Graph", &error)),
    }
}

async fn extra_drive(notes: &mut Notes<'_>, client: &Client, roles: &[String]) {
    let Some(drive) = notes.integration.extra_drive_id.clone().filter(|drive| !drive.is_empty()) else {
        return;
    };
    if !crate::model::permission::granted(roles, "Files.Read.All") {
        return;
    }
    let look = match client.drive(&drive).await {
        Ok(_) => Ok("Can be read".to_owned()),
        Err(error) if error.is_retryable() => Err(unreachable("drive_unread", "The drive", &error)),
        Err(error) => Err(Trouble::error(
            "extra_drive_unreadable",
            format!("The drive of TEAMS_ONEDRIVE_DRIVE_ID cannot be read: {error}."),
            "Set the id of an existing drive (it begins with b!), or remove the setting: the drives of the service accounts are read anyway.",
        )),
    };
    notes.note("extra_drive", drive, look);
}
