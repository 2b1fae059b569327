//! From an error of Microsoft's to what an administrator can do about it.

use super::site::Site;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;

/// The page of the app registration in Entra.
pub(super) fn entra(client_id: &str) -> String {
    blade("Overview", client_id)
}

/// The page of its API permissions.
pub(super) fn entra_permissions(client_id: &str) -> String {
    blade("CallAnAPI", client_id)
}

/// The page of its secrets and certificates.
pub(super) fn entra_secrets(client_id: &str) -> String {
    blade("Credentials", client_id)
}

fn blade(page: &str, client_id: &str) -> String {
    format!(
        "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/{page}/appId/{client_id}"
    )
}

/// The page of an account.
pub(super) fn entra_user(object_id: &str) -> String {
    format!(
        "https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/{object_id}"
    )
}

/// Microsoft could not be asked: nothing is known to be wrong, and it may pass.
pub(super) fn unreachable(code: Code, what: &str, error: &msgraph::Error) -> Box<Trouble> {
    match error {
        msgraph::Error::Throttled { retry_after, .. } => Trouble::warning(
            Code::MicrosoftBusy,
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

/// The proxy does not answer: then nothing behind it does.
pub(super) fn proxied(site: &Site) -> Option<Box<Trouble>> {
    let (place, answers) = site.machine.proxy.as_ref()?;
    (!answers).then(|| {
        Trouble::error(
            Code::ProxyUnreachable,
            format!("The proxy {place} does not answer, so Microsoft cannot be reached."),
            "Correct HTTPS_PROXY (graph.https_proxy), or look whether the proxy runs and lets this machine in. Without a proxy, remove the setting.",
        )
        .consequence("Nothing is scheduled, recorded or fetched.")
    })
}

/// Why there is no token, by the AADSTS number that Microsoft gives.
pub(super) fn token_trouble(error: &msgraph::Error, site: &Site) -> Box<Trouble> {
    let msgraph::Error::Token { aadsts, description, .. } = error else {
        return proxied(site)
            .unwrap_or_else(|| unreachable(Code::LoginUnreachable, "The sign-in service", error));
    };
    let number = aadsts.unwrap_or_default();
    let asker = Asker {
        client: &site.integration.client_id,
        tenant: &site.integration.tenant_id,
        secret_is_id: site.machine.secret_is_id,
    };
    let trouble = asker.by_number(number).unwrap_or_else(|| {
        if error.is_retryable() {
            return Trouble::warning(
                Code::MicrosoftBusy,
                "The sign-in service has a fault of its own for the moment.",
                "Nobody need act. Verify again in some minutes.",
            );
        }
        Trouble::error(
            Code::TokenDenied,
            "Microsoft gives no token.",
            "Search for the AADSTS number in Microsoft's list of sign-in errors.",
        )
        .link(format!("https://login.microsoftonline.com/error?code={number}"))
    });
    let said = description.split(" Trace ID").next().unwrap_or(description).trim();
    trouble.consequence(format!("Nothing is scheduled, recorded or fetched. Microsoft says: {said}"))
}

/// Who asked for a token, and with what.
#[derive(Debug, Clone, Copy)]
struct Asker<'a> {
    client: &'a str,
    tenant: &'a str,
    secret_is_id: bool,
}

impl Asker<'_> {
    fn by_number(&self, number: u32) -> Option<Box<Trouble>> {
        let (client, tenant) = (self.client, self.tenant);
        Some(match number {
        7_000_215 | 7_000_222 | 700_025 | 700_024 | 700_027 | 50_012 | 50_013 | 50_027 => {
            return self.credential(number);
        }
        700_016 => Trouble::error(
            Code::AppNotFound,
            format!("There is no app with the client id {client} in the tenant {tenant}."),
            "Enter the Application (client) ID and the Directory (tenant) ID of the same app registration.",
        ),
        90_002 => Trouble::error(
            Code::TenantNotFound,
            format!("Microsoft knows no tenant {tenant}."),
            "Enter the Directory (tenant) ID from the app registration's overview page. For a national cloud set ONRECORD_LOGIN_URL and ONRECORD_GRAPH_URL.",
        ),
        900_023 => Trouble::error(
            Code::TenantMalformed,
            format!("{tenant:?} is neither a tenant id nor a domain."),
            "Enter the Directory (tenant) ID: 36 characters with four hyphens.",
        ),
        900_382 | 900_432 | 90_038 | 500_011 => Trouble::error(
            Code::WrongCloud,
            format!("The tenant {tenant} belongs to another of Microsoft's clouds."),
            "Set ONRECORD_LOGIN_URL and ONRECORD_GRAPH_URL to the hosts of the tenant's cloud, for example https://login.microsoftonline.us and https://graph.microsoft.us.",
        ),
        70_001 | 700_011 | 7_000_112 => Trouble::error(
            Code::AppDisabled,
            format!("The app {client} is disabled in the tenant."),
            "In Entra, Enterprise applications, open the app, Properties: set Enabled for users to sign in to Yes.",
        )
        .link(entra(client)),
        53_003 | 530_032 | 530_035 => Trouble::error(
            Code::ConditionalAccess,
            format!("Conditional Access blocks the app {client}."),
            "Let a security administrator exclude the app from the policy for workload identities, or allow this server's address in it.",
        ),
        _ => return None,
    })
    }

    /// What is wrong with the secret or the certificate.
    fn credential(&self, number: u32) -> Option<Box<Trouble>> {
        let client = self.client;
        let trouble = match number {
            7_000_215 if self.secret_is_id => Trouble::error(
                Code::SecretIsId,
                "The client secret that is set is the secret's id, not its value.",
                "Set TEAMS_CLIENT_SECRET to the column Value, or enter it on the page Manage, Microsoft Teams. Entra shows the value only right after the secret was made: if it is lost, make a new one under Certificates & secrets.",
            ),
            7_000_215 => Trouble::error(
                Code::SecretWrong,
                "Microsoft does not accept the client secret.",
                "Enter the secret's value, not its id. Entra shows the value only right after the secret was made: if it is lost, make a new one under Certificates & secrets.",
            ),
            7_000_222 => Trouble::error(
                Code::SecretExpired,
                "The client secret has expired.",
                "Make a new client secret under Certificates & secrets, and save its value.",
            ),
            700_027 | 50_012 | 50_013 | 50_027 => Trouble::error(
                Code::CertificateNotRegistered,
                format!("Microsoft does not accept what the certificate signed for the app {client}."),
                "Upload the certificate (without its key) under Certificates & secrets, Certificates, and look whether this machine's clock is right.",
            ),
            700_024 => Trouble::error(
                Code::ClockSkew,
                format!(
                    "Microsoft takes what the certificate of the app {client} signed for too old or too new: this machine's clock is wrong."
                ),
                "Let the machine keep its time by NTP: `timedatectl set-ntp true`, then `timedatectl status`.",
            ),
            700_025 => Trouble::error(
                Code::PublicClient,
                "The app is registered as a public client and may have no secret.",
                "In Entra, open the app registration, Authentication: set Allow public client flows to No.",
            ),
            _ => return None,
        };
        Some(trouble.link(entra_secrets(client)))
    }
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

    #[test]
    fn each_aadsts_number_has_its_own_remedy() {
        let asker = Asker { client: "c-1", tenant: "t-1", secret_is_id: false };
        for (number, code) in [
            (7_000_215, "secret_wrong"),
            (7_000_222, "secret_expired"),
            (700_027, "certificate_not_registered"),
            (700_024, "clock_skew"),
            (700_025, "public_client"),
            (700_016, "app_not_found"),
            (90_002, "tenant_not_found"),
            (900_023, "tenant_malformed"),
            (500_011, "wrong_cloud"),
            (900_382, "wrong_cloud"),
            (70_001, "app_disabled"),
            (53_003, "conditional_access"),
        ] {
            let trouble = asker.by_number(number).expect("a known number");
            assert_eq!((trouble.code.to_string().as_str(), trouble.severity), (code, Severity::Error));
            let said = format!("{}{:?}", trouble.message, trouble.link);
            assert!(said.contains("c-1") || said.contains("t-1"), "{code} names no id: {said}");
        }
        assert!(asker.by_number(1).is_none());
        let pasted = Asker { secret_is_id: true, ..asker }.by_number(7_000_215).expect("a known number");
        assert_eq!(pasted.code, Code::SecretIsId);
    }
}
