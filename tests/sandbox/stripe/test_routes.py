"""Every route answers what the installed SDK says it answers, and every event carries what its type
says. A route that no story in `stories/` calls fails here by name.
"""

from collections.abc import Iterator

import pytest

from portal.sandbox.stripe import make_schema
from portal.sandbox.stripe.registry import DOWNLOADS, ROUTES
from portal.sandbox.stripe.registry import load as load_routes
from portal.sandbox.stripe.schema import BESIDE
from tests.sandbox.stripe import sdk
from tests.sandbox.stripe.shapes import differences
from tests.sandbox.stripe.stories import telling

load_routes()
# No request of this version can make what these would take away.
NEVER_WELL = {"DELETE /v1/customers/{customer}/discount"}
STORIES = telling.load()
by_story = pytest.mark.parametrize("story", sorted(STORIES))
by_route = pytest.mark.parametrize("route", sorted((ROUTES.keys() | DOWNLOADS.keys()) - NEVER_WELL))


def calls(route: str) -> Iterator[telling.Call]:
    """The calls of a route, of all stories."""
    for story in STORIES:
        yield from (call for call in telling.tell(story).calls if call.route == route)


def departures(call: telling.Call) -> Iterator[str]:
    """Where an answer departs from what the SDK's method returns."""
    if call.route in DOWNLOADS:
        if not call.body["file"].startswith(b"%PDF"):
            yield "not a PDF"
        return
    envelope, kinds = sdk.answers()[call.route]
    yield from differences(call.body)
    found = call.body.get("object")
    if found != envelope and envelope != "object":
        yield f"{found} is not a {envelope}"
        return
    bodies = [call.body] if envelope == "object" else call.body["data"]
    yield from (
        f"{one['object']} is not one of {kinds}" for one in bodies if one["object"] not in kinds
    )


@by_story
def test_every_story_goes_well(story: str) -> None:
    assert telling.tell(story).failure == ""


@by_route
def test_every_route_is_called_and_answers_in_the_shape_of_the_sdk(route: str) -> None:
    answered = list(calls(route))

    assert answered, "no call made: tell a story of this route in tests/sandbox/stripe/stories"
    assert [found for call in answered for found in departures(call)] == []


@by_story
def test_whatever_may_be_expanded_is_expanded(story: str) -> None:
    closed = [
        f"{call.route} {path}: {left}"
        for call in telling.tell(story).calls
        for path in call.expanded
        for left in telling.left_closed(call.body, path.split("."))
    ]

    assert telling.tell(story).refusals == []
    assert closed == []


@by_story
def test_every_event_is_one_of_the_sdk_and_carries_what_it_says(story: str) -> None:
    events = telling.tell(story).events

    assert {event["type"] for event in events} <= set(make_schema.event_types())
    assert [found for event in events for found in differences(event)] == []


def test_the_object_of_every_event_type_is_known() -> None:
    unknown = [one for one in make_schema.event_types() if not sdk.carried(one)]

    assert unknown == []


def test_every_route_of_the_schema_has_an_answer_in_the_sdk() -> None:
    assert ROUTES.keys() - sdk.answers().keys() == set()
    assert DOWNLOADS.keys() == {"GET /v1/quotes/{quote}/pdf"}
    assert BESIDE.keys() == sdk.OF_THE_COMMAND_LINE.keys()
