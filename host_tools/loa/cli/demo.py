"""The command that runs the demonstration."""

import time
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from loa.cli import output
from loa.cli.place import JsonOption
from loa.cli.signals import terminable
from loa.errors import EXIT_FAILED

_FOLDER = Path("build/demo")


def demo(
    keep: Annotated[Path, typer.Option(metavar="DIR", help="Where recordings, timeline and page go.")] = _FOLDER,
    json: JsonOption = False,
) -> None:
    """Run a commune of three hamlets for a minute: bulletins, an urgent order, live, a killed broker, a power cut; then judge what was heard.

    The last line on stdout is a JSON object of what was measured; with --json it is the only one.
    """
    scenario = import_module("loa.demo.scenario")  # brings matplotlib, for which no other command waits

    started = time.monotonic()

    def progress(text: str) -> None:
        output.notes().print(f"{time.monotonic() - started:5.1f} s  {text}")

    with terminable():
        found = scenario.run(keep, progress)
        if not json:
            output.results().print(f"what was heard, to see and to hear: {keep.resolve()}")
        output.as_json(found)
        if not found["ok"]:
            raise typer.Exit(EXIT_FAILED)
        return
    raise typer.Exit(130)
