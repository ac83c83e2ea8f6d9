"""What may be asked of Holded this month, and what was.

Every call is admitted and counted at the gateway. A service names what its calls are for
(`spending`), and asks beforehand where it is better not to begin at all (`may_spend`).
"""

from portal.context import MerchantContext
from portal.domain import budget as rules
from portal.domain.budget import ALLOWED, Budget, Effect, Spending, cost_of
from portal.store import budget
from portal.store.budget import spending

__all__ = ["cost_of", "may_spend", "read", "refresh", "spending"]


def read(at: MerchantContext) -> Budget:
    """Return the budget of this month; of a merchant without Holded, an empty one."""
    return budget.read(at.db, at.merchant, now=at.now)


def may_spend(at: MerchantContext, effect: Effect, n: int = 1) -> Spending:
    """Say whether `n` of an effect may be done now, or why not and when to ask again."""
    return rules.may_spend(read(at), effect, n) if at.merchant.has_holded else ALLOWED


def refresh(at: MerchantContext) -> None:
    """Ask Holded what all keys of the account have called this month (one call).

    Nothing is learnt where the token may not read it. Raises GatewayUnavailable.
    """
    with spending(Effect.USAGE):
        quota = at.invoicing.fetch_quota()
    if quota is not None:
        with at.db.write() as unit:
            budget.count(unit, at.merchant.id, at.merchant.holded_account, {}, quota, now=at.now)
