//! Who did something, as Graph's services describe it.

use serde::Deserialize;

/// A person, application or device. Match people by `id`, never by display name, which is often missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// Object id in Entra ID; missing for anonymous people.
    pub id: Option<String>,
    /// Name to show, if told.
    pub display_name: Option<String>,
    /// Mail address; only files tell it.
    pub email: Option<String>,
    /// The tenant the person belongs to.
    pub tenant_id: Option<String>,
    /// What kind of user, for example `aadUser` or `anonymousGuest`.
    pub user_identity_type: Option<String>,
}

/// Who acted: a person, an application, a device, or nobody that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentitySet {
    /// The person.
    pub user: Option<Identity>,
    /// The application.
    pub application: Option<Identity>,
    /// The device, for example a room system or a phone.
    pub device: Option<Identity>,
}

impl IdentitySet {
    /// The person's object id.
    pub fn user_id(&self) -> Option<&str> {
        self.user.as_ref()?.id.as_deref()
    }
}
