"""What changes a site as a whole: it is begun, and a spare takes a dead node's place. Description and keys are left so that a repeat succeeds."""

from dataclasses import dataclass
from pathlib import Path

from loa.bench.inventory import Inventory
from loa.errors import EXIT_INVALID, EXIT_USAGE, LoaError, suggestion
from loa.firmware import topics
from loa.keys import Keyring
from loa.language import _
from loa.site.edit import begun, replace_text, with_place_given
from loa.site.load import load_site
from loa.site.model import Site


@dataclass(frozen=True)
class Replacement:
    """A spare that has become a dead node; `board` is the spare's."""

    dead: str
    spare: str
    area: str
    board: str


def begin_site(file: Path, name: str | None, area: str | None, host: str | None, engine: str) -> Site:
    """The site of a file; where there is none, one is written. Raises `LoaError` if what that needs was not said, `InvalidFile` for mistakes."""
    if not file.exists():
        if not name or not area or not host:
            raise LoaError(
                _("{path}: there is no such file, and a new site needs a name, an area and a host", path=file),
                _('for example: loa site init --name "Mộc Châu" --area son-la/moc-chau --host loa.moc-chau.example'),
                EXIT_USAGE,
            )
        if not topics.is_area(area) or '"' in name + host or not name.isprintable() or not host.isprintable():
            raise LoaError(
                _('"{area}" is no area, or name or host have signs that they may not have', area=area),
                _('an area is 1 to 4 names of a-z, 0-9 and - joined by "/", province first'),
                EXIT_USAGE,
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, begun(name, area, host, engine))
    return load_site(file)


def give_place(file: Path, site: Site, keyring: Keyring, folder: Path, dead: str, spare: str) -> Replacement:
    """Let the spare be the dead node from now on, with its area, name and plan; the dead one's secrets are void. `folder`: where the site's parts keep things.

    Done again after a cut it completes what is missing. Raises `LoaError` before anything has changed.
    """
    _check_known(site, dead)
    if dead == spare:
        raise LoaError(_("a node cannot replace itself"), _("new secrets for it: `loa keys renew {node}`", node=dead), EXIT_INVALID)
    if not keyring.is_revoked(spare) or spare in site.nodes:
        _check_known(site, spare)
        board = site.nodes[spare].board
        text = with_place_given(file.read_text(encoding="utf-8"), dead, spare, board)
        keyring.renew_node(dead)
        keyring.revoke_node(spare, f"became {dead}")
        replace_text(file, text)
    described = load_site(file)
    inventory = Inventory(folder)
    try:
        if inventory.of_node(spare) is not None:
            inventory.rename(spare, dead)
    finally:
        inventory.close()
    return Replacement(dead, spare, described.nodes[dead].area, described.nodes[dead].board)


def _check_known(site: Site, node: str) -> None:
    if node not in site.nodes:
        raise LoaError(
            _('there is no node "{node}"', node=node),
            suggestion(node, site.nodes) or _("the nodes are: {names}", names=", ".join(site.nodes)),
            EXIT_INVALID,
        )
