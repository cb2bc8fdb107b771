"""Writes the tables of docs/protocol.md from the firmware's own: topics, members of documents and reports, refusal codes.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; everything else is left as it is. With --check nothing is written, and
it is an error if something would be. A member's meaning is the comment behind it in the firmware's source.
"""

import ast
import importlib
import io
import pkgutil
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from loa.firmware import BODIES, documents, refusal, report_fields, schema_text, topics

PROTOCOL = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"
_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# What is not in the topics' names: who publishes, with which quality of service, retained or not, and what for.
_TOPICS = {
    topics.PLAN: ("signed document", "yes", "the schedule"),
    topics.AIR: ("signed document", "yes", "what overrides it now: urgent, live, stop, volume"),
    topics.TRUST: ("signed document", "yes", "keys, their scopes, revocations; signed by the offline root"),
    topics.RELEASE: ("signed document", "yes", "which version of the application, for which boards"),
    topics.CONFIG: ("signed document", "yes", "area, networks, broker, CA, volume ceiling"),
    topics.COMMAND: ("signed command", "no", "what one node does once"),
    topics.SEEN: ("signed document", "yes", "events recorded, up to which number"),
    topics.STATE: ("report, QoS 1", "yes, and the will", "what the node is and holds"),
    topics.TELEMETRY: ("report, QoS 0", "no", "how the node fares"),
    topics.EVENT: ("report, QoS 1", "no", "what happened, again until `seen` covers it"),
    topics.ACK: ("report, QoS 1", "no", "what became of a document, an order or a command"),
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


class _Comments:
    """The comments behind dictionary members in the source of a module, or of all that a package has."""

    def __init__(self, module: ModuleType) -> None:
        self._of_record: dict[tuple[str, str], str] = {}
        self._of_shared: dict[str, str] = {}
        self._read(module)
        for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
            self._read(importlib.import_module(f"{module.__name__}.{part.name}"))

    def _read(self, module: ModuleType) -> None:
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        self._by_line = {token.start[0]: token.string[1:].strip() for token in tokens if token.type == tokenize.COMMENT}
        self._module = module
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and node.args:
                title = self._title(node.args[0])
                for argument in node.args[1:]:
                    self._of_record.update({(title, name): text for name, text in self._members(argument)})
            elif isinstance(node, ast.Assign):
                self._of_shared.update(self._members(node.value))

    def _title(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return str(getattr(self._module, node.id, node.id))
        return str(node.value) if isinstance(node, ast.Constant) else ""

    def _members(self, node: ast.expr) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                # A value that spans lines has its comments inside.
                if isinstance(key, ast.Constant) and key.lineno == value.end_lineno and key.lineno in self._by_line:
                    yield str(key.value), self._by_line[key.lineno]

    def of(self, title: str, member: str) -> str:
        """The comment, or nothing."""
        return self._of_record.get((title, member)) or self._of_shared.get(member, "")


def _records_in(kind: Any) -> Iterator[Any]:
    """The records that stand directly in a kind's values."""
    if schema_text.is_record(kind):
        yield kind
    elif schema_text.part_of(kind):
        yield from _records_in(schema_text.part_of(kind))


def _record_tables(record: Any, comments: _Comments, *, heading: bool = False, done: set[str] | None = None) -> str:
    """The record's table, then those of the records in it, each once."""
    done = set() if done is None else done
    rows, inner = [], []
    for members, required in ((schema_text.required(record), "yes"), (schema_text.optional(record), "")):
        for name, kind in members.items():
            rows.append(
                (f"`{name}`", required, schema_text.describe(kind).replace("<", "&lt;"), comments.of(schema_text.title(record), name))
            )
            inner += list(_records_in(kind))
    text = f"\n*{schema_text.title(record)}*\n\n" if heading else ""
    text += _table(("member", "required", "value", "meaning"), rows)
    for other in inner:
        if schema_text.title(other) not in done:
            done.add(schema_text.title(other))
            text += _record_tables(other, comments, heading=True, done=done)
    return text


def _topic_table() -> str:
    rows = []
    for kind in sorted(set(topics.AREA_TYPES + topics.NODE_TYPES), key=list(_TOPICS).index):
        audiences = [name for name, kinds in (("<area...>", topics.AREA_TYPES), ("node/<id>", topics.NODE_TYPES)) if kind in kinds]
        payload, retained, what = _TOPICS[kind]
        rows.append(("<br>".join(f"`{topics.to(audience, kind)}`" for audience in audiences), payload, retained, what))
    for kind in topics.REPORTS:
        payload, retained, what = _TOPICS[kind]
        rows.append((f"`{topics.from_node('<id>', kind)}`", payload, retained, what))
    return _table(("topic", "payload", "retained", "what it says"), rows)


def _refusal_table() -> str:
    """From the source: a comment line begins a group, the comment behind a code is its meaning."""
    rows: list[tuple[str, ...]] = []
    group = ""
    for line in Path(str(refusal.__file__)).read_text(encoding="utf-8").splitlines():
        if line.startswith("# fmt"):
            continue
        if line.startswith("# "):
            group = line[2:].rstrip(".")
        elif found := re.match(r'[A-Z_]+ = "([a-z-]+)"(?:\s*# (.*))?$', line):
            rows.append((group, f"`{found[1]}`", found[2] or ""))
            group = ""
    return _table(("about", "code", "meaning"), rows)


def _tables() -> dict[str, str]:
    signed, reported = _Comments(documents), _Comments(report_fields)
    reports = (report_fields.STATE, report_fields.TELEMETRY, report_fields.ACK)
    return (
        {"topics": _topic_table(), "refusals": _refusal_table(), "header": _record_tables(documents.HEADER, signed)}
        | {kind: _record_tables(body, signed) for kind, body in BODIES.items()}
        | {schema_text.title(record): _record_tables(record, reported) for record in reports}
        | {f"event-{kind}": _record_tables(record, reported) for kind, record in report_fields.EVENTS.items()}
    )


def filled(text: str) -> str:
    """`text` with every table as the firmware has it; KeyError for a table that is not known, ValueError for one that has no place."""
    tables = _tables()
    missing = set(tables) - {found["name"] for found in _BLOCK.finditer(text)}
    if missing:
        raise ValueError(f"no place for the tables {sorted(missing)}")
    return _BLOCK.sub(lambda found: f"{found[1]}\n{tables[found['name']]}\n{found[3]}", text)


def main(arguments: list[str]) -> int:
    """0 if docs/protocol.md is as it should be, which without --check it then is."""
    before = PROTOCOL.read_text(encoding="utf-8")
    after = filled(before)
    if arguments == ["--check"]:
        print("docs/protocol.md " + ("says what the firmware does" if after == before else "is out of date: run tools/protocol_tables.py"))
        return 0 if after == before else 1
    PROTOCOL.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
