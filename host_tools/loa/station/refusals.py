"""Which of the newest documents nodes refuse, and why: what they last answered to those that they do not hold."""

from collections.abc import Iterable
from dataclasses import dataclass

from loa.firmware import report_words
from loa.station.station import Lag, Station


@dataclass(frozen=True)
class Refusal:
    """What one node answered. `document` is the id, `plan:<area>:<revision>`; `received` Unix seconds; `code` is of the wire, `reason` the node's words."""

    node: str
    document: str
    code: str | None
    reason: str | None
    received: int


def refusals(station: Station, lags: Iterable[Lag]) -> list[Refusal]:
    """Those among the lags of nodes: what a node holds it does not refuse, whatever it said."""
    found = []
    for lag in lags:
        answer = station.nodes.last_ack(lag.node, lag.document.id)
        if answer is not None and answer["result"] == report_words.REFUSED:
            found.append(Refusal(lag.node, lag.document.id, answer["code"], answer["reason"], answer["received"]))
    return found
