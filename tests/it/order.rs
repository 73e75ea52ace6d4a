//! Order, duplicates and interleaving do not matter: a year of flights, told in twenty ways, gives one dashboard each.

use uuid::Uuid;

use crate::harness::{Finished, OWNER, View, World};
use crate::stage::engine;
use crate::{flights, script};

const ORDERS: u64 = 20;

#[tokio::test]
async fn twenty_random_orders_with_duplicates_give_the_same_bytes_and_the_tables_own_sums() {
    let world = World::with_partitions(4).await;
    let table = flights::read().unwrap();
    let mut workflows = Vec::new();
    for order in 0..ORDERS {
        let told = script::write(Uuid::from_u128(u128::from(order)), &table);
        engine::make_workflows(world.db(), OWNER, &told.workflows)
            .await
            .unwrap();
        let mut executions: Vec<&Finished> = told.executions.iter().collect();
        if order > 0 {
            let again: Vec<&Finished> = executions.iter().step_by(4).copied().collect();
            executions.extend(again);
            shuffle(&mut executions, order);
        }
        world.announce(&executions).await;
        workflows.push(told.workflows);
    }
    let _service = world.serve();
    world.settled().await;

    let mut first: Vec<Vec<(String, [String; 3])>> = Vec::new();
    for (order, workflows) in workflows.iter().enumerate() {
        let mut all = Vec::new();
        for workflow in workflows {
            let views = View::all(world.db(), workflow.id).await;
            for (metric, sum) in [("flights", 336_776), ("cancelled", 8_255)] {
                let total: i64 = views
                    .iter()
                    .map(|view| view.metric(metric).unwrap().parse::<i64>().unwrap())
                    .sum();
                assert_eq!(total, sum, "{metric} of {} in order {order}", workflow.name);
            }
            all.push(
                views
                    .into_iter()
                    .flat_map(|view| [(view.period_key, view.json_text)])
                    .collect(),
            );
        }
        if order == 0 {
            first = all;
        } else {
            assert_eq!(all, first, "order {order} gives other bytes");
        }
    }
}

/// Fisher-Yates with SplitMix64; the seed is the order's number.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        items.swap(last, ((z ^ (z >> 31)) % (last as u64 + 1)) as usize);
    }
}
