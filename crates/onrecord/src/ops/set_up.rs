//! The set-up at Microsoft 365 as one PowerShell script with the real ids. It is text for an administrator to read and
//! run: nothing is done here, and no secret is in it.

use std::fmt::Write as _;

use super::{Result, integration};
use crate::app::App;
use crate::model::permission::{OPTIONAL, PERMISSIONS, Permission, Profile};

/// What stands in the script.
#[derive(Debug)]
struct Plan<'a> {
    tenant_id: &'a str,
    client_id: &'a str,
    accounts: Vec<&'a str>,
    permissions: Vec<&'static Permission>,
}

/// The script for the first integration.
pub async fn script(app: &App, profile: Profile) -> Result<String> {
    let settings = integration::load(app).await?;
    Ok(written(&Plan {
        tenant_id: &settings.integration.tenant_id,
        client_id: &settings.integration.client_id,
        accounts: settings.accounts.iter().map(|account| account.email.as_str()).collect(),
        permissions: of_profile(profile),
    }))
}

/// What a profile asks for, each with the ones before it.
pub fn of_profile(profile: Profile) -> Vec<&'static Permission> {
    PERMISSIONS.iter().filter(|permission| permission.profile <= profile).collect()
}

/// A PowerShell text: nothing in it is read as anything but text. PowerShell takes typographic quotes for quotes too.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => out.extend([c, c]),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

fn written(plan: &Plan<'_>) -> String {
    let mut out = String::from(HEAD);
    let accounts: Vec<_> = plan.accounts.iter().map(|account| quoted(account)).collect();
    let _ = writeln!(out, "$TenantId = {}", quoted(plan.tenant_id));
    let _ = writeln!(out, "$ClientId = {}", quoted(plan.client_id));
    let _ = writeln!(out, "$Accounts = @({})", accounts.join(", "));
    out.push_str(
        "# Application permissions of Microsoft Graph, with what each is for.\n$Roles = [ordered]@{\n",
    );
    for permission in plan.permissions.iter().copied().chain(OPTIONAL) {
        let is_optional = OPTIONAL.iter().any(|optional| optional.name == permission.name);
        let optional = if is_optional { "optional: " } else { "" };
        let (name, id) = (quoted(permission.name), quoted(permission.role_id));
        let _ = writeln!(out, "    {name} = {id} # {optional}{}", permission.purpose);
    }
    out.push_str("}\n");
    out.push_str(BODY);
    out
}

const HEAD: &str = r"# OnRecord: Microsoft 365 set-up. Made by `onrecord setup teams --print`; docs/setup-microsoft-365.md explains each part.
# Read it before you run it. Every part may be run by itself, and again: what is there already stays.
# It needs PowerShell 7 and an administrator of Entra, Teams and SharePoint. It holds no secret.
#
#   ./onrecord-setup.ps1 [-CertificatePath onrecord.crt] [-SharePointAdminUrl https://TENANT-admin.sharepoint.com] [-NarrowExchange]
param(
    [string]$CertificatePath = '',
    [string]$SharePointAdminUrl = '',
    [switch]$NarrowExchange
)
$ErrorActionPreference = 'Stop'

";

const BODY: &str = r#"
if (-not $TenantId) { throw 'The tenant id is missing: enter it in OnRecord first, then print this script again.' }
if ($Accounts.Count -eq 0) { throw 'There is no service account: enter one in OnRecord first, then print this script again.' }

Write-Host '1. App registration and permissions'
# Install-Module Microsoft.Graph.Applications, Microsoft.Graph.Users -Scope CurrentUser
Connect-MgGraph -TenantId $TenantId -NoWelcome -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'User.Read.All'
$GraphAppId = '00000003-0000-0000-c000-000000000000'
if (-not $ClientId) {
    $new = New-MgApplication -DisplayName 'OnRecord' -SignInAudience 'AzureADMyOrg'
    $ClientId = $new.AppId
    Write-Host "   made: enter the client id $ClientId in OnRecord"
}
$app = Get-MgApplication -Filter "appId eq '$ClientId'"
if (-not $app) { throw "There is no app registration with the client id $ClientId in this tenant." }
$sp = Get-MgServicePrincipal -Filter "appId eq '$ClientId'"
if (-not $sp) { $sp = New-MgServicePrincipal -AppId $ClientId }
if ($NarrowExchange) { $Roles.Remove('Calendars.ReadWrite') }
$others = @($app.RequiredResourceAccess | Where-Object { $_.ResourceAppId -ne $GraphAppId })
$access = @($Roles.Values | ForEach-Object { @{ Id = $_; Type = 'Role' } })
Update-MgApplication -ApplicationId $app.Id -RequiredResourceAccess ($others + @(@{ ResourceAppId = $GraphAppId; ResourceAccess = $access }))
$graph = Get-MgServicePrincipal -Filter "appId eq '$GraphAppId'"
$granted = @(Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id -All | Where-Object { $_.ResourceId -eq $graph.Id } | ForEach-Object { "$($_.AppRoleId)" })
foreach ($role in $Roles.GetEnumerator()) {
    if ($granted -notcontains $role.Value) {
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $sp.Id -PrincipalId $sp.Id -ResourceId $graph.Id -AppRoleId $role.Value | Out-Null
        Write-Host "   granted $($role.Key)"
    }
}

if ($CertificatePath) {
    Write-Host '2. Certificate'
    $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path $CertificatePath).Path)
    $key = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData; DisplayName = 'OnRecord' }
    Update-MgApplication -ApplicationId $app.Id -KeyCredentials (@($app.KeyCredentials) + @($key))
    Write-Host "   valid until $($certificate.NotAfter.ToUniversalTime().ToString('yyyy-MM-dd'))"
} else {
    Write-Host '2. No certificate given: make a client secret in Entra, Certificates & secrets, and enter its value in OnRecord'
}

Write-Host '3. Service accounts'
$Ids = @{}
foreach ($account in $Accounts) {
    $user = Get-MgUser -UserId $account -Property Id, DisplayName, AccountEnabled, AssignedPlans
    $Ids[$account] = $user.Id
    $plans = @($user.AssignedPlans | Where-Object { $_.CapabilityStatus -in 'Enabled', 'Warning' } | ForEach-Object { $_.Service } | Sort-Object -Unique)
    Write-Host "   $account $($user.Id) enabled: $($user.AccountEnabled), plans: $($plans -join ', ')"
    foreach ($needed in 'exchange', 'SharePoint', 'TeamspaceAPI') {
        if ($plans -notcontains $needed) { Write-Warning "$account has no plan for $needed. Assign a licence in the Microsoft 365 admin center." }
    }
}

if ($SharePointAdminUrl) {
    Write-Host '4. OneDrive of the service accounts'
    # Install-Module Microsoft.Online.SharePoint.PowerShell -Scope CurrentUser
    Connect-SPOService -Url $SharePointAdminUrl
    Request-SPOPersonalSite -UserEmails $Accounts -NoWait
    Write-Host '   requested; it may take a while until they are there'
} else {
    Write-Host '4. OneDrive left out: sign in once as each service account and open OneDrive, or give -SharePointAdminUrl'
}

Write-Host '5. Teams: application access policy'
# Install-Module MicrosoftTeams -Scope CurrentUser
Connect-MicrosoftTeams -TenantId $TenantId | Out-Null
$policy = Get-CsApplicationAccessPolicy | Where-Object { $_.Identity -in 'OnRecord', 'Tag:OnRecord' }
if (-not $policy) {
    New-CsApplicationAccessPolicy -Identity 'OnRecord' -AppIds $ClientId -Description 'OnRecord switches recording on' | Out-Null
} elseif (@($policy.AppIds) -notcontains $ClientId) {
    Set-CsApplicationAccessPolicy -Identity 'OnRecord' -AppIds @{ Add = $ClientId }
}
foreach ($account in $Accounts) { Grant-CsApplicationAccessPolicy -PolicyName 'OnRecord' -Identity $Ids[$account] }
Write-Host '   granted; it takes effect within 30 minutes'

Write-Host '6. Teams: meeting policy of the service accounts'
$meeting = Get-CsTeamsMeetingPolicy | Where-Object { $_.Identity -in 'OnRecord', 'Tag:OnRecord' }
if (-not $meeting) { New-CsTeamsMeetingPolicy -Identity 'OnRecord' | Out-Null }
# With A1 licences recordings expire after 30 days at most: write 30 in place of 120.
Set-CsTeamsMeetingPolicy -Identity 'OnRecord' -AllowCloudRecording $true -AllowTranscription $true -AllowEngagementReport 'Enabled' -NewMeetingRecordingExpirationDays 120
foreach ($account in $Accounts) { Grant-CsTeamsMeetingPolicy -PolicyName 'OnRecord' -Identity $Ids[$account] }
Write-Host '   granted; it takes some hours. Please look at the policies of your instructors too: AllowCloudRecording must be True.'
Get-CsTeamsMeetingPolicy | Format-Table Identity, AllowCloudRecording, AllowTranscription, AllowEngagementReport, NewMeetingRecordingExpirationDays

if ($NarrowExchange) {
    Write-Host '7. Exchange: only the calendars of the service accounts'
    # Install-Module ExchangeOnlineManagement -Scope CurrentUser
    Connect-ExchangeOnline -ShowBanner:$false
    if (-not (Get-ServicePrincipal | Where-Object { $_.AppId -eq $ClientId })) {
        New-ServicePrincipal -AppId $ClientId -ObjectId $sp.Id -DisplayName 'OnRecord' | Out-Null
    }
    $filter = ($Accounts | ForEach-Object { "PrimarySmtpAddress -eq '$($_ -replace "'", "''")'" }) -join ' -or '
    if (Get-ManagementScope | Where-Object { $_.Name -eq 'OnRecord service accounts' }) {
        Set-ManagementScope -Identity 'OnRecord service accounts' -RecipientRestrictionFilter $filter
    } else {
        New-ManagementScope -Name 'OnRecord service accounts' -RecipientRestrictionFilter $filter | Out-Null
    }
    if (-not (Get-ManagementRoleAssignment -Identity 'OnRecord calendars' -ErrorAction SilentlyContinue)) {
        New-ManagementRoleAssignment -Name 'OnRecord calendars' -App $ClientId -Role 'Application Calendars.ReadWrite' -CustomResourceScope 'OnRecord service accounts' | Out-Null
    }
    Write-Host '   granted. If Calendars.ReadWrite was granted in Entra before, remove it there, or it stays in force for every mailbox.'
}

Write-Host 'Done. Wait for consent (up to an hour) and policies, then run: onrecord doctor; onrecord doctor --rehearse'
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan<'a>(client_id: &'a str, accounts: &[&'a str]) -> Plan<'a> {
        let (tenant_id, accounts) = ("t-1", accounts.to_vec());
        Plan { tenant_id, client_id, accounts, permissions: of_profile(Profile::Minimal) }
    }

    #[test]
    fn the_ids_stand_in_it_and_each_permission_with_its_role() {
        let script = written(&plan("c-2", &["classes@school.example", "more@school.example"]));
        for words in [
            "$TenantId = 't-1'",
            "$ClientId = 'c-2'",
            "$Accounts = @('classes@school.example', 'more@school.example')",
            "'Calendars.ReadWrite' = 'ef54d2bf-783f-4e0f-bca1-3210c0444d99'",
            "Grant-CsApplicationAccessPolicy -PolicyName 'OnRecord'",
        ] {
            assert!(script.contains(words), "{words}");
        }
        assert!(!script.contains("Chat.Read.All"), "a profile asks for no more than it needs");
    }

    #[test]
    fn profiles_grow() {
        let sizes = [Profile::Minimal, Profile::Standard, Profile::Full].map(|one| of_profile(one).len());
        assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2] && sizes[2] == PERMISSIONS.len(), "{sizes:?}");
    }

    #[test]
    fn what_is_typed_stays_text_in_powershell() {
        let evil = "a'; Remove-Item -Recurse / #\n$(whoami)\u{2019}";
        let line = quoted(evil);
        assert_eq!(line, "'a''; Remove-Item -Recurse / #$(whoami)\u{2019}\u{2019}'");
        assert!(!written(&plan(evil, &[])).contains("\n$(whoami)"));
    }
}
