//! The recording notice in invitations and on record.

use onrecord::model::integration::LawfulBasis;
use onrecord::ops;
use onrecord::params;
use onrecord::store::{Read as _, integrations};

use crate::teaching::School;

#[tokio::test]
async fn the_invitation_quotes_the_notice_in_force_and_every_wording_is_kept() {
    let school = School::new().await;
    let app = &school.world.app;
    let (_, id) = school.class_tomorrow().await;
    school.run_jobs().await;
    let meeting = school.meeting(id).await;
    let body = school.event(&meeting).await.body_html().unwrap_or_default().to_owned();
    assert!(body.contains("public task") && !body.contains("you consent"), "{body}");

    let mut integration = integrations::first(&app.store).await.expect("a query").expect("a row");
    integration.lawful_basis = LawfulBasis::Consent;
    let tx = app.store.write().await.expect("a transaction");
    integrations::update(&tx, &integration, app.clock.now()).await.expect("written");
    tx.commit().await.expect("written");
    let integration = integrations::first(&app.store).await.expect("a query").expect("a row");
    let words = ops::notice::in_force(app, &integration).await.expect("words");
    assert!(words.contains("By joining, you consent to being recorded"));
    ops::notice::in_force(app, &integration).await.expect("words");
    let rows =
        app.store.rows("SELECT body FROM notice_version ORDER BY id", params![]).await.expect("a query");
    assert_eq!(rows.len(), 2, "one row for each wording, not for each use");
    assert_eq!(school.audited("notice.in_force").await, 2);
}
