"""A stand-in for Holded's API v2, and v1 beside it: stateful, strict, at the provider's real paths.

``create_app`` returns it as a WSGI application, ``server`` serves it on a port. What it imitates
was observed on live accounts or read in the provider's documentation; where neither says what
happens, it refuses with ``sandbox_unsupported`` rather than guess.
"""

from portal.sandbox.holded.app import create_app

__all__ = ["create_app"]
