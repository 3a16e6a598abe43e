"""What a rollback on each hosted platform costs the model."""

from __future__ import annotations

import pytest

from tests.live.conversation_cost import require_within_limit


@pytest.mark.parametrize("fixture", ["site", "vercel_site", "shop"])
def test_a_rollback_costs_no_more_than_its_limit(request: pytest.FixtureRequest, fixture: str):
    require_within_limit(request.getfixturevalue(fixture))
