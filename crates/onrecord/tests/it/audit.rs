//! The audit: read in pages, and proved.

use onrecord::model::people::GlobalRole;
use onrecord::ops::audit;
use onrecord::params;
use serde_json::json;

use crate::world::World;

async fn written(world: &World, entries: usize) {
    for number in 0..entries {
        let tx = world.app.store.write().await.unwrap();
        let about = (format!("course:{number}"), json!({ "number": number }));
        audit::record(&world.app, &tx, None, "course.created", about).await.unwrap();
        tx.commit().await.unwrap();
    }
    audit::seal(&world.app).await.unwrap();
}

#[tokio::test]
async fn an_officer_reads_the_audit_in_pages() {
    let world = World::new().await;
    world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    written(&world, 5).await;
    let officer = world.sign_in("officer@contoso.example").await;
    let first = officer.get("/api/v1/audit?limit=3&action=course.created").await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = officer.get(&format!("/api/v1/audit?limit=3&action=course.created&cursor={cursor}")).await;
    let rest = rest.expect(200).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (2, true));
    officer.get("/api/v1/audit?limit=1000").await.expect(422);
    officer.get("/api/v1/audit?from=yesterday").await.expect(422);
    officer.get("/admin/audit?action=course.created").await.expect(200);
}

#[tokio::test]
async fn whoever_changes_history_is_found() {
    for (sql, word) in [
        ("UPDATE audit_entry SET action = 'course.changed' WHERE seq = 3", "altered"),
        ("DELETE FROM audit_detail WHERE entry_id = 3", ""),
        ("UPDATE audit_detail SET detail = '{}' WHERE entry_id = 3", "detail of entry 3"),
        ("UPDATE audit_entry SET seq = seq + 100 WHERE seq >= 4", "missing"),
    ] {
        let world = World::new().await;
        written(&world, 5).await;
        assert!(audit::verify(&world.app).await.unwrap().ok);
        let tx = world.app.store.write().await.unwrap();
        tx.execute(sql, params![]).await.unwrap();
        tx.commit().await.unwrap();
        let found = audit::verify(&world.app).await.unwrap();
        if word.is_empty() {
            assert!(found.ok, "an erased detail is no break: {:?}", found.problems);
        } else {
            assert!(
                !found.ok && found.problems.iter().any(|problem| problem.contains(word)),
                "{sql}: {found:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_audit_page_speaks_in_words_and_finds_a_person_by_address() {
    let world = World::new().await;
    let officer_id = world.user("officer@contoso.example", Some(GlobalRole::Officer)).await;
    let course = world.course("BIO-204").await;
    let detail = json!({ "old": { "title": "Cells" }, "new": { "title": "Cell Biology" } });
    let tx = world.app.store.write().await.unwrap();
    let about = (format!("course:{course}"), detail);
    audit::record(&world.app, &tx, Some(officer_id), "course.changed", about).await.unwrap();
    audit::record(&world.app, &tx, None, "job.retried", ("job:1".to_owned(), json!({}))).await.unwrap();
    tx.commit().await.unwrap();
    let officer = world.sign_in("officer@contoso.example").await;
    let page = officer.get("/admin/audit?who=Officer@contoso.example").await.expect(200).text();
    for words in ["Course changed", "title: Cells → Cell Biology", "BIO-204", "/courses/", "course.changed"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<p class=\"table__name\">Work tried again"), "somebody else did that: {page}");
    let nobody = officer.get("/api/v1/audit?who=nobody@contoso.example").await.expect(200).json();
    assert_eq!(nobody["items"], json!([]));
    officer.get("/api/v1/audit?who=somebody").await.expect(422);
}
