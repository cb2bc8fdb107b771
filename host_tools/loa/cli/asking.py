"""Waits for what nodes answer and shows it: who did, who did not, who refused and why."""

from typing import Annotated, Any

import typer
from rich.text import Text

from loa.cli import output
from loa.cli.output import results
from loa.errors import EXIT_FAILED, EXIT_NETWORK
from loa.firmware import report_words
from loa.language import _
from loa.station import answers
from loa.station.answers import Answer, Question

WaitOption = Annotated[float, typer.Option(min=0, max=600, help="Seconds to wait for answers.")]
WAIT_S = 10.0


def ask(question: Question, told: dict[str, Any], wait_s: float, json: bool) -> None:
    """Wait for answers and show them; `told` is what else the result says. Exits with 6 if no node answered, 1 if all that did refused."""
    with output.notes().status("") as status:

        def heard(so_far: list[Answer]) -> None:
            missing = [answer.node for answer in so_far if answer.result is None]
            status.update(
                _("waiting for {missing}{value}", missing=", ".join(missing[:5]), value=_(" and others") if len(missing) > 5 else "")
            )

        got = answers.wait(question, wait_s, heard)
    if json:
        output.as_json({**told, "answers": got})
    else:
        _show(got, told)
    if got and all(answer.result is None for answer in got):
        raise typer.Exit(EXIT_NETWORK)
    if got and all(answer.result != report_words.ACCEPTED for answer in got):
        raise typer.Exit(EXIT_FAILED)


def _show(got: list[Answer], told: dict[str, Any]) -> None:
    done = sum(answer.result == report_words.ACCEPTED for answer in got)
    results().print(
        f"{told['id']}: "
        + (_("{done} of {count} nodes answered ok", done=done, count=len(got)) if got else _("sent; no node of this station is meant"))
    )
    if got:
        results().print(
            output.table((_("node"), _("state"), _("answer")), [(answer.node, _presence(answer), _answer(answer)) for answer in got])
        )


def _presence(answer: Answer) -> Text:
    return Text(_("online"), "green") if answer.online else Text(_("offline"), "red")


def _answer(answer: Answer) -> Text:
    if answer.result is None:
        return Text(_("none yet"), "yellow")
    if answer.result == report_words.ACCEPTED:
        return Text(_("ok"), "green")
    return Text(_("refused: {code}: {reason}", code=answer.code, reason=answer.reason), "red")
