//! People, licences, the organization, the app itself: what a doctor asks the directory.
//! Doc: api-reference/v1.0/api/user-get, user-list-licensedetails, organization-list, subscribedsku-list, serviceprincipal-get.

use std::fmt::Write as _;

use http::Method;
use serde_json::{Value, json};

use crate::clock::whole;
use crate::http::{Answer, Call, Family, Refusal, Reply, function_arguments, unknown};
use crate::odata::{PageRule, narrow, page, select};
use crate::tenant::{ALL_ROLES, Licence, User};
use crate::world::World;

const PEOPLE: [&str; 3] = ["User.Read.All", "User.ReadBasic.All", "Directory.Read.All"];
const LICENCES: [&str; 3] = ["LicenseAssignment.Read.All", "User.Read.All", "Directory.Read.All"];
const SKUS: [&str; 3] = ["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"];
const APPS: [&str; 2] = ["Application.Read.All", "Directory.Read.All"];
const PAGES: PageRule = PageRule { default: 100, max: 999 };
const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
const SKU: &str = "e578b273-6db4-4691-bba0-8d691f4da603";

/// What `GET /users/{id}` gives without `$select`.
const DEFAULT_FIELDS: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

pub(crate) fn answer(world: &World, call: &Call, segments: &[&str]) -> Answer {
    if call.method != Method::GET {
        return Err(unknown(call));
    }
    match segments {
        ["users", rest @ ..] => people(world, call, rest),
        ["organization"] => {
            call.need(Family::Directory, &["Organization.Read.All", "Directory.Read.All", "User.Read.All"])?;
            Ok(Reply::ok(page(call, vec![organization(world)], PAGES, None)?))
        }
        ["organization", _] => {
            call.need(Family::Directory, &["Organization.Read.All", "Directory.Read.All", "User.Read.All"])?;
            Ok(Reply::ok(select(call, organization(world))))
        }
        ["subscribedSkus"] => {
            call.need(Family::Directory, &SKUS)?;
            Ok(Reply::ok(page(call, vec![sku(world)], PAGES, None)?))
        }
        [first, ..] if first.starts_with("servicePrincipals") => principals(world, call, segments),
        [first, ..] if first.starts_with("applications") => applications(world, call, segments),
        [first] if first.starts_with("reports") => Err(unknown(call)),
        ["reports", function] if function.starts_with("getOneDriveUsageAccountDetail") => {
            call.need(Family::Directory, &["Reports.Read.All"])?;
            Ok(Reply::text("application/octet-stream", usage(world, call)))
        }
        _ => Err(unknown(call)),
    }
}

fn people(world: &World, call: &Call, segments: &[&str]) -> Answer {
    match segments {
        [] => {
            call.need(Family::Directory, &PEOPLE)?;
            let all = narrow(call, world.tenant.users.iter().map(|user| profile(world, user)).collect())?;
            let shown = all.into_iter().map(|one| defaults(call, one)).collect();
            Ok(Reply::ok(page(call, shown, PAGES, world.tenant.switches.page_size)?))
        }
        [name] => {
            call.need(Family::Directory, &PEOPLE)?;
            let mut shown = defaults(call, select(call, profile(world, find(world, name)?)));
            shown["@odata.context"] = format!("{}/$metadata#users/$entity", call.base).into();
            Ok(Reply::ok(shown))
        }
        [name, "licenseDetails"] => {
            call.need(Family::Directory, &LICENCES)?;
            Ok(Reply::ok(page(call, licence_details(find(world, name)?), PAGES, None)?))
        }
        [name, "mailboxSettings"] => {
            call.need(Family::Exchange, &["MailboxSettings.Read", "MailboxSettings.ReadWrite"])?;
            super::events::mailbox(world, name)?;
            Ok(Reply::ok(
                json!({ "timeZone": "UTC", "language": { "locale": "en-US", "displayName": "English (United States)" }, "userPurpose": "user" }),
            ))
        }
        _ => Err(unknown(call)),
    }
}

fn find<'w>(world: &'w World, name: &str) -> Result<&'w User, Refusal> {
    world.tenant.user(name).ok_or_else(|| {
        Refusal::missing(
            "Request_ResourceNotFound",
            format!("Resource '{name}' does not exist or one of its queried reference-property objects are not present."),
        )
    })
}

/// Without `$select` only the basic properties come.
fn defaults(call: &Call, mut shown: Value) -> Value {
    if call.option("select").is_none()
        && let Some(map) = shown.as_object_mut()
    {
        map.retain(|name, _| DEFAULT_FIELDS.contains(&name.as_str()));
    }
    shown
}

fn profile(world: &World, user: &User) -> Value {
    let (given, surname) = user.display_name.split_once(' ').unwrap_or((&user.display_name, ""));
    let plans: Vec<Value> = user.licences.iter().map(|licence| {
        let (service, _, id) = plan(*licence);
        json!({ "assignedDateTime": "2026-01-01T00:00:00Z", "capabilityStatus": "Enabled", "service": service, "servicePlanId": id })
    }).collect();
    let provisioned: Vec<Value> = user.licences.iter().map(|licence| {
        json!({ "capabilityStatus": "Enabled", "provisioningStatus": "Success", "service": plan(*licence).0 })
    }).collect();
    let assigned: Vec<Value> = (!user.licences.is_empty())
        .then(|| json!({ "disabledPlans": [], "skuId": SKU }))
        .into_iter()
        .collect();
    json!({
        "businessPhones": [], "displayName": user.display_name, "givenName": given, "surname": surname, "jobTitle": null,
        "id": user.id, "mail": user.mailbox.then(|| user.address()), "mobilePhone": null, "officeLocation": null,
        "preferredLanguage": "en-US", "userPrincipalName": user.email, "accountEnabled": user.enabled, "userType": if user.guest { "Guest" } else { "Member" },
        "usageLocation": "DE", "assignedLicenses": assigned, "assignedPlans": plans, "provisionedPlans": provisioned,
        "createdDateTime": "2026-01-01T00:00:00Z", "proxyAddresses": [format!("SMTP:{}", user.address())],
        "onPremisesSyncEnabled": null, "companyName": world.tenant.display_name,
    })
}

fn plan(licence: Licence) -> (&'static str, &'static str, &'static str) {
    match licence {
        Licence::Teams => ("TeamspaceAPI", "TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929"),
        Licence::Onedrive => ("SharePoint", "SHAREPOINTSTANDARD_EDU", "0a4983bb-d3e5-4a09-95d8-b2d0127b3df5"),
        Licence::Exchange => ("exchange", "EXCHANGE_S_STANDARD", "9aaf7827-d63c-4b61-89c3-182f06f82e5c"),
    }
}

fn licence_details(user: &User) -> Vec<Value> {
    if user.licences.is_empty() {
        return Vec::new();
    }
    let plans: Vec<Value> = user.licences.iter().map(|licence| {
        let (_, name, id) = plan(*licence);
        json!({ "servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User" })
    }).collect();
    vec![
        json!({ "id": format!("l-{}", user.id), "skuId": SKU, "skuPartNumber": "M365EDU_A3_FACULTY", "servicePlans": plans }),
    ]
}

fn organization(world: &World) -> Value {
    let tenant = &world.tenant;
    let plans: Vec<Value> = [Licence::Teams, Licence::Onedrive, Licence::Exchange].map(|licence| {
        let (service, _, id) = plan(licence);
        json!({ "assignedDateTime": "2026-01-01T00:00:00Z", "capabilityStatus": "Enabled", "service": service, "servicePlanId": id })
    }).to_vec();
    json!({
        "id": tenant.tenant_id, "displayName": tenant.display_name, "countryLetterCode": "DE", "tenantType": "AAD",
        "verifiedDomains": [{ "capabilities": "Email, OfficeCommunicationsOnline", "isDefault": true, "isInitial": true, "name": tenant.domain, "type": "Managed" }],
        "assignedPlans": plans,
    })
}

fn sku(world: &World) -> Value {
    let used = world.tenant.users.iter().filter(|user| !user.licences.is_empty()).count();
    let plans = [Licence::Teams, Licence::Onedrive, Licence::Exchange].map(|licence| {
        let (_, name, id) = plan(licence);
        json!({ "servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User" })
    });
    json!({
        "id": format!("{}_{SKU}", world.tenant.tenant_id), "skuId": SKU, "skuPartNumber": "M365EDU_A3_FACULTY", "appliesTo": "User",
        "capabilityStatus": "Enabled", "consumedUnits": used, "prepaidUnits": { "enabled": 1000, "suspended": 0, "warning": 0, "lockedOut": 0 },
        "servicePlans": plans,
    })
}

/// A stable object id for an app or a role of this tenant.
fn derived(text: &str) -> String {
    let seed = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
    crate::random::Random::seeded(seed).guid()
}

fn role_id(role: &str) -> String {
    const KNOWN: [(&str, &str); 15] = [
        ("Calendars.ReadWrite", "ef54d2bf-783f-4e0f-bca1-3210c0444d99"),
        ("OnlineMeetings.ReadWrite.All", "b8bb2037-6e08-44ac-a4ea-4674e010e2a4"),
        ("OnlineMeetings.Read.All", "c1684f21-1984-47fa-9d61-2dc8c296bb70"),
        ("OnlineMeetingRecording.Read.All", "a4a08342-c95d-476b-b943-97e100569c8d"),
        ("OnlineMeetingTranscript.Read.All", "a4a80d8d-d283-4bd8-8504-555ec3870630"),
        ("OnlineMeetingArtifact.Read.All", "df01ed3b-eb61-4eca-9965-6b3d789751b2"),
        ("Chat.Read.All", "6b7d71aa-70aa-4810-a8d9-5d9fb2830017"),
        ("Files.Read.All", "01d4889c-1287-42c6-ac1f-5d1e02578ef6"),
        ("Files.ReadWrite.All", "75359482-378d-4052-8f01-80520e7db3cd"),
        ("Sites.ReadWrite.All", "9492366f-7969-46a4-8d15-ed1a20078fff"),
        ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
        ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
        ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
        ("Mail.Send", "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
        ("Reports.Read.All", "230c1aed-a721-4c5d-9cb4-a90514e508ef"),
    ];
    KNOWN.iter().find(|(name, _)| *name == role).map_or_else(|| derived(role), |(_, id)| (*id).to_owned())
}

fn app_id_in(call: &Call, segment: &str) -> Option<String> {
    function_arguments(call, segment).into_iter().find(|(name, _)| name == "appId").map(|(_, id)| id)
}

fn principals(world: &World, call: &Call, segments: &[&str]) -> Answer {
    call.need(Family::Directory, &APPS)?;
    let own = &world.tenant.client_id;
    let all = || [own.clone(), GRAPH_APP.to_owned()].map(|app| principal(world, &app)).to_vec();
    let (wanted, rest) = match segments {
        ["servicePrincipals"] => {
            return Ok(Reply::ok(page(call, narrow(call, all())?, PAGES, None)?));
        }
        ["servicePrincipals", id, rest @ ..] => (all().into_iter().find(|one| one["id"] == *id), rest),
        [first, rest @ ..] => (
            app_id_in(call, first).and_then(|app| all().into_iter().find(|one| one["appId"] == app.as_str())),
            rest,
        ),
        [] => return Err(unknown(call)),
    };
    let wanted =
        wanted.ok_or_else(|| Refusal::missing("Request_ResourceNotFound", "Resource does not exist."))?;
    match rest {
        [] => Ok(Reply::ok(select(call, wanted))),
        ["appRoleAssignments"] => {
            let roles = world.tenant.roles.clone().unwrap_or_default();
            let shown = roles.iter().filter(|_| wanted["appId"] == own.as_str()).map(|role| {
                json!({ "id": derived(&format!("grant {role}")), "appRoleId": role_id(role), "principalId": wanted["id"], "principalType": "ServicePrincipal",
                    "principalDisplayName": wanted["displayName"], "resourceDisplayName": "Microsoft Graph", "resourceId": derived(GRAPH_APP), "createdDateTime": "2026-01-01T00:00:00Z" })
            });
            Ok(Reply::ok(page(call, shown.collect(), PAGES, None)?))
        }
        _ => Err(unknown(call)),
    }
}

fn principal(world: &World, app: &str) -> Value {
    let is_graph = app == GRAPH_APP;
    let roles: Vec<Value> = ALL_ROLES.iter().filter(|_| is_graph).map(|role| {
        json!({ "id": role_id(role), "value": role, "displayName": role, "description": role, "isEnabled": true, "allowedMemberTypes": ["Application"], "origin": "Application" })
    }).collect();
    json!({
        "id": derived(app), "appId": app, "displayName": if is_graph { "Microsoft Graph" } else { "OnRecord" },
        "accountEnabled": is_graph || world.tenant.app_enabled, "servicePrincipalType": "Application", "appRoles": roles,
    })
}

fn applications(world: &World, call: &Call, segments: &[&str]) -> Answer {
    call.need(Family::Directory, &APPS)?;
    let own = &world.tenant.client_id;
    let shown = json!({
        "id": derived(&format!("application {own}")), "appId": own, "displayName": "OnRecord",
        "passwordCredentials": [{ "displayName": "OnRecord", "endDateTime": if world.tenant.secret_expired { "2026-01-01T00:00:00Z".to_owned() } else { whole(world.tenant.secret_expires_at) },
            "hint": world.tenant.client_secret.chars().take(3).collect::<String>(), "keyId": derived("secret"), "startDateTime": "2025-01-01T00:00:00Z" }],
        "keyCredentials": [],
    });
    match segments {
        ["applications"] => Ok(Reply::ok(page(call, narrow(call, vec![shown])?, PAGES, None)?)),
        [first] if app_id_in(call, first).is_some_and(|id| id.eq_ignore_ascii_case(own)) => {
            Ok(Reply::ok(select(call, shown)))
        }
        _ => Err(Refusal::missing("Request_ResourceNotFound", "Resource does not exist.")),
    }
}

fn usage(world: &World, call: &Call) -> String {
    let day = (call.now - chrono::TimeDelta::days(2)).format("%Y-%m-%d");
    let mut csv = String::from(
        "Report Refresh Date,Owner Display Name,Is Deleted,Storage Used (Byte),Storage Allocated (Byte),Owner Principal Name\n",
    );
    for user in world.tenant.users.iter().filter(|user| user.drive) {
        let used = world.drives.get(&crate::drive::drive_id(&user.id)).map_or(0, crate::drive::Drive::used);
        let total = user.quota.as_ref().unwrap_or(&world.tenant.quota).total;
        let _ = writeln!(csv, "{day},{},False,{used},{total},{}", user.display_name, user.email);
    }
    csv
}
