"""Commands on the keys of a site: make what is missing, rotate, revoke and renew. What nodes, stations and brokers then do they do by themselves."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from loa.broker.export import FOLDER as BROKER_FOLDER
from loa.broker.export import export
from loa.cli import output
from loa.cli.place import JsonOption, Place, at_keys, at_site
from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.language import _

PassphraseOption = Annotated[
    str | None,
    typer.Option(
        envvar="LOA_PASSPHRASE", prompt_required=False, prompt=True, hide_input=True, help="Locks a new root key, opens a locked one."
    ),
]
RootOption = Annotated[
    Path | None,
    typer.Option(
        "--root", envvar="LOA_ROOT", show_default="root.pem in the keys folder", help="Where the root key is, a memory stick say."
    ),
]
_NODE: Literal["node"] = "node"
_STATION: Literal["station"] = "station"


@at_site
def make(place: Place, passphrase: PassphraseOption = None, root: RootOption = None, json: JsonOption = False) -> None:
    """Make the keys, passwords and certificates that the site needs and does not have yet."""
    keyring = place.keyring_with(root)
    folder = keyring.folder
    before = set(folder.rglob("*"))
    with output.notes().status(_("making keys")):
        keyring.ensure(place.site, passphrase=passphrase or None)
    made = sorted(str(path.relative_to(folder)) for path in set(folder.rglob("*")) - before if path.is_file())
    told = tell_broker(place)
    if json:
        output.as_json({"folder": str(folder), "made": made, "broker": told})
        return
    output.results().print("\n".join(_("made {name}", name=name) for name in made) or _("nothing was missing"))
    output.results().print(_("the keys of {site} are in {folder}", site=place.site.name, folder=folder))
    if "root.pem" in made:
        output.notes().print(
            _("hint: keep {path} off this machine, with a copy: it is only needed when stations or areas change", path=keyring.root_file)
        )


@at_keys
def rotate(
    place: Place,
    station: Annotated[str, typer.Argument(metavar="STATION", help="A station of the site.")],
    passphrase: PassphraseOption = None,
    root: RootOption = None,
    json: JsonOption = False,
) -> None:
    """Give a station a new key. Nodes believe the one before it too until it is revoked."""
    _check_station(place, station)
    keyring = place.keyring_with(root)
    earlier = keyring.history(station).kid
    kid = keyring.rotate_station(place.site, station, passphrase or None)
    words = _("station {station} signs with {key} from now on", station=station, key=kid)
    hint = _("hint: when no node lags any more: `loa keys revoke {key}`", key=earlier)
    _say(place, json, {"station": station, "key": kid, "earlier": earlier}, words, hint)


@at_keys
def revoke(
    place: Place,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A node, a station or one of its keys; node/NAME or station/NAME where it could be both.")
    ],
    passphrase: PassphraseOption = None,
    root: RootOption = None,
    json: JsonOption = False,
) -> None:
    """Take a stolen or dead node's secrets away, or let no node believe a station's key any more; the station gets a new one if it needs it."""
    kind, what = _meant(place, name)
    keyring = place.keyring_with(root)
    if kind == _NODE:
        keyring.revoke_node(what, "by hand")
        _say(
            place,
            json,
            {"node": what},
            _("node {node} has no secrets any more: no broker lets it in, its reports count no more", node=what),
        )
        return
    station = next(one for one in place.site.stations if what in keyring.history(one).kids)
    kid = keyring.revoke_station_key(place.site, station, what, passphrase or None)
    _say(
        place,
        json,
        {"revoked": what, "station": station, "key": kid},
        _("key {old} is revoked; station {station} signs with {key}", old=what, station=station, key=kid),
    )


@at_keys
def renew(
    place: Place,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A node, `server` for the certificate of broker and HTTPS, `authority` for who signs it.")
    ],
    passphrase: PassphraseOption = None,
    root: RootOption = None,
    json: JsonOption = False,
) -> None:
    """Make new secrets for a node, which must be provisioned with them; or new certificates, of which nodes learn by themselves."""
    keyring = place.keyring_with(root)
    if what == "server":
        keyring.renew_server(place.site)
        _say(place, json, {"renewed": what}, _("broker and stations have a new certificate"))
    elif what == "authority":
        keyring.renew_authority(place.site, passphrase or None)
        _say(place, json, {"renewed": what}, _("nodes will believe a new authority too; when none lags any more: `loa keys renew server`"))
    elif what in place.site.nodes:
        keyring.renew_node(what)
        _say(place, json, {"renewed": what}, _("node {node} has new secrets; provision it with them, and print its label anew", node=what))
    else:
        known = ["server", "authority", *place.site.nodes]
        raise LoaError(
            _('there is nothing named "{name}" to renew', name=what),
            suggestion(what, known) or _("there are: {names}", names=", ".join(known)),
            EXIT_INVALID,
        )


def tell_broker(place: Place) -> list[str]:
    """Bring the configurations for a broker that runs as a service up to date, if somebody made them; returns the files that changed."""
    folder = place.file.resolve().parent / BROKER_FOLDER
    return [str(path) for path in export(place.site, place.keyring, folder)] if folder.is_dir() else []


def _say(place: Place, json: bool, facts: dict[str, str], words: str, hint: str = "") -> None:
    told = tell_broker(place)
    if json:
        output.as_json({**facts, "broker": told})
        return
    output.results().print(words)
    if hint:
        output.notes().print(hint)
    if told:
        output.notes().print(_("hint: let the broker read its configuration again: {files}", files=", ".join(told)))


def _check_station(place: Place, name: str) -> None:
    if name not in place.site.stations:
        raise LoaError(
            _('there is no station "{name}"', name=name),
            suggestion(name, place.site.stations) or _("there are: {names}", names=", ".join(place.site.stations)),
            EXIT_INVALID,
        )


def _meant(place: Place, name: str) -> tuple[Literal["node", "station"], str]:
    """Whether a node or a station's key is meant, and its bare name."""
    said, slash, bare = name.partition("/")
    nodes = set(place.site.nodes)
    kids = {kid for station in place.site.stations for kid in place.keyring.history(station).kids}
    if slash and said in (_NODE, _STATION):
        nodes, kids, name = (nodes, set(), bare) if said == _NODE else (set(), kids, bare)
    if name in nodes and name in kids:
        raise LoaError(_("{name} is a node and a key", name=name), _("say node/{name} or station/{name}", name=name), EXIT_INVALID)
    if name in nodes:
        return _NODE, name
    if name in kids:
        return _STATION, name
    known = sorted(nodes | kids)
    raise LoaError(
        _('there is no node or key "{name}"', name=name),
        suggestion(name, known) or _("there are: {names}", names=", ".join(known)),
        EXIT_INVALID,
    )
