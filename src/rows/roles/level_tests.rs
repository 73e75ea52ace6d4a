//! What there is so much of at a time, by names: states of machines, what is under way, populations, and prices at the close.

use super::tests::roles;

/// The letters of these columns beside days and places.
fn beside_days(labels: &[&str], cells: [&str; 2]) -> Vec<(String, char)> {
    let row = |day: u32, cell: &str| format!("2024-01-0{day},p{day},{}", vec![cell; labels.len()].join(","));
    let csv = format!(
        "day,place,{}\n{}\n{}\n",
        labels.join(","),
        row(5, cells[0]),
        row(6, cells[1])
    );
    let letters = roles(&csv);
    let names = labels.iter().map(|label| (*label).to_owned());
    names.zip(letters.chars().skip(2)).collect()
}

/// Asserts that all of them have the letter.
#[track_caller]
fn all_are(letter: char, labels: &[&str], cells: [&str; 2]) {
    let found = beside_days(labels, cells);
    let wrong: Vec<_> = found.iter().filter(|(_, found)| *found != letter).collect();
    assert!(wrong.is_empty(), "not {letter}: {wrong:?}");
}

#[test]
fn what_is_taken_up_of_a_machine_is_a_level() {
    let labels = [
        "mem_used_bytes",
        "disk_free_gb",
        "node_memory_MemFree_bytes",
        "heap_used_mb",
        "storage_gb",
        "cpu_cores",
        "vCPUs",
        "replicas",
    ];
    all_are('l', &labels, ["512", "498"]);
    let of_unknown_unit = [
        "cpu_usage",
        "disk_usage",
        "memory_used",
        "gpu_util",
        "load1",
        "cpu",
    ];
    all_are('m', &of_unknown_unit, ["51.2", "49.8"]);
    let flows = [
        "disk_reads",
        "disk_write_bytes",
        "bytes",
        "cpu_seconds",
        "memory_gb_hours",
        "memory_alerts",
        "storage_cost",
        "total_memory_errors",
        "disks_sold",
        "data_usage_mb",
        "used_vouchers",
    ];
    all_are('s', &flows, ["512", "498"]);
    let hourly = "ts,host,mem_used_bytes\n2024-01-05 10:00,a,512\n2024-01-05 11:00,a,498\n";
    assert_eq!(roles(hourly), "Tdm");
}

#[test]
fn what_is_under_way_is_a_level_and_what_happened_to_it_adds_up() {
    let labels = [
        "open_tickets",
        "tickets_open",
        "Open Positions",
        "open_permits",
        "offene_rechnungen",
        "active_users",
        "monthly_active_users",
        "users_online",
        "connections",
        "active_connections",
        "db_connections",
        "concurrent_viewers",
        "queue_size",
        "vacancies",
        "shares_outstanding",
        "work_in_progress",
        "remaining_points",
        "pending_orders",
        "orders_pending",
        "beds",
        "beds_occupied",
        "capacity_mw",
        "agents_logged_in",
        "staff_on_shift",
        "arr",
        "total_subscribers",
        "open_support_tickets",
        "students_enrolled",
        "patients_hospitalized",
        "waiting_list",
    ];
    all_are('l', &labels, ["512", "498"]);
    let flows = [
        "closed_deals",
        "tickets_opened",
        "opens",
        "open_emails",
        "open_hours",
        "connections_made",
        "failed_connections",
        "new_connections",
        "online_orders",
        "active_minutes",
        "active_calories",
        "vacancies_filled",
        "sessions",
        "orders",
        "open_source_downloads",
        "open_house_visitors",
        "employees_trained",
        "inventory_counted",
        "total_customers",
        "customers",
        "bed_sheets",
        "capacity_expansions",
        "arr_flights",
        "pending_amount",
    ];
    all_are('s', &flows, ["512", "498"]);
    assert_eq!(beside_days(&["open_rate"], ["0.2", "0.3"])[0].1, 'r');
}

#[test]
fn those_who_come_and_go_and_those_who_pay_again_are_there_at_a_time() {
    for (columns, expected) in [
        ("customers,new_customers,churned_customers", "lss"),
        ("members,joined_members,members_left", "lss"),
        ("users,new_users,lost_users", "lss"),
        ("customers,mrr", "ll"),
        ("total_customers,arr", "ll"),
        ("customers,new_customers,returning_customers", "sss"),
        ("orders,new_orders,cancelled_orders", "sss"),
        ("users,new_users", "ss"),
        ("customers,revenue", "ss"),
        ("total_customers,orders", "ss"),
    ] {
        let labels: Vec<&str> = columns.split(',').collect();
        let found: String = beside_days(&labels, ["512", "498"])
            .iter()
            .map(|(_, letter)| letter)
            .collect();
        assert_eq!(found, expected, "{columns}");
    }
}

#[test]
fn what_is_another_thing_beside_others_is_added_up() {
    for (columns, expected) in [
        ("rock,pop,jazz", "sss"),
        ("pop,gdp", "ls"),
        ("cpu,gpu,keyboards", "sss"),
        ("cpu,memory_used_mb", "ml"),
        ("chocolate_bar,cereal_bar", "ss"),
        ("tyre_pressure_bar,boiler_bar", "mm"),
        ("levels_completed,levels_won,levels", "ssm"),
        ("Nutzer,Ballbesitz", "sm"),
        ("reorder_point,alarm_threshold", "mm"),
        ("budget,actual,variance", "sss"),
        ("sales,sales plan,Plan variance", "sss"),
        ("readings,variance", "sm"),
    ] {
        let labels: Vec<&str> = columns.split(',').collect();
        let found: String = beside_days(&labels, ["51", "49"])
            .iter()
            .map(|(_, letter)| letter)
            .collect();
        assert_eq!(found, expected, "{columns}");
    }
}

#[test]
fn people_and_possessions_of_a_place_are_levels() {
    let labels = [
        "pop",
        "population",
        "Einwohner",
        "habitantes",
        "total_assets",
        "net_debt",
        "unemployed",
    ];
    all_are('l', &labels, ["51200", "49800"]);
    all_are(
        's',
        &["population_change", "assets_purchased", "visitors", "popups"],
        ["512", "498"],
    );
    all_are('m', &["lifeExp", "life_expectancy"], ["71.5", "72.1"]);
    all_are('r', &["gdpPercap", "income_per_capita"], ["712.5", "720.1"]);
    let meters = "day,meter,Zählerstand,odometer\n2024-01-05,a,5120,100\n2024-01-06,b,498,90\n";
    assert_eq!(roles(meters), "Tdmm", "one thing has it after each row");
}

#[test]
fn prices_at_the_close_are_averaged() {
    for (csv, expected) in [
        (
            "date,ticker,close,volume\n2024-01-05,A,181,500\n2024-01-08,A,185,700\n",
            "Tdms",
        ),
        ("Date,Close\n2024-01-05,181.5\n2024-01-08,185.25\n", "Tm"),
        (
            "Date,Open,Close,Volume\n2024-01-05,180.5,181.5,3\n2024-01-08,181,185.25,7\n",
            "Tmms",
        ),
        (
            "Date,Low,High,Adj Close\n2024-01-05,180,182,181\n2024-01-08,181,187,185\n",
            "Tmmm",
        ),
        (
            "date,queue,open,close\n2024-01-05,a,18,17\n2024-01-08,b,21,19\n",
            "Tdss",
        ),
        (
            "date,team,low,medium,high\n2024-01-05,a,18,17,2\n2024-01-08,b,21,19,4\n",
            "Tdsss",
        ),
        (
            "date,team,deals close,low stock sold\n2024-01-05,a,18.5,17\n2024-01-08,b,21,19\n",
            "Tdss",
        ),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
}

#[test]
fn what_things_have_adds_up_whatever_dates_their_lives_have() {
    let things = |header: &str| {
        let row = |n: u32| format!("A-{n},2024-01-{:02},{}\n", 1 + n % 28, 20 + n);
        let rows: String = (0..60).map(row).collect();
        roles(&format!("{header}\n{rows}"))
    };
    for header in [
        "sku,last_movement,stock",
        "site_id,opened_on,headcount",
        "item,Since,inventory",
    ] {
        assert_eq!(things(header), "iTs", "{header}");
    }
    assert_eq!(things("txn_id,date,balance"), "iTm", "what happened has a time");
}

#[test]
fn what_a_snapshot_tells_is_a_level() {
    let rows = "2024-01-05,a,5,3\n2024-01-05,b,7,1\n2024-01-06,a,6,2\n2024-01-06,b,7,4";
    for time in ["snapshot_date", "Stichtag", "as_of"] {
        assert_eq!(
            roles(&format!("{time},sku,qty,received\n{rows}")),
            "Tils",
            "{time}"
        );
    }
    assert_eq!(roles(&format!("date,sku,qty,received\n{rows}")), "Tiss");
    // What each loan still owes is there for all of them; how long each is late for none.
    let loans = "2024-01-05,a,500.5,3\n2024-01-05,b,700.5,1\n2024-01-06,a,400.5,4\n2024-01-06,b,600.5,0";
    assert_eq!(
        roles(&format!(
            "as_of_date,grade,outstanding_balance,days_past_due\n{loans}"
        )),
        "Tdlm"
    );
    assert_eq!(
        roles(&format!("date,grade,outstanding_balance,days_past_due\n{loans}")),
        "Tdmm"
    );
}

#[test]
fn words_of_what_does_not_add_up() {
    all_are(
        'm',
        &[
            "nrr",
            "arpa",
            "d7_retention",
            "power_kw",
            "wind_dir_deg",
            "usl",
            "days_on_market",
            "TMIN",
            "pH",
            "flow_m3s",
            "rh",
            "lcp_s",
        ],
        ["1.5", "2.5"],
    );
    all_are('d', &["year_built", "Baujahr"], ["1987", "2004"]);
}

#[test]
fn what_is_measured_of_a_body_is_averaged() {
    let rows = "2007,Adelie,39.1,18.7,181,3750\n2008,Gentoo,39.5,17.4,186,3800";
    assert_eq!(
        roles(&format!(
            "year,species,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g\n{rows}"
        )),
        "Tdmmmm"
    );
    let rows = "2007,a,39.1,181\n2008,b,39.5,186";
    assert_eq!(
        roles(&format!("year,road,length_km,trucks\n{rows}")),
        "Tdss",
        "no other measure of a body stands beside it"
    );
}

#[test]
fn a_margin_of_large_whole_numbers_is_an_amount() {
    let of = |values: [&str; 2]| {
        roles(&format!(
            "month,region,marge brute\n2024-01,N,{}\n2024-02,S,{}",
            values[0], values[1]
        ))
    };
    assert_eq!(of(["23451", "19872"]), "Tds");
    assert_eq!(of(["34", "31"]), "Tdr");
}
