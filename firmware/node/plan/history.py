"""What is over and how far what is not over was heard: the agenda's memory across new documents and reboots.

A key is kept as (base, number): a slot's number is its start, an order's the count of its repeat. Bounded: of each slot the starts of two
days are kept, when no late window can reach older ones any more, and what no document has is forgotten two days after that was first
seen.
"""

from micropython import const

_KEEP_S = const(2 * 86400)
_TIDY_EVERY = const(32)


def split(key):
    """`(base, number)` of an item's key; the base of an order ends in `#`, so that it never is a slot's."""
    if key.count("|") == 2:
        base, number = key.rsplit("|", 1)
        return base, int(number)
    base, _, number = key.partition("#")
    return base + "#", int(number or 1)


def join(base, number):
    """The key again. The first playing of an order is named without a count."""
    if not is_order(base):
        return f"{base}|{number}"
    return base[:-1] if number == 1 else base + str(number)


def is_order(base):
    """True for the base of an order's keys."""
    return base.endswith("#")


class History:
    """Empty at first; the journal fills it."""

    def __init__(self):
        self._over = {}  # base -> set of numbers
        self._begun = {}  # base -> {number: ms heard}
        self._expired = {}  # base of an order -> {number: ms heard or None} of those of `_over` whose order had ended by then
        self._unheld = {}  # base that no document has -> Unix time at which this was first seen

    def end(self, base, number):
        """Never again."""
        numbers = self._over.setdefault(base, set())
        numbers.add(number)
        if len(numbers) % _TIDY_EVERY == 0:
            newest = max(numbers)
            self._over[base] = {kept for kept in numbers if kept > newest - _KEEP_S}
        if base in self._begun:
            self._begun[base].pop(number, None)
            if not self._begun[base]:
                del self._begun[base]

    def expire(self, base, number):
        """It is over because its order has ended."""
        self._expired.setdefault(base, {})[number] = self.played_ms(base, number)
        self.end(base, number)

    def revive(self, base):
        """The order has not ended after all: what expired of it is not over."""
        expired = self._expired.pop(base, {})
        for number in expired:
            self._over[base].discard(number)
            if expired[number] is not None:
                self.played(base, number, expired[number])

    def is_over(self, base, number):
        """True once `end` was called for it."""
        return base in self._over and number in self._over[base]

    def rewind(self, now):
        """Nothing that starts after `now` is over: a slot's playings that were given up by a wrong clock."""
        for base in self._over:
            if not is_order(base):
                self._over[base] = {number for number in self._over[base] if number <= now}
        for base in self._unheld:
            self._unheld[base] = min(self._unheld[base], now)

    def played(self, base, number, ms):
        """It was heard up to `ms`; of no effect on what is over."""
        if not self.is_over(base, number):
            self._begun.setdefault(base, {})[number] = ms

    def played_ms(self, base, number):
        """ms heard so far, or None if it has not begun."""
        return self._begun[base].get(number) if base in self._begun else None

    def begun(self):
        """The (base, number) of all that has begun and is not over, sorted."""
        return sorted([(base, number) for base in self._begun for number in self._begun[base]])

    def forget(self, now, held):
        """Forget the bases that have been in no document for two days; `held` has those that are in one now.

        Returns the (base, number) of what had begun and waited in vain for a document; the caller ends them.
        """
        limit = now - _KEEP_S
        for base in held:
            self._unheld.pop(base, None)
        for base in set(self._over) | set(self._begun):
            if base not in held:
                self._unheld.setdefault(base, now)
        gone = [base for base in self._unheld if self._unheld[base] < limit]
        lost = [pair for pair in self.begun() if pair[0] in gone]
        for base in gone:
            del self._unheld[base]
            self._over.pop(base, None)
            self._expired.pop(base, None)
        return lost
