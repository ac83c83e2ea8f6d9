"""A merchant's brand: one colour, and every other colour the pages need, computed from it.

What holds for each of the 16.7 million colours (WCAG 2.2, 1.4.3 and 1.4.11): text on the brand,
on the panel and on their hover tints reaches 4.5:1, links reach 4.5:1 on every surface, edges 3:1.
Lightness is moved in OKLCH, which keeps the hue people know (bottosson.github.io/posts/oklab).
"""

import hashlib
import math
import re
from dataclasses import dataclass

# What text and edges stand on: canvas, surface and sunken of static/css/portal.css.
LIGHT_SURFACES = ("#f5f6f8", "#ffffff", "#f8f9fb")
DARK_SURFACES = ("#0d1015", "#161a21", "#12161c")
TEXT_CONTRAST = 4.5
EDGE_CONTRAST = 3.0
# A bright panel would glare in the dark: there it keeps the hue at this lightness at most.
DARK_PANEL_LIGHTNESS = 0.33
LIGHTNESS_STEP = 0.01
TINT = 0.15

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Brand:
    """The colours of one merchant, each as #rrggbb; `_dark` is for the dark scheme."""

    color: str
    on_color: str
    color_hover: str
    ink: str
    ink_dark: str
    edge: str
    edge_dark: str
    panel_dark: str
    panel_hover_dark: str


def is_color(value: str) -> bool:
    """Whether a value is a colour as merchants write it: #rrggbb."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", value) is not None


def brand_of(color: str) -> Brand:
    """Compute the brand of one colour; raises ValueError if it is not #rrggbb."""
    if not is_color(color):
        raise ValueError(f"not a colour as #rrggbb: {color!r}")
    color = color.lower()
    on_color = max("#000000", "#ffffff", key=lambda text: contrast(text, color))
    ink = _readable(color, LIGHT_SURFACES, -LIGHTNESS_STEP)
    ink_dark = _readable(color, DARK_SURFACES, LIGHTNESS_STEP)
    panel_dark = _at_most(color, DARK_PANEL_LIGHTNESS)
    return Brand(
        color=color,
        on_color=on_color,
        color_hover=_tint(color, on_color),
        ink=ink,
        ink_dark=ink_dark,
        edge=color if _stands_out(color, LIGHT_SURFACES, EDGE_CONTRAST) else ink,
        edge_dark=color if _stands_out(color, DARK_SURFACES, EDGE_CONTRAST) else ink_dark,
        panel_dark=panel_dark,
        panel_hover_dark=_tint(panel_dark, "#ffffff"),
    )


def stylesheet(brand: Brand) -> str:
    """Write the custom properties that `portal.css` takes a merchant's colours from."""
    return (
        ":root {\n"
        f"  --brand: {brand.color}; --on-brand: {brand.on_color};"
        f" --brand-hi: {brand.color_hover};\n"
        f"  --brand-ink: light-dark({brand.ink}, {brand.ink_dark});\n"
        f"  --brand-edge: light-dark({brand.edge}, {brand.edge_dark});\n"
        f"  --panel: light-dark({brand.color}, {brand.panel_dark});"
        f" --on-panel: light-dark({brand.on_color}, #ffffff);\n"
        f"  --panel-hi: light-dark({brand.color_hover}, {brand.panel_hover_dark});\n"
        "}\n"
    )


def digest(brand: Brand) -> str:
    """Return the part of the stylesheet's address that changes whenever its contents do."""
    return hashlib.sha256(stylesheet(brand).encode()).hexdigest()[:12]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it, between 1 and 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _stands_out(color: str, surfaces: tuple[str, ...], ratio: float) -> bool:
    return all(contrast(color, surface) >= ratio for surface in surfaces)


def _readable(color: str, surfaces: tuple[str, ...], step: float) -> str:
    """Move a colour's lightness until it is readable on all surfaces; black or white ends it."""
    lightness, chroma, hue = _to_oklch(color)
    found = color
    while not _stands_out(found, surfaces, TEXT_CONTRAST):
        lightness = min(max(lightness + step, 0.0), 1.0)
        found = _from_oklch(lightness, chroma, hue)
    return found


def _at_most(color: str, limit: float) -> str:
    lightness, chroma, hue = _to_oklch(color)
    return color if lightness <= limit else _from_oklch(limit, chroma, hue)


def _tint(color: str, text: str) -> str:
    """Shift a colour towards the text on it if that stays readable, else away from it."""
    towards = _mix(color, text)
    if contrast(towards, text) >= TEXT_CONTRAST:
        return towards
    return _mix(color, "#000000" if text == "#ffffff" else "#ffffff")


def _mix(color: str, other: str) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    mixed = (round(one + (two - one) * TINT) for one, two in pairs)
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _linear(color: str) -> RGB:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    )
    return red, green, blue


def _to_oklch(color: str) -> RGB:
    red, green, blue = _linear(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the nearest colour a screen can show: the chroma is lowered until it fits."""
    fitting, too_much = 0.0, chroma
    if _fits(_to_linear(lightness, chroma, hue)):
        fitting = chroma
    else:
        for _ in range(12):
            middle = (fitting + too_much) / 2
            if _fits(_to_linear(lightness, middle, hue)):
                fitting = middle
            else:
                too_much = middle
    return "#{:02x}{:02x}{:02x}".format(*map(_encode, _to_linear(lightness, fitting, hue)))


def _to_linear(lightness: float, chroma: float, hue: float) -> RGB:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _fits(rgb: RGB) -> bool:
    return all(-0.0001 <= part <= 1.0001 for part in rgb)


def _encode(part: float) -> int:
    bounded = min(max(part, 0.0), 1.0)
    encoded = 12.92 * bounded if bounded <= 0.0031308 else 1.055 * bounded ** (1 / 2.4) - 0.055
    return round(encoded * 255)
