//! What a diagnosis asks besides the calls that the product makes anyway: Microsoft's time, when the app's credentials
//! end, and what was granted to it. All of it is read only.
//!
//! Docs: `application-get`, `serviceprincipal-list-approleassignments`.

use chrono::{DateTime, Utc};
use http::header::DATE;
use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};

/// A secret or a certificate of the app registration. What it is, never what it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppCredential {
    /// Id of the secret or certificate.
    pub key_id: Option<String>,
    /// The name somebody gave it.
    pub display_name: Option<String>,
    /// The first characters of a secret.
    pub hint: Option<String>,
    /// When it ends.
    #[serde(deserialize_with = "moment::optional")]
    pub end_date_time: Option<DateTime<Utc>>,
}

/// The secrets and certificates of the app registration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppCredentials {
    /// Client secrets.
    #[serde(rename = "passwordCredentials", deserialize_with = "null_as_default")]
    pub secrets: Vec<AppCredential>,
    /// Certificates.
    #[serde(rename = "keyCredentials", deserialize_with = "null_as_default")]
    pub certificates: Vec<AppCredential>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Grant {
    app_role_id: Option<String>,
}

impl Client {
    /// What time it is at Microsoft, in whole seconds. `None` if the answer does not say.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let reply = self.open(&Call::get(Lane::Directory, "organization").query("$select", "id")).await?;
        let text = reply.response.headers().get(DATE).and_then(|value| value.to_str().ok());
        let time = text.and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        Ok(time.map(|time| time.with_timezone(&Utc)))
    }

    /// The credentials of an app registration. Needs `Application.Read.All`.
    pub async fn app_credentials(&self, client_id: &str) -> Result<AppCredentials, Error> {
        let app = keyed("applications", client_id);
        self.json(&Call::get(Lane::Directory, &app).query("$select", "passwordCredentials,keyCredentials"))
            .await
    }

    /// Ids of the application permissions that an administrator granted to the app. Needs `Application.Read.All`.
    pub async fn granted_role_ids(&self, client_id: &str) -> Result<Vec<String>, Error> {
        let app = keyed("servicePrincipals", client_id);
        let grants: Vec<Grant> =
            self.all_pages(Call::get(Lane::Directory, &app).word("appRoleAssignments")).await?;
        Ok(grants.into_iter().filter_map(|grant| grant.app_role_id).collect())
    }
}

/// `applications(appId='…')`. A client id was checked when the client was built: it holds no quote.
fn keyed(collection: &str, client_id: &str) -> String {
    let safe: String =
        client_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')).collect();
    format!("{collection}(appId='{safe}')")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_with_what_is_there() {
        let read: AppCredentials = serde_json::from_str(
            r#"{"passwordCredentials":[{"hint":"ab~","endDateTime":"2027-01-01T00:00:00Z","secretText":null}],"keyCredentials":null}"#,
        )
        .expect("credentials");
        assert_eq!(read.secrets[0].hint.as_deref(), Some("ab~"));
        assert!(read.secrets[0].end_date_time.is_some() && read.certificates.is_empty());
    }

    #[test]
    fn the_key_of_an_app_cannot_leave_its_quotes() {
        assert_eq!(keyed("applications", "2b9c-47'a8"), "applications(appId='2b9c-47a8')");
    }
}
