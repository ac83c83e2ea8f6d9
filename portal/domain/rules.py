"""What a merchant decides for its portal beyond what Stripe's configuration says."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rules:
    """A merchant's own decisions; the defaults hold until one is made.

    `part_payment` lets customers pay less than an invoice wants. `payment_method_types` are the
    kinds of payment methods taken here, by their names in the catalogue; empty takes every kind
    that fits. `holded_calls_a_month` is how many calls Holded's plan allows, 0 to believe what
    Holded says itself.

    Documents of Holded's charge themselves where they name the payment method `collect_method`, by
    its name in Holded, or carry the tag `collect_tag`; where they name no method, that of their
    contact counts. Those dated before `collect_since` are left alone. A charge that was declined is
    tried again `collect_retries` times, three days apart.
    """

    part_payment: bool = False
    payment_method_types: tuple[str, ...] = ()
    holded_calls_a_month: int = 0
    collect_method: str = ""
    collect_tag: str = ""
    collect_since: date = date(1970, 1, 1)
    collect_retries: int = 1

    @property
    def collects(self) -> bool:
        """Whether any document may ask to be charged by itself."""
        return bool(self.collect_method or self.collect_tag)


NOTHING_DECIDED = Rules()
