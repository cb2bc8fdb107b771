"""What is loaded late goes when nothing needs it any more, and what was there before stays."""

import asyncio
import gc
import sys

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


OVERLAYS = ("support_plan", "support_noise", "support_time")  # any modules will do that are found without a package


def fresh_overlays():
    for name in OVERLAYS:
        sys.modules.pop(name, None)
    return [overlay(name) for name in OVERLAYS]


def test_the_overlay_that_was_called_last_is_kept():
    _, _, time = fresh_overlays()
    assert overlay("support_time") is time
    plan = overlay("support_plan")
    assert overlay("support_plan") is plan
    assert overlay("support_time") is not time and not set(OVERLAYS) & set(sys.modules)


def test_none_is_kept_any_longer_on_demand():
    _, _, time = fresh_overlays()
    forget()
    assert overlay("support_time") is not time


async def test_overlays_that_rest_are_let_go():
    _, _, time = fresh_overlays()
    task = asyncio.create_task(let_go())
    await asyncio.sleep_ms(1_100)
    task.cancel()
    assert overlay("support_time") is not time
