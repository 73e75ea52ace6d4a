//! The API, as a developer uses it.

use serde_json::json;

use crate::harness::{Api, Service, Workflow, World};

const ROWS: &str = "date,campaign,clicks,spend\n2026-11-01,brand,10,1.5\n2026-11-02,generic,20,2.25\n";
const NOBODY: &str = "00000000-0000-0000-0000-00000000dead";

/// A world with one dashboard, and its API.
async fn reported(world: &World) -> (Service, Api, Workflow) {
    let mut service = world.serve();
    let api = Api::of(&mut service).await;
    let workflow = world.workflow("Spring campaign", None).await;
    let first = world.execution(&workflow, "2026-11-01", "2026-11-02", ROWS);
    world.announce(&[&first]).await;
    world.view(&workflow, "rolling").await;
    (service, api, workflow)
}

#[tokio::test]
async fn the_library_leads_to_the_dashboard_and_its_history() {
    let world = World::new().await;
    let (_service, api, workflow) = reported(&world).await;
    let library = api.get("/api/v1/reports?q=sPRing&sort=name").await.expect(200);
    let report = &library["items"][0];
    assert_eq!(report["name"], "Spring campaign");
    assert_eq!(report["status"], "current");
    assert_eq!(report["workflow_id"], workflow.id.to_string());
    assert_eq!(report["newest"]["headline"][0]["id"], "clicks");
    assert!(library["next"].is_null());

    let id = report["newest"]["id"].as_str().unwrap();
    let answer = api.get(&format!("/api/v1/dashboards/{id}")).await;
    let dashboard = answer.expect(200);
    assert!(
        answer.header("etag").starts_with("\"1-"),
        "{}",
        answer.header("etag")
    );
    assert_eq!(
        dashboard["metrics_summary"]["metrics"][1]["value"].to_string(),
        "3.75"
    );
    assert_eq!(dashboard["processed_data"]["schema"], "dashloom.processed/1");

    let list = api
        .get("/api/v1/dashboards?from=2026-11-02&to=2026-12-01")
        .await
        .expect(200);
    assert_eq!(list["items"][0]["id"], id);
    let past = api.get("/api/v1/dashboards?to=2026-10-31").await.expect(200);
    assert_eq!(past["items"], json!([]));

    let second = world.execution(
        &workflow,
        "2026-11-03",
        "2026-11-03",
        "date,clicks,spend\n2026-11-03,5,1\n",
    );
    world.announce(&[&second]).await;
    world.settled().await;
    let history = api
        .get(&format!("/api/v1/dashboards/{id}/history?limit=1"))
        .await
        .expect(200);
    let newest = &history["items"][0];
    assert_eq!(
        (&newest["version"], &newest["reason"]),
        (&json!(2), &json!("live"))
    );
    assert_eq!(newest["execution_ids"], json!([second.id.to_string()]));
    assert_eq!(newest["metrics"][0]["before"], "30");
    assert_eq!(newest["metrics"][0]["after"], "35");
    let next = history["next"].as_str().unwrap();
    let rest = api
        .get(&format!("/api/v1/dashboards/{id}/history?limit=1&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(rest["items"][0]["changes"], json!(["created", "data"]));
    assert!(rest["next"].is_null());
}

#[tokio::test]
async fn a_dashboard_that_is_known_is_not_sent_again() {
    let world = World::new().await;
    let (_service, api, workflow) = reported(&world).await;
    let id = world.view(&workflow, "rolling").await.id;
    let path = format!("/api/v1/dashboards/{id}");
    let etag = api.get(&path).await.header("etag").to_owned();
    for known in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"9\", {etag}"),
        "*".to_owned(),
    ] {
        let answer = api.get_with(&path, &[("if-none-match", &known)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (304, ""),
            "{known}"
        );
        assert_eq!(answer.header("etag"), etag);
    }
    let answer = api.get_with(&path, &[("if-none-match", "\"1\"")]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(api.get(&path).await.text, answer.text, "the same again");

    // What is written by hand, without a new version, is another answer.
    let update = "update dashboard_views set processed_data = '{\"schema\": \"by hand\"}'";
    world.db().execute(update, &[]).await.unwrap();
    let answer = api.get_with(&path, &[("if-none-match", &etag)]).await;
    assert_eq!(answer.expect(200)["processed_data"]["schema"], "by hand");
    let etag = answer.header("etag").to_owned();

    // A dashboard that was deleted comes again with its id and with version 1, and is another.
    for table in ["dashboard_views", "dashloom.partials"] {
        let delete = format!("delete from {table}");
        world.db().execute(delete.as_str(), &[]).await.unwrap();
    }
    let later = world.execution(
        &workflow,
        "2026-11-05",
        "2026-11-05",
        "date,clicks\n2026-11-05,7\n",
    );
    world.announce(&[&later]).await;
    let again = world.view(&workflow, "rolling").await;
    assert_eq!((again.id, again.version), (id, 1));
    let answer = api.get_with(&path, &[("if-none-match", &etag)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_report_is_made_changed_and_switched() {
    let world = World::new().await;
    let mut service = world.serve();
    let api = Api::of(&mut service).await;
    let workflow = world.workflow("Checkout", None).await;
    world
        .db()
        .execute("update workflows set report_enabled = false", &[])
        .await
        .unwrap();
    let new = json!({"workflow_id": workflow.id, "dashboard_type": "standard", "visualization_config": {"period": "week"}});
    let answer = api.post("/api/v1/reports", &new).await;
    let made = answer.expect(201);
    assert_eq!(made["report"]["status"], "disabled");
    let path = answer.header("location").to_owned();
    assert_eq!(api.post("/api/v1/reports", &new).await.refusal(409), "conflict");

    let missed = world.execution(
        &workflow,
        "2026-11-02",
        "2026-11-03",
        "date,clicks\n2026-11-02,1\n",
    );
    world.announce(&[&missed]).await;
    world.settled().await;
    let enabled = api.post(&format!("{path}/enable"), &json!({})).await.expect(200);
    assert_eq!(enabled["report"]["status"], "waiting");
    assert_eq!(enabled["catch_up"]["executions"], 1);
    let command = enabled["catch_up"]["command"].as_str().unwrap();
    assert!(command.contains(&workflow.id.to_string()), "{command}");

    let next = world.execution(
        &workflow,
        "2026-11-04",
        "2026-11-04",
        "date,clicks\n2026-11-04,1\n",
    );
    world.announce(&[&next]).await;
    world.view(&workflow, "2026-W45").await;
    let behind = api.get("/api/v1/reports?status=behind").await.expect(200);
    assert_eq!(behind["items"][0]["pending_executions"], 1);

    let changed = json!({"visualization_config": {"period": "month"}});
    let changed = api.patch(&path, &changed).await.expect(200);
    assert_eq!(changed["report"]["visualization_config"]["period"], "month");
    world.view(&workflow, "2026-11").await;
    let rebuilt = api.post(&format!("{path}/rebuild"), &json!({})).await.expect(200);
    assert_eq!(rebuilt["changed"], json!([]));

    let disabled = api.post(&format!("{path}/disable"), &json!({})).await.expect(200);
    assert_eq!(disabled["report"]["status"], "disabled");
    let refused = api.post(&format!("{path}/rebuild"), &json!({})).await;
    assert_eq!(refused.refusal(409), "conflict");
}

#[tokio::test]
async fn what_is_wrong_is_said_where_it_is() {
    let world = World::new().await;
    let (_service, api, workflow) = reported(&world).await;
    let library = api.get("/api/v1/reports").await.expect(200);
    let path = format!("/api/v1/reports/{}", library["items"][0]["id"].as_str().unwrap());

    let wrong = json!({"visualization_config": {"perod": "week", "panels": [{"id": "x", "mark": "pei"}]}});
    let refused = api.patch(&path, &wrong).await;
    let places = refused.wrong_places(&wrong);
    for place in ["/perod", "/panels/0/mark"] {
        let place = format!("/visualization_config{place}");
        assert!(places.contains(&place), "{place}: {}", refused.text);
    }
    assert!(refused.text.contains("did you mean"), "{}", refused.text);

    // Whoever writes a wrong configuration into the table is told as well.
    world
        .db()
        .execute(
            "update report_configurations set visualization_config = '{\"perod\": 1}'",
            &[],
        )
        .await
        .unwrap();
    let report = api.get(&path).await.expect(200);
    assert_eq!(report["status"], "failed");
    assert_eq!(
        report["configuration_errors"][0]["path"],
        "/visualization_config/perod"
    );
    for (status, count) in [
        ("failed", 1),
        ("current", 0),
        ("behind", 0),
        ("waiting", 0),
        ("disabled", 0),
    ] {
        let found = api
            .get(&format!("/api/v1/reports?status={status}"))
            .await
            .expect(200);
        assert_eq!(
            found["items"].as_array().unwrap().len(),
            count,
            "{status}: {found}"
        );
    }

    let none = json!({"workflow_id": NOBODY});
    let refused = api.post("/api/v1/reports", &none).await;
    assert_eq!(refused.wrong_places(&none), ["/workflow_id"]);

    for (wrong, place) in [
        (json!({"workflow_id": "seven"}), "/workflow_id"),
        (
            json!({"workflow_id": NOBODY, "dashboard_type": "pie"}),
            "/dashboard_type",
        ),
        (
            json!({"workflow_id": NOBODY, "visualization_config": []}),
            "/visualization_config",
        ),
        (json!({"workflow_id": NOBODY, "a/b~c": 1}), "/a~1b~0c"),
        (json!({}), ""),
        (json!(7), ""),
    ] {
        let refused = api.post("/api/v1/reports", &wrong).await;
        assert_eq!(
            refused.wrong_places(&wrong)[0],
            place,
            "{wrong}: {}",
            refused.text
        );
    }

    let view = world.view(&workflow, "rolling").await.id;
    for (path, status, code) in [
        ("/nothing".to_owned(), 404, "not_found"),
        ("/assets/nothing".to_owned(), 404, "not_found"),
        ("/api/v1".to_owned(), 404, "not_found"),
        ("/api/v1/nothing".to_owned(), 404, "not_found"),
        (format!("/api/v1/reports/{NOBODY}"), 404, "not_found"),
        (format!("/api/v1/dashboards/{NOBODY}"), 404, "not_found"),
        (format!("/api/v1/dashboards/{NOBODY}/history"), 404, "not_found"),
        ("/api/v1/reports/seven".to_owned(), 400, "malformed"),
        ("/api/v1/reports?limit=0".to_owned(), 400, "malformed"),
        ("/api/v1/reports?limit=99999".to_owned(), 400, "malformed"),
        ("/api/v1/reports?sort=size".to_owned(), 400, "malformed"),
        ("/api/v1/reports?cursor=abc".to_owned(), 400, "malformed"),
        ("/api/v1/reports?colour=red".to_owned(), 400, "malformed"),
        ("/api/v1/reports?q=%00".to_owned(), 400, "malformed"),
        ("/api/v1/dashboards?from=2026-02-30".to_owned(), 400, "malformed"),
        ("/api/v1/insights?min_confidence=2".to_owned(), 400, "malformed"),
        (format!("/api/v1/dashboards/{view}/rebuild"), 404, "not_found"),
    ] {
        assert_eq!(api.get(&path).await.refusal(status), code, "{path}");
    }
    let refused = api.send(reqwest::Method::DELETE, &path, None, &[]).await;
    assert_eq!(refused.refusal(405), "method_not_allowed");
    assert!(refused.header("allow").contains("PATCH"));
    for path in ["/", "/api/openapi.json", "/api/v1/live"] {
        let refused = api.send(reqwest::Method::PUT, path, None, &[]).await;
        assert_eq!(refused.refusal(405), "method_not_allowed", "{path}");
        assert!(refused.header("allow").contains("GET"), "{path}");
    }
    for kind in [&[][..], &[("content-type", "text/plain")]] {
        let text = api
            .send(reqwest::Method::POST, "/api/v1/reports", None, kind)
            .await;
        assert_eq!(text.refusal(415), "not_json");
    }
    let broken = Some("{".to_owned());
    let broken = api
        .send(reqwest::Method::POST, "/api/v1/reports", broken, &[])
        .await;
    assert_eq!(broken.refusal(400), "malformed");
    let huge = json!({"visualization_config": {"x": "y".repeat(600 << 10)}});
    assert_eq!(api.patch(&path, &huge).await.refusal(413), "too_large");
    let trace = [(
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )];
    let traced = api.get_with("/api/v1/nothing", &trace).await;
    assert_eq!(traced.json()["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn pages_hold_every_report_once_in_every_order() {
    let world = World::new().await;
    let mut service = world.serve_with(&[("DASHLOOM_SERVE__ROLES", "http")]);
    let api = Api::of(&mut service).await;
    for name in ["Beta", "alpha", "Gamma", "", "beta", "Ωmega", "100%_sure"] {
        world.workflow(name, Some("{}")).await;
    }
    // Gamma changed last, then beta and alpha at the same time; what their other dashboards say is older.
    let insert = "insert into dashboard_views \
                      (report_configuration_id, workflow_id, execution_ids, data_start_date, data_end_date, processed_data, \
                       charts_config, period_key, last_updated) \
                  select c.id, w.id, '{}', now(), now(), '{}', '{}', key, now() - ago * interval '1 minute' \
                  from (values ('Gamma', 'a', 9), ('Gamma', 'b', 1), ('beta', 'a', 2), ('beta', 'b', 2), ('alpha', 'a', 2)) v (name, key, ago) \
                  join workflows w using (name) join report_configurations c on c.workflow_id = w.id";
    world.db().execute(insert, &[]).await.unwrap();
    for order in ["name", "-name", "updated", "-updated", "created", "-created"] {
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/reports?sort={order}&limit=2{cursor}");
            let page = api.get(&path).await.expect(200);
            for item in page["items"].as_array().unwrap() {
                names.push(item["name"].as_str().unwrap().to_owned());
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(names.len(), 7, "{order}: {names:?}");
        if order == "name" {
            assert_eq!(names[..3], ["", "100%_sure", "alpha"]);
            assert_eq!(names[5..], ["Gamma", "Ωmega"]);
        }
        if order.ends_with("updated") {
            let (mut latest, last) = match order {
                "updated" => (names[4..6].to_vec(), &names[6]),
                _ => (names[1..3].to_vec(), &names[0]),
            };
            latest.sort();
            assert_eq!(
                (latest, last.as_str()),
                (vec!["alpha".to_owned(), "beta".to_owned()], "Gamma"),
                "{order}"
            );
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 7, "{order}");
    }
    let found = api.get("/api/v1/reports?q=%25_").await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn insights_are_found_by_type_and_confidence() {
    let world = World::new().await;
    let (_service, api, workflow) = reported(&world).await;
    let view = world.view(&workflow, "rolling").await.id;
    let insert = "insert into dashboard_insights (dashboard_view_id, insight_type, insight_text, confidence_score, data_points, superseded_at) values
        ($1, 'trend', 'clicks rise', 0.07, '{\"score\":{\"rank\":0.9}}', null),
        ($1, 'trend', 'spend rises', 0.91, '{\"score\":{\"rank\":0.1}}', null),
        ($1, 'anomaly_point', 'odd', 0.95, null, null),
        ($1, 'trend', 'held once', 0.99, null, now())";
    world.db().execute(insert, &[&view]).await.unwrap();
    let texts = async |query: &str| {
        let page = api.get(&format!("/api/v1/insights?{query}")).await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        let texts = items.iter().map(|item| item["text"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(texts("").await, ["odd", "spend rises", "clicks rise"]);
    assert_eq!(texts("type=trend").await, ["spend rises", "clicks rise"]);
    assert_eq!(
        texts("type=trend,anomaly_point&min_confidence=0.91").await,
        ["odd", "spend rises"]
    );
    assert_eq!(texts("min_confidence=0.07").await.len(), 3);
    assert_eq!(texts("superseded=true&limit=1").await, ["held once"]);
    assert_eq!(
        texts(&format!("dashboard_id={NOBODY}")).await,
        Vec::<String>::new()
    );
    let dashboard = api.get(&format!("/api/v1/dashboards/{view}")).await.expect(200);
    assert_eq!(dashboard["insights"][0]["text"], "clicks rise", "by rank");
    assert_eq!(dashboard["insights"][0]["confidence"].to_string(), "0.07");
    // Somebody else's evidence may have no number there.
    let odd = "update dashboard_insights set data_points = '{\"score\":{\"rank\":\"first\"}}' where insight_text = 'odd'";
    world.db().execute(odd, &[]).await.unwrap();
    let dashboard = api.get(&format!("/api/v1/dashboards/{view}")).await.expect(200);
    let order: Vec<&str> = dashboard["insights"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|insight| insight["text"].as_str())
        .collect();
    assert_eq!(order, ["clicks rise", "spend rises", "odd"]);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let world = World::new().await;
    let mut service = world.serve_with(&[
        ("DASHLOOM_SERVE__ROLES", "http"),
        ("DASHLOOM_HTTP__REQUESTS_PER_SECOND", "1"),
        ("DASHLOOM_HTTP__BURST", "2"),
    ]);
    let api = Api::of(&mut service).await;
    api.get("/api/v1/reports").await.expect(200);
    api.get("/api/v1/reports").await.expect(200);
    let refused = api.get("/api/v1/reports").await;
    assert_eq!(refused.refusal(429), "too_many_requests");
    assert_eq!(refused.header("retry-after"), "1");
}

#[tokio::test]
async fn without_a_login_other_sites_are_not_answered() {
    let world = World::new().await;
    let mut service = world.serve_with(&[("DASHLOOM_SERVE__ROLES", "http")]);
    let api = Api::of(&mut service).await;
    world.workflow("Checkout", Some("{}")).await;
    let reports = api.get("/api/v1/reports").await.expect(200);
    let disable = format!(
        "/api/v1/reports/{}/disable",
        reports["items"][0]["id"].as_str().unwrap()
    );
    let own = format!("http://{}", service.http_address());
    for (name, value) in [
        ("host", "rebound.example"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let post = api
            .send(reqwest::Method::POST, &disable, None, &[(name, value)])
            .await;
        assert_eq!(post.refusal(403), "forbidden", "{name}: {value}");
        let get = api.get_with("/api/v1/reports", &[(name, value)]).await;
        assert_eq!(get.refusal(403), "forbidden", "{name}: {value}");
    }
    let reports = api.get("/api/v1/reports").await.expect(200);
    assert_eq!(
        reports["items"][0]["enabled"], true,
        "nothing was done on the way"
    );
    api.get_with("/api/v1/reports", &[("origin", &own)])
        .await
        .expect(200);
}

#[tokio::test]
async fn whoever_guesses_tokens_is_bounded_by_their_address() {
    let world = World::new().await;
    let more = [
        ("DASHLOOM_SERVE__ROLES", "http"),
        ("DASHLOOM_HTTP__REQUESTS_PER_SECOND", "1"),
        ("DASHLOOM_HTTP__BURST", "3"),
    ];
    let mut service = world.serve_with(&[&Api::LOGIN[..], &more].concat());
    let api = Api::of(&mut service).await;
    for guess in ["a", "b", "c"] {
        assert_eq!(
            api.with_token(guess).get("/api/v1/reports").await.refusal(401),
            "unauthorized"
        );
    }
    assert_eq!(
        api.with_token("d").get("/api/v1/reports").await.refusal(429),
        "too_many_requests"
    );
    assert_eq!(api.get("/api/v1/reports").await.refusal(429), "too_many_requests");
    api.as_user(crate::harness::OWNER)
        .get("/api/v1/reports")
        .await
        .expect(200);
}
