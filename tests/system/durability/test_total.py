"""Runs last: whether all of it together proves enough."""

import pytest


@pytest.mark.last
def test_p02_at_least_two_thousand_acknowledged_messages_and_none_lost_or_damaged(tally):
    shut_down = sum(row["acknowledged"] for name, row in tally.rows.items() if name.startswith("M6"))
    if not shut_down:
        pytest.skip("M6 was not possible here")
    assert shut_down >= 2000, f"{shut_down} acknowledged messages went through a power loss, too few to prove anything"
    assert tally.total("lost") == 0 and tally.total("damaged") == 0
    assert tally.caught and all(tally.caught.values())
