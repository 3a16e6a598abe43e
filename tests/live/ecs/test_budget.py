"""What a rollback on ECS costs the model."""

from __future__ import annotations

from ecs_site import Site

from tests.live.conversation_cost import require_within_limit


def test_a_rollback_costs_no_more_than_its_limit(shop: Site) -> None:
    require_within_limit(shop)
