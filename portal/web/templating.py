"""Templates of pages that are made afresh on every visit: what can be done once is done once.

Fixed sentences are translated where a template is compiled, once for each language; calls skip the
questions Jinja asks of everything called; addresses are filled in, not built.
"""

from collections.abc import MutableMapping
from functools import _lru_cache_wrapper, lru_cache
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any
from urllib.parse import quote

import flask
from flask import Flask, g
from flask.templating import Environment as FlaskEnvironment
from jinja2 import Template, nodes
from jinja2.runtime import Context as JinjaContext
from jinja2.runtime import Macro
from jinja2.visitor import NodeTransformer

from portal import i18n

PLAIN = frozenset({FunctionType, MethodType, BuiltinMethodType, _lru_cache_wrapper})
ID = "-id-"
# What Werkzeug leaves as it is in a path.
SAFE_IN_PATHS = "!$&'()*+,/:;=@"


def init_app(app: Flask) -> None:
    """Compile an app's templates this way; comes before anything else touches them."""
    app.jinja_environment = Environment  # type: ignore[assignment]  # declared as Flask's own
    app.jinja_env.globals["url_for"] = url_for


class Context(JinjaContext):
    """Where a template finds its names."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro or function; only rare kinds are asked what Jinja should pass them."""
        is_macro = type(called) is Macro
        if is_macro or (type(called) in PLAIN and getattr(called, "jinja_pass_arg", None) is None):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return called(self.eval_ctx, *args, **kwargs) if is_macro else called(*args, **kwargs)
        return super().call(called, *args, **kwargs)


class Environment(FlaskEnvironment):
    """Flask's environment, with one like it for each language in which a template was asked for."""

    context_class = Context
    spoken = ""

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self._by_language: dict[str, Environment] = {}

    def overlay(self, *args: Any, **options: Any) -> "Environment":
        """Return one like it with other options; it has its own for each language."""
        made: Environment = super().overlay(*args, **options)
        made._by_language = {}
        return made

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Return a template in the language spoken now."""
        if self.spoken:
            return super().get_template(name, parent, globals)
        return self._speaking(i18n.current().tag).get_template(name, parent, globals)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the names all templates know, as they are: importing compares them each time."""
        return super().make_globals(d) if d else self.globals

    def _speaking(self, tag: str) -> "Environment":
        if tag not in self._by_language:
            found = self.overlay()
            found.spoken = tag
            self._by_language[tag] = found
        return self._by_language[tag]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.spoken:
            Translator().visit(tree)
        return tree


class Translator(NodeTransformer):
    """Puts what a fixed sentence says in the place of asking for it."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        """Translate `_("…")` and `pgettext("…", "…")`; what has values to fill in stays."""
        self.generic_visit(node)
        words = [word.value for word in node.args if isinstance(word, nodes.Const)]
        if len(words) < len(node.args) or node.kwargs:
            return node
        match getattr(node.node, "name", ""), words:
            case "_", [message]:
                said = i18n.gettext(message)
            case "pgettext", [context, message]:
                said = i18n.pgettext(context, message)
            case _:
                return node
        return nodes.TemplateData(said, lineno=node.lineno)


def url_for(endpoint: str, **values: Any) -> str:
    """Return an address as Flask does; those of a merchant's pages by a pattern."""
    slug = g.get("slug")
    if slug is None or values.keys() - {"id"} or endpoint.startswith("."):
        return flask.url_for(endpoint, **values)
    pattern = _pattern(endpoint, slug, "id" in values)
    return pattern.replace(ID, quote(str(values.get("id")), safe=SAFE_IN_PATHS))


@lru_cache(maxsize=4_096)
def _pattern(endpoint: str, _slug: str, has_id: bool) -> str:
    # Flask takes the merchant from the request, as with any address.
    return flask.url_for(endpoint, id=ID) if has_id else flask.url_for(endpoint)
