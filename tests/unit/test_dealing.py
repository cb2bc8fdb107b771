"""Each process of a run gets the files that `tests.dealing` says, and what hangs is named and ends: a test, and a run behind its last test."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


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


def test_one_process_computes_while_the_others_wait_and_large_files_come_first(tmp_path):
    ran = tmp_path / "ran"
    for kind in ("system", "unit"):
        (tmp_path / kind).mkdir()
        for size in range(4):
            text = f"import os\ndef test(worker_id): print(worker_id, os.nice(0), {kind!r}, {size}, file=open({str(ran)!r}, 'a'))\n"
            (tmp_path / kind / f"test_{kind}_{size}.py").write_text(text + "#" * size)
    code, said = run(tmp_path, "", "-n", "2", "--dist", "loadfile", "system", "unit")
    assert code == 0, said
    lines = [line.split() for line in ran.read_text().splitlines()]
    first = {worker: next(line[1:] for line in lines if line[0] == worker) for worker in ("gw0", "gw1")}
    assert first == {"gw0": [str(min(os.nice(0) + 5, 19)), "unit", "3"], "gw1": [str(os.nice(0)), "system", "3"]}
