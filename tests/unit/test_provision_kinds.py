"""What is known of the classes of objects is true, and it is known where it matters."""

import ast

import pytest
from tests.unit.test_provision_link import outcome
from tests.unit.test_provision_overlays import parts

from loa.provision.link.kinds import Kinds

CLASSES = """
class Box:
    def __init__(self, thing):
        self.thing = thing
    def take(self):
        return self.thing
class Thing:
    def work(self):
        return 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
class Other:
    def work(self):
        return "other"
"""


def kinds_of_receiver(body):
    """What is known of that on which `work` is called in `main`."""
    text = CLASSES + "def main(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    for name in ("Box", "Thing", "Other", "main", "asyncio", "kinds"):  # as `qualify` writes them
        text = text.replace(name, f"p_{name}")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for field in ("id", "name"):
            if str(getattr(node, field, "")).startswith("p_"):
                name = getattr(node, field)[2:]
                setattr(node, field, f":{name}" if name == "asyncio" else f"p:{name}")
    kinds = Kinds({"p": tree}, ["p:main"], [])
    call = next(node for node in ast.walk(tree.body[-1]) if isinstance(node, ast.Attribute) and node.attr == "work")
    found, unsure = kinds.of(call.value)
    return {name.partition(":")[2] for name in found}, unsure


@pytest.mark.parametrize(
    "body",
    [
        "Thing().work()",
        "thing = Thing()\nthing.work()",
        "Box(Thing()).thing.work()",
        "box = Box(None)\nbox.thing = Thing()\nbox.thing.work()",
        "Box(Thing()).take().work()",
        "(None or Thing()).work()",
        "a, b = Thing(), Other()\na.work()",
        "for thing in (Thing(), None):\n    thing.work()",
    ],
)
def test_what_is_given_by_name_is_known(body):
    assert kinds_of_receiver(body) == ({"Thing"}, False)


@pytest.mark.parametrize(
    "body",
    [
        "(Thing() if x else Other()).work()",
        "box = Box(Thing())\nbox.thing = Other()\nbox.take().work()",
        "Box(Other())\nBox(thing=Thing()).thing.work()",
    ],
)
def test_all_that_it_may_be_is_known(body):
    assert kinds_of_receiver(body) == ({"Thing", "Other"}, False)


@pytest.mark.parametrize(
    "body",
    [
        "[Thing()][0].work()",
        "held = []\nheld.append(Thing())\nheld.pop().work()",
        "held = {}\nheld[1] = Thing()\nheld[1].work()",
        "x.of = Thing()\nx.of.work()",
        "x(Thing())\nx.work()",
        "(lambda: Thing())().work()",
        "def make():\n    return Thing()\nmake().work()",
        "kinds = Thing\nkinds().work()",
        "Box(*[Thing()]).thing.work()",
        "try:\n    raise Thing()\nexcept ValueError as error:\n    error.work()",
        "for thing in [Thing()]:\n    thing.work()",
        "getattr(Box(Thing()), 'thing').work()",
        "(yield Thing()).work()",
        "setattr(x, 'of', Thing())\nx.of.work()",
        "box = Box(Thing())\nx(box)\nx.thing.work()",
        "box = Box(Thing())\nx(box.take)\nx().work()",
    ],
)
def test_what_got_out_of_sight_may_be_anywhere(body):
    found, unsure = kinds_of_receiver(body)
    assert "Thing" in found and unsure


def test_what_did_not_get_out_of_sight_is_nowhere_else():
    assert kinds_of_receiver("Thing()\nx(Other())\nx.work()") == ({"Other"}, True)


def test_what_a_coroutine_gives_to_others_is_out_of_sight():
    waits = "async def wait():\n    return Thing()\nasync def both():\n    (await asyncio.gather(wait()))[0].work()"
    found, unsure = kinds_of_receiver(waits)
    assert "Thing" in found and unsure


# What it is for

MAIN = """
def main():
    thing, other = Thing(), Other()
    box = Box(thing)
    box.handler = other.work
    print(box.thing.work(), other.work(), [one.work() for one in (Thing(), Other())], box.handler(), Box(other).take().work())
"""


@pytest.mark.parametrize("entries", [("p.user:Thing",), ("p.user:Other",), ("p.user:Thing", "p.user:Other"), ("p.user",)])
def test_calls_find_what_was_moved(entries):
    linked = parts({"far": entries}, user=CLASSES + MAIN)
    linked = {"p.overlay0" if name == "far" else name: text for name, text in linked.items()}
    said = [line for line in outcome(linked).splitlines() if not line.startswith("loads ")]
    assert said == outcome({"p.__init__": "", "p.user": CLASSES + MAIN}).splitlines()


def test_a_class_keeps_no_place_for_a_method_of_known_objects():
    """Although another class has one of that name."""
    user = CLASSES + "def main():\n    print(Box(Thing()).thing.work(), Other().work())\n"
    text = parts({"far": ("p.user:Thing",)}, user=user)["p.user"]
    assert text.count("def ") == 1 + len(("__init__", "take", "work")) + len(("main",))
