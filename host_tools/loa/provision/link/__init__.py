"""Joins the modules of an application into one before it is compiled, with the shortest names that mean the same: what costs a node memory without
doing anything for it. The order of its passes stands in `link`; each is a module of its own.

On the chip a module costs some 500 bytes, a name that is imported 12, and a name that is not the runtime's own its letters and about 10 more. Modules that are
loaded only while they are used (`node.late`) stay modules. Nothing here knows what an application does, or how it is compiled.
"""

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from loa.provision.link.alike import Alike
from loa.provision.link.attributes import attributes_of, rename_attributes
from loa.provision.link.constants import inline_constants, is_private
from loa.provision.link.letters import rename_globals, rename_parameters
from loa.provision.link.modules import Program
from loa.provision.link.overlays import Overlays
from loa.provision.link.qualify import qualify
from loa.provision.link.texts import take_texts
from loa.provision.link.unused import leave_out_unused
from loa.provision.link.writing import text_of

LOADER = "node.late:overlay"  # what loads an overlay by its number


@dataclass(frozen=True)
class Linked:
    """`texts`: source by module name. `functions`: what the functions of the joined module were called, by their short name."""

    texts: dict[str, str]
    functions: dict[str, list[str]]


def link(
    sources: Mapping[str, str],
    roots: Mapping[str, tuple[str, ...]],
    guests: Iterable[str] = (),
    overlays: Mapping[str, Iterable[str]] | None = None,
    loader: str = LOADER,
    once: Collection[str] = (),
) -> Linked:
    """The application of which `roots` are the modules that are imported from outside, with the names that are asked of them.

    The first root is the joined module; of the others only those names are left, taken from it. Modules that no root needs when it is loaded
    are those that are loaded late. Imports of modules that are not in `sources` stay as they are. `guests`: texts of programs that use objects of the
    application from outside: the attributes they ask for keep their names. `overlays` and `loader`: what is loaded only while it is used, and by
    what, see `Overlays`; `once`: those of them that are used at boot alone.
    Raises `LoaError` for what cannot be joined: a `global`, a module used as a value, a name that is not there.
    """
    program = Program.parse(sources, tuple(roots))
    asked = {f"{module}:{name}": name for module, names in roots.items() for name in names}
    qualify(program)
    inline_constants(program, keep=asked)
    leave_out_unused(program, {*asked, loader})
    asked_for = attributes_of(guests)
    late = Overlays(program, overlays or {}, loader, set(asked), asked_for)
    functions = [(owner, name if owner else late.name_of(name), told) for owner, name, told in _functions(program) if late.leaves(told)]
    alike = Alike(program, late, asked)
    attributes = rename_attributes(program, asked_for, alike.together())
    late.apply()
    alike.apply()
    rename_parameters(program)
    take_texts(program, once)
    names = rename_globals(program, {f"{program.joined}:{name}": name for name in roots[program.joined]}, set(attributes.values()))
    texts = {program.joined: text_of(program, program.joined, names)}
    for root in list(roots)[1:]:
        taken = ", ".join(f"{names[f'{root}:{name}']} as {name}" for name in roots[root])
        texts[root] = f"from {program.joined} import {taken}\n"
    texts |= {module: text_of(program, module, names) for module in program.units() if module != program.joined}
    for package in program.packages - set(texts):
        if any(module.startswith(package + ".") for module in texts):
            texts[package] = ""
    texts = {module + ".__init__" if module in program.packages else module: text for module, text in texts.items()}
    short = _short_functions(functions, attributes, names)
    for name, told in late.told(names):
        short.setdefault(name, []).append(told)
    return Linked(texts, short)


def _functions(program: Program) -> list[tuple[str, str, str]]:
    """Of each function outside others that gets another name: the class that it is in or "", its name as it now stands, and how to tell people of it."""
    found = []
    for node in program.statements(program.joined):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(("", node.name, node.name.replace(":", ".")))
        elif isinstance(node, ast.ClassDef):
            found += [
                (node.name, part.name, f"{node.name.replace(':', '.')}.{part.name}")
                for part in node.body
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
    for node in (node for module in program.late for node in program.trees[module].body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_private(node.name):
            found.append(("", node.name, node.name.replace(":", ".")))
    return found


def _short_functions(
    functions: list[tuple[str, str, str]], attributes: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, list[str]]:
    short: dict[str, list[str]] = {}
    for owner, name, told in functions:
        short.setdefault(attributes.get(name, name) if owner else names[name], []).append(told)
    return short
