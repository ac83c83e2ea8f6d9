"""Money in minor units with a currency, and how many decimals each currency has at Stripe."""

from dataclasses import dataclass
from decimal import Decimal

# docs.stripe.com/currencies: amounts of these are whole units or thousandths; all others,
# whatever CLDR says of them, are hundredths.
ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"}
    | {"pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Stripe keeps two decimals for these for old times' sake, which must be zero (same page).
KEPT_IN_HUNDREDTHS = frozenset({"isk", "ugx"})

# The least Stripe charges in each settlement currency (docs.stripe.com/currencies, minimum
# charge amounts), in minor units.
MINIMUM_CHARGE = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
    "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50,
    "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
    "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


def exponent(currency: str) -> int:
    """Return how many decimals the minor unit of a currency stands for (0, 2 or 3)."""
    code = currency.lower()
    if code in KEPT_IN_HUNDREDTHS:
        return 2
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of a currency, whose code is in lower case as Stripe writes it."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"an amount is whole minor units, not {self.amount!r}")
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.islower()):
            raise ValueError(f"not a currency code: {self.currency!r}")

    @classmethod
    def from_decimal(cls, value: Decimal, currency: str) -> "Money":
        """Convert a decimal sum; raises ValueError if it has more decimals than its currency."""
        code = currency.lower()
        minor = value.scaleb(exponent(code))
        if minor != minor.to_integral_value():
            raise ValueError(f"{value} has more decimals than {code} has")
        return cls(int(minor), code)

    def to_decimal(self) -> Decimal:
        """Return the sum in units of the currency, with all its decimals."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    @property
    def is_positive(self) -> bool:
        """Whether it is more than nothing."""
        return self.amount > 0

    @property
    def is_chargeable(self) -> bool:
        """Whether Stripe charges so small an amount; unknown currencies are left to Stripe."""
        return self.amount >= MINIMUM_CHARGE.get(self.currency, 1)

    def _same_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
