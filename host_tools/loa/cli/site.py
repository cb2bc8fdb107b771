"""Commands on a site as a whole: begin one, and let a spare take a dead node's place."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from loa.broker.export import FOLDER as BROKER_FOLDER
from loa.broker.export import export
from loa.cli import output
from loa.cli.keys import PassphraseOption, RootOption, tell_broker
from loa.cli.place import JsonOption, Place, SiteArgument, at_keys, at_site_file, root_file
from loa.errors import EXIT_KEYS, LoaError
from loa.keys import Keyring
from loa.language import _
from loa.site.changes import begin_site, give_place


def init(
    site: SiteArgument = Path("site.toml"),
    name: Annotated[str | None, typer.Option(help="Name of a new site.")] = None,
    area: Annotated[str | None, typer.Option(help="Area of its station, province/commune.")] = None,
    host: Annotated[str | None, typer.Option(help="Name by which nodes find broker and station.")] = None,
    broker: Annotated[Literal["nats", "mosquitto"], typer.Option(help="What serves as its broker.")] = "nats",
    passphrase: PassphraseOption = None,
    root: RootOption = None,
    json: JsonOption = False,
) -> None:
    """Begin a site: its description if there is none, root key, station key, authority, a secret for each node, and what nats-server or Mosquitto must be told.

    The root key is locked by a passphrase and wanted only when keys change: with --root it is written to a memory stick and never to this machine.
    """
    described = begin_site(site, name, area, host, broker)
    keyring = Keyring(described.keys_folder, root_file(root))
    if not (keyring.folder / "root.json").exists() and not passphrase:
        passphrase = _new_passphrase()
    with output.notes().status(_("making keys")):
        keyring.ensure(described, passphrase=passphrase or None)
    folder = site.resolve().parent / BROKER_FOLDER
    changed = export(described, keyring, folder)
    if json:
        output.as_json(
            {"site": str(site), "keys": str(keyring.folder), "root": str(keyring.root_file), "broker": [str(path) for path in changed]}
        )
        return
    results, notes = output.results(), output.notes()
    results.print(_("{site}: described in {path}", site=described.name, path=site))
    results.print(_("its keys are in {folder}, the root key is {root}", folder=keyring.folder, root=keyring.root_file))
    results.print(_("configurations for nats-server and Mosquitto are in {folder}", folder=folder))
    notes.print(_("hint: take the root key off this machine, with a copy in another place; remember its passphrase, nobody can restore it"))
    notes.print(_("hint: describe hamlets and nodes in {path}, then run `loa keys`, `loa broker` and `loa station`", path=site))


@at_keys
def replace(
    place: Place,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The dead node.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The spare, under the name with which it was made.")],
    json: JsonOption = False,
) -> None:
    """Let a spare be the dead node from now on, with its area, name and plan; what the dead one knows opens nothing any more."""
    done = give_place(place.file, place.site, place.keyring, place.places.folder, old, new)
    told = tell_broker(at_site_file(place))
    if json:
        output.as_json({"node": done.dead, "spare": done.spare, "area": done.area, "board": done.board, "broker": told})
        return
    output.results().print(
        _("{spare} is {node} in {area} from now on; the old {node} is let in no more", spare=done.spare, node=done.dead, area=done.area)
    )
    output.notes().print(_("hint: plug the spare in and run `loa make-node {node}`; its label comes with it", node=done.dead))
    if told:
        output.notes().print(_("hint: let the broker read its configuration again: {files}", files=", ".join(told)))


def _new_passphrase() -> str:
    """Ask for it twice. Raises `LoaError` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise LoaError(_("the root key must be locked by a passphrase"), _("give --passphrase, or set LOA_PASSPHRASE"), EXIT_KEYS)
    said: str = typer.prompt(_("Passphrase for the root key"), hide_input=True, confirmation_prompt=True)
    return said
