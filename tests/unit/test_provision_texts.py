"""Texts that only a unit loaded for moments tells go with it."""

import re

import pytest
from tests.unit.test_provision_link import outcome
from tests.unit.test_provision_overlays import LATE, parts

from loa.provision.link import link

TUPLE = re.compile(r"^\w+ = \(", re.M)


def far(body, rest=""):
    """The overlay into which a function goes."""
    user = f"import json\n{rest}\ndef work(x):\n    return {body}\ndef main(): return work(1)\n"
    return parts({"far": ("p.user:work",)}, user=user)["far"]


@pytest.mark.parametrize(
    "body",
    [
        "x('replayed')",
        "[x, 'replayed']",
        "{'replayed': x}",
        "x(1, why='replayed')",
        "x.get(1, 'replayed')",
        "getattr(x, 'kind', 'replayed')",
        "[replayed for replayed in x('replayed')]",
    ],
)
def test_a_text_that_is_told_is_an_object(body):
    assert re.search(r"^\w+ = \('replayed',\)$", far(body), re.M) and far(body).count("'replayed'") == 1


@pytest.mark.parametrize(
    "body",
    [
        "x == 'replayed'",
        "'replayed' in x",
        "x['replayed']",
        "x.get('replayed')",
        "getattr(x, 'replayed')",
        "x.replayed('replayed')",
        "x('a text of more than ten letters')",
        "x(('replayed', 'scope'))",
        "x('encode')",
    ],
)
def test_what_is_looked_for_or_there_anyway_stays(body):
    assert not TUPLE.search(far(body))


def test_in_what_is_used_once_no_text_stays_but_those_of_others():
    user = "def work(x): return x['replayed'], x['scope']\ndef rest(x): return x['scope']\ndef main(): return work(1), rest(1)\n"
    texts = {"p.__init__": "", "p.late": LATE, "p.user": "from p import late\n" + user}
    entries = {"far": ("p.user:work",), "near": ("p.user:rest",)}
    linked = link(texts, {"p.user": ("main",)}, overlays=entries, loader="p.late:overlay", once=("far",)).texts
    assert re.search(r"^\w+ = \('replayed',\)$", linked["far"], re.M) and "['scope']" in linked["far"] and "['scope']" in linked["near"]


def test_the_keys_of_a_table_that_is_loaded_late_stay():
    late = "TABLE = {'replayed': 1}\n"
    assert "{'replayed': 1}" in parts({}, far=late, user="def main():\n    from p import far\n    return far.TABLE\n")["p.far"]


def test_a_text_of_what_stays_is_a_name_anyway():
    assert not TUPLE.search(far("x('replayed')", "print('replayed')"))


def test_a_module_that_is_loaded_late_says_the_same():
    late = "NAME = 'a b'\n\ndef say(kind='hushed'):\n    '''Says it.'''\n    return ['told', NAME, kind, f'{kind} told', ('told', 'kept')]"
    user = "def main():\n    from p import far\n    print(far.say())\n"
    texts = {"p.__init__": "", "p.far": late, "p.user": user}
    linked = parts({}, far=late, user=user)
    assert " = ('a b', 'hushed', 'told')" in linked["p.far"]
    assert outcome(linked) == outcome(texts)
