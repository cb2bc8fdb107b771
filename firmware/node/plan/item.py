"""One thing to play: what the agenda decides and the conductor plays, stores as proof, or reports as dropped."""

from node.plan.history import is_order, join
from node.plan.offers import TAKEN


class Item:
    """A single playing of a slot or order, with everything that is needed to play and to prove it.

    key          unique: "<audience>|<slot>|<start>", "<audience>|<order>" and "<audience>|<order>#<k>" for its k-th repeat, k from 2
    origin       id of the slot or order; `order` tells which
    audience     the area or node/<id> whose document asks for it
    do           "bulletin", "live", "siren" or "chime"
    rank         class: 0 normal, 1 priority, 2 urgent
    precedence   inside a class, lower goes first: a slot's rank 0 to 99, -1 for an order
    start        Unix seconds at which it is due
    until        Unix seconds after which it neither starts nor resumes; a live stream is left then
    bulletin     BULLETIN record or None, named `bulletin_id`; its variants lie under the URL `files`
    live         LIVE record or None
    fallback     "siren", "chime" or "none": what sounds where the audio cannot be had
    resume_ms    how much of it has been heard already; 0 for a live stream
    """

    def __init__(self, source, number, played_ms):
        self.key = source.key(number)
        self.origin = source.origin
        self.order = source.order
        self.audience = source.audience
        self.do = source.do
        self.rank = source.rank
        self.precedence = source.precedence
        self.start = source.begins(number)
        self.until = source.until(number, played_ms)
        self.bulletin_id = source.bulletin_id
        self.bulletin = source.bulletin
        self.files = source.files
        self.live = source.live
        self.fallback = source.fallback
        self.resume_ms = 0 if source.live else played_ms


class Gone:
    """Stands for a slot or order of which nothing but a key is left, so that it can still be reported as dropped."""

    do = "bulletin"
    rank = 0
    precedence = 0
    bulletin_id = None
    bulletin = None
    files = None
    live = None
    leave = TAKEN
    fallback = "none"

    def __init__(self, base):
        self.base = base
        self.order = is_order(base)
        self.audience, self.origin = base.rstrip("#").split("|")

    def key(self, number):
        return join(self.base, number)

    def begins(self, number):
        return 0 if self.order else number

    def until(self, number, _played_ms):
        return self.begins(number)
