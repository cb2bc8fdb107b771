"""What is loaded late goes when nothing needs it any more, and what was there before stays."""

import gc
import sys

import node.plan
from node.late import Loading

NAME = "node.plan.quiet"


def test_it_is_used_and_gone():
    sys.modules.pop(NAME, None)
    with Loading():
        from node.plan.quiet import Quiet
    gc.collect()
    assert Quiet.__name__ == "Quiet" and NAME not in sys.modules and not hasattr(node.plan, "quiet")
    with Loading():
        from node.plan.quiet import Quiet as Again
    assert Again is not Quiet and NAME not in sys.modules


def test_what_was_there_stays():
    from node.plan import verdict

    with Loading():
        from node.plan.verdict import LATE
    assert sys.modules["node.plan.verdict"] is verdict and LATE == verdict.LATE and node.plan.verdict is verdict


def test_a_failed_load_leaves_nothing():
    sys.modules.pop(NAME, None)
    try:
        with Loading():
            from node.plan.quiet import no_such_name  # noqa: F401
    except ImportError:
        pass
    assert NAME not in sys.modules and not hasattr(node.plan, "quiet")
