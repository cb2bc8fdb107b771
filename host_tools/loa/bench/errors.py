"""What can go wrong between a site and the boards at its bench."""

from pathlib import Path

from loa.errors import EXIT_BOARD, EXIT_INVALID, EXIT_NETWORK, LoaError
from loa.language import _


class NodeTaken(LoaError):
    """Another board is that node."""

    def __init__(self, node: str, mac: str) -> None:
        super().__init__(
            _(
                "node {node} is the board {mac} already, and two boards with one identity would throw each other off the broker",
                node=node,
                mac=mac,
            ),
            _(
                "nothing was written; for a spare in a dead node's place use `loa replace`, to make this board that node all the same --again"
            ),
            EXIT_INVALID,
        )


class BoardTaken(LoaError):
    """This board is another node."""

    def __init__(self, mac: str, node: str) -> None:
        super().__init__(
            _("this board, {mac}, is node {node} already", mac=mac, node=node),
            _("nothing was written; --again makes it the other node, and {node} then has no board", node=node),
            EXIT_INVALID,
        )


class NoNodeLeft(LoaError):
    """Every node that this board could be has one."""

    def __init__(self, count: int) -> None:
        super().__init__(
            _("no node is left for this board: {count} of its kind are described, and all have one", count=count),
            _("nothing was written; add nodes to site.toml, or name the node and say --again"),
            EXIT_INVALID,
        )


class NotKept(LoaError):
    """The inventory's file cannot be read or written."""

    def __init__(self, path: Path, reason: Exception) -> None:
        super().__init__(
            _("the inventory {path} cannot be kept: {reason}", path=path, reason=reason),
            _("make room on the disk, or say with --folder where it may lie; what it held is unchanged"),
        )


class NoSuchBoard(LoaError):
    """No node of the site is of such a board."""

    def __init__(self, chip: str, flash_mb: int) -> None:
        super().__init__(
            _("no node of the site has a board with {chip} and {flash} MB of flash", chip=chip, flash=flash_mb),
            _("nothing was written; look at `board` of the nodes in site.toml"),
            EXIT_BOARD,
        )


class NotHeard(LoaError):
    """The node was written, and does not speak."""

    def __init__(self, node: str, seconds: float) -> None:
        super().__init__(
            _("node {node} is written, and did not reach the broker within {seconds} s", node=node, seconds=round(seconds)),
            _("look whether its network is in reach, then run `loa doctor` on its port; running this again sends nothing twice"),
            EXIT_NETWORK,
        )
