//! The API while its database is away or hangs: who asks is told to come again, and is answered once it is back.

use std::time::{Duration, Instant};

use crate::harness::{Api, PATIENCE, Proxy, Weather, World};

/// Within its patience with a request the service answers, whatever the database does; the rest is the machine's.
const ANSWERED_WITHIN: Duration = Duration::from_secs(40);

#[tokio::test]
async fn who_asks_while_the_database_is_away_is_told_to_come_again() {
    let world = World::new().await;
    let proxy = Proxy::before(world.db().url());
    let settings = [("DATABASE_URL", proxy.url()), ("DASHLOOM_SERVE__ROLES", "http")];
    let mut service = world.serve_with(&settings);
    let api = Api::of(&mut service).await;
    world.workflow("Checkout", Some("{}")).await;
    let before = api.get("/api/v1/reports").await.expect(200);
    for weather in [Weather::Away, Weather::Hung] {
        proxy.turn(weather);
        let began = Instant::now();
        let paths = ["/api/v1/reports", "/api/v1/insights", "/api/v1/live"];
        for answer in futures::future::join_all(paths.map(|path| api.get(path))).await {
            assert_eq!(answer.refusal(503), "unavailable", "{weather:?}");
            assert_eq!(answer.header("retry-after"), "1", "{weather:?}");
        }
        assert!(
            began.elapsed() < ANSWERED_WITHIN,
            "{weather:?}: {:?}",
            began.elapsed()
        );
        assert_eq!(api.get("/").await.status, 200, "the page needs no database");
        proxy.turn(Weather::Fine);
        let back = async { while api.get("/api/v1/reports").await.status != 200 {} };
        tokio::time::timeout(PATIENCE, back)
            .await
            .expect("answers once it is back");
        assert_eq!(api.get("/api/v1/reports").await.expect(200), before);
    }
}
