"""A mailbox that catches every mail of the demo: SMTP in, a web page and a JSON list out.

``create_app`` is the page, ``smtp`` takes the mails, ``letters`` keeps them, ``server`` runs both.
"""

from portal.sandbox.mailbox.pages import create_app

__all__ = ["create_app"]
