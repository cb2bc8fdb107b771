"""Who has answered an order, a document or a command, and waiting for it. Only reads the database, so it works from any process."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from loa.firmware import report_words, topics
from loa.station.commands import Command
from loa.station.documents import Document
from loa.station.station import Station

_POLL_S = 0.05


@dataclass(frozen=True)
class Answer:
    """One node's. `result`: "ok", "refused" with a code and a reason, or None as long as it has not answered."""

    node: str
    online: bool
    result: str | None = None
    code: str | None = None
    reason: str | None = None


Question = Callable[[], list[Answer]]  # the answers so far, one for each node that was asked


def of_document(station: Station, document: Document) -> Question:
    """Asks all nodes of this station in the document's audience whether they took it, or a later revision of it."""

    def ask() -> list[Answer]:
        refusals = {ack["node"]: ack for ack in station.nodes.acks(document.id) if ack["result"] != report_words.ACCEPTED}
        accepted = {ack["node"] for ack in station.nodes.acks(document.id) if ack["result"] == report_words.ACCEPTED}
        answers = []
        for status in station.status():
            if not (topics.covers(document.audience, status.area) or document.audience == topics.node_audience(status.id)):
                continue
            held = status.state.get("revisions", {}).get(f"{document.kind}:{document.audience}", 0)
            if status.id in accepted or held >= document.revision:
                answers.append(Answer(status.id, status.online, report_words.ACCEPTED))
            elif status.id in refusals:
                ack = refusals[status.id]
                answers.append(Answer(status.id, status.online, report_words.REFUSED, ack["code"], ack["reason"]))
            else:
                answers.append(Answer(status.id, status.online))
        return answers

    return ask


def of_order(station: Station, audience: str) -> Question:
    """The same for the air document that carries the newest order to an audience."""
    document = station.documents.current(topics.AIR, audience)
    assert document is not None, "an order was just given there"
    return of_document(station, document)


def of_command(station: Station, command: Command) -> Question:
    """Asks the one node that a command is for."""

    def ask() -> list[Answer]:
        now = station.commands.get(command.id)
        online = {status.id: status.online for status in station.status()}[command.node]
        return [Answer(command.node, online, now.result, now.code, now.reason)]

    return ask


def wait(question: Question, timeout_s: float, heard: Callable[[list[Answer]], None] = lambda _: None) -> list[Answer]:
    """Wait until every node that is online has answered, at least one has, or the time is over; returns what there is.

    `heard(answers)` is called whenever there is something new.
    """
    deadline = time.monotonic() + timeout_s
    before: list[Answer] = []
    while True:
        answers = question()
        if answers != before:
            before = answers
            heard(answers)
        waiting = any(answer.result is None for answer in answers if answer.online) or all(answer.result is None for answer in answers)
        if not waiting or not answers or time.monotonic() > deadline:
            return answers
        time.sleep(_POLL_S)
