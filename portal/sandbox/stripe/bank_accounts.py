"""The published test bank accounts of each kind of debit and what each makes happen, as one table.

Sources, on docs.stripe.com/payments: sepa-debit/accept-a-payment, ach-direct-debit/set-up-payment,
acss-debit/accept-a-payment, au-becs-debit/set-up-payment, nz-bank-account/accept-a-payment and
payment-methods/bacs-debit. A token is `pm_<type in camel case>_<outcome>`, `pm_success_es` for
SEPA.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Outcome:
    """What a test account makes happen.

    `failure`: the code that ends the debit. `slow`: its answer takes longer than the usual time.
    `revokes`: the mandate becomes inactive. `dispute`: the debit succeeds and is disputed.
    `forever`: it stays processing. `unsent`: its microdeposits cannot be sent. `refused`: the
    mandate is refused as soon as it is signed.
    """

    failure: str = ""
    slow: bool = False
    revokes: bool = False
    dispute: bool = False
    forever: bool = False
    unsent: bool = False
    refused: bool = False


@dataclass(frozen=True)
class BankAccount:
    """One test account. `numbers` are the parts of its number by the SDK's parameter names."""

    name: str
    kind: str
    token: str
    numbers: dict[str, str]
    outcome: Outcome

    @property
    def iban(self) -> str:
        """The number of a SEPA account."""
        return self.numbers["iban"]

    @property
    def country(self) -> str:
        """The country of a SEPA account."""
        return self.iban[:2]

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.numbers.get("account_number", self.numbers.get("iban", ""))[-4:]

    @property
    def seed(self) -> str:
        """What makes its fingerprint: the same account, the same fingerprint."""
        return ":".join(self.numbers.values())


COULD_NOT = "generic_could_not_process"
OUTCOMES = {
    "success": Outcome(),
    "successDelayed": Outcome(slow=True),
    "failed": Outcome(COULD_NOT),
    "failedDelayed": Outcome(COULD_NOT, slow=True),
    "disputed": Outcome(dispute=True),
    "dispute": Outcome(dispute=True),
    "exceedsWeeklyVolumeLimit": Outcome("charge_exceeds_source_limit"),
    "exceedsWeeklyTransactionLimit": Outcome("charge_exceeds_weekly_limit"),
    "exceedsWeeklyLimit": Outcome("charge_exceeds_source_limit"),
    "exceedsTransactionLimit": Outcome("charge_exceeds_transaction_limit"),
    "weeklyLimitExceeded": Outcome("charge_exceeds_source_limit"),
    "insufficientFunds": Outcome("insufficient_funds"),
    "insufficientFundsDelayed": Outcome("insufficient_funds", slow=True),
    "accountClosed": Outcome("account_closed", revokes=True),
    "noAccount": Outcome("no_account", revokes=True),
    "debitNotAuthorized": Outcome("debit_not_authorized", revokes=True),
    "debitNotAuthorizedDelayed": Outcome("debit_not_authorized", slow=True, revokes=True),
    "referToCustomer": Outcome("refer_to_customer"),
    "referToCustomerDelayed": Outcome("refer_to_customer", slow=True),
    "invalidCurrency": Outcome("invalid_currency"),
    "failMicrodeposits": Outcome(unsent=True),
    "processing": Outcome(forever=True),
    "mandateRefused": Outcome(refused=True),
}
# Numbers that are published as refused when the method is made.
UNUSABLE = {
    "55555": ("sepa_debit_bank_not_supported", "The bank does not support SEPA Direct Debit."),
    "66666": ("sepa_debit_debits_not_supported", "This account cannot be debited."),
}

SEPA_OUTCOMES = (
    "success",
    "successDelayed",
    "failed",
    "failedDelayed",
    "disputed",
    "exceedsWeeklyVolumeLimit",
    "exceedsWeeklyTransactionLimit",
    "insufficientFunds",
)
# One line a country, in the order of SEPA_OUTCOMES.
IBANS = """
AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205
    AT591904300235473203 AT981904300000343434 AT601904300000121212 AT981904300002222227
BE62510007547061 BE78510007547064 BE68539007547034 BE51510007547065
    BE08510007547063 BE90510000343434 BE52510000121212 BE90510002222227
EE382200221020145685 EE222200221020145682 EE762200221020145680 EE922200221020145683
    EE492200221020145681 EE672200000000343434 EE292200000000121212 EE672200000002222227
FI2112345600000785 FI3712345600000788 FI9112345600000786 FI1012345600000789
    FI6412345600000787 FI6712345600343434 FI2912345600121212 FI6712345602222227
FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607
    FR7920041010050500013M02600 FR5720041010050500013M02608 FR9720041010050000000343434
    FR5920041010050000000121212 FR9720041010050000002222227
DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 DE78370400440532013004
    DE35370400440532013002 DE65370400440000343434 DE27370400440000121212 DE65370400440002222227
GI60MPFS599327643783385 GI08RRNW626436291644533 GI41SAFA461293238477751 GI50LROG772261344693297
    GI26KJBC361883934534696 GI14NWBK000000000343434 GI73NWBK000000000121212 GI14NWBK000000002222227
IE29AIBK93115212345678 IE24AIBK93115212345671 IE02AIBK93115212345679 IE94AIBK93115212345672
    IE51AIBK93115212345670 IE10AIBK93115200343434 IE69AIBK93115200121212 IE10AIBK93115202222227
LI0508800636123378777 LI4408800387787111369 LI1208800143823175626 LI4908800356441975566
    LI7708800125525347723 LI2408800000000343434 LI8308800000000121212 LI2408800000002222227
LT121000011101001000 LT281000011101001003 LT821000011101001001 LT981000011101001004
    LT551000011101001002 LT591000000000343434 LT211000000000121212 LT591000000002222227
LU280019400644750000 LU440019400644750003 LU980019400644750001 LU170019400644750004
    LU710019400644750002 LU900010000000343434 LU520010000000121212 LU900010000002222227
NL39RABO0300065264 NL55RABO0300065267 NL91ABNA0417164300 NL28RABO0300065268
    NL82RABO0300065266 NL27RABO0000343434 NL86RABO0000121212 NL55RABO0300065267
NO9386011117947 NO8886011117940 NO6686011117948 NO6186011117941
    NO3986011117949 NO0586010343434 NO0586010343434 NO0586012222227
PT50000201231234567890154 PT66000201231234567890157 PT23000201231234567890155
    PT39000201231234567890158 PT93000201231234567890156 PT05000201230000000343434
    PT64000201230000000121212 PT05000201230000002222227
ES0700120345030000067890 ES2300120345030000067893 ES9121000418450200051332
    ES9300120345030000067894 ES5000120345030000067892 ES1700120345000000343434
    ES7600120345000000121212 ES1700120345000002222227
SE3550000000054910000003 SE5150000000054910000006 SE0850000000054910000004
    SE2450000000054910000007 SE7850000000054910000005 SE2850000000000000343434
    SE8750000000000000121212 SE2850000000000002222227
CH9300762011623852957 CH8656663438253651553 CH5362200119938136497 CH1843597160341964438
    CH1260378413965193069 CH1800762000000343434 CH7700762000000121212 CH1800762000002222227
GB82WEST12345698765432 GB98WEST12345698765435 GB55WEST12345698765433 GB71WEST12345698765436
    GB28WEST12345698765434 GB70WEST12345600343434 GB32WEST12345600121212 GB70WEST12345602222227
"""
UNUSABLE_IBANS = frozenset(
    [
        "AT271904300000055555",
        "AT511904300000066666",
        "BE19510000055555",
        "BE43510000066666",
        "DE91370400440000055555",
        "DE18370400440000066666",
        "FR2620041010050000000055555",
        "FR5020041010050000000066666",
        "IE36AIBK93115200055555",
        "IE60AIBK93115200066666",
    ]
)

# Type: what stands before the outcome in a token, the fixed parts of the number, and the account
# numbers by outcome. An outcome with `-` before it has no token.
BANKS: dict[str, tuple[str, dict[str, str], str]] = {
    "us_bank_account": (
        "usBankAccount",
        {"routing_number": "110000000"},
        "success 000123456789 accountClosed 000111111113 noAccount 000111111116 "
        "insufficientFunds 000222222227 debitNotAuthorized 000333333335 "
        "invalidCurrency 000444444440 failMicrodeposits 000666666661 dispute 000555555559 "
        "processing 000000000009 weeklyLimitExceeded 000777777771",
    ),
    "acss_debit": (
        "acssDebit",
        {"institution_number": "000", "transit_number": "11000"},
        "success 000123456789 -successDelayed 900123456789 -failed 000222222227 "
        "-failedDelayed 900222222227 -failMicrodeposits 000666666661 "
        "-exceedsWeeklyLimit 000777777771 -exceedsTransactionLimit 000888888881",
    ),
    "au_becs_debit": (
        "auBecsDebit",
        {"bsb_number": "000000"},
        "success 000123456 successDelayed 900123456 accountClosed 111111113 noAccount 111111116 "
        "referToCustomer 222222227 referToCustomerDelayed 922222227 debitNotAuthorized 333333335 "
        "dispute 666666660 exceedsWeeklyLimit 343434343 exceedsTransactionLimit 121212121",
    ),
    "bacs_debit": (
        "bacsDebit",
        {"sort_code": "108800"},
        "success 00012345 successDelayed 90012345 debitNotAuthorized 33333335 "
        "debitNotAuthorizedDelayed 93333335 insufficientFunds 22222227 "
        "insufficientFundsDelayed 92222227 dispute 55555559 mandateRefused 00033333 "
        "exceedsWeeklyLimit 34343434 exceedsTransactionLimit 12121212",
    ),
    "nz_bank_account": (
        "nzBankAccount",
        {"bank_code": "11", "branch_code": "0000"},
        "success 0000000/010 insufficientFunds 2222222/027 referToCustomer 8888888/000 "
        "noAccount 1111111/016 debitNotAuthorized 5555555/059 processing 9999999/000",
    ),
}
# Tokens of ACSS that are published without a number of their own, with the closest account's.
ACSS_TOKENS = {
    "noAccount": "000222222227",
    "accountClosed": "000222222227",
    "insufficientFunds": "000222222227",
    "debitNotAuthorized": "000222222227",
    "dispute": "000123456789",
}
# Bacs: published as an account that is refused when it is set up.
UNUSABLE_BACS = "00044444"


def _sepa() -> list[BankAccount]:
    ibans = IBANS.split()
    found = []
    for at, iban in enumerate(ibans):
        outcome = SEPA_OUTCOMES[at % len(SEPA_OUTCOMES)]
        name = f"{outcome}_{iban[:2].lower()}"
        found.append(BankAccount(name, "sepa_debit", name, {"iban": iban}, OUTCOMES[outcome]))
    return found


def _others() -> list[BankAccount]:
    found = []
    for kind, (prefix, fixed, listed) in BANKS.items():
        words = listed.split()
        for outcome, number in zip(words[::2], words[1::2], strict=True):
            bare = outcome.lstrip("-")
            token = "" if outcome.startswith("-") else f"{prefix}_{bare}"
            account, _, suffix = number.partition("/")
            numbers = fixed | {"account_number": account} | ({"suffix": suffix} if suffix else {})
            found.append(BankAccount(f"{prefix}_{bare}", kind, token, numbers, OUTCOMES[bare]))
    prefix, fixed, _ = BANKS["acss_debit"]
    for outcome, number in ACSS_TOKENS.items():
        name = f"{prefix}_{outcome}"
        numbers = fixed | {"account_number": number}
        found.append(BankAccount(name, "acss_debit", name, numbers, OUTCOMES[outcome]))
    return found


@cache
def accounts() -> dict[str, BankAccount]:
    """Every test bank account by its name, such as `success_es` or `bacsDebit_success`."""
    return {one.name: one for one in [*_sepa(), *_others()]}


@cache
def _by_token() -> dict[str, BankAccount]:
    found = {one.token: one for one in accounts().values() if one.token}
    sepa = {f"sepaDebit_{name}": one for name, one in found.items() if one.kind == "sepa_debit"}
    return found | sepa


def account_of_token(name: str) -> BankAccount | None:
    """The account of `pm_<name>`, if such a token is published."""
    return _by_token().get(name)


@cache
def _by_number() -> dict[tuple[str, str], BankAccount]:
    found: dict[tuple[str, str], BankAccount] = {}
    for one in accounts().values():
        found.setdefault((one.kind, one.seed), one)
    return found


def account_numbered(iban: str) -> BankAccount | None:
    """The test account with that IBAN; no other is ever accepted."""
    return _by_number().get(("sepa_debit", "".join(iban.split()).upper()))


def account_with(kind: str, given: dict[str, str]) -> BankAccount | None:
    """The test account with those parts of a number, spaces and dashes left out."""
    fixed = BANKS[kind][1]
    names = [*fixed, "account_number", *(["suffix"] if kind == "nz_bank_account" else [])]
    parts = ["".join(one for one in str(given.get(name, "")) if one.isalnum()) for name in names]
    return _by_number().get((kind, ":".join(parts)))
