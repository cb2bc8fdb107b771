"""Builds the report `state`: what a station compares with what it wants. Sent retained on every change; the broker speaks the will for a node that is gone."""

from node.bus.report_words import CACHED_MAX

WILL = {"online": False}


def build(identity, revisions, player, uplink, clock, nonce, journal, cached):
    """The members of `report_fields.STATE`.

    `identity`: `version`, `area`, `codecs` (names, best first) and `rate` as a dict; `revisions`: `{"<type>:<audience>": revision held}`;
    `player`: (key on the air or None, volume per cent); `uplink`: name of the one in use or None; `clock`: the node's Clock; `nonce`: text that `seen`
    repeats; `journal`: (id, last n, n up to which the station has seen it); `cached`: ids of stored bulletins, of which the first 64 are told.
    """
    report = {"online": True, "nonce": nonce, "revisions": revisions, "uplink": uplink, "clock": clock.state, "time": clock.now()}
    report.update(identity)
    report["playing"], report["volume"] = player
    report["journal"], report["n"], report["seen"] = journal
    report["cached"] = list(cached)[:CACHED_MAX]
    return report
