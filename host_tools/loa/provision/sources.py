"""The application's modules as text, as they are written and as small as they can be without a compiler."""

import ast
import tokenize
from collections.abc import Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from types import MappingProxyType

import microdot

from loa.firmware import FIRMWARE

_INDENT = 4


@cache
def sources() -> Mapping[str, str]:
    """The text of every module of the application, by its name, as it was when this process first asked: what it makes is all of one time."""
    paths = sorted((FIRMWARE / "node").rglob("*.py"))
    texts = {".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path.read_text(encoding="utf-8") for path in paths}
    return MappingProxyType(texts)


def for_words_of_32_bits(source: str) -> str:
    """A module for a processor whose machine words have 32 bits: `up`, by which viper functions shift to get the sign of a cell, is 0 there."""
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        viper = isinstance(node, ast.FunctionDef) and "micropython.viper" in map(ast.unparse, node.decorator_list)
        if isinstance(node, ast.FunctionDef) and viper and any(argument.arg == "up" for argument in node.args.args):
            first = node.body[1 if ast.get_docstring(node, clean=False) is not None else 0]
            lines.insert(first.lineno - 1, " " * first.col_offset + "up = 0\n")
    return "".join(lines)


def libraries() -> dict[str, str]:
    """The text of what others wrote and the application needs, by the name under which a node imports it."""
    return {"microdot": Path(microdot.__file__).with_name("microdot.py").read_text(encoding="utf-8")}


def bare(source: str) -> str:
    """A module without comments and docstrings, as a compiler leaves them out: with them the sources do not fit a slot. Lines keep their numbers."""
    lines = source.splitlines()
    inside: set[int] = set()  # of a text that goes over lines
    for token in tokenize.generate_tokens(StringIO(source).readline):
        row, column = token.start
        if token.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column].rstrip()
        elif token.type == tokenize.STRING:
            inside |= set(range(row, token.end[0]))
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [" " * text.col_offset + '""'] + [""] * (
                (text.end_lineno or text.lineno) - text.lineno
            )
    narrow = [line if row in inside else _narrow(line) for row, line in enumerate(lines)]
    return "\n".join(narrow) + "\n"


def _narrow(line: str) -> str:
    """Its indentation with one space for four."""
    text = line.lstrip(" ")
    return " " * ((len(line) - len(text)) // _INDENT) + text
