//! The token endpoint and the check of tokens on every call.
//! Tokens are signed with a key of this simulator only, so that one from elsewhere is refused as in life.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use ring::hmac;
use serde_json::{Value, json};

use crate::assertion;
use crate::clock::whole;
use crate::http::{Call, Refusal, Reply, decode_query};
use crate::tenant::{Cloud, RolesTakeEffect};
use crate::world::World;

const GRAPH: &str = "https://graph.microsoft.com";

/// A refusal of the token endpoint: status, `error`, AADSTS number, text.
type Denial = (u16, &'static str, u32, String);

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn token(world: &mut World, tenant: &str, call: &Call) -> Reply {
    match grant(world, tenant, call) {
        Ok(reply) => reply,
        Err(denial) => denied(world, call, &denial),
    }
}

fn grant(world: &World, tenant: &str, call: &Call) -> Result<Reply, Denial> {
    check_tenant(world, tenant)?;
    let form = decode_query(std::str::from_utf8(&call.body).unwrap_or_default());
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let basic = basic_credentials(call);
    let missing = |name: &str| {
        (
            400,
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{name}'."),
        )
    };
    let grant_type = field("grant_type").ok_or_else(|| missing("grant_type"))?;
    if grant_type != "client_credentials" {
        return Err((
            400,
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{grant_type}'."),
        ));
    }
    let client = field("client_id")
        .map(str::to_owned)
        .or_else(|| basic.as_ref().map(|(id, _)| id.clone()))
        .ok_or_else(|| missing("client_id"))?;
    check_client(world, &client)?;
    check_scope(field("scope").ok_or_else(|| missing("scope"))?)?;
    let secret = field("client_secret").map(str::to_owned).or_else(|| basic.map(|(_, secret)| secret));
    match (secret, field("client_assertion")) {
        (Some(secret), _) => check_secret(world, &secret, call)?,
        (None, Some(jwt)) => check_assertion(world, jwt, call)?,
        (None, None) => return Err((
            401,
            "invalid_client",
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
                .to_owned(),
        )),
    }
    Ok(Reply::ok(json!({
        "token_type": "Bearer",
        "expires_in": world.tenant.token_lifetime_s,
        "ext_expires_in": world.tenant.token_lifetime_s,
        "access_token": issue(world, issued_at(world, field("claims"), call.now)),
    }))
    .with("cache-control", "no-store, no-cache"))
}

fn check_tenant(world: &World, tenant: &str) -> Result<(), Denial> {
    let known = &world.tenant;
    if !tenant.eq_ignore_ascii_case(&known.tenant_id) && !tenant.eq_ignore_ascii_case(&known.domain) {
        return Err(if uuid::Uuid::parse_str(tenant).is_ok() || tenant.contains('.') {
            (
                400,
                "invalid_request",
                90002,
                format!(
                    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
                ),
            )
        } else {
            (
                400,
                "invalid_request",
                900_023,
                format!(
                    "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
                ),
            )
        });
    }
    if known.cloud != Cloud::Global {
        let text = format!(
            "Confidential Client is not supported in Cross Cloud request: the tenant '{tenant}' belongs to another cloud."
        );
        return Err((400, "invalid_request", 900_382, text));
    }
    Ok(())
}

fn check_client(world: &World, client: &str) -> Result<(), Denial> {
    let known = &world.tenant;
    if !client.eq_ignore_ascii_case(&known.client_id) {
        return Err((
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
                known.display_name
            ),
        ));
    }
    if !known.app_enabled {
        return Err((400, "unauthorized_client", 70001, format!("Application '{client}' is disabled.")));
    }
    if known.conditional_access_blocks {
        let text = "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.";
        return Err((400, "access_denied", 53_003, text.to_owned()));
    }
    Ok(())
}

fn check_scope(scope: &str) -> Result<(), Denial> {
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err((
            400,
            "invalid_scope",
            70011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    };
    let wrong_cloud = ["graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"];
    if wrong_cloud.iter().any(|host| resource.ends_with(host)) {
        return Err((
            400,
            "invalid_resource",
            500_011,
            format!("The resource principal named {resource} was not found in the tenant."),
        ));
    }
    Ok(())
}

fn check_secret(world: &World, secret: &str, call: &Call) -> Result<(), Denial> {
    if secret != world.tenant.client_secret {
        return Err((
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                world.tenant.client_id
            ),
        ));
    }
    if world.tenant.secret_expired || call.now >= world.tenant.secret_expires_at {
        return Err((
            401,
            "invalid_client",
            7_000_222,
            format!(
                "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app.",
                world.tenant.client_id
            ),
        ));
    }
    Ok(())
}

fn check_assertion(world: &World, jwt: &str, call: &Call) -> Result<(), Denial> {
    assertion::check(jwt, &world.tenant, call.now.timestamp())
        .map_err(|problem| (401, "invalid_client", problem.number(), problem.to_string()))
}

fn denied(world: &mut World, call: &Call, (status, error, number, text): &Denial) -> Reply {
    let (trace, correlation) = (world.random.guid(), world.random.guid());
    let timestamp = call.now.format("%Y-%m-%d %H:%M:%SZ").to_string();
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
    Reply::json(
        status,
        json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"),
            "error_codes": [number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        }),
    )
}

fn basic_credentials(call: &Call) -> Option<(String, String)> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let plain = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(plain).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((crate::http::decode(id), crate::http::decode(secret)))
}

/// After a revocation Entra gives the token it has kept, unless the client says what it was challenged for.
fn issued_at(world: &World, claims: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let challenged = claims
        .and_then(|claims| serde_json::from_str::<Value>(claims).ok())
        .is_some_and(|claims| claims["access_token"]["nbf"].is_object());
    let before = |revoked: i64| DateTime::from_timestamp(revoked - 1, 0);
    match world.tenant.tokens_revoked_at.and_then(before) {
        Some(before) if !challenged => now.min(before),
        _ => now,
    }
}

/// The tenant that tokens name.
fn tenant_in_token(world: &World) -> &str {
    let tenant = &world.tenant;
    tenant.switches.token_tenant_id.as_deref().unwrap_or(&tenant.tenant_id)
}

fn issue(world: &World, at: DateTime<Utc>) -> String {
    let (tenant, now) = (&world.tenant, at.timestamp());
    let mut claims = json!({
        "aud": GRAPH,
        "iss": format!("https://sts.windows.net/{}/", tenant_in_token(world)),
        "iat": now, "nbf": now, "exp": now + tenant.token_lifetime_s,
        "app_displayname": "OnRecord", "appid": tenant.client_id, "appidacr": "1", "idtyp": "app",
        "tid": tenant_in_token(world), "ver": "1.0",
    });
    if let Some(roles) = roles_in_token(world, at) {
        claims["roles"] = json!(roles);
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signed = format!("{header}.{payload}");
    let tag = hmac::sign(&key(world), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// What was granted, or for a while what had been granted before.
fn roles_in_token(world: &World, at: DateTime<Utc>) -> Option<&Vec<String>> {
    let before = world.roles_before.as_ref().filter(|(changed, _)| {
        world.tenant.roles_take_effect == RolesTakeEffect::AfterAnHour && at < *changed + TimeDelta::hours(1)
    });
    before.map_or(world.tenant.roles.as_ref(), |(_, roles)| roles.as_ref())
}

fn key(world: &World) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, world.signing_key.as_bytes())
}

/// The permissions a call carries, or Graph's 401.
pub(crate) fn roles_of(world: &World, call: &Call) -> Result<Vec<String>, Refusal> {
    let refuse = |message: &str| {
        Refusal::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message).with(
            "www-authenticate",
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"",
        )
    };
    let token = call
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
        .map(str::trim)
        .filter(|token| !token.is_empty())
        .ok_or_else(|| refuse("Access token is empty."))?;
    let (signed, tag) = token
        .rsplit_once('.')
        .ok_or_else(|| refuse("CompactToken parsing failed with error code: 80049217"))?;
    let tag = URL_SAFE_NO_PAD
        .decode(tag)
        .map_err(|_| refuse("CompactToken parsing failed with error code: 80049217"))?;
    hmac::verify(&key(world), signed.as_bytes(), &tag)
        .map_err(|_| refuse("Access token validation failure. Invalid signature."))?;
    let claims: Value = signed
        .split_once('.')
        .and_then(|(_, payload)| URL_SAFE_NO_PAD.decode(payload).ok())
        .and_then(|payload| serde_json::from_slice(&payload).ok())
        .ok_or_else(|| refuse("CompactToken parsing failed with error code: 80049217"))?;
    if claims["exp"].as_i64().is_none_or(|exp| exp <= call.now.timestamp()) {
        return Err(refuse("Lifetime validation failed, the token is expired."));
    }
    if let Some(revoked) = world.tenant.tokens_revoked_at
        && claims["iat"].as_i64().is_none_or(|issued| issued < revoked)
    {
        let wanted =
            json!({ "access_token": { "nbf": { "essential": true, "value": revoked.to_string() } } });
        let encoded = base64::engine::general_purpose::STANDARD.encode(wanted.to_string());
        let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message).with(
            "www-authenticate",
            format!("Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{encoded}\""),
        ));
    }
    if claims["tid"] != tenant_in_token(world) || claims["appid"] != world.tenant.client_id.as_str() {
        return Err(refuse("Access token validation failure. Invalid audience."));
    }
    let granted = match world.tenant.roles_take_effect {
        RolesTakeEffect::Now => world.tenant.roles.clone(),
        RolesTakeEffect::WithNewToken | RolesTakeEffect::AfterAnHour => {
            serde_json::from_value(claims["roles"].clone()).ok()
        }
    };
    Ok(granted.unwrap_or_default())
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn discovery(world: &World, tenant: &str, call: &Call) -> Reply {
    let known = &world.tenant;
    let fits = [known.tenant_id.as_str(), &known.domain, "common", "organizations"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(tenant));
    if !fits {
        return Reply::json(
            StatusCode::BAD_REQUEST,
            json!({
                "error": "invalid_tenant",
                "error_description": format!("AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Timestamp: {}", whole(call.now)),
                "error_codes": [90002],
            }),
        );
    }
    let origin = &call.origin;
    Reply::ok(json!({
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
        "issuer": format!("{origin}/{}/v2.0", known.tenant_id),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/devicecode"),
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }))
}
