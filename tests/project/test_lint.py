"""The page lint finds what it is there for: each known-bad page is caught, the good one passes."""

import pytest

from tests.lint import faults

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
GOOD = """<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><title>Invoices – Nuvol</title>
<link rel="stylesheet" href="/static/1/css/portal.css"></head>
<body><a href="#main">Skip</a>
<main id="main"><h1>Invoices</h1><h2 id="bills">All</h2>
<form method="post" action="/nuvol/pay"><input type="hidden" name="csrf_token" value="x">
<label for="po">Number</label><input id="po" name="po" aria-describedby="bills">
<button>Pay</button></form>
<table><caption>Bills</caption><tr><th scope="col">Number</th></tr>
<tr><td>None of it</td></tr></table>
</main></body></html>
"""


def test_a_good_page_has_no_fault() -> None:
    assert faults(GOOD, HEADERS) == []


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("<!doctype html>", "", "syntax"),
        ("<h2 id", "<div><h2 id", "syntax"),
        ("</form>", "", "syntax"),
        ("Invoices – Nuvol", " – ", "no title"),
        ('lang="en"', "", "no language"),
        ('dir="ltr"', 'dir="rtl"', "direction"),
        ("<main id", "<main data-id", "skip link"),
        ("<h2 id", "<h1>Two</h1><h2 id", "2 h1"),
        (">Invoices</h1>", "></h1>", "empty h1"),
        ('id="bills"', 'id="po"', "stands 2 times"),
        ('for="po"', 'for="other"', "names no id: 'other'"),
        ('="bills">', '="none">', "names no id: 'bills'"),
        ("#main", "#top", "link to no id"),
        ('<label for="po">Number</label>', "", "no label"),
        (">Pay</button>", "></button>", "<button> says nothing"),
        ("<h2 id", '<img src="/x.png"><h2 id', "without alt"),
        ("<caption>Bills</caption>", "", "without caption"),
        (' scope="col"', "", "without scope"),
        ("<h2 id", '<h2 style="color:red" id', "inline style"),
        ("</head>", "<style>p{}</style></head>", "inline style"),
        ("</head>", "<script>alert(1)</script></head>", "inline script"),
        ("<h2 id", '<h2 onclick="x()" id', "inline handler"),
        ('href="#main"', 'href="javascript:x()"', "address that runs"),
        ('href="/static', 'href="https://cdn.example/static', "loaded from elsewhere"),
        ('href="/static', 'href="//cdn.example/static', "loaded from elsewhere"),
        ('action="/nuvol', 'action="https://stripe.example/nuvol', "form leaves"),
        ("csrf_token", "other", "without csrf_token"),
        ("None of it", "None", "shown as None"),
        ("None of it", "%(amount)s", "left over"),
        ("None of it", "{{ amount }}", "left over"),
        ("None of it", "sk_test_51Habc", "secret"),
        ("None of it", "whsec_abc123", "secret"),
        ("None of it", "pat_4f2a", "secret"),
        ("None of it", "pi_3abc_secret_9xyz", "secret"),
    ],
)
def test_a_bad_page_is_caught(good: str, bad: str, fault: str) -> None:
    assert good in GOOD

    found = faults(GOOD.replace(good, bad, 1), HEADERS)

    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("default-src 'none'; ", "", "lacks default-src"),
        ("frame-ancestors 'none'", "frame-ancestors *", "lacks frame-ancestors"),
        ("base-uri", "script-src 'unsafe-inline'; base-uri", "unsafe"),
    ],
)
def test_a_weak_policy_is_caught(good: str, bad: str, fault: str) -> None:
    policy = HEADERS["Content-Security-Policy"].replace(good, bad)

    found = faults(GOOD, {**HEADERS, "Content-Security-Policy": policy})

    assert any(fault in each for each in found)


def test_a_page_whose_type_may_be_guessed_is_caught() -> None:
    found = faults(GOOD, {"Content-Security-Policy": HEADERS["Content-Security-Policy"]})

    assert found == ["no nosniff"]


PSEUDO = """<!doctype html>
<html lang="en-XA" dir="ltr"><head><title>⟦Ĩñ ~~⟧ – Nuvol</title></head>
<body><main id="main"><h1>⟦Þàý <bdi>NVL-1</bdi> ŵîŧĥ Visa ~~⟧</h1>
<p>€12.10 <bdi>Forn Aurora</bdi></p>
<p lang="es">Español</p></main></body></html>
"""


def test_a_translated_page_with_names_and_sums_passes() -> None:
    assert faults(PSEUDO, HEADERS) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("</h1>", "</h1><p>Left in English</p>"),
        ("</h1>", '</h1><p aria-label="Left in English">⟦x⟧</p>'),
        ("⟦Ĩñ ~~⟧ – Nuvol", "Invoices – Nuvol"),
        ("€12.10", "€12.10 due"),
    ],
)
def test_a_text_nobody_translated_is_caught(good: str, bad: str) -> None:
    found = faults(PSEUDO.replace(good, bad, 1), HEADERS)

    assert any("not translated" in each for each in found)
