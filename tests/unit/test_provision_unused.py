"""What no node uses is left out of the application, and nothing else."""

import pytest
from tests.unit.test_provision_link import outcome

from loa.provision.link import link
from loa.provision.slot import linked

BASE = """
import sys
LONG = "a text of more than ten letters"
OTHER = "another text of more than ten letters"
ONE, TWO = LONG + "1", LONG + "2"
TABLE = {"made": OTHER}
class Kept:
    text = TABLE
    def both(self):
        return ONE, again(2)
class Plain:
    def say(self):
        return "plain"
class Odd(Plain):
    def say(self):
        return "odd"
Chosen = Plain if sys.implementation.name == "micropython" else Odd
def again(number):
    return again(number - 1) if number else "over"
def alone(number):
    return alone(number - 1) if number else Lonely()
class Lonely:
    pass
def late_only():
    return "late"
"""
LATE = "from p.base import late_only\ndef work(): return late_only()\n"
USER = """
from p.base import Chosen, Kept, alone
def main():
    from p import late
    print(Kept().both(), Kept.text, Chosen().say(), late.work())
"""
TEXTS = {"p.__init__": "", "p.base": BASE, "p.late": LATE, "p.user": USER}


@pytest.fixture(scope="module")
def texts():
    return link(TEXTS, {"p.user": ("main",)}).texts


def test_what_is_left_does_what_it_did(texts):
    assert outcome(texts) == outcome(TEXTS).replace("odd", "plain")


def test_what_nobody_uses_is_gone(texts):
    text = texts["p.user"]
    assert text.count("class ") == 2 and text.count("def ") == 5  # Kept, Plain; both, say, again, late_only, main
    assert "late" in text and "another text" in text


def test_what_is_asked_for_stays():
    assert link(TEXTS, {"p.user": ("main",), "p.base": ("alone",)}).texts["p.user"].count("class ") == 3


def test_a_node_has_neither_what_the_station_reads_with_nor_what_cpython_waits_with():
    told = {name for names in linked().functions.values() for name in names}
    assert not told & {"node.bus.reports.open_report", "node.bus.topics.parse_from", "node.bell._EventBell.ring"}
    assert told >= {"node.bus.reports.seal", "node.bus.topics.parse_to", "node.bell._TaskBell.ring"}
