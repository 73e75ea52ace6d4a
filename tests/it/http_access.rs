//! Who sees what through the API: every endpoint and every row, tried by the wrong user.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Api, OWNER, Service, Workflow, World, ready, token};
use crate::stage::engine;

const BOB: Uuid = Uuid::from_u128(0xb0b);
const STRANGER: Uuid = Uuid::from_u128(0x5747);
const ROWS: &str = "date,clicks\n2026-11-01,10\n2026-11-02,20\n";

/// What one user has.
struct Belongings {
    user: Uuid,
    workflow: Uuid,
    report: Uuid,
    dashboard: Uuid,
    insight: Uuid,
    export: Uuid,
}

impl Belongings {
    fn ids(&self) -> [String; 5] {
        [
            self.workflow,
            self.report,
            self.dashboard,
            self.insight,
            self.export,
        ]
        .map(|id| id.to_string())
    }
}

async fn world_of_two() -> (World, Service, Vec<Belongings>) {
    let world = World::new().await;
    let location = concat!("file://", env!("CARGO_TARGET_TMPDIR"), "/http_access");
    let kept = [
        ("DASHLOOM_EXPORTS__LOCATION", location),
        ("DASHLOOM_HTTP__BURST", "5000"),
    ];
    let service = world.serve_with(&[&Api::LOGIN[..], &kept].concat());
    let mut all = Vec::new();
    for (user, name) in [(OWNER, "Ann's"), (BOB, "Bob's")] {
        let workflow = Workflow {
            id: Uuid::new_v4(),
            name: name.to_owned(),
            configuration: None,
        };
        engine::make_workflows(world.db(), user, std::slice::from_ref(&workflow))
            .await
            .unwrap();
        let execution = world.execution(&workflow, "2026-11-01", "2026-11-02", ROWS);
        world.announce(&[&execution]).await;
        let dashboard = world.view(&workflow, "rolling").await.id;
        let insert = "insert into dashboard_insights (dashboard_view_id, insight_type, insight_text) values ($1, 'trend', 'x') returning id";
        let insight = world.db().query_one(insert, &[&dashboard]).await.unwrap().get(0);
        let insert = "insert into report_exports (dashboard_view_id, export_format, file_url, file_size_bytes, exported_by) \
                      values ($1, 'csv', 'file:///nowhere/x', 1, $2) returning id";
        let export = world
            .db()
            .query_one(insert, &[&dashboard, &user])
            .await
            .unwrap()
            .get(0);
        let find = "select id from report_configurations where workflow_id = $1";
        let report = world.db().query_one(find, &[&workflow.id]).await.unwrap().get(0);
        all.push(Belongings {
            user,
            workflow: workflow.id,
            report,
            dashboard,
            insight,
            export,
        });
    }
    (world, service, all)
}

/// Every operation of the committed description: method and path.
fn operations() -> Vec<(Method, String)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let description: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) {
                all.push((method, path.clone()));
            }
        }
    }
    assert!(all.len() >= 10, "{all:?}");
    all
}

/// A body that an operation takes; where it names no row by its path, it names the workflow.
fn body(method: &Method, template: &str, workflow: Uuid) -> Option<String> {
    let body = match *method {
        Method::PATCH => json!({"enabled": false}),
        _ if template.ends_with("/exports") => json!({"format": "csv"}),
        _ => json!({"workflow_id": workflow}),
    };
    (*method != Method::GET).then(|| body.to_string())
}

/// Everything that a user must find exactly as it was.
async fn state(world: &World) -> String {
    let query = "select string_agg(t::text, e'\\n' order by t::text) from (
        select to_jsonb(c) t from report_configurations c union all select to_jsonb(v) from dashboard_views v
        union all select to_jsonb(i) from dashboard_insights i union all select to_jsonb(x) from report_exports x) all_rows";
    world.db().query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn nobody_reaches_anothers_rows_by_any_endpoint() {
    let (world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    world.settled().await;
    let before = state(&world).await;
    for (method, template) in operations() {
        let names_a_row = template.contains("{id}");
        let ids: Vec<String> = all.iter().flat_map(Belongings::ids).collect();
        let paths: BTreeSet<String> = ids.iter().map(|id| template.replace("{id}", id)).collect();
        for path in paths {
            let case = format!("{method} {path}");
            let refused = nobody
                .send(
                    method.clone(),
                    &path,
                    body(&method, &template, all[0].workflow),
                    &[],
                )
                .await;
            assert_eq!(refused.refusal(401), "unauthorized", "{case}");
            assert_eq!(refused.header("www-authenticate"), "Bearer");
            for (user, own) in [(STRANGER, None), (BOB, Some(&all[1]))] {
                let is_mine = own.is_some_and(|own| own.ids().iter().any(|id| path.contains(id)));
                if is_mine {
                    continue;
                }
                let api = nobody.as_user(user);
                let answer = api
                    .send(
                        method.clone(),
                        &path,
                        body(&method, &template, all[0].workflow),
                        &[],
                    )
                    .await;
                let expected = match (names_a_row, &method) {
                    (true, _) => 404,
                    (false, &Method::GET) => 200,
                    (false, _) => 422,
                };
                assert_eq!(answer.status, expected, "{case}: {}", answer.text);
                let others = all.iter().filter(|one| one.user != user);
                for id in others.flat_map(Belongings::ids).filter(|id| !path.contains(id)) {
                    assert!(
                        !answer.text.contains(&id),
                        "{case} shows {id} to {user}: {}",
                        answer.text
                    );
                }
            }
        }
    }
    assert_eq!(state(&world).await, before);
}

/// What is refused to others is so for their sake: each operation that names a row by its path finds one of the user's own.
#[tokio::test]
async fn everybody_reaches_a_row_of_their_own_by_every_operation() {
    let (_world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    for own in &all {
        let api = nobody.as_user(own.user);
        for (method, template) in operations() {
            let ids: BTreeSet<String> = own.ids().into();
            let paths: BTreeSet<String> = ids.iter().map(|id| template.replace("{id}", id)).collect();
            let mut statuses = Vec::new();
            for path in &paths {
                let body = body(&method, &template, own.workflow);
                statuses.push(api.send(method.clone(), path, body, &[]).await.status.as_u16());
            }
            // The workflow has its report; the row of an export has no file.
            let is_found = |status: &u16| (200..300).contains(status) || [409, 410].contains(status);
            let found = statuses.iter().filter(|status| is_found(status)).count();
            assert_eq!(found, 1, "{method} {template} as {}: {statuses:?}", own.user);
        }
    }
}

#[tokio::test]
async fn everybody_reaches_their_own() {
    let (_world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    for own in &all {
        let api = nobody.as_user(own.user);
        let library = api.get("/api/v1/reports").await.expect(200);
        assert_eq!(library["items"].as_array().unwrap().len(), 1);
        assert_eq!(library["items"][0]["id"], own.report.to_string());
        let list = api.get("/api/v1/dashboards").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let insights = api.get("/api/v1/insights").await.expect(200);
        assert_eq!(insights["items"].as_array().unwrap().len(), 1);
        assert_eq!(insights["items"][0]["id"], own.insight.to_string());
        let exports = api.get("/api/v1/exports").await.expect(200);
        assert_eq!(exports["items"].as_array().unwrap().len(), 1);
        assert_eq!(exports["items"][0]["id"], own.export.to_string());
        let path = format!("/api/v1/dashboards/{}", own.dashboard);
        api.get(&path).await.expect(200);
        let history = api.get(&format!("{path}/history")).await.expect(200);
        assert_eq!(history["items"].as_array().unwrap().len(), 1);
        let report = format!("/api/v1/reports/{}", own.report);
        let off = api
            .post(&format!("{report}/disable"), &json!({}))
            .await
            .expect(200);
        assert_eq!(off["report"]["status"], "disabled");
        let on = api
            .post(&format!("{report}/enable"), &json!({}))
            .await
            .expect(200);
        assert_eq!(on["report"]["status"], "current");
        api.post(&format!("{report}/rebuild"), &json!({}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_user_reports_their_own_workflows_and_no_others() {
    let (world, mut service, all) = world_of_two().await;
    let bare = Uuid::new_v4();
    let insert = "insert into workflows (id, user_id, name) values ($1, $2, 'bare')";
    world.db().execute(insert, &[&bare, &OWNER]).await.unwrap();
    let new = json!({"workflow_id": bare, "enabled": true});
    let nobody = Api::of(&mut service).await;
    for user in [BOB, STRANGER] {
        let refused = nobody.as_user(user).post("/api/v1/reports", &new).await;
        assert_eq!(
            refused.json()["errors"][0]["path"],
            "/workflow_id",
            "{}",
            refused.text
        );
    }
    // A workflow that is not theirs and one that is not there read the same.
    let missing = json!({"workflow_id": Uuid::new_v4()});
    let one = nobody.as_user(BOB).post("/api/v1/reports", &new).await.json()["errors"].clone();
    let other = nobody.as_user(BOB).post("/api/v1/reports", &missing).await.json()["errors"].clone();
    assert_eq!(one, other);
    let made = nobody
        .as_user(OWNER)
        .post("/api/v1/reports", &new)
        .await
        .expect(201);
    assert_eq!(made["report"]["created_by"], OWNER.to_string());
    assert_eq!(made["report"]["workflow_enabled"], true);
    assert_eq!(all.len(), 2);
}

#[tokio::test]
async fn claims_that_name_no_user_see_nothing_and_meet_no_error() {
    let (_world, mut service, _) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    for subject in [
        "",
        "ann",
        "' or true --",
        "\0",
        &"x".repeat(2_000),
        &OWNER.simple().to_string(),
    ] {
        let api = nobody.as_user(subject);
        for path in [
            "/api/v1/reports",
            "/api/v1/dashboards",
            "/api/v1/insights",
            "/api/v1/exports",
        ] {
            let answer = api.get(path).await.expect(200);
            assert_eq!(answer["items"], json!([]), "{path} as {subject:.20}");
        }
    }
    let claims = json!({"sub": OWNER, "iss": "https://id.example.org", "aud": "dashloom", "exp": 1});
    let expired = nobody.with_token(&token(&json!({"alg": "HS256"}), &claims));
    assert_eq!(expired.get("/api/v1/reports").await.refusal(401), "unauthorized");
}

/// Every list that takes filters: its path and the names of its filters that are ids.
fn id_filters() -> Vec<(String, String)> {
    let described: Value = serde_json::from_str(
        &std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap(),
    )
    .unwrap();
    let mut all = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let is_id = parameter["schema"]["format"] == "uuid" || name == "q" || name == "period_key";
            if parameter["in"] == "query" && is_id {
                all.push((path.clone(), name.to_owned()));
            }
        }
    }
    assert!(all.len() >= 7, "{all:?}");
    all
}

#[tokio::test]
async fn anothers_ids_find_what_ids_of_nothing_find() {
    let (_world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    let users = [(OWNER, Some(&all[0])), (BOB, Some(&all[1])), (STRANGER, None)];
    let mut found_own = 0;
    for (path, name) in id_filters() {
        for (user, own) in users {
            let api = nobody.as_user(user);
            let nothing = api
                .get(&format!("{path}?{name}={}", Uuid::new_v4()))
                .await
                .expect(200);
            assert_eq!(nothing["items"], json!([]), "{path} {name}");
            for id in all
                .iter()
                .filter(|one| one.user != user)
                .flat_map(Belongings::ids)
            {
                let answer = api.get(&format!("{path}?{name}={id}")).await.expect(200);
                assert_eq!(answer, nothing, "{path} by {name}={id} as {user}");
            }
            for id in own.into_iter().flat_map(Belongings::ids) {
                let answer = api.get(&format!("{path}?{name}={id}")).await.expect(200);
                found_own += answer["items"].as_array().unwrap().len();
            }
        }
    }
    // By each filter that means one of the ids, each user found what is theirs: the test asks what it means to.
    assert_eq!(found_own, 2 * 8, "rows of one's own");
}

#[tokio::test]
async fn names_and_pages_of_another_lead_nowhere() {
    let (world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    let (ann, bob) = (nobody.as_user(OWNER), nobody.as_user(BOB));
    let search = bob.get("/api/v1/reports?q=Ann").await.expect(200);
    assert_eq!(search["items"], json!([]), "{search}");
    // A second dashboard gives Ann a second page, whose address Bob comes by.
    let more = world.workflow("Ann's other", None).await;
    world
        .announce(&[&world.execution(&more, "2026-11-01", "2026-11-02", ROWS)])
        .await;
    world.view(&more, "rolling").await;
    for list in ["reports?limit=1&sort=-created", "dashboards?limit=1"] {
        let first = ann.get(&format!("/api/v1/{list}")).await.expect(200);
        let next = first["next"].as_str().expect("a second page");
        let answer = bob.get(&format!("/api/v1/{list}&cursor={next}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for id in all[0].ids().into_iter().chain([more.id.to_string()]) {
            assert!(!answer.text.contains(&id), "{list} shows {id}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_follower_is_told_of_their_own_dashboards_and_nothing_else() {
    let (world, mut service, all) = world_of_two().await;
    let nobody = Api::of(&mut service).await;
    world.settled().await;
    // What lands while an older transaction of the server is under way is told once that has ended: also to who came meanwhile.
    let elsewhere = engine::connect(world.db().url()).await.unwrap();
    elsewhere
        .batch_execute("begin; select pg_current_xact_id()")
        .await
        .unwrap();
    land_for_each(&world, &all, 3).await;
    let mut following = Vec::new();
    for own in &all {
        let (says_ready, connected) = ready();
        let (api, workflow) = (nobody.as_user(own.user), own.workflow.to_string());
        let is_last = move |message: &(String, String, String)| {
            message.2.contains("\"version\":4") && message.2.contains(&workflow)
        };
        following.push(tokio::spawn(async move {
            api.follow(None, says_ready, is_last).await
        }));
        connected.await.unwrap();
    }
    elsewhere.batch_execute("commit").await.unwrap();
    // Ann's before Bob's and Bob's before Ann's in turn: whoever hears their last has heard everything of the other's before it.
    for day in 4..=5 {
        land_for_each(&world, &all, day).await;
    }
    for (own, messages) in all.iter().zip(following) {
        let messages = messages.await.unwrap();
        let told: Vec<Value> = messages
            .iter()
            .filter(|message| message.0 == "dashboard")
            .map(|message| serde_json::from_str(&message.2).unwrap())
            .collect();
        let of = |told: &Value| ["dashboard_id", "report_id", "workflow_id"].map(|id| told[id].clone());
        let ids = [own.dashboard, own.report, own.workflow].map(|id| json!(id));
        assert!(
            told.iter().all(|told| of(told) == ids),
            "{ids:?} and not {told:#?}"
        );
        let versions: Vec<&Value> = told.iter().map(|told| &told["version"]).collect();
        assert_eq!(versions, [2, 3, 4], "{told:#?}");
        assert_eq!(
            messages.len(),
            1 + told.len(),
            "only the greeting besides: {messages:#?}"
        );
    }
}

/// One more day for the workflow of each, in batches of their own; who is first takes turns.
async fn land_for_each(world: &World, all: &[Belongings], day: usize) {
    let date = format!("2026-11-0{day}");
    let rows = format!("date,clicks\n{date},{day}0\n");
    let mut owners: Vec<&Belongings> = all.iter().collect();
    owners.rotate_left(day % all.len());
    for own in owners {
        let workflow = Workflow {
            id: own.workflow,
            name: String::new(),
            configuration: None,
        };
        world
            .announce(&[&world.execution(&workflow, &date, &date, &rows)])
            .await;
        world.settled().await;
    }
}
