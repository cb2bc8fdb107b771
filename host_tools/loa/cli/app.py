"""Puts the commands together. What each does is in the module of its concern."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from loa.cli import bench, boards, boards_run, demo, keys, labels, making, orders, running, seeing, site
from loa.cli.default_group import default_group
from loa.cli.failures import Command
from loa.cli.speaking import Speaking, lang_option

_HELP = """Everything for commune loudspeakers that is done from a desk or a bench.

A site is described by its site.toml. Commands that make or run a site take its path as their argument, the others by --site; without it that is
LOA_SITE, or site.toml in this folder. What station and broker keep lies in .loa beside it, unless --folder or LOA_FOLDER says otherwise.

Results go to stdout, as JSON with --json; progress and errors to stderr. Exit codes: 1 failed, 2 wrong usage, 3 invalid input, 4 keys, 5 broker,
6 network, or nobody answered.
"""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("loa"))
        raise typer.Exit


def _options(
    debug: Annotated[bool, typer.Option("--debug", envvar="LOA_DEBUG", help="Show where a fault of loa happened.")] = False,
    lang: Annotated[
        str | None,
        typer.Option("--lang", envvar="LOA_LANG", callback=lang_option, show_default="the system's", help="Language: vi or en."),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Only declares what stands before the command; `failures` and `speaking` read it."""


_COMMANDS: dict[str, dict[str, Callable[..., Any]]] = {
    "Try it": {"demo": demo.demo},
    "Set up and run a site": {"broker": running.broker, "station": running.station, "replace": site.replace},
    "What is played": {"add": making.add, "urgent": orders.urgent, "live": orders.live, "stop": orders.stop, "volume": orders.volume},
    "Nodes": {
        "watch": seeing.watch,
        "log": seeing.log,
        "ping": orders.ping,
        "identify": orders.identify,
        "reboot": orders.reboot,
    },
    "The technician's bench": {
        "make-node": bench.make_node,
        "flash": bench.flash,
        "provision": bench.provision,
        "labels": labels.labels,
        "inventory": bench.inventory,
        "doctor": bench.doctor,
    },
}
_PLAN: dict[str, Callable[..., Any]] = {"check": making.plan_check, "publish": making.plan_publish}

_BOARDS: dict[str, Callable[..., Any]] = {"list": boards.listed, "check": boards.check, "lock": boards.lock}
_KEYS: dict[str, Callable[..., Any]] = {"make": keys.make, "rotate": keys.rotate, "revoke": keys.revoke, "renew": keys.renew}


def _group(help_text: str, kind: type[TyperGroup] = TyperGroup) -> typer.Typer:
    return typer.Typer(
        cls=kind, help=help_text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )


app = _group(_HELP, Speaking)
app.callback()(_options)
for _panel, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, cls=Command, rich_help_panel=_panel)(_command)
_plan = _group("Check and publish the plan of the station's area.")
for _name, _command in _PLAN.items():
    _plan.command(_name, cls=Command)(_command)
app.add_typer(_plan, name="plan", rich_help_panel="What is played")
_keys = _group("Make the keys of a site, rotate, revoke and renew them.", default_group("make"))
for _name, _command in _KEYS.items():
    _keys.command(_name, cls=Command)(_command)
app.add_typer(_keys, name="keys", rich_help_panel="Set up and run a site")
_site = _group("Begin a site.")
_site.command("init", cls=Command)(site.init)
app.add_typer(_site, name="site", rich_help_panel="Set up and run a site")
_boards = _group("The kinds of boards: which there are, whether their descriptions hold together, hashes of their runtime images.")
for _name, _command in _BOARDS.items():
    _boards.command(_name, cls=Command)(_command)
app.add_typer(_boards, name="boards", rich_help_panel="The technician's bench")
_sim = _group("Run a commune on this machine, apart from the real one; or virtual boards for its bench.", default_group("commune"))
_sim.command("commune", cls=Command)(running.sim)
_sim.command("board", cls=Command)(boards_run.board)
app.add_typer(_sim, name="sim", rich_help_panel="Try it")


def main() -> None:
    """Entry point of the command `loa`."""
    app(prog_name="loa")
