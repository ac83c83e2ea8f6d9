"""Running a command of the portal as an operator does."""

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: str) -> Result:
    """Run `flask portal …` and return what it printed and how it ended."""
    return app.test_cli_runner().invoke(args=["portal", *arguments])
