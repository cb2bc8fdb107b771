"""Checks a payload by the tables in `documents`, which are in memory only as long as that takes: they are large, and documents are rare."""

import asyncio

from node.late import Loading
from node.refusal import TYPE_UNKNOWN, TYPE_WRONG, Refused


async def check(kind, body):
    """`body`, the payload found under a topic of type `kind`, has the members it must have. Yields after each item of a list.

    Raises Refused: MALFORMED; TYPE_WRONG; TYPE_UNKNOWN for a type that has no table in this version.
    """
    loading = Loading()
    with loading:
        from node.bus.documents import HEADER, table_of
        from node.bus.schema import check as check_at_once
        from node.bus.schema import check_in_steps

        table = table_of(kind)
    try:
        check_at_once(HEADER, body, "")
        if body["typ"] != kind:
            raise Refused(TYPE_WRONG, "{} under the topic of {}".format(body["typ"], kind))
        if table is None:
            raise Refused(TYPE_UNKNOWN, "{} is not known to this version".format(kind))
        await check_in_steps(table, body, _yield)
    finally:
        loading.empty()


async def _yield():
    await asyncio.sleep_ms(0)
