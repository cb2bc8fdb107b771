"""Files of tests are dealt out as `tests.dealing` says, and what hangs is named and ends: a test, and a run behind its last test."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.dealing import dealt

ROOT = Path(__file__).parents[2]
paths = st.builds(
    lambda kind, number: Path("tests", kind, f"test_{number}.py"), st.sampled_from(["system", "unit", "node"]), st.integers(0, 99)
)


@given(st.dictionaries(paths, st.integers(1, 20_000)))
def test_every_file_is_dealt_once_and_of_each_kind_the_large_ones_first(sizes):
    order = dealt(sizes)
    assert sorted(order) == sorted(sizes)
    for waiting in (True, False):
        kind = [sizes[file] for file in order if (file.parent.name == "system") == waiting]
        assert kind == sorted(kind, reverse=True)


def test_both_kinds_are_dealt_out_evenly_among_each_other():
    files = [Path(f"tests/{kind}/test_{number}.py") for kind in ("system", "unit") for number in range(10)]
    assert all(
        {file.parent.name for file in pair} == {"system", "unit"} for pair in zip(*[iter(dealt(dict.fromkeys(files, 7)))] * 2, strict=True)
    )


def run(folder, text, *options):
    """pytest on that text with both plugins; its exit code and all that it said."""
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nfaulthandler_exit_on_timeout = true\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:loa",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.dealing",
        "-p",
        "tests.ending",
        *options,
    ]
    done = subprocess.run(
        command, cwd=folder, env=kept | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_test_that_hangs_fails_once_and_those_behind_it_run(tmp_path):
    text = "import threading\ndef test_one(): pass\ndef test_hangs(): threading.Event().wait()\ndef test_two(): pass\n"
    code, said = run(tmp_path, text, "-n", "2", "--dist", "loadfile", "-o", "faulthandler_timeout=1")
    assert code == 1
    assert "test_it.py::test_hangs" in said and 'test_it.py", line 3 in test_hangs' in said
    assert "1 failed, 2 passed" in said


def test_a_run_that_does_not_end_says_where_it_stands(tmp_path):
    (tmp_path / "conftest.py").write_text("import tests.ending\ntests.ending._END_S = 1\n")
    text = "import threading\ndef test_leaves_a_thread(): threading.Thread(target=lambda: threading.Event().wait(), name='left').start()\n"
    code, said = run(tmp_path, text)
    assert code == 1
    assert "1 passed" in said and "Timeout (0:00:01)" in said and 'test_it.py", line 2' in said
