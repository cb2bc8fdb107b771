"""The search for the largest fleet: up or down from where it begins, and then between what was good and what was not."""

import pytest
from tests.bench.fleet import LEAST, MOST, NODES, next_count


@pytest.mark.parametrize("limit", [LEAST // 2, LEAST, 1_100, 1_999, 2_000, 2_700, 11_000, MOST])
def test_it_is_found_within_a_tenth_and_a_few_tries(limit: int) -> None:
    tried = {}
    count: int | None = NODES
    while count is not None:
        assert count not in tried and LEAST <= count <= MOST
        tried[count] = "" if count <= limit else "too large"
        count = next_count(tried)
    found = max((count for count, lacks in tried.items() if not lacks), default=0)
    assert found <= limit and len(tried) <= 9
    assert found == 0 if limit < LEAST else found >= limit * 0.9
