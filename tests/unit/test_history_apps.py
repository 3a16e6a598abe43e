"""Names of applications on the command line: a target, a part of one, or an error that lists them."""

import pytest
from sites import site, source, target

from rollback.errors import Usage
from rollback.flow import history
from rollback.model import Release

LIVE = Release("2", status="live", artifacts={"web": "a"})
SHOP = history.TargetHistory(target(), (LIVE,))
KNOWN = history.History(site(source()), (history.ComponentHistory(source(), (SHOP,)),))


@pytest.mark.parametrize("apps", [(), ("shop",), ("web",), ("shop", "web"), ("web1",), ("app",)])
def test_targets_parts_and_moves_are_known(apps):
    history.refuse_unknown(apps, KNOWN, ["web1"])


def test_an_unknown_name_is_told_with_the_known_ones():
    with pytest.raises(Usage, match=r"no application wbe here \(known: shop, web\)"):
        history.refuse_unknown(("web", "wbe"), KNOWN)
