"""Writes the page on which a person sees and hears what each hamlet heard, against what was planned and what was reported.

One HTML file with the picture inside; only the recordings are files beside it. The texts and figures come from the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from loa.demo.timeline import Kind


@dataclass(frozen=True)
class Track:
    """A recording to listen to: a path relative to the page, and from when (local time)."""

    path: str
    start: str


@dataclass(frozen=True)
class Row:
    """One bulletin at one node: when planned, the parts heard, the parts reported (proof of play), and whether all three agree."""

    label: str
    kind: Kind
    planned: str
    heard: Sequence[str]
    reported: Sequence[str]
    verdict: Literal["ok", "cut", "missing", "wrong"]
    note: str = ""


@dataclass(frozen=True)
class NodeSection:
    """What is told of one node: its hamlet, what it ran on, its recordings, its rows, its figures (name and value with unit)."""

    node: str
    place: str
    runtime: str
    tracks: Sequence[Track]
    rows: Sequence[Row]
    figures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """The whole page. `figures` are those of the run; `picture` is the SVG file to put inside, `picture_text` says it in words."""

    title: str
    made: str
    summary: str
    figures: Sequence[tuple[str, str]]
    picture: Path
    picture_text: str
    nodes: Sequence[NodeSection]


_VERDICTS = {"ok": "✓ as planned", "cut": "◐ cut", "missing": "✗ not heard", "wrong": "✗ differs"}


def render(page: Page) -> str:
    """The page as HTML."""
    environment = Environment(loader=PackageLoader("loa.demo", "."), autoescape=select_autoescape(["j2"]), undefined=StrictUndefined)
    svg = page.picture.read_text()
    # What stands before the root element is XML's and no part of HTML.
    return environment.get_template("page.html.j2").render(page=page, verdicts=_VERDICTS, svg=svg[svg.index("<svg") :])


def write(page: Page, path: Path) -> None:
    """Write the page to `path`."""
    path.write_text(render(page), encoding="utf-8")
