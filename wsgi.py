"""The application object, for gunicorn and `flask`."""

from portal.app import create_app

app = create_app()
