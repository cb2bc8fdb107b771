"""Commands on descriptions of boards: which there are, whether they hold together, and the hashes of their runtime images. None needs a site."""

from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_cache_path

from loa.boards import DESCRIPTION, board_folder, check_folder, load_board, notes
from loa.cli import output
from loa.cli.boards_shown import one_board
from loa.cli.failures import show
from loa.cli.place import JsonOption
from loa.errors import EXIT_USAGE, LoaError
from loa.firmware import board_names
from loa.language import _

BoardsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="BOARD...", show_default="all", help="A board's name, or a folder that has a board.toml.")
]


def listed(json: JsonOption = False) -> None:
    """Say which boards there are: chip, memory, codec, uplinks, and whether somebody has heard them."""
    boards = {name: load_board(name) for name in board_names()}
    if json:
        output.as_json(
            {
                name: {
                    "name": board.name,
                    "chip": board.chip,
                    "flash_mb": board.flash_mb,
                    "psram_mb": board.psram_mb,
                    "codec": board.audio.codec.chip,
                    "uplinks": board.uplinks,
                    "rates": board.audio.rates,
                    "verified": board.verified,
                    "locked": board.runtime.locked,
                }
                for name, board in boards.items()
            }
        )
        return
    rows = [
        (
            name,
            board.chip,
            f"{board.flash_mb} + {board.psram_mb} MB",
            board.audio.codec.chip,
            ", ".join(board.uplinks),
            _("heard") if board.verified else _("not heard yet"),
            board.name,
        )
        for name, board in boards.items()
    ]
    titles = (_("board"), _("chip"), _("flash + PSRAM"), _("codec"), _("uplinks"), _("on hardware"), "")
    output.results().print(output.table(titles, rows))


def check(boards: BoardsArgument = None, json: JsonOption = False) -> None:
    """Say every mistake in descriptions of boards with its line, and what is not known of them yet."""
    failed: list[LoaError] = []
    told: dict[str, list[str]] = {}
    for folder in _folders(boards):
        try:
            told[folder.name] = notes(check_folder(folder))
        except LoaError as error:
            failed.append(error)
    for problem in failed:
        show(problem)
    if json:
        output.as_json({"ok": not failed, "notes": told})
    else:
        for name, said in told.items():
            output.results().print("\n  ".join([_("{name}: no mistakes", name=name), *said]))
    if failed:
        raise typer.Exit(failed[0].exit_code)


def lock(
    boards: BoardsArgument = None,
    image: Annotated[Path | None, typer.Option(help="The runtime image, if it is here already.")] = None,
    json: JsonOption = False,
) -> None:
    """Fetch the runtime images of boards, hash them, and write SHA-256 and length into their board.toml. What is locked already is compared."""
    from loa.boards.lock import Locked
    from loa.boards.lock import lock as lock_one

    folders = _folders(boards)
    if image and len(folders) != 1:
        raise LoaError(_("--image is for one board"), _("name the board"), EXIT_USAGE)
    done: dict[str, Locked] = {}
    failed: list[LoaError] = []
    with one_board() as progress:
        for folder in folders:
            progress.stage(folder.name)
            try:
                done[folder.name] = lock_one(folder, user_cache_path("loa", appauthor=False) / "runtimes", progress, image)
            except LoaError as error:
                failed.append(error)
    for problem in failed:
        show(problem)
    if json:
        output.as_json(done)
    elif done:
        rows = [
            (name, one.image, str(one.bytes), one.sha256, _("written") if one.changed else _("as it was")) for name, one in done.items()
        ]
        output.results().print(output.table((_("board"), _("image"), _("bytes"), _("SHA-256"), ""), rows))
    if failed:
        raise typer.Exit(failed[0].exit_code)


def _folders(named: list[str] | None) -> list[Path]:
    """Folders of the boards that are named, of all if none is. A path with a board.toml counts before a name."""
    found = []
    for one in named or board_names():
        here = Path(one)
        found.append(here if (here / DESCRIPTION).is_file() else board_folder(one))
    return found
