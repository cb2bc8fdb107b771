"""How many files a process may have open."""

import subprocess
import sys

_BEGINS_WITH = """
import resource, sys
from loa import open_files
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (128, min(int(sys.argv[1]), hard if hard != resource.RLIM_INFINITY else 1 << 30)))
print(open_files.allow(int(sys.argv[2])), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def _allowed(hard: int, wanted: int) -> list[int]:
    """What `allow` says and what the process then has, where it begins with 128 of at most `hard`."""
    done = subprocess.run([sys.executable, "-c", _BEGINS_WITH, str(hard), str(wanted)], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_as_many_as_are_wanted():
    assert _allowed(512, 300) == [300, 300]


def test_no_more_than_the_host_allows():
    assert _allowed(512, 4_000) == [512, 512]


def test_never_fewer_than_before():
    assert _allowed(512, 64) == [64, 128]
