"""`python -m portal.sandbox stripe|holded|mailbox --port N --data DIR`: serves one sandbox until
interrupted.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

SANDBOXES = {
    "stripe": "portal.sandbox.stripe.server",
    "holded": "portal.sandbox.holded.server",
    "mailbox": "portal.sandbox.mailbox",
}


def main(arguments: list[str]) -> int:
    """Hands over to the sandbox's module: its `main(port, data, rest)` serves and returns an exit
    code.
    """
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox", description=__doc__)
    parser.add_argument("sandbox", choices=sorted(SANDBOXES))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder for the state")
    known, rest = parser.parse_known_args(arguments)
    known.data.mkdir(parents=True, exist_ok=True)
    return int(import_module(SANDBOXES[known.sandbox]).main(known.port, known.data, rest))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
