"""What hangs names itself: a test by `faulthandler_timeout` in pyproject.toml, and by this a run that cannot end after its last test."""

import faulthandler
import sys

import pytest

_END_S = 60


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where it stands is printed, and it ends. The processes of xdist end when the one that started them says so."""
    if not hasattr(session.config, "workerinput"):
        faulthandler.dump_traceback_later(_END_S, exit=True, file=sys.__stderr__)
