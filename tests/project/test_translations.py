"""Every language that ships is whole."""

import pytest

from portal.i18n import catalogues, proof


def test_no_catalogue_has_a_fault() -> None:
    assert [str(fault) for fault in proof.faults()] == []


@pytest.mark.parametrize("tag", ["es", "ca"])
def test_a_language_of_the_demo_merchants_customers_ships(tag: str) -> None:
    assert tag in {locale.tag for locale in catalogues.translated()}
