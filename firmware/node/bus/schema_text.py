"""Kinds of values in words: for whoever sent something else, and for docs/protocol.md. A node needs it only when it refuses."""

from node.bus import schema


def wanted(kind):
    """What a value should have been."""
    look = kind[0]
    if look is schema.look_at_list:
        return "a list of {} to {}".format(kind[3], kind[2])
    if look is schema.look_at_map:
        return "an object of at most {} members".format(kind[3])
    if look is schema.look_at_record:
        return "an object: " + describe(kind)
    return describe(kind)


def describe(kind):
    """One line; of a record its title."""
    look = kind[0]
    if look is schema.look_at_text:
        return "{}, at most {} bytes".format(kind[3], kind[1])
    if look is schema.look_at_whole:
        return "{}whole number {} to {}".format(kind[3] and kind[3] + ", ", kind[1], kind[2])
    if look is schema.look_at_flag:
        return "true or false"
    if look is schema.look_at_word:
        return "one of " + ", ".join(kind[1])
    if look is schema.look_at_list:
        return "list of {} to {}: {}".format(kind[3], kind[2], describe(kind[1]))
    if look is schema.look_at_map:
        return "object of at most {}: {}".format(kind[3], describe(kind[2]))
    if look is schema.look_at_record:
        return kind[1]
    return describe(kind[1]) + ", or null"  # the one kind that stands elsewhere, see `report_fields`


def part_of(kind):
    """The kind of what a list or an object of like members has; None for any other."""
    if kind[0] is schema.look_at_list:
        return kind[1]
    return kind[2] if kind[0] is schema.look_at_map else None


def is_record(kind):
    """True for an object with named members."""
    return kind[0] is schema.look_at_record


def title(record):
    """What the record is called."""
    return record[1]


def required(record):
    """Kinds of the members that it must have, by name."""
    return record[2]


def optional(record):
    """Kinds of the members that it may have, by name."""
    return record[3]
