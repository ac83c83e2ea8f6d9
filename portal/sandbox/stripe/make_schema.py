"""Reads the installed Stripe SDK's typed parameters and objects, and writes `schema.json` from
them.

Run `python -m portal.sandbox.stripe.make_schema` after the SDK is upgraded; a test compares the
committed file with the installed SDK. The SDK's sources are parsed, never imported, so the sandbox
itself does not depend on it.

A *type* is one of: "string", "integer", "number", "decimal", "boolean", "any", "" (the empty
string that unsets), {"enum": [...]}, {"array": type}, {"map": type}, {"object": {name: type},
"required": [names]}, {"union": [types]}; in objects (not parameters) also {"ref": class},
{"expandable": type}, {"list": type}, {"nullable": type}.
"""

import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.json")

# First path segments whose parameters are kept; other routes are kept by name only.
MODELLED = frozenset(
    [
        "account",
        "account_links",
        "accounts",
        "balance",
        "balance_transactions",
        "billing",
        "billing_portal",
        "charges",
        "checkout",
        "confirmation_tokens",
        "coupons",
        "credit_notes",
        "customer_sessions",
        "customers",
        "disputes",
        "entitlements",
        "events",
        "invoice_payments",
        "invoice_rendering_templates",
        "invoiceitems",
        "invoices",
        "mandates",
        "payment_attempt_records",
        "payment_intents",
        "payment_links",
        "payment_method_configurations",
        "payment_methods",
        "payment_records",
        "plans",
        "prices",
        "products",
        "promotion_codes",
        "quotes",
        "radar",
        "refunds",
        "setup_attempts",
        "setup_intents",
        "shipping_rates",
        "subscription_items",
        "subscription_schedules",
        "subscriptions",
        "tax_codes",
        "tax_ids",
        "tax_rates",
        "test_helpers",
        "tokens",
        "webhook_endpoints",
    ]
)
# How the SDK's services send a call: with an answer in JSON, or a file.
SENDING = frozenset({"self._request", "self._request_stream"})
SCALARS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "Decimal": "decimal",
    "object": "any",
    "Any": "any",
}
Type = Any


def sdk_folder() -> Path:
    """The folder of the installed `stripe` package."""
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise SystemExit("The stripe package is not installed.")
    return Path(spec.origin).parent


def _sources(pattern: str) -> Iterator[tuple[Path, ast.Module]]:
    folder = sdk_folder()
    for path in sorted(folder.rglob(pattern)):
        if "v2" not in path.relative_to(folder).parts:
            yield path, ast.parse(path.read_text())


def _annotated(node: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        item.target.id: item.annotation
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }


@cache
def parameter_classes() -> dict[str, dict[str, ast.expr]]:
    """Every parameter TypedDict of the SDK: its package and name -> field -> annotation."""
    classes: dict[str, dict[str, ast.expr]] = {}
    folder = sdk_folder()
    for path, tree in _sources("params/**/*_params.py"):
        package = ".".join(path.relative_to(folder / "params").parts[:-1])
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                classes[f"{package}:{node.name}"] = _annotated(node)
    return classes


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _union(members: list[Type]) -> Type:
    flat: list[Type] = []
    for member in members:
        inner = member["union"] if isinstance(member, dict) and "union" in member else [member]
        flat += [one for one in inner if one not in flat]
    if any(isinstance(one, dict) and "enum" in one for one in flat):
        flat = [one for one in flat if one != "string"]
    return flat[0] if len(flat) == 1 else {"union": flat}


def read_type(node: ast.expr) -> Type:
    """One annotation as a type; classes of the SDK's own stay {"ref": name}."""
    match node:
        case ast.Constant(value=str(text)):
            return read_type(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, right=right):
            return _union([read_type(left), read_type(right)])
        case ast.Name(id=name):
            return SCALARS.get(name, {"ref": name})
        case ast.Attribute():
            return {"ref": ast.unparse(node)}
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _subscript(name, _parts(inner))
    raise ValueError(ast.unparse(node))


def _subscript(name: str, parts: list[ast.expr]) -> Type:
    match name:
        case "NotRequired":
            return read_type(parts[0])
        case "Literal":
            values = [ast.literal_eval(part) for part in parts]
            return "" if values == [""] else {"enum": values}
        case "Union":
            return _union([read_type(part) for part in parts])
        case "Optional":
            return {"nullable": read_type(parts[0])}
        case "List":
            return {"array": read_type(parts[0])}
        case "ListObject" | "SearchResultObject":
            return {"list": read_type(parts[0])}
        case "ExpandableField":
            return {"expandable": read_type(parts[0])}
        case "Dict":
            return {"map": read_type(parts[1])}
        case "UntypedStripeObject":
            return {"map": read_type(parts[0])}
        case "ClassVar" | "Type":
            return "any"
    raise ValueError(name)


def _is_required(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Subscript) and ast.unparse(node.value) == "NotRequired")


def _resolve(kind: Type, package: str) -> Type:
    """A parameter type with its classes written out in place."""
    match kind:
        case {"ref": name}:
            return parameters_of(name, package)
        case {"array": inner}:
            return {"array": _resolve(inner, package)}
        case {"map": inner}:
            return {"map": _resolve(inner, package)}
        case {"union": members}:
            return _union([_resolve(member, package) for member in members])
    return kind


def parameters_of(name: str, package: str) -> Type:
    """The object type of one parameter class."""
    fields = parameter_classes()[f"{package}:{name}"]
    described: dict[str, Type] = {
        "object": {field: _resolve(read_type(node), package) for field, node in fields.items()}
    }
    required = [field for field, node in fields.items() if _is_required(node)]
    return described | ({"required": required} if required else {})


def _calls(tree: ast.Module) -> Iterator[tuple[str, str, str | None]]:
    """Method, path template and parameter class name of each synchronous service method."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        annotations = {one.arg: one.annotation for one in function.args.args if one.annotation}
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func) in SENDING):
                continue
            verb, path = call.args[:2]
            template = path
            if isinstance(path, ast.Call) and isinstance(path.func, ast.Attribute):
                template = path.func.value
            text = ast.unparse(annotations["params"]) if "params" in annotations else ""
            found = text.replace("Optional", "").strip("[]'\"") or None
            yield ast.literal_eval(verb).upper(), ast.literal_eval(template), found


def routes() -> dict[str, Type]:
    """Each "METHOD /path" and the type of its parameters, or null where they are not modelled."""
    found: dict[str, Type] = {}
    folder = sdk_folder()
    for path, tree in _sources("*_service.py"):
        package = ".".join(path.relative_to(folder).parts[:-1])
        for method, template, name in _calls(tree):
            if not template.startswith("/v1/"):
                continue
            modelled = template.split("/")[2] in MODELLED
            described = parameters_of(name, package) if modelled and name else None
            found[f"{method} {template}"] = described
    return dict(sorted(found.items()))


def _object_class(node: ast.ClassDef) -> dict[str, Any]:
    inner = {one.name: _object_class(one) for one in node.body if isinstance(one, ast.ClassDef)}
    fields = {name: read_type(kind) for name, kind in _annotated(node).items()}
    fields = {name: kind for name, kind in fields.items() if name != "OBJECT_NAME"}
    return {"fields": fields, "classes": inner}


def imports(tree: ast.Module) -> dict[str, str]:
    """The SDK's classes that a module names: name in the module -> "package.Class"."""
    return {
        one.asname or one.name: ".".join([*str(node.module).split(".")[1:-1], one.name])
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("stripe.")
        for one in node.names
    }


@cache
def objects() -> dict[str, dict[str, Any]]:
    """Each class of object in the SDK: "package.Class" -> fields, inner classes, `imports`, and
    `name`, its `object` value.
    """
    found: dict[str, dict[str, Any]] = {}
    folder = sdk_folder()
    for path, tree in _sources("_*.py"):
        if "params" in path.parts or path.stem.endswith("_service"):
            continue
        for node in tree.body:
            if not isinstance(node, ast.ClassDef) or "object" not in _annotated(node):
                continue
            match read_type(_annotated(node)["object"]):
                case {"enum": [name]}:
                    package = ".".join(path.relative_to(folder).parts[:-1])
                    described = _object_class(node) | {"name": name, "imports": imports(tree)}
                    found[f"{package}.{node.name}".lstrip(".")] = described
    return found


def _expandable(
    described: dict[str, Any], scope: list[dict[str, Any]], prefix: str
) -> Iterator[str]:
    scope = [described, *scope]
    for name, kind in described["fields"].items():
        while isinstance(kind, dict) and ("nullable" in kind or "array" in kind):
            kind = kind.get("nullable") or kind.get("array")
        match kind:
            case {"expandable": _}:
                yield prefix + name
            case {"ref": ref}:
                for level in scope:
                    target: Any = level
                    for part in ref.split("."):
                        target = target and target["classes"].get(part)
                    if target and target not in scope:
                        yield from _expandable(target, scope, f"{prefix}{name}.")
                        break


def expandable() -> dict[str, list[str]]:
    """Object name -> the dotted fields that hold an id which `expand` may replace by the object."""
    return {
        one["name"]: sorted(set(_expandable(one, [], "")))
        for one in sorted(objects().values(), key=lambda one: str(one["name"]))
        if any(True for _ in _expandable(one, [], ""))
    }


def event_types() -> list[str]:
    """Every event type the SDK knows."""
    kind = objects()["Event"]["fields"]["type"]
    return sorted(kind["enum"])


def api_version() -> str:
    """The API version the SDK pins."""
    tree = ast.parse((sdk_folder() / "_api_version.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            return str(ast.literal_eval(node.value))
        if isinstance(node, ast.AnnAssign) and node.value:
            return str(ast.literal_eval(node.value))
    raise ValueError("no version")


def _pooled(node: Any, pool: dict[str, str]) -> Any:
    """The same schema with long enums named, so that the file stays small."""
    if isinstance(node, list):
        return [_pooled(one, pool) for one in node]
    if isinstance(node, dict):
        values = node.get("enum")
        if isinstance(values, list) and len(values) > 6:
            key = json.dumps(values)
            return {"enum": pool.setdefault(key, f"enum{len(pool) + 1}")}
        return {key: _pooled(value, pool) for key, value in node.items()}
    return node


def make_schema() -> str:
    """The text of `schema.json`, one route a line."""
    pool: dict[str, str] = {}
    described = {
        "routes": _pooled(routes(), pool),
        "expandable": expandable(),
        "event_types": event_types(),
    }
    lines = ["{", f' "api_version": {json.dumps(api_version())},']
    for section in ("expandable", "routes"):
        entries: dict[str, Any] = described[section]
        rows = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items()]
        lines += [f' "{section}": {{', ",\n".join(rows), " },"]
    lines.append(f' "event_types": {json.dumps(described["event_types"])},')
    rows = [f'  "{name}": {values}' for values, name in pool.items()]
    lines += [' "enums": {', ",\n".join(rows), " }", "}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    SCHEMA.write_text(make_schema())
    sys.stdout.write(f"{SCHEMA}: {SCHEMA.stat().st_size} bytes\n")
