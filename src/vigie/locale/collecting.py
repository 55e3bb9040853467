"""Every translatable text of the source: of Python by its syntax tree, of templates by Django's own lexer.

No xgettext is asked: it is not on every machine, and it sees neither functions that hand their argument on to
gettext nor texts inside template tags.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from django.template.base import Lexer, TokenType
from django.utils.translation.template import constant_re, templatize

SOURCE: Final = Path(__file__).resolve().parents[1]
_MODULE: Final = "django.utils.translation"
_SKIPPED_FOLDERS: Final = frozenset({"migrations", "static", "node_modules", "__pycache__"})
_TEMPLATES: Final = frozenset({".html", ".txt", ".xml", ".svg"})
_WRITTEN_BY_TEMPLATIZE: Final = re.compile(r"\b(?:_|n?p?gettext)(?=\()")


class Message(NamedTuple):
    """What is looked up in a catalogue: a text, the context that tells it from the same text elsewhere."""

    context: str
    text: str


@dataclass(frozen=True)
class Reads:
    """Where a function takes its texts from: positions and names of its arguments, None when it takes no such text."""

    text: tuple[int, str]
    plural: tuple[int, str] | None = None
    context: tuple[int, str] | None = None


_GETTEXT: Final[Mapping[str, Reads]] = {
    f"{name}{ending}": reads
    for name, reads in {
        "gettext": Reads((0, "message")),
        "ngettext": Reads((0, "singular"), (1, "plural")),
        "pgettext": Reads((1, "message"), None, (0, "context")),
        "npgettext": Reads((1, "singular"), (2, "plural"), (0, "context")),
    }.items()
    for ending in ("", "_lazy", "_noop")
}


@dataclass
class Collected:
    """Texts found so far: plural form and places of each message, and what could not be collected."""

    plurals: dict[Message, str] = field(default_factory=dict)
    places: dict[Message, set[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, message: Message, plural: str, place: str) -> None:
        """Keep one message; a text that is counted anywhere is counted in the catalogue."""
        if not message.text:
            self.problems.append(f"{place}: an empty text would be answered with the catalogue's header")
            return
        known = self.plurals.get(message, "")
        if plural and known and plural != known:
            self.problems.append(f"{place}: {message.text!r} has another plural elsewhere: {known!r}")
        self.plurals[message] = known or plural
        self.places.setdefault(message, set()).add(place)


class _Module(NamedTuple):
    place: str
    tree: ast.Module
    direct: dict[str, Reads]
    """Names in this module that are gettext functions."""
    imported: dict[str, str]
    """Every name it imports or defines as a function, and the name the thing was born with."""


def collect(source: Path = SOURCE, root: Path | None = None) -> Collected:
    """Return every translatable text below `source`; places are paths below `root` (two levels up when not given)."""
    root = root or source.parents[1]
    found = Collected()
    files = sorted(path for path in source.rglob("*") if not _SKIPPED_FOLDERS & set(path.parts))
    modules = [_module(path, path.relative_to(root).as_posix()) for path in files if path.suffix == ".py"]
    forwarding = {name: reads for module in modules for name, reads in _forwarders(module)}
    for module in modules:
        _collect_module(module, forwarding, found)
    for path in files:
        if path.suffix in _TEMPLATES and "templates" in path.parts:
            collect_template(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix(), found)
    return found


def collect_python(text: str, place: str, found: Collected) -> None:
    """Keep the texts of one module that stands alone."""
    module = _parsed(text, place)
    _collect_module(module, dict(_forwarders(module)), found)


def collect_template(text: str, place: str, found: Collected) -> None:
    """Keep the texts of one template: translate, blocktranslate and `_("…")` in tags and variables."""
    try:
        calls = templatize(text, origin=place)
    except SyntaxError as problem:
        found.problems.append(str(problem))
        return
    for match in _WRITTEN_BY_TEMPLATIZE.finditer(calls):
        call = _call_at(calls, match.start())
        if call is not None:
            name = "gettext" if match.group() == "_" else match.group()
            _keep_call(call, _GETTEXT[name], place, found)
    for token in Lexer(text).tokenize():  # templatize cuts variables at every "|", also inside a text
        if token.token_type == TokenType.VAR and "|" in token.contents:
            for quoted in constant_re.findall(token.contents):
                found.add(Message("", ast.literal_eval(quoted)), "", place)


def _call_at(text: str, start: int) -> ast.Call | None:
    """The shortest text from `start` on that is a Python call; None when there is none on what follows."""
    end = text.find(")", start)
    while end != -1:
        try:
            node = ast.parse(text[start : end + 1], mode="eval").body
        except SyntaxError:
            end = text.find(")", end + 1)
            continue
        return node if isinstance(node, ast.Call) else None
    return None


def _module(path: Path, place: str) -> _Module:
    return _parsed(path.read_text(encoding="utf-8"), place)


def _parsed(text: str, place: str) -> _Module:
    tree = ast.parse(text)
    direct: dict[str, Reads] = {}
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                imported[name] = alias.name
                if node.module == _MODULE and alias.name in _GETTEXT:
                    direct[name] = _GETTEXT[alias.name]
                if f"{node.module}.{alias.name}" == _MODULE:
                    direct |= {f"{name}.{function}": reads for function, reads in _GETTEXT.items()}
        elif isinstance(node, ast.FunctionDef):
            imported[node.name] = node.name
    return _Module(place, tree, direct, imported)


def _forwarders(module: _Module) -> Iterator[tuple[str, Reads]]:
    """Functions of a module that hand their own arguments to gettext: their callers hold the texts."""
    for function in module.tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
        for call in _calls(function.body):
            reads = module.direct.get(_called(call))
            if reads is None or (text := _parameter(_argument(call, reads.text), names)) is None:
                continue
            plural = _parameter(_argument(call, reads.plural), names)
            yield function.name, Reads(text, plural, _parameter(_argument(call, reads.context), names))


def _collect_module(module: _Module, forwarding: Mapping[str, Reads], found: Collected) -> None:
    own = {name for name, _ in _forwarders(module)}
    inside = {
        id(call)
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and node.name in own
        for call in _calls(node.body)
    }
    handed_on = {name: forwarding[born] for name, born in module.imported.items() if born in forwarding}
    known = handed_on | module.direct
    for call in _calls([module.tree]):
        reads = known.get(_called(call))
        if reads is None:
            continue
        if _text(_argument(call, reads.text)) is None and id(call) in inside:
            continue
        _keep_call(call, reads, module.place, found)


def _keep_call(call: ast.Call, reads: Reads, place: str, found: Collected) -> None:
    text, plural, context = (
        _text(_argument(call, which)) for which in (reads.text, reads.plural, reads.context)
    )
    if text is None or (reads.plural and plural is None) or (reads.context and context is None):
        found.problems.append(
            f"{place}:{call.lineno}: a text that is put together while the program runs cannot be translated: "
            f"{ast.unparse(call)}"
        )
        return
    found.add(Message(context or "", text), plural or "", place)


def _calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    return (node for top in nodes for node in ast.walk(top) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    """The name a call is made by, with one leading name at most: `_`, `translation.gettext`."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return f"{call.func.value.id}.{call.func.attr}"
    return ""


def _argument(call: ast.Call, which: tuple[int, str] | None) -> ast.expr | None:
    if which is None:
        return None
    position, name = which
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _parameter(value: ast.expr | None, names: list[str]) -> tuple[int, str] | None:
    """Position and name of the function's own argument that stands here; None when something else does."""
    if isinstance(value, ast.Name) and value.id in names:
        return names.index(value.id), value.id
    return None


def _text(value: ast.expr | None) -> str | None:
    """The text of a constant, also when it is written in several pieces; None when it is not known before running."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left, right = _text(value.left), _text(value.right)
        return left + right if left is not None and right is not None else None
    return None
