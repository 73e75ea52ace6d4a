"""Run by scripts/check-api: writes one report with a dashboard into a migrated database, has a file made of it, and writes what
schemathesis is to know: their owner's token and their ids for one run, a stranger's token for another.

check-api-data.py DATABASE_URL ADDRESS PREVIEW FOLDER, ADDRESS being the API's, PREVIEW what `dashloom preview --json` printed, and
FOLDER where with-data.toml and without-data.toml go. Tokens are signed as DASHLOOM_HTTP__AUTH__* say.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import sys
import urllib.request
import uuid

import psycopg
from psycopg.types.json import Jsonb

# The ids of all paths that begin so.
OPERATIONS = {"report": "reports", "dashboard": "dashboards", "export": "exports"}


def main():
    url, address, preview = sys.argv[1], sys.argv[2], json.loads(open(sys.argv[3], encoding="utf-8").read())
    folder = pathlib.Path(sys.argv[4])
    ids = {name: uuid.uuid4() for name in ["user", "workflow", "report", "dashboard", "expired"]}
    with psycopg.connect(url) as database:
        write(database, ids, preview)
    owner = token(ids["user"])
    ids["export"] = exported(address, ids["dashboard"], owner)
    told = [as_user(owner)]
    for name, path in OPERATIONS.items():
        told.append(f'[[operations]]\ninclude-path-regex = "^/api/v1/{path}/[{{]id[}}]"\nparameters = {{ "path.id" = "{ids[name]}" }}\n')
    (folder / "with-data.toml").write_text("\n".join(told))
    (folder / "without-data.toml").write_text(as_user(token(uuid.uuid4())))


def as_user(token):
    return f'[auth.openapi.token]\nbearer = "{token}"\n'


def token(user):
    """A token that the service takes (JWT, HS256)."""
    setting = lambda name: os.environ[f"DASHLOOM_HTTP__AUTH__{name}"]
    part = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")
    claims = {"sub": str(user), "iss": setting("ISSUER"), "aud": setting("AUDIENCE"), "exp": 4_000_000_000}
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    signature = hmac.new(setting("SECRET").encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + part(signature)).decode()


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


def exported(address, dashboard, token):
    body = json.dumps({"format": "csv"}).encode()
    url = f"{address}/api/v1/dashboards/{dashboard}/exports"
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)["id"]


if __name__ == "__main__":
    main()
