"""Classes that nobody tells apart become one, and what they do stays the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_provision_link import joined, outcome

from loa.provision.link import link

ONE = "class One:\n    def first(self): return 1\n"
TWO = "class Two:\n    def second(self): return 2\n"
MAKE = "def make(): return One().first(), Two().second()\n"


def classes(text):
    return len(re.findall(r"^ *class ", joined(user=text)["p.user"], re.M))


def test_classes_that_nobody_tells_apart_become_one():
    assert classes(ONE + TWO + MAKE) == 1


@pytest.mark.parametrize(
    "text",
    [
        "class Heir(Two): pass\n",
        "def judge(x): return isinstance(x, Two)\n",
        "def other(x): return hasattr(x, 'second')\n",
        "KINDS = [Two]\n",
        "MADE = Two()\n",
    ],
)
def test_what_somebody_tells_apart_stays(text):
    assert classes(ONE + TWO + MAKE + text) == (3 if "Heir" in text else 2)


@pytest.mark.parametrize(
    "two",
    [
        "class Two:\n    def first(self): return 2\n",
        "class Two:\n    def __init__(self): self.other = 1\n",
        "class Two:\n    def __contains__(self, x): return True\n",
        "class Two:\n    def set(self): self.shown = 1\nclass Three(str):\n    pass\n",
    ],
)
def test_what_would_have_two_meanings_stays(two):
    one = ONE + "    @property\n    def shown(self): return 3\n"
    assert classes(one + two + MAKE) == 1 + len(re.findall("class ", two))


def test_a_class_that_is_asked_for_from_outside_stays():
    texts = {"p.user": ONE + TWO + MAKE + "def main(): return make()"}
    assert link(texts, {"p.user": ("main", "Two")}).texts["p.user"].count("class ") == 2


NAMES = ["_a", "_b", "_total", "a", "b", "box", "value", "run", "stop", "state", "One", "Two"]
PROGRAM = """
class One:
    {one} = 7
    def {two}(self, more=2):
        self.{three} = more, self.{one}
        return self
    @property
    def {four}(self):
        return "four", self.{one}
class Two:
    def {one}(self):
        self.{five} = 5
        return self
    def {six}(self):
        return "six", self.{five}
class Three:
    pass
class Four:
    def {six}(self):
        self.{three} = self.{two} = 3
        return self.{two}, self.{three}
class Five:
    def {seven}(self):
        return "seven"
def main():
    one, two, three = One(), Two(), Three()
    three.{two} = three.{five} = 4
    print(one.{one}, one.{two}().{three}, one.{four}, two.{one}().{six}(), two.{five}, three.{two}, three.{five}, Four().{six}(), Five().{seven}())
"""


@given(st.permutations(NAMES), st.permutations(NAMES))
def test_random_programs_do_the_same(of_one, of_two):
    """No class defines a name twice; all other names may meet."""
    one, two, three, four = of_one[:4]
    five, six, seven = [name for name in of_two if name != one][:3]
    texts = {"p.user": PROGRAM.format(one=one, two=two, three=three, four=four, five=five, six=six, seven=seven)}
    assert outcome(link(texts, {"p.user": ("main",)}).texts) == outcome(texts)
