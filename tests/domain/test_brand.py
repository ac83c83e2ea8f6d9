"""Whatever colour a merchant picks, people can read the pages."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.domain.brand import (
    DARK_SURFACES,
    LIGHT_SURFACES,
    brand_of,
    contrast,
    digest,
    stylesheet,
)

colors = st.integers(min_value=0, max_value=0xFFFFFF).map("#{:06x}".format)


@given(colors)
@example("#000000")
@example("#ffffff")
@example("#777777")
@example("#ffd400")
def test_text_on_the_brand_and_on_its_hover_tint_is_readable(color: str) -> None:
    brand = brand_of(color)

    assert contrast(brand.on_color, brand.color) >= 4.5
    assert contrast(brand.on_color, brand.color_hover) >= 4.5


@given(colors)
@example("#000000")
@example("#ffffff")
@example("#0000ff")
def test_links_are_readable_on_every_surface(color: str) -> None:
    brand = brand_of(color)

    assert min(contrast(brand.ink, surface) for surface in LIGHT_SURFACES) >= 4.5
    assert min(contrast(brand.ink_dark, surface) for surface in DARK_SURFACES) >= 4.5


@given(colors)
@example("#000000")
@example("#ffffff")
def test_edges_are_seen_on_every_surface(color: str) -> None:
    brand = brand_of(color)

    assert min(contrast(brand.edge, surface) for surface in LIGHT_SURFACES) >= 3
    assert min(contrast(brand.edge_dark, surface) for surface in DARK_SURFACES) >= 3


@given(colors)
@example("#ffff00")
@example("#00ff00")
def test_the_dark_panel_carries_white_text_and_does_not_glare(color: str) -> None:
    brand = brand_of(color)

    assert contrast("#ffffff", brand.panel_dark) >= 9
    assert contrast("#ffffff", brand.panel_hover_dark) >= 4.5


@given(colors)
def test_the_hover_tint_differs_from_the_brand(color: str) -> None:
    brand = brand_of(color)

    assert brand.color_hover != brand.color


def test_a_colour_that_is_readable_is_left_as_it_is() -> None:
    brand = brand_of("#1F3A5F")

    assert (brand.color, brand.ink, brand.edge) == ("#1f3a5f",) * 3


def test_the_hue_people_know_stays_when_a_yellow_is_darkened_for_links() -> None:
    brand = brand_of("#ffd400")

    red, green, blue = (int(brand.ink[at : at + 2], 16) for at in (1, 3, 5))
    assert red > green > blue


@pytest.mark.parametrize("value", ["", "red", "#fff", "#12345", "#1234567", "#12345g", "x#123456"])
def test_what_is_not_a_colour_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        brand_of(value)


def test_the_stylesheet_sets_what_the_pages_take_from_it() -> None:
    sheet = stylesheet(brand_of("#ffd400"))

    assert "--brand: #ffd400; --on-brand: #000000;" in sheet
    assert "--panel: light-dark(#ffd400, " in sheet


def test_another_colour_has_another_address() -> None:
    assert digest(brand_of("#ffd400")) != digest(brand_of("#ffd401"))
    assert digest(brand_of("#FFD400")) == digest(brand_of("#ffd400"))


def test_the_surfaces_are_those_of_the_stylesheet() -> None:
    sheet = (Path(__file__).parents[2] / "static/css/portal.css").read_text()

    assert "--canvas: light-dark(#f5f6f8, #0d1015);" in sheet
    assert "--surface: light-dark(#fff, #161a21);" in sheet
    assert "--sunken: light-dark(#f8f9fb, #12161c);" in sheet
    assert LIGHT_SURFACES == ("#f5f6f8", "#ffffff", "#f8f9fb")
    assert DARK_SURFACES == ("#0d1015", "#161a21", "#12161c")
