"""Which file of tests goes to which process of `make test`, and in which order. Runs in one process are left alone.

System tests mostly wait for something real, the others compute. One process computes in what time the others leave, at a lower priority, so that sound
and time-outs are not disturbed by it; when one kind is done, all do the other. Large files come first, which tend to take long, so that no process is alone
with one at the end.
"""

import os
from pathlib import Path
from typing import Any

import pytest

_COMPUTES = "gw0"  # id of that process
_NICENESS = 5
_TOGETHER = "test_provision_"  # the application that these link takes seconds and is kept in memory


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config, "workerinput", {}).get("workerid") == _COMPUTES:
        os.nice(_NICENESS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        sizes = {item.path: item.path.stat().st_size for item in items}
        items.sort(key=lambda item: (-sizes[item.path], item.path))


def waits(scope: str) -> bool:
    """True for a file of system tests."""
    return Path(scope).parent.name == "system"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        """As `--dist loadfile`, in the order of collection instead of that of numbers of tests, and to each its kind."""

        def _assign_work_unit(self, node: Any) -> None:
            scope = next((scope for scope in self.workqueue if waits(scope) == (node.gateway.id != _COMPUTES)), None)
            if scope is not None:
                self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return _TOGETHER if Path(file).name.startswith(_TOGETHER) else file

        def remove_node(self, node: Any) -> str | None:
            """A process has ended in a test: that one has failed, and only what came behind it goes to others; xdist's own would try it again for ever."""
            units = self.assigned_work.pop(node)
            left = [nodeid for unit in units.values() for nodeid, done in unit.items() if not done]
            for scope, unit in units.items():
                if left and left[0] in unit:
                    unit[left[0]] = True
                if not all(unit.values()):
                    self.workqueue[scope] = unit
            for other in self.assigned_work:
                self._reschedule(other)
            return left[0] if left else None

    config.option.loadscopereorder = False
    return Files(config, log)
