"""Describes JSON values and refuses those that do not fit, naming the place. Says nothing about what a value means.

A kind is called as `kind(value, where)` and returns None or raises `Refused(MALFORMED, ...)`. Kinds are data: the station checks what it
signs with the same objects, and `docs/protocol.md` is checked against them.
"""

from node.refusal import MALFORMED, Refused


def _refuse(where, wanted):
    raise Refused(MALFORMED, "{}: {}".format(where or "document", wanted))


class Text:
    """A string of at most `longest` UTF-8 bytes that satisfies `test`, described by `what`."""

    def __init__(self, longest, test=None, what="text"):
        self.longest = longest
        self.test = test
        self.what = what

    def __call__(self, value, where):
        if not isinstance(value, str) or not self._fits(value) or (self.test and not self.test(value)):
            _refuse(where, "needs " + self.describe())

    def _fits(self, value):
        try:
            return len(value.encode()) <= self.longest
        except UnicodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot
            return False

    def describe(self):
        return "{}, at most {} bytes".format(self.what, self.longest)


class Whole:
    """A whole number from `low` to `high`, both included. JSON true and false are no numbers."""

    def __init__(self, low, high, what=""):
        self.low = low
        self.high = high
        self.what = what

    def __call__(self, value, where):
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            _refuse(where, "needs " + self.describe())

    def describe(self):
        return "{}whole number {} to {}".format(self.what and self.what + ", ", self.low, self.high)


class Flag:
    """true or false."""

    def __call__(self, value, where):
        if value is not True and value is not False:
            _refuse(where, "needs " + self.describe())

    def describe(self):
        return "true or false"


class OneOf:
    """One of a few words."""

    def __init__(self, *words):
        self.words = words

    def __call__(self, value, where):
        if value not in self.words:
            _refuse(where, "needs " + self.describe())

    def describe(self):
        return "one of " + ", ".join(self.words)


class ListOf:
    """A list of `least` to `most` values of one kind."""

    def __init__(self, kind, most, least=0):
        self.kind = kind
        self.most = most
        self.least = least

    def __call__(self, value, where):
        for kind, item, place in self.parts(value, where):
            kind(item, place)

    def parts(self, value, where):
        """What is to be checked one by one: (kind, value, where) of each item."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            _refuse(where, "needs a list of {} to {}".format(self.least, self.most))
        for index, item in enumerate(value):
            yield self.kind, item, "{}[{}]".format(where, index)

    def describe(self):
        return "list of {} to {}: {}".format(self.least, self.most, self.kind.describe())


class MapOf:
    """An object with at most `most` members whose names are one kind and values another."""

    def __init__(self, name, kind, most):
        self.name = name
        self.kind = kind
        self.most = most

    def __call__(self, value, where):
        for kind, item, place in self.parts(value, where):
            kind(item, place)

    def parts(self, value, where):
        """What is to be checked one by one: (kind, value, where) of each member; names are checked on the way."""
        if not isinstance(value, dict) or len(value) > self.most:
            _refuse(where, "needs an object of at most {} members".format(self.most))
        for name in value:
            self.name(name, where + ".name")
            yield self.kind, value[name], "{}.{}".format(where, name)

    def describe(self):
        return "object of at most {}: {}".format(self.most, self.kind.describe())


class Record:
    """An object with named members. Unknown members are let through: a newer station may say more than this node reads."""

    def __init__(self, title, required, optional=None):
        self.title = title
        self.required = required
        self.optional = optional or {}

    def __call__(self, value, where):
        for kind, item, place in self.parts(value, where):
            kind(item, place)

    def parts(self, value, where):
        """What is to be checked one by one: (kind, value, where) of each named member that is there."""
        if not isinstance(value, dict):
            _refuse(where, "needs an object: " + self.title)
        for name in self.required:
            if name not in value:
                _refuse(where, "lacks " + name)
            yield self.required[name], value[name], where + "." + name if where else name
        for name in self.optional:
            if name in value:
                yield self.optional[name], value[name], where + "." + name if where else name

    def describe(self):
        return self.title


async def check_in_steps(record, value, step):
    """As `record(value, "")`, but with `await step()` after each item of its lists and objects: a full plan takes longer than a node may be busy."""
    for kind, member, where in record.parts(value, ""):
        if hasattr(kind, "parts"):
            for item_kind, item, place in kind.parts(member, where):
                item_kind(item, place)
                await step()
        else:
            kind(member, where)
