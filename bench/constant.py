"""What the sandboxes are measured against: Flask on their own server, answering one constant JSON.

`python -m bench.constant PORT BYTES` answers any address with a JSON object of about that size.
"""

from __future__ import annotations

import json
import sys

from flask import Flask, Response

from portal.sandbox.http import Server

app = Flask(__name__)


@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
def answer(path: str) -> Response:
    """Answer the same, whatever is asked."""
    _ = path
    return Response(app.config["ANSWER"], content_type="application/json")


if __name__ == "__main__":
    port, size = map(int, sys.argv[1:])
    app.config["ANSWER"] = json.dumps({"filler": "x" * max(0, size - 14)})
    Server(app, port).serve_forever()
