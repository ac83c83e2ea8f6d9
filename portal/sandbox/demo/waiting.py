"""Waiting for a part to answer, while every part is kept alive."""

from __future__ import annotations

import time

import httpx

from portal.sandbox.demo.parts import Tree
from portal.sandbox.demo.places import Refused

PATIENCE = 90.0


def until_answers(tree: Tree, name: str, url: str, *, ready: int | None = None) -> None:
    """Wait until ``url`` answers (with ``ready``, if given); raises Refused when it never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        tree.watch()
        if answers(url, ready):
            return
        time.sleep(0.1)
    log = tree.logs / f"{name}.log"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise Refused(f"{name} does not answer at {url}. The end of {log}:\n{tail}")


def answers(url: str, ready: int | None) -> bool:
    try:
        status = httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return False
    return ready is None or status == ready
