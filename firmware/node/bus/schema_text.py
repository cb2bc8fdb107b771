"""Kinds of values in words: for whoever sent something else, and for docs/protocol.md. A node needs it only when it refuses."""

from node.bus.schema import FLAG, LIST, MAP, RECORD, TEXT, WHOLE, WORD


def wanted(kind):
    """What a value should have been."""
    form = kind[0]
    if form == LIST:
        return "a list of {} to {}".format(kind[3], kind[2])
    if form == MAP:
        return "an object of at most {} members".format(kind[3])
    if form == RECORD:
        return "an object: " + describe(kind)
    return describe(kind)


def describe(kind):
    """One line; of a record its title."""
    form = kind[0]
    if form == TEXT:
        return "{}, at most {} bytes".format(kind[3], kind[1])
    if form == WHOLE:
        return "{}whole number {} to {}".format(kind[3] and kind[3] + ", ", kind[1], kind[2])
    if form == FLAG:
        return "true or false"
    if form == WORD:
        return "one of " + ", ".join(kind[1])
    if form == LIST:
        return "list of {} to {}: {}".format(kind[3], kind[2], describe(kind[1]))
    if form == MAP:
        return "object of at most {}: {}".format(kind[3], describe(kind[2]))
    if form == RECORD:
        return kind[1]
    return describe(kind[1]) + ", or null"


def part_of(kind):
    """The kind of what a list or an object of like members has; None for any other."""
    if kind[0] == LIST:
        return kind[1]
    return kind[2] if kind[0] == MAP else None


def is_record(kind):
    """True for an object with named members."""
    return kind[0] == RECORD


def title(record):
    """What the record is called."""
    return record[1]


def required(record):
    """Kinds of the members that it must have, by name."""
    return record[2]


def optional(record):
    """Kinds of the members that it may have, by name."""
    return record[3]
