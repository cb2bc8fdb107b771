"""Which of the things that could sound now does: one, never two. A pure function of what waits and of what is on the air.

    first      wins                          so that
    1 class    urgent > priority > normal    Circular 39/2020/TT-BTTTT; nothing else can hold up an urgent bulletin
    2 kind     live > file, siren, chime     people who speak now are not made to wait for a recording
    3 air      on the air > waiting          a bulletin is not cut by its equal
    4 rank     lower > higher                the commune's own order; an order goes before every slot of its class
    5 start    earlier > later               who came first
    6 key      by its text                   every node, on every runtime, chooses alike

What loses is not lost: it waits, and the agenda reports it once if its time runs out. What may compete at all (time, quiet hours, stops,
offers) is decided before, in `slots` and `orders`.
"""


def choose(waiting, on_air):
    """The pair to play of `waiting`, a list of (slot or order, number of its playing), or None of none. `on_air` is the key, as (base,
    number), of what sounds now."""
    best = None
    first = None
    for pair in waiting:
        source, number = pair
        holds_air = source.base == on_air[0] and number == on_air[1]
        place = (-source.rank, not source.live, not holds_air, source.precedence, source.begins(number), source.base, number)
        if first is None or place < first:
            best = pair
            first = place
    return best
