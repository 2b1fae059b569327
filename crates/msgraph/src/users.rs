//! People, licences and the tenant, as far as diagnostics and matching need them.
//!
//! Docs: `user-get`, `user-list-licensedetails`, `organization-list`.

use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;
use crate::moment::null_as_default;

const USER_FIELDS: &str =
    "id,userPrincipalName,displayName,mail,accountEnabled,userType,usageLocation,assignedPlans";

/// A person or account of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// Object id; the only name that meetings take.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// User principal name.
    pub user_principal_name: Option<String>,
    /// Name to show.
    pub display_name: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// Whether sign-in is allowed; shared mailboxes often have it off.
    pub account_enabled: Option<bool>,
    /// `Member` or `Guest`.
    pub user_type: Option<String>,
    /// Services the account has a plan for.
    #[serde(deserialize_with = "null_as_default")]
    pub assigned_plans: Vec<AssignedPlan>,
}

/// A service plan of an account or a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssignedPlan {
    /// For example `exchange`, `SharePoint`, `TeamspaceAPI`.
    pub service: Option<String>,
    /// Stable id of the plan.
    pub service_plan_id: Option<String>,
    /// `Enabled` or `Warning` can be used; `Suspended`, `Deleted`, `LockedOut` cannot.
    pub capability_status: Option<String>,
}

impl AssignedPlan {
    /// Whether the plan works now.
    pub fn is_usable(&self) -> bool {
        self.capability_status.as_deref().is_some_and(|status| {
            status.eq_ignore_ascii_case("Enabled") || status.eq_ignore_ascii_case("Warning")
        })
    }
}

/// A licence of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LicenseDetail {
    /// Stable id of the product.
    pub sku_id: Option<String>,
    /// Name of the product, as an admin knows it.
    pub sku_part_number: Option<String>,
    /// What the product consists of.
    #[serde(deserialize_with = "null_as_default")]
    pub service_plans: Vec<ServicePlan>,
}

/// A part of a product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePlan {
    /// Stable id.
    pub service_plan_id: Option<String>,
    /// Name.
    pub service_plan_name: Option<String>,
    /// `Success`, `PendingInput`, `Disabled` and others.
    pub provisioning_status: Option<String>,
}

/// The tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Organization {
    /// Tenant id.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// Name.
    pub display_name: Option<String>,
    /// Domains of the tenant.
    #[serde(deserialize_with = "null_as_default")]
    pub verified_domains: Vec<VerifiedDomain>,
}

/// A domain of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerifiedDomain {
    /// Name.
    pub name: Option<String>,
    /// Whether new accounts get it.
    pub is_default: Option<bool>,
}

impl Client {
    /// Reads an account by object id or UPN. [`Error::NotFound`] if there is none.
    pub async fn user(&self, id_or_upn: &str) -> Result<User, Error> {
        self.json(&Call::get(Lane::Directory, "users").id(id_or_upn).query("$select", USER_FIELDS)).await
    }

    /// Reads several accounts, twenty by one request. Each has its own result, in order.
    pub async fn users(&self, ids: &[String]) -> Vec<Result<User, Error>> {
        let call = |id: &String| Call::get(Lane::Directory, "users").id(id).query("$select", USER_FIELDS);
        self.batch(ids.iter().map(call).collect()).await
    }

    /// The licences of an account.
    pub async fn license_details(&self, user_id: &str) -> Result<Vec<LicenseDetail>, Error> {
        self.all_pages(Call::get(Lane::Directory, "users").id(user_id).word("licenseDetails")).await
    }

    /// The tenant. `None` only if Graph lists none.
    pub async fn organization(&self) -> Result<Option<Organization>, Error> {
        let call =
            Call::get(Lane::Directory, "organization").query("$select", "id,displayName,verifiedDomains");
        Ok(self.all_pages(call).await?.into_iter().next())
    }
}
