"""How a command ends badly: one line on what is wrong and one on what to do, an exit code, and never a traceback that nobody asked for."""

import logging
from typing import Any

import typer
from platformdirs import user_log_path
from typer.core import TyperCommand

from loa.cli.output import notes
from loa.errors import EXIT_FAILED, InvalidFile, LoaError
from loa.language import _

_LOG_FILE = "faults.log"


class Command(TyperCommand):
    """A command whose errors become lines on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run it. Raises typer's Exit with the code of a `LoaError`, or with 1 for a fault of this program, whose traceback is kept."""
        try:
            return super().invoke(ctx)
        except LoaError as error:
            show(error)
            raise typer.Exit(error.exit_code) from error
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as fault:
            if ctx.find_root().params["debug"]:
                raise
            notes().print(_("error: loa itself failed: {name__}: {fault}", name__=type(fault).__name__, fault=fault), style="red")
            notes().print(_("hint: {kept}; --debug before the command shows it here", kept=_kept(fault)))
            raise typer.Exit(EXIT_FAILED) from fault


def show(error: LoaError) -> None:
    """Print an error for people."""
    lines = error.mistakes if isinstance(error, InvalidFile) else [error.message]
    for line in lines:
        notes().print(_("error: {line}", line=line), style="red")
    if error.hint:
        notes().print(_("hint: {hint}", hint=error.hint))


def _kept(fault: Exception) -> str:
    """Where the traceback was written."""
    path = user_log_path("loa", appauthor=False) / _LOG_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        keeper = logging.FileHandler(path, encoding="utf-8")
    except OSError as problem:
        return f"its log could not be kept in {path}: {problem.strerror}"
    keeper.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.Logger("faults")
    logger.addHandler(keeper)
    logger.error("loa failed", exc_info=fault)
    keeper.close()
    return f"where it happened is in {path}"
