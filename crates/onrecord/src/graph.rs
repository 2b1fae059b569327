//! Clients of Microsoft Graph, one per integration, kept until the integration changes. Nothing here reads the
//! database or opens a secret: `ops::integration::client` hands in what is needed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use msgraph::{Client, Credentials, Lanes};

use crate::clock::Clock;
use crate::config;
use crate::model::id::IntegrationId;

/// The clients of this process.
#[derive(Debug, Default)]
pub struct GraphClients {
    /// What Microsoft counts together, shared by all processes; without it each client counts for itself.
    lanes: Option<Arc<dyn Lanes>>,
    /// What time it is, for what a certificate signs, and how a client waits.
    clock: Clock,
    by_integration: Mutex<HashMap<IntegrationId, (i64, Client)>>,
}

impl GraphClients {
    /// Clients that all keep to these lanes.
    pub fn with_lanes(lanes: Arc<dyn Lanes>, clock: Clock) -> Self {
        Self { lanes: Some(lanes), clock, by_integration: Mutex::default() }
    }

    /// The client built for this revision of the integration, if there is one.
    pub fn cached(&self, id: IntegrationId, revision: i64) -> Option<Client> {
        let clients = self.by_integration.lock().unwrap_or_else(PoisonError::into_inner);
        clients.get(&id).filter(|(of, _)| *of == revision).map(|(_, client)| client.clone())
    }

    /// Keeps the client of this revision in place of an older one.
    pub fn keep(&self, id: IntegrationId, revision: i64, client: Client) {
        let mut clients = self.by_integration.lock().unwrap_or_else(PoisonError::into_inner);
        clients.insert(id, (revision, client));
    }

    /// Builds a client by the settings: hosts, extra authorities and proxy. Makes no request.
    pub fn connect(
        &self,
        settings: &config::Graph,
        credentials: Credentials,
    ) -> Result<Client, msgraph::Error> {
        let mut builder = Client::builder(credentials)
            .graph_url(settings.url.url().clone())
            .login_url(settings.login_url.url().clone());
        let (clock, resting) = (self.clock.clone(), self.clock.clone());
        builder = builder.clock(move || clock.now());
        builder = builder.rest(move |span| {
            let clock = resting.clone();
            async move { clock.rest(span).await }
        });
        if let Some(lanes) = &self.lanes {
            builder = builder.lanes(Arc::clone(lanes));
        }
        if let Some(path) = &settings.ca_file {
            builder = builder.ca_pem(authorities(path)?);
        }
        if let Some(proxy) = &settings.https_proxy {
            let url = proxy.expose().parse().map_err(|_| msgraph::Error::Setting {
                name: "HTTPS_PROXY",
                what: "is not an address; write one such as http://proxy.school.example:3128".to_owned(),
            })?;
            builder = builder.proxy(url);
        }
        builder.build()
    }
}

fn authorities(path: &Path) -> Result<Vec<u8>, msgraph::Error> {
    std::fs::read(path).map_err(|error| msgraph::Error::Setting {
        name: "ONRECORD_CA_FILE",
        what: format!("{} cannot be read: {error}", path.display()),
    })
}
