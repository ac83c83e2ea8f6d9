"""What every page must be, found out from its bytes and headers alone: `faults(html, headers)`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

import html5lib

from portal.i18n.pseudo import CLOSE, OPEN

PSEUDO_LANGUAGES = {"en-XA", "ar-XB"}
RTL_LANGUAGES = {"ar", "ar-XB", "he"}
NEED_LABELS = {"input", "select", "textarea"}
NO_LABEL = {"hidden", "submit", "button", "reset", "image"}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "form", "data-dialog")
# Names and numbers of people and ledgers stand in these and are not translated.
UNTRANSLATED = {"bdi", "time", "code", "script"}
SPOKEN_ATTRIBUTES = ("aria-label", "placeholder", "title", "alt")
SECRETS = re.compile(
    r"\b[sr]k_(?:test|live)_\w+|\bwhsec_\w+|\bpat_[A-Za-z0-9]+"
    r"|\b(?:pi|seti|cs)_\w+_secret_\w+|Bearer "
)
LEFT_OVER = re.compile(r"%\(\w+\)[sd]|\{\{|\}\}|\{%|\bUndefined\b")
POLICY = ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'")
HEADINGS = {f"h{level}": level for level in range(1, 7)}


def parse(html: str) -> tuple[Element, list[str]]:
    """Parse a page; also return what is wrong with its syntax."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    return tree, [f"syntax at {place}: {code}" for place, code, _ in parser.errors]


def faults(html: str, headers: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong with a page, empty if nothing is."""
    tree, found = parse(html)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    for rule in (_document, _headings, _ids, _labels, _names, _tables, _inline, _addresses, _forms):
        found += rule(tree, elements)
    return [*found, *_texts(tree), *_secrets(html), *_headers(headers)]


def text_of(element: Element) -> str:
    """Return the text of an element as people read it, spaces made one."""
    return " ".join("".join(element.itertext()).split())


def _document(tree: Element, elements: list[Element]) -> Iterator[str]:
    title = tree.find("head/title")
    if title is None or not text_of(title).strip(" –"):
        yield "no title"
    language, direction = tree.get("lang", ""), tree.get("dir", "")
    if not language:
        yield "no language on <html>"
    if direction != ("rtl" if language in RTL_LANGUAGES else "ltr"):
        yield f"direction {direction!r} does not fit language {language!r}"
    if not any(element.get("id") == "main" and element.tag == "main" for element in elements):
        yield "no <main id=main> for the skip link"


def _headings(tree: Element, elements: list[Element]) -> Iterator[str]:
    levels = [HEADINGS[element.tag] for element in elements if element.tag in HEADINGS]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} h1 instead of one"
    for element in elements:
        if element.tag in HEADINGS and not text_of(element):
            yield f"empty {element.tag}"


def _ids(tree: Element, elements: list[Element]) -> Iterator[str]:
    counted = Counter(element.get("id") for element in elements if element.get("id") is not None)
    for name, count in counted.items():
        if count > 1:
            yield f"id {name!r} stands {count} times"
    for element in elements:
        for attribute in REFERENCES:
            for name in element.get(attribute, "").split():
                if name not in counted:
                    yield f"{attribute} of <{element.tag}> names no id: {name!r}"
        fragment = re.fullmatch(r"#(.+)", element.get("href", ""))
        if element.tag == "a" and fragment and fragment[1] not in counted:
            yield f"link to no id: {fragment[0]!r}"


def _labels(tree: Element, elements: list[Element]) -> Iterator[str]:
    labelled = {element.get("for") for element in elements if element.tag == "label"}
    wrapped = {inner for element in elements if element.tag == "label" for inner in element.iter()}
    for element in elements:
        if element.tag not in NEED_LABELS or element.get("type") in NO_LABEL:
            continue
        has_label = element.get("id") in labelled if element.get("id") else element in wrapped
        if not (has_label or element.get("aria-label") or element.get("aria-labelledby")):
            yield f"no label for <{element.tag} name={element.get('name')!r}>"


def _names(tree: Element, elements: list[Element]) -> Iterator[str]:
    for element in elements:
        says = text_of(element) or element.get("aria-label") or element.get("aria-labelledby")
        if element.tag in {"a", "button", "summary", "label", "legend", "caption"} and not says:
            yield f"<{element.tag}> says nothing"
        if element.tag == "img" and element.get("alt") is None:
            yield "picture without alt"


def _tables(tree: Element, elements: list[Element]) -> Iterator[str]:
    for table in elements:
        if table.tag != "table":
            continue
        if table.find("caption") is None:
            yield "table without caption"
        if any(cell.get("scope") is None for cell in table.iter("th")):
            yield "table heading without scope"


def _inline(tree: Element, elements: list[Element]) -> Iterator[str]:
    for element in elements:
        if element.tag == "style" or element.get("style") is not None:
            yield f"inline style on <{element.tag}>"
        if element.tag == "script" and not element.get("src"):
            yield "inline script"
        for attribute in element.attrib:
            if isinstance(attribute, str) and attribute.startswith("on"):
                yield f"inline handler {attribute} on <{element.tag}>"


def _addresses(tree: Element, elements: list[Element]) -> Iterator[str]:
    for element in elements:
        href = element.get("href", "")
        if href.strip().lower().startswith(("javascript:", "data:")):
            yield f"address that runs: {href[:40]!r}"
        loaded = element.get("src") or (href if element.tag == "link" else "")
        if loaded and not re.match(r"/[^/]", loaded):
            yield f"loaded from elsewhere: {loaded!r}"


def _forms(tree: Element, elements: list[Element]) -> Iterator[str]:
    for form in elements:
        if form.tag != "form":
            continue
        if re.match(r"\w+:|//", form.get("action", "")):
            yield f"form leaves the portal: {form.get('action')!r}"
        names = {field.get("name") for field in form.iter("input")}
        if form.get("method", "get").lower() == "post" and "csrf_token" not in names:
            yield f"form without csrf_token: {form.get('action')!r}"


def _texts(tree: Element) -> Iterator[str]:
    pseudo = tree.get("lang") in PSEUDO_LANGUAGES
    open_brackets = 0
    for text, is_data in _spoken(tree, is_data=False):
        if LEFT_OVER.search(text):
            yield f"left over from a template: {text.strip()!r}"
        if text.strip() == "None":
            yield "a value that is not there is shown as None"
        outside = ""
        for letter in text:
            open_brackets += (letter == OPEN) - (letter == CLOSE)
            outside += letter if not open_brackets else ""
        if pseudo and not is_data and re.search(r"[A-Za-z]{2}", outside):
            yield f"not translated: {outside.strip()!r}"


def _spoken(element: Element, *, is_data: bool) -> Iterator[tuple[str, bool]]:
    """Yield every text in order, and whether it is somebody's name, number or date."""
    if not isinstance(element.tag, str):
        yield element.tail or "", is_data
        return
    inside = (
        is_data
        or element.tag in UNTRANSLATED
        or element.get("translate") == "no"
        or (element.tag != "html" and element.get("lang") is not None)
    )
    for attribute in SPOKEN_ATTRIBUTES:
        yield element.get(attribute, ""), inside
    # A title ends with the merchant's name, which stays what it is.
    own = (element.text or "").rpartition(" – ")[0] or element.text or ""
    yield (own if element.tag == "title" else element.text or ""), inside
    for child in element:
        yield from _spoken(child, is_data=inside)
    yield element.tail or "", is_data


def _secrets(html: str) -> Iterator[str]:
    for secret in SECRETS.findall(html):
        yield f"a secret in the page: {secret[:8]}…"


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    policy = headers.get("Content-Security-Policy", "")
    for directive in POLICY:
        if directive not in policy:
            yield f"the policy lacks {directive}"
    if "unsafe" in policy:
        yield "the policy allows something unsafe"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "no nosniff"
