"""Serves the Stripe sandbox: `python -m portal.sandbox stripe --port 8001 --data DIR [--base-url
URL]`.
"""

import argparse
from pathlib import Path

from portal.sandbox.http import serve
from portal.sandbox.stripe.app import create_app
from portal.sandbox.stripe.deliveries import DeliveryThread
from portal.sandbox.stripe.refusals import refuse


def main(port: int, data: Path, rest: list[str]) -> int:
    """Serves until interrupted, with the thread that delivers webhooks and lets time pass."""
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox stripe")
    parser.add_argument(
        "--base-url", default=f"http://127.0.0.1:{port}", help="address of the hosted pages"
    )
    app = create_app(data, base_url=parser.parse_args(rest).base_url)
    DeliveryThread(app.extensions["stripe_sandbox"]).start()
    serve(app, port, refuse)
    return 0
