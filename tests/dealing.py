"""In which order files of tests go to the processes of `make test`, and which go to one together. Runs in one process are left alone.

System tests mostly wait for something real, the others compute: dealt out evenly among each other, one kind fills the time that the other leaves. Of
each kind large files come first, which tend to take long, so that no process is alone with one at the end.
"""

from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

_WAITING = "system"
_TOGETHER = "test_provision_"  # the application that these link takes seconds and is kept in memory


def dealt(sizes: dict[Path, int]) -> list[Path]:
    """The files in order. `sizes`: bytes of each."""
    places = {}
    for waiting in (True, False):
        files = sorted((file for file in sizes if (file.parent.name == _WAITING) == waiting), key=lambda file: (-sizes[file], file))
        before = accumulate((sizes[file] for file in files), initial=0)
        whole = sum(sizes[file] for file in files)
        places |= {file: (start / whole, file) for file, start in zip(files, before, strict=False)}
    return sorted(places, key=places.__getitem__)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        order = {file: place for place, file in enumerate(dealt({item.path: item.path.stat().st_size for item in items}))}
        items.sort(key=lambda item: order[item.path])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        """As `--dist loadfile`, in the order of collection instead of that of numbers of tests."""

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
