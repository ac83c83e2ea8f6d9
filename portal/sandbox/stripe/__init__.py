"""A stateful, strict imitation of Stripe's API and hosted pages; `create_app` makes it, nothing
here calls Stripe.

Adding a resource: write one module in `resources/` (it is imported by itself). In it

- answer a route with `@route("POST", "/v1/things/{thing}")` (`registry.py`); its parameters are
  already checked
  against `schema.json`, so `params` holds typed values, and `""` where a field is to be unset;
- work through the `Unit` you are given (`unit.py`): `unit.id`, `unit.get` (or Stripe's 404),
  `unit.select`,
  `unit.page` (list envelope), `unit.add` and `unit.save` (store and emit events with
  `previous_attributes`),
  `unit.schedule` with `@due` (things that happen when the clock moves), `unit.call` (another
  route's handler);
- read billing's time from `unit.now` and show `unit.clock` as `test_clock`; payments and hosted
  pages read `unit.account_now` and schedule with `@due(name, account_time=True)` (`clocks.py`);
- refuse with `invalid`, `card_error`, or `unsupported` for what is not modelled (`errors.py`);
- `@renders(kind)` completes the public form, `@includes(kind, field)` computes a field that only
  `expand` shows,
  `@listens(event_type, ...)` reacts to another resource in the same transaction (an invoice to its
  intent).

A hosted page is a function with `@page("/rule/<id>")` in `pages/`, its templates in
`pages/templates/`. A new id prefix goes into `expand.PREFIXES`, so that `expand` finds the object.
"""

from portal.sandbox.http import AnswerLost, ConnectionReset
from portal.sandbox.stripe.app import create_app

__all__ = ["AnswerLost", "ConnectionReset", "create_app"]
