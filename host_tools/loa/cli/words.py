"""The words of the wire in the user's language. They stay as they are in JSON, in files and in what nodes say; only tables for people show them so."""

from loa.language import _


def words() -> dict[str, str]:
    """What each means to people. Names and codes are not among them: they are looked up in the guides as they are."""
    return {
        # Importance
        "normal": _("normal"),
        "priority": _("priority"),
        "urgent": _("urgent"),
        # A node's clock
        "unset": _("unset"),
        "coarse": _("coarse"),
        "synchronised": _("synchronised"),
        # Kinds of events
        "boot": _("boot"),
        "played": _("played"),
        "dropped": _("dropped"),
        "order": _("order"),
        "refused": _("refused"),
        # Why a stretch of sound ended, or was not heard
        "end": _("end"),
        "stopped": _("stopped"),
        "pre-empted": _("pre-empted"),
        "power": _("power"),
        "starved": _("starved"),
        "late": _("late"),
        "quiet": _("quiet"),
        "expired": _("expired"),
        "superseded": _("superseded"),
        "omitted": _("omitted"),
        # Proof of play
        "complete": _("complete"),
        "due": _("due"),
        "partly": _("partly"),
        "silent": _("silent"),
        "replaced": _("replaced"),
        # The bench
        "begun": _("begun"),
        "made": _("made"),
        "failed": _("failed"),
    }


def spoken(word: str) -> str:
    """A word of the wire for people; what is none stays as it is."""
    return words().get(word, word)
