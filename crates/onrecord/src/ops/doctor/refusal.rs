//! From an error of Microsoft's to what an administrator can do about it.

use crate::model::finding::Trouble;
use crate::model::integration::Integration;

/// The page of the app registration in Entra.
pub(super) fn entra(client_id: &str) -> String {
    format!(
        "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/{client_id}"
    )
}

/// The page of its API permissions.
pub(super) fn entra_permissions(client_id: &str) -> String {
    format!(
        "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/{client_id}"
    )
}

fn entra_secrets(client_id: &str) -> String {
    format!(
        "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{client_id}"
    )
}

/// Microsoft could not be asked: nothing is known to be wrong, and it may pass.
pub(super) fn unreachable(code: &'static str, what: &str, error: &msgraph::Error) -> Box<Trouble> {
    match error {
        msgraph::Error::Throttled { retry_after, .. } => Trouble::warning(
            "microsoft_busy",
            format!("{what} asks us to wait {} seconds.", retry_after.as_secs().max(1)),
            "Nobody need act. Verify again after that.",
        ),
        msgraph::Error::Unreachable { .. }
        | msgraph::Error::Timeout { .. }
        | msgraph::Error::Transport { .. } => Trouble::error(
            code,
            format!("{what} cannot be reached: {error}."),
            "Look at the machine's network: name resolution, firewall (https to graph.microsoft.com and login.microsoftonline.com), proxy (HTTPS_PROXY) and certificate authorities (ONRECORD_CA_FILE).",
        ),
        other => Trouble::error(
            code,
            format!("{what} answers with a fault: {other}."),
            "If it lasts, look at Microsoft's service health; the ids in the message are what its support asks for.",
        ),
    }
}

/// Why there is no token, by the AADSTS number that Microsoft gives.
pub(super) fn token_trouble(error: &msgraph::Error, integration: &Integration) -> Box<Trouble> {
    let msgraph::Error::Token { aadsts, description, .. } = error else {
        return unreachable("login_unreachable", "The sign-in service", error);
    };
    let client = &integration.client_id;
    let number = aadsts.unwrap_or_default();
    let trouble = match number {
        7_000_215 => Trouble::error(
            "secret_wrong",
            "Microsoft does not accept the client secret.",
            "Enter the secret's value, not its id. Entra shows the value only right after the secret was made: if it is lost, make a new one under Certificates & secrets.",
        )
        .link(entra_secrets(client)),
        7_000_222 => Trouble::error(
            "secret_expired",
            "The client secret has expired.",
            "Make a new client secret under Certificates & secrets, and save its value.",
        )
        .link(entra_secrets(client)),
        700_016 => Trouble::error(
            "app_not_found",
            format!("There is no app with the client id {client} in the tenant {}.", integration.tenant_id),
            "Enter the Application (client) ID and the Directory (tenant) ID of the same app registration.",
        ),
        90_002 => Trouble::error(
            "tenant_not_found",
            format!("Microsoft knows no tenant {}.", integration.tenant_id),
            "Enter the Directory (tenant) ID from the app registration's overview page. For a national cloud set ONRECORD_LOGIN_URL and ONRECORD_GRAPH_URL.",
        ),
        900_023 => Trouble::error(
            "tenant_malformed",
            format!("{:?} is neither a tenant id nor a domain.", integration.tenant_id),
            "Enter the Directory (tenant) ID: 36 characters with four hyphens.",
        ),
        900_382 | 900_432 | 90_038 | 500_011 => Trouble::error(
            "wrong_cloud",
            "The tenant belongs to another of Microsoft's clouds.",
            "Set ONRECORD_LOGIN_URL and ONRECORD_GRAPH_URL to the hosts of the tenant's cloud, for example https://login.microsoftonline.us and https://graph.microsoft.us.",
        ),
        70_001 | 700_011 | 7_000_112 => Trouble::error(
            "app_disabled",
            "The app is disabled in the tenant.",
            "In Entra, Enterprise applications, open the app, Properties: set Enabled for users to sign in to Yes.",
        ),
        53_003 | 530_032 | 530_035 => Trouble::error(
            "conditional_access",
            "Conditional Access blocks the app.",
            "Let a security administrator exclude the app from the policy for workload identities, or allow this server's address in it.",
        ),
        700_025 => Trouble::error(
            "public_client",
            "The app is registered as a public client and may have no secret.",
            "In Entra, open the app registration, Authentication: set Allow public client flows to No.",
        ),
        _ if error.is_retryable() => Trouble::warning(
            "microsoft_busy",
            "The sign-in service has a fault of its own for the moment.",
            "Nobody need act. Verify again in some minutes.",
        ),
        _ => Trouble::error(
            "token_denied",
            "Microsoft gives no token.",
            "Search for the AADSTS number in Microsoft's list of sign-in errors.",
        )
        .link(format!("https://login.microsoftonline.com/error?code={number}")),
    };
    let said = description.split(" Trace ID").next().unwrap_or(description).trim();
    trouble.consequence(format!("Nothing is scheduled, recorded or fetched. Microsoft says: {said}"))
}

/// The commands that let the app act for an organizer in Teams.
pub(super) fn grant_access_policy(client_id: &str, object_id: &str) -> String {
    format!(
        "Connect-MicrosoftTeams\nNew-CsApplicationAccessPolicy -Identity OnRecord -AppIds \"{client_id}\" -Description \"OnRecord switches recording on\"\nGrant-CsApplicationAccessPolicy -PolicyName OnRecord -Identity \"{object_id}\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;
    use crate::model::id::IntegrationId;
    use crate::model::integration::{InstructorRole, LawfulBasis};

    fn integration() -> Integration {
        Integration {
            id: IntegrationId(1),
            name: "Teams".to_owned(),
            tenant_id: "contoso.example".to_owned(),
            client_id: "c".to_owned(),
            client_secret_sealed: None,
            extra_drive_id: None,
            kinds_off: Vec::new(),
            instructor_role: InstructorRole::Presenter,
            lobby_scope: "organization".to_owned(),
            lawful_basis: LawfulBasis::PublicTask,
            notice_contact: String::new(),
            notice_storage: String::new(),
            notice_retention: String::new(),
            notice_wording: String::new(),
            verified_at: None,
            revision: 1,
        }
    }

    fn token(aadsts: Option<u32>, status: u16) -> msgraph::Error {
        msgraph::Error::Token {
            status,
            aadsts,
            error: "invalid_client".to_owned(),
            description: "AADSTS7000215: Invalid client secret. Trace ID: 1".to_owned(),
            retry_after: None,
        }
    }

    #[test]
    fn each_aadsts_number_has_its_own_remedy() {
        for (number, code) in [
            (7_000_215, "secret_wrong"),
            (7_000_222, "secret_expired"),
            (700_016, "app_not_found"),
            (90_002, "tenant_not_found"),
            (900_023, "tenant_malformed"),
            (500_011, "wrong_cloud"),
            (70_001, "app_disabled"),
            (53_003, "conditional_access"),
            (700_025, "public_client"),
            (1, "token_denied"),
        ] {
            let trouble = token_trouble(&token(Some(number), 401), &integration());
            assert_eq!((trouble.code, trouble.severity), (code, Severity::Error));
            assert!(
                trouble.consequence.contains("Invalid client secret")
                    && !trouble.consequence.contains("Trace")
            );
        }
        let passing = token_trouble(&token(Some(90_033), 503), &integration());
        assert_eq!(passing.severity, Severity::Warning);
    }
}
