"""`/api/docs`: the API's description as a plain page, made from its own OpenAPI document.

No script and no style from elsewhere, so it works under the strict policy of this site.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, select_autoescape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
body { color: #1c2430; background: #fff; }
h2 { margin-top: 2.5rem; font-size: 1.15rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
.method { display: inline-block; min-width: 3.5rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d5dbe3; }
pre { background: #f3f5f8; padding: .8rem; overflow-x: auto; }
"""

PAGE = Environment(
    autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True
).from_string("""\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title><link rel="stylesheet" href="/api/docs.css"></head>
<body>
<h1>{{ title }}</h1>
<p>{{ description }}</p>
<p>For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
{% for path, method, route in routes %}
<h2><span class="method">{{ method }}</span> <code>{{ path }}</code></h2>
<p>{{ route.summary }}</p>
{% if route.parameters %}
<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>
{% for given in route.parameters %}
<tr><td><code>{{ given.name }}</code></td><td>{{ given["in"] }}</td>
<td>{{ given.description or "" }}</td></tr>
{% endfor %}
</table>
{% endif %}
<table><tr><th>Status</th><th>Meaning</th></tr>
{% for status, answer in route.responses.items() %}
<tr><td>{{ status }}</td><td>{{ answer.description }}</td></tr>
{% endfor %}
</table>
{% endfor %}
<h2>Shapes</h2>
{% for name, schema in schemas %}
<details><summary><code>{{ name }}</code></summary><pre>{{ schema }}</pre></details>
{% endfor %}
</body></html>
""")


def router(app: FastAPI) -> APIRouter:
    """`/api/docs` and its style sheet."""
    made = APIRouter(include_in_schema=False)

    @made.get("/api/docs")
    def page() -> Response:
        described: dict[str, Any] = app.openapi()
        routes = [
            (path, method.upper(), route)
            for path, methods in described["paths"].items()
            for method, route in methods.items()
        ]
        schemas = [
            (name, json.dumps(schema, indent=2))
            for name, schema in described.get("components", {}).get("schemas", {}).items()
        ]
        info = described["info"]
        text = PAGE.render(
            title=info["title"], description=info["description"], routes=routes, schemas=schemas
        )
        policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    @made.get("/api/docs.css")
    def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    return made
