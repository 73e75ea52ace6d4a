"""Run by scripts/check-api: writes one report with a dashboard into a migrated database, has a file made of it, and says to schemathesis
what their ids are.

check-api-data.py DATABASE_URL ADDRESS PREVIEW > schemathesis.toml, ADDRESS being the API's and PREVIEW what `dashloom preview --json`
printed.
"""

import json
import sys
import urllib.request
import uuid

import psycopg
from psycopg.types.json import Jsonb

OPERATIONS = {
    "report": ["/reports/{id}", "/reports/{id}/enable", "/reports/{id}/disable", "/reports/{id}/rebuild"],
    "dashboard": ["/dashboards/{id}", "/dashboards/{id}/history", "/dashboards/{id}/exports"],
    "export": ["/exports/{id}", "/exports/{id}/file"],
}


def main():
    url, address, preview = sys.argv[1], sys.argv[2], json.loads(open(sys.argv[3], encoding="utf-8").read())
    ids = {name: uuid.uuid4() for name in ["user", "workflow", "report", "dashboard", "expired"]}
    with psycopg.connect(url) as database:
        write(database, ids, preview)
    ids["export"] = exported(address, ids["dashboard"])
    for name, paths in OPERATIONS.items():
        for path in paths:
            print(f'[[operations]]\ninclude-path = "/api/v1{path}"\nparameters = {{ "path.id" = "{ids[name]}" }}\n')


def write(database, ids, preview):
    def insert(sql, *values):
        database.execute(sql, values)

    insert("insert into users (id) values (%s)", ids["user"])
    workflow = "insert into workflows (id, user_id, name, report_enabled) values (%s, %s, 'Flights', true)"
    insert(workflow, ids["workflow"], ids["user"])
    report = "insert into report_configurations (id, workflow_id, enabled) values (%s, %s, true)"
    insert(report, ids["report"], ids["workflow"])
    columns = [Jsonb(preview[column]) for column in ["processed_data", "charts_config", "metrics_summary"]]
    insert(
        "insert into dashboard_views (id, report_configuration_id, workflow_id, execution_ids, period_key, data_start_date,"
        " data_end_date, processed_data, charts_config, metrics_summary)"
        " values (%s, %s, %s, '{}', 'all', '2013-01-01', '2013-12-31', %s, %s, %s)",
        ids["dashboard"], ids["report"], ids["workflow"], *columns,
    )
    for insight in preview["insights"]:
        insert(
            "insert into dashboard_insights (dashboard_view_id, insight_type, insight_text, confidence_score, data_points)"
            " values (%s, %s, %s, %s, %s)",
            ids["dashboard"], insight["insight_type"], insight["insight_text"], insight["confidence_score"],
            Jsonb(insight["data_points"]),
        )
    export = (
        "insert into report_exports (id, dashboard_view_id, export_format, file_url, file_size_bytes, expires_at)"
        " values (%s, %s, 'csv', 'file:///nowhere', 1, now())"
    )
    insert(export, ids["expired"], ids["dashboard"])


def exported(address, dashboard):
    body = json.dumps({"format": "csv"}).encode()
    url = f"{address}/api/v1/dashboards/{dashboard}/exports"
    request = urllib.request.Request(url, data=body, headers={"content-type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)["id"]


if __name__ == "__main__":
    main()
