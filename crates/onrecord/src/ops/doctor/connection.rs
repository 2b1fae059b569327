//! From the settings to a client: what is missing or unusable in them, before anything is sent.

use msgraph::Client;

use crate::app::App;
use crate::model::finding::Trouble;
use crate::model::finding_code::Code;
use crate::model::integration::Integration;
use crate::ops::{Error, integration};

/// The client that the settings describe, or what is wrong with them.
pub(super) fn client(app: &App, settings: &Integration) -> Result<Client, Box<Trouble>> {
    integration::connect(app, settings).map_err(|error| match error {
        Error::NotReady(_) => Trouble::error(
            Code::NotConnected,
            missing(settings),
            "Register an app in Entra (App registrations, New registration) and enter its ids and a client secret or certificate on the page Manage, Microsoft Teams, or set TEAMS_TENANT_ID, TEAMS_CLIENT_ID and TEAMS_CLIENT_SECRET or TEAMS_CLIENT_CERTIFICATE.",
        )
        .consequence("Until then classes can be planned, but Teams does not know of them.")
        .link("https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"),
        Error::Secrets(error) => Trouble::error(
            Code::SecretUnreadable,
            format!("The client secret or certificate cannot be opened: {error}."),
            "Put the earlier key back into ONRECORD_SECRET_KEY (or secret.key), or enter the client secret or certificate anew.",
        ),
        Error::Graph(msgraph::Error::Setting { name, what }) => Trouble::error(
            Code::SettingWrong,
            format!("The setting {name} {what}."),
            "Correct it in the environment, in onrecord.toml or on the page Manage, Microsoft Teams.",
        ),
        other => {
            Trouble::error(Code::SettingWrong, other.to_string(), "Look at the settings of the integration.")
        }
    })
}

fn missing(settings: &Integration) -> String {
    let signs_in = settings.client_secret_sealed.is_some() || settings.client_certificate_sealed.is_some();
    let parts = [
        ("the tenant id", settings.tenant_id.is_empty()),
        ("the client id", settings.client_id.is_empty()),
        ("a client secret or certificate", !signs_in),
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
