"""What is loaded late goes when nothing needs it any more, and what was there before stays."""

import asyncio
import gc
import sys

import archive
import node.plan
from node.late import Loading, forget, let_go, overlay

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


def test_it_can_be_emptied_and_what_was_there_is_left_alone():
    from node.plan import verdict

    sys.modules.pop(NAME, None)
    loading = Loading()
    with loading:
        import node.plan.quiet as quiet
        from node.plan.verdict import LATE
    loading.empty()
    assert not hasattr(quiet, "Quiet") and verdict.LATE == LATE


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


def test_the_overlay_that_was_called_last_is_kept():
    """Each is the module `overlay` beside this one here; which it is on a node, the archive is told."""
    shown, show = [], archive.show
    archive.show = shown.append
    try:
        forget()
        first = overlay(1)
        assert overlay(1) is first
        second = overlay(2)
        assert second is not first and overlay(2) is second
        assert overlay(1) is not first and shown == ["1.mpy", "2.mpy", "1.mpy"]
    finally:
        archive.show = show
    assert "overlay" not in sys.modules


def test_none_is_kept_any_longer_on_demand():
    first = overlay(1)
    forget()
    assert overlay(1) is not first


async def test_overlays_that_rest_are_let_go():
    first = overlay(1)
    task = asyncio.create_task(let_go())
    await asyncio.sleep_ms(1_100)
    task.cancel()
    assert overlay(1) is not first
