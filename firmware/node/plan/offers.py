"""What comes from above the commune, and the commune's say in it.

The commune is the second area of a node's chain. Plans and orders of the commune, of areas below it and of the node itself hold on equal
footing. What an area above asks for is, by class:

    urgent            holds as it stands, whatever the commune's plan says
    normal, priority  is an offer. The commune's plan may name it in `offers`: `omit` refuses it; `at` (a slot's times of day; the days
                      stay as offered) and `rank` place it. Named without `omit` it is taken; not named, only if the plan says `accept`

Without a plan of the commune nothing is taken. A plan's answers hold as long as it is held, even past its `exp`: the offer has its own.
"""

from node.bus.limits import CLASSES

TAKEN = "taken"
REFUSED = "refused"  # by name
UNANSWERED = "unanswered"

_URGENT = CLASSES.index("urgent")


def commune(chain):
    """The area whose plan answers offers: the second of the chain, or the only one."""
    return chain[min(1, len(chain) - 1)]


def is_above(audience, chain):
    """True for the areas of the chain above the commune."""
    return audience in chain and chain.index(audience) < chain.index(commune(chain))


def answer(plan, audience, origin, rank):
    """`(TAKEN, REFUSED or UNANSWERED, OFFER record or None)` for a slot or order of an area above; `plan` is the commune's, or None."""
    if rank == _URGENT:
        return TAKEN, None
    offer = plan.placings.get(audience + "|" + origin) if plan else None
    if offer is None:
        return (TAKEN if plan and plan.accept else UNANSWERED), None
    return (REFUSED if offer.get("omit") else TAKEN), offer


def take(own, plan, taken):
    """A generator, one step a slot: those of the slots `own` of a plan above that hold are appended to `taken`, placed as the commune's
    `plan` (or None) says."""
    for slot in own:
        reply, offer = answer(plan, slot.audience, slot.origin, slot.rank)
        if reply is TAKEN:
            taken.append(slot.placed(offer))
        yield
