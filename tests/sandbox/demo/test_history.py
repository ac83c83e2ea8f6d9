"""The clock of the past: deeds in order, each on its day, up to today."""

from datetime import UTC, datetime

from portal.sandbox.demo.data.history import History

TODAY = datetime(2026, 11, 21, tzinfo=UTC)


def test_deeds_are_lived_in_order_and_on_their_day() -> None:
    history = History(TODAY)
    lived: list[tuple[str, str]] = []

    def note(name: str) -> None:
        moment = datetime.fromtimestamp(history.time(), UTC)
        lived.append((name, moment.isoformat()))

    history.at(2, lambda: note("second"))
    history.at(5, lambda: note("first"))
    history.at(2, lambda: note("third"))
    history.live()

    assert lived == [
        ("first", "2026-11-16T09:00:00+00:00"),
        ("second", "2026-11-19T09:00:00+00:00"),
        ("third", "2026-11-19T09:00:00+00:00"),
    ]
    assert history.time() == TODAY.timestamp()


def test_a_deed_may_bring_another_about() -> None:
    history = History(TODAY)
    lived: list[str] = []

    def first() -> None:
        lived.append("first")
        history.at(3, lambda: lived.append("caused"))

    history.at(5, first)
    history.at(1, lambda: lived.append("last"))
    history.live()

    assert lived == ["first", "caused", "last"]


def test_each_step_of_the_clock_is_told() -> None:
    told: list[float] = []
    history = History(TODAY)
    history.on_move = lambda: told.append(history.time())
    history.at(1, lambda: None)

    history.live()

    assert told == [TODAY.timestamp() - 15 * 3600, TODAY.timestamp()]
