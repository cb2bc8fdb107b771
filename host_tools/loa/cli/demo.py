"""The command that runs the demonstration."""

import time
from pathlib import Path
from typing import Annotated

import typer

from loa.cli import output
from loa.cli.place import JsonOption
from loa.cli.signals import terminable
from loa.errors import EXIT_FAILED, EXIT_USAGE, LoaError
from loa.language import _

_FOLDER = Path("build/demo")
_MARK = "commune"  # what every demo leaves in its folder
_INTERRUPTED = 130


def demo(
    keep: Annotated[Path, typer.Option(metavar="DIR", help="Where recordings, timeline and page go; emptied first.")] = _FOLDER,
    json: JsonOption = False,
) -> None:
    """Run a commune of three hamlets for a minute: bulletins, an urgent order, live, a killed broker, a power cut; then judge what was heard.

    The last line on stdout is a JSON object of what was measured; with --json it is the only one.
    """
    if keep.exists() and not (keep / _MARK).exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise LoaError(_("{keep} holds other things than a demo", keep=keep), _("give a new folder with --keep"), EXIT_USAGE)
    from loa.demo import scenario  # brings matplotlib, for which no other command waits

    begun = time.monotonic()

    def progress(text: str) -> None:
        output.notes().print(f"{time.monotonic() - begun:6.1f} s  {text}")

    with terminable():
        figures = scenario.run(keep, progress)
        if not json:
            output.results().print(
                output.table((_("measured"), ""), [(name.replace("_", " "), str(value)) for name, value in figures.items()])
            )
        output.as_json(figures)
        raise typer.Exit(0 if figures["ok"] else EXIT_FAILED)
    raise typer.Exit(_INTERRUPTED)
