//! The rules on tables as people export them from shops, advertising, analytics, finance, sensors, staff lists and
//! surveys, in several languages.

use super::tests::roles;

/// A table's name, its first rows, and a letter a column: time, dimension, sum, mean, level, ratio, id.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "web analytics",
        r#"Date,Session source / medium,Device category,Sessions,Engaged sessions,Engagement rate,Bounce rate,Total revenue
20240105,google / cpc,mobile,1204,800,66.4%,33.6%,"1,204.50"
20240106,(direct) / (none),desktop,310,200,64.5%,35.5%,0"#,
        "Tddssrrs",
    ),
    (
        "social ads",
        r#"Reporting starts,Reporting ends,Campaign name,Impressions,Reach,Frequency,Amount spent (USD),CPC (cost per link click),CTR (link click-through rate),Results
2024-01-01,2024-01-31,Spring,10450,8000,1.31,250.75,0.52,1.2,48
2024-02-01,2024-02-29,Summer,9450,7000,1.35,150.75,0.42,1.1,40"#,
        "Tddssmsrrs",
    ),
    (
        "payouts",
        r#"id,Created (UTC),Amount,Fee,Currency,Status,Customer Email
ch_1,2024-01-05 10:12,12.50,0.60,eur,Paid,a@example.org
ch_2,2024-01-05 11:02,99.00,2.60,eur,Refunded,b@example.org"#,
        "iTssddd",
    ),
    (
        "a server's log",
        r#"timestamp,host,method,path,status,bytes,response_time_ms
2024-01-05T10:00:00Z,web1,GET,/,200,5120,12
2024-01-05T10:00:01Z,web2,POST,/cart,404,310,48
2024-01-05T10:00:02Z,web2,GET,/,503,10,50"#,
        "Tddddsm",
    ),
    (
        "sensors",
        r#"ts,device_id,temperature_c,humidity,battery_pct,pressure_hpa,pulses
1704449000,17,21.4,40.2,98,1013.2,3
1704449600,17,21.5,40.0,97,1013.1,9"#,
        "Timmrms",
    ),
    (
        "staff",
        r#"employee_id,department,hire_date,salary,age,performance_score,is_manager
1004,Sales,2019-04-01,52000,41,3.4,0
1005,IT,2021-10-15,61000,29,4.1,1"#,
        "idTsmmd",
    ),
    (
        "a survey",
        r#"Timestamp,Gender,Age group,NPS,Overall rating,Comments
2024/01/05 10:12:33 AM GMT+1,f,25-34,9,4,fine
2024/01/05 10:15:01 AM GMT+1,m,35-44,3,2,"#,
        "Tddmmd",
    ),
    (
        "a shop's orders",
        r#"Name,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Lineitem quantity,Lineitem price,Billing Zip,Phone
#1001,paid,2024-01-05 10:12:33 -0500,USD,40.00,5.00,45.00,2,20.00,10001,5551234567
#1002,paid,2024-01-05 11:12:33 -0500,USD,10.00,5.00,15.00,3,5.00,94105,5551234568"#,
        "ddTdssssmii",
    ),
    (
        "German ads",
        r#"Datum;Kampagne;Ausgaben;Klicks;Klickrate
05.01.2024;Marke;1.234,56;1.200;2,5 %
06.01.2024;Generisch;99,90;980;1,1 %"#,
        "Tdssr",
    ),
    (
        "French sales",
        r#"Date;Produit;Chiffre d'affaires;Quantité;Taux de marge
25/01/2024;Café;1 234,50 €;12;0,35
26/01/2024;Thé;99,00 €;7;0,41"#,
        "Tdssr",
    ),
    (
        "Spanish months",
        r#"Mes;Tienda;Ventas;Precio medio
enero de 2024;Madrid;1.204,10;9,95
febrero de 2024;Sevilla;980,00;8,10"#,
        "Tdsm",
    ),
    (
        "Swiss invoices",
        r#"Rechnungsnummer,Datum,Betrag,Währung
10023,2024-01-05,1'204.50,CHF
10029,2024-01-06,99.00,CHF"#,
        "iTsd",
    ),
    (
        "Polish costs",
        r#"Data;Dział;Koszt
2024-01-05;Sprzedaż;1 234,56 zł
2024-01-06;IT;99,00 zł"#,
        "Tds",
    ),
    (
        "stock quotes",
        r#"Date,Open,High,Low,Close,Adj Close,Volume
2024-01-05,181.99,182.76,180.17,181.18,180.94,62303300
2024-01-08,182.09,185.60,181.50,185.56,185.32,59144500"#,
        "Tmmmmms",
    ),
    (
        "a bank account",
        r#"Booking date,Account number,Description,Debit,Credit,Balance
01/25/2024,4711,Rent,(950.00),,1204.10
01/26/2024,4711,Salary,,2500.00,3704.10"#,
        "Tidssm",
    ),
    (
        "a profit and loss statement",
        r#"Account,FY2023,FY2024,Change %
Revenue,"1,204,500","1,400,100",16.2%
Costs,"(804,500)","(900,100)",11.9%"#,
        "dssr",
    ),
    (
        "e-mail campaigns",
        r#"Send Date,Campaign,Delivered,Opens,Clicks,Unsubscribes,Open Rate,Click Rate
"Jan 5, 2024",Newsletter,12000,4000,300,12,33.3%,2.5%
"Jan 12, 2024",Promo,11900,3500,280,15,29.4%,2.4%"#,
        "Tdssssrr",
    ),
    (
        "tickets",
        r#"Ticket No,Opened,Closed,Priority,Team,First response time (h),Reopened
88123,2024-01-05 09:00,2024-01-06 10:00,1,A,3.5,0
88127,2024-01-05 09:30,,3,B,1.25,1"#,
        "iTdddmd",
    ),
    (
        "a database's latencies",
        r#"time,service,requests,errors,p50,p95,p99_latency,max_latency
2024-01-05T10:00:00Z,api,1000,3,12,80,120,400
2024-01-05T10:01:00Z,api,1100,2,11,75,110,390"#,
        "Tdssmmmm",
    ),
    (
        "flights",
        r#"FlightDate,Carrier,Flight Number,Origin,DepDelay,Cancelled,Distance
2024-01-05,UA,1545,EWR,4,0,1400
2024-01-05,UA,1714,LGA,2,1,1416"#,
        "Tdidmds",
    ),
    (
        "league table",
        r#"Season,Team,Matches,Wins,Goals,Win rate
2021,Reds,38,20,71,0.53
2022,Reds,38,25,80,0.66"#,
        "ddsssr",
    ),
    (
        "weather",
        r#"Station,Date,Max Temp,Min Temp,Precipitation,Wind Speed
BER,2024-01-05,4.1,-2.0,1.2,12
BER,2024-01-06,3.0,-4.0,0,9"#,
        "dTmmsm",
    ),
    (
        "cohorts",
        r#"cohort,month,users,retained,retention_rate
202401,0,1204,1204,1
202401,1,1204,800,0.66
202402,0,900,900,1"#,
        "ddssr",
    ),
    (
        "Eurostat",
        r#"geo,TIME_PERIOD,unit,OBS_VALUE
DE,2024M01,THS,123.4
FR,2024M02,THS,99.1"#,
        "dTds",
    ),
    (
        "a pivot with a row number",
        r#"Unnamed: 0,Region,Q1 2024,Q2 2024
0,North,1204,1300
1,South,980,870"#,
        "idss",
    ),
    (
        "inventory",
        r#"SKU,Warehouse,On hand,Unit price,Reorder point,Last counted
10-33,Berlin,120,4.99,20,2024-01-05
10-34,Berlin,7,14.50,10,2024-01-05"#,
        "idsmmT",
    ),
    (
        "hospital",
        r#"Patient No,Admission date,Ward,Length of stay,Weight kg,Readmitted
5501,2024-01-05,A,4,70.5,0
5507,2024-01-06,B,9,82.0,1"#,
        "iTdmsd",
    ),
    (
        "energy",
        r#"Zeitstempel;Zähler;Verbrauch kWh;Temperatur
2024-01-05 00:15;Z1;0,25;-2,1
2024-01-05 00:30;Z1;0,31;-2,2"#,
        "Tdsm",
    ),
    (
        "app store",
        r#"Date,App Name,Country,Version,Installs,Uninstalls,Daily Average Rating
2024-01-05,Notes,DE,1.2.0,120,3,4.31
2024-01-06,Notes,DE,1.2.1,130,5,4.30"#,
        "Tdddssm",
    ),
    (
        "real estate",
        r#"Listing ID,List date,City,Bedrooms,Price,Price per sqm,Latitude,Longitude
90017,2024-01-05,Berlin,3,450000,5200,52.5,13.4
90044,2024-01-06,Berlin,2,310000,6100,52.4,13.3"#,
        "iTdsmrmm",
    ),
    (
        "loans",
        r#"loan_id,issue_d,grade,term,loan_amnt,int_rate,annual_inc,default
1077501,Dec-2011,B,36 months,5000,10.65%,24000,0
1077430,Jan-2012,C,60 months,2500,15.27%,30000,1"#,
        "iTddsrsd",
    ),
    (
        "call centre",
        r#"Interval,Queue,Calls offered,Calls handled,Service level %,Average handle time,Occupancy
2024-01-05 08:00,Sales,120,118,94,312,0.81
2024-01-05 08:30,Sales,130,120,88,320,0.85"#,
        "Tdssrmr",
    ),
    (
        "search ads",
        r#"Day,Campaign,Clicks,Impr.,CTR,Avg. CPC,Cost,Conversions,Cost / conv.,Conv. value / cost,Top/Other
2024-01-05,Brand,120,4000,3%,0.52,62.40,12,5.20,3.1,7.5
2024-01-06,Generic,80,5000,1.6%,0.75,60.00,5,12.00,1.2,9"#,
        "Tdssrrssrrs",
    ),
    (
        "German search ads",
        r#"Tag;Kampagne;Klicks;Impressionen;Durchschn. CPC;Kosten;Conversions;Conv.-Rate;Kosten/Conv.;Kosten pro Klick
2024-01-05;Marke;120;4000;0,52;62,40;12;10 %;5,20;0,52
2024-01-06;Generisch;80;5000;0,75;60,00;5;6,3 %;12,00;0,75"#,
        "Tdssrssrrr",
    ),
    (
        "hosts",
        r#"date,host,cpu_cores,cpu_usage,mem_used_bytes,disk_free_gb,connections,requests
2024-01-05,a,8,41.5,5120000,120.5,35,9000
2024-01-06,b,16,39.0,4870000,98.2,41,8100"#,
        "Tdlmllls",
    ),
    (
        "staffing",
        r#"month,department,headcount,open_positions,hires,leavers
2024-01,Sales,40,3,2,3
2024-02,IT,25,5,4,2"#,
        "Tdllss",
    ),
    (
        "podcasts",
        r#"episode,published,downloads,listeners,completion_rate
One,5 Jan 2024,1204,800,0.7
Two,12 Jan 2024,980,700,0.65"#,
        "dTssr",
    ),
];

#[test]
fn tables_never_seen_before_are_understood() {
    let mut wrong = Vec::new();
    for (name, csv, expected) in TABLES {
        let found = roles(csv);
        if found != *expected {
            wrong.push(format!("{name}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
