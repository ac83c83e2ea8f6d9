"""What a resource module works with: one account, one moment, one transaction.

    @route("POST", "/v1/customers")
    def create(unit: Unit, params: Json) -> Json:
        customer = {"id": unit.id("cus"), "object": "customer", "created": unit.now, ...}
        return unit.add(customer, "customer.created")

Objects are plain JSON dicts. Fields that start with `_` are private: stored, never shown
(`_parent` is indexed, for children such as subscription items). Prices in minor units, times in
unix seconds.
"""

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from portal.sandbox.stripe import deliveries
from portal.sandbox.stripe.errors import ApiError, Json, invalid, missing, unsupported
from portal.sandbox.stripe.expand import expand, render
from portal.sandbox.stripe.ids import object_id
from portal.sandbox.stripe.registry import LISTENERS, ON_ACCOUNT_TIME, ROUTES
from portal.sandbox.stripe.schema import api_version
from portal.sandbox.stripe.store import ACCOUNT_CLOCK

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox


class Unit:
    """Everything a handler may do, on behalf of `account`, at the sandbox time `now`.

    `now` is the time of the test clock `clock` if the work is for a customer who has one;
    `account_now` is always the account's own (see `clocks`).
    """

    def __init__(
        self,
        sandbox: "Sandbox",
        account: Json,
        now: int,
        *,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.account = account
        self.account_now = self.now = now
        self.clock: str | None = None
        self.request = {"id": request_id, "idempotency_key": idempotency_key}
        self.store = sandbox.store

    @property
    def account_id(self) -> str:
        """The `acct_…` this unit acts for."""
        return str(self.account["id"])

    def setting(self, name: str, default: Any = None) -> Any:
        """A value of the account's sandbox settings (`settings` of `POST /_sandbox/accounts`)."""
        return self.account["_settings"].get(name, default)

    def id(self, prefix: str) -> str:
        """The account's next id with that prefix; the same demo data always gets the same ids."""
        return object_id(self.account_id, prefix, self.store.count(self.account_id, prefix))

    def url(self, path: str) -> str:
        """An absolute address of the sandbox's own hosted pages."""
        return self.sandbox.base_url + path

    # Reading

    def find(self, kind: str, object_id: str) -> Json | None:
        """The object, deleted ones too, or None."""
        return self.store.get(self.account_id, kind, object_id)

    def get(self, kind: str, object_id: str, param: str = "id") -> Json:
        """The object, or Stripe's 404 that names `param`. A deleted one counts as missing, except
        for `param="id"`.
        """
        found = self.find(kind, object_id)
        if found is None or (found.get("deleted") and param != "id"):
            raise missing(kind, object_id, param)
        return found

    def alive(self, kind: str, object_id: str) -> Json:
        """The object for a change: 404 when it is missing or deleted."""
        found = self.find(kind, object_id)
        if found is None or found.get("deleted"):
            raise missing(kind, object_id)
        return found

    def select(
        self, kind: str, *, oldest_first: bool = False, limit: int | None = None, **where: Any
    ) -> list[Json]:
        """All objects with those field values, newest first: `unit.select("price",
        product=product_id)`.
        """
        return self.store.select(
            self.account_id, kind, where, oldest_first=oldest_first, limit=limit
        )

    def page(
        self, kind: str, params: Json, url: str, where: Mapping[str, object] | None = None
    ) -> Json:
        """A list envelope: cursor and limit from `params`, conditions from `where` (see
        `Store.select`).
        """
        limit = params.get("limit", 10)
        if not 1 <= limit <= 100:
            raise invalid(f"Invalid integer: {limit}; must be between 1 and 100", param="limit")
        after, before = params.get("starting_after"), params.get("ending_before")
        if after and before:
            raise invalid(
                "You cannot specify both starting_after and ending_before.", param="ending_before"
            )
        for name, cursor in (("starting_after", after), ("ending_before", before)):
            if cursor:
                self.get(kind, cursor, name)
        found = self.store.select(
            self.account_id,
            kind,
            where or {},
            limit=limit + 1,
            after=after,
            before=before,
            oldest_first=bool(before),
        )
        has_more, found = len(found) > limit, found[:limit]
        return envelope(found[::-1] if before else found, url, has_more=has_more)

    # Writing

    def put(self, body: Json) -> Json:
        """Stores without an event."""
        self.store.put(self.account_id, body)
        return body

    def add(self, body: Json, event: str | None = None) -> Json:
        """Stores a new object and emits its event."""
        self.put(body)
        if event:
            self.emit(event, body)
        return body

    def save(self, body: Json, *events: str) -> Json:
        """Stores a changed object. Emits the events only if something public changed, with
        `previous_attributes` on those that end in `.updated` and on `charge.refunded`; an
        unchanged object emits nothing.
        """
        before = self.find(body["object"], body["id"]) or {}
        self.put(body)
        previous = difference(public(before), public(body))
        if previous:
            for event in events:
                told = event.endswith(".updated") or event == "charge.refunded"
                self.emit(event, body, previous if told else None)
        return body

    def remove(self, body: Json, event: str | None = None) -> Json:
        """Deletes: the object leaves lists, retrieving it says `deleted`; the event carries its
        last state.
        """
        if event:
            self.emit(event, body)
        gone = {"id": body["id"], "object": body["object"], "deleted": True}
        self.put(gone)
        return gone

    def emit(self, event_type: str, body: Json, previous: Json | None = None) -> Json:
        """Stores an event, queues its deliveries and runs the listeners in this transaction."""
        data: Json = {"object": render(self, body)}
        if previous:
            data["previous_attributes"] = render(self, previous)
        endpoints = list(deliveries.endpoints(self, event_type))
        event = {
            "id": self.id("evt"),
            "object": "event",
            "api_version": api_version(),
            "created": self.account_now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": dict(self.request),
            "type": event_type,
        }
        self.put(event)
        for owner, endpoint in endpoints:
            deliveries.queue(self, owner, endpoint, event)
        for listener in LISTENERS.get(event_type, ()):
            listener(self, body)
        return event

    # Later, and other resources

    def schedule(self, at: int, name: str, ref: str) -> None:
        """Runs the `@due(name)` function for `ref` when the clock of this unit reaches `at`."""
        clock = ACCOUNT_CLOCK if name in ON_ACCOUNT_TIME else self.clock or ACCOUNT_CLOCK
        self.store.schedule(self.account_id, clock, at, name, ref)

    def unschedule(self, name: str, ref: str) -> None:
        """Forgets what was scheduled under that name for `ref`."""
        self.store.run(
            "DELETE FROM due WHERE account = ? AND name = ? AND ref = ?", self.account_id, name, ref
        )

    def at(self, moment: int) -> "Unit":
        """The same unit at another moment of the same clock, for a look ahead."""
        later = copy.copy(self)
        later.now = moment
        return later

    def call(self, route: str, params: Json | None = None, **path: str) -> Json:
        """Runs another route's handler in this transaction, with parameters as its handler takes
        them (typed): `unit.call("POST /v1/customers/{customer}", {"name": "A"}, customer=id)`.
        Answers the stored object.
        """
        if route not in ROUTES:
            raise unsupported(route)
        return ROUTES[route](self, params or {}, **path)

    def attempt(self, work: Callable[[], Any]) -> tuple[Any, ApiError | None]:
        """What `work` returns, or the refusal it ended in; a refusal undoes all but what it keeps
        (a declined card). For pages, which show the refusal.
        """
        try:
            with self.store.savepoint():
                try:
                    return work(), None
                except ApiError as error:
                    if not error.keeps:
                        raise
                    return None, error
        except ApiError as error:
            return None, error

    def shown(self, body: Json, paths: list[str] | None = None) -> Json:
        """The public form of an object, expanded."""
        return expand(self, render(self, body), paths or [])


def envelope(data: list[Json], url: str, *, has_more: bool = False) -> Json:
    """A Stripe list."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def merged(old: Mapping[str, Any], new: Any) -> Json:
    """Metadata after an update: keys merged, empty values unset, "" unsets all."""
    if new == "":
        return {}
    return {key: value for key, value in {**old, **(new or {})}.items() if value != ""}


def public(body: Any) -> Any:
    """A body without its private fields, those of objects inside it included."""
    if isinstance(body, list):
        return [public(one) for one in body]
    if isinstance(body, dict):
        return {name: public(one) for name, one in body.items() if not name.startswith("_")}
    return body


def difference(before: Json, after: Json) -> Json:
    """The `previous_attributes` of a change, as recorded events of Stripe's show them: the old
    value of what differs; of hashes, objects and lists of objects included, only the keys that
    differ; arrays whole; null for what was not there.
    """
    previous: Json = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if name.startswith("_") or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            previous[name] = difference(old, new)
        else:
            previous[name] = copy.deepcopy(old)
    return dict(sorted(previous.items()))
