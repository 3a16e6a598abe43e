"""What --app names: components, applications of one ("web/shop"), applications or parts of any."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rollback.errors import Usage
from rollback.flow.site import Site, Source
from rollback.model import Target


class Selection(Struct, frozen=True):
    """`apps` are the words of the command line, or of the settings; empty is everything."""

    site: Site
    apps: tuple[str, ...] = ()

    def sources(self) -> list[Source]:
        """Return the components that may hold what is named; the others are not even read."""
        return [source for source in self.site.sources if self._concerns(source)]

    def names(self, source: Source) -> tuple[str, ...]:
        """Return the applications and parts named in one component; empty is all of it."""
        if source.component in self.apps:
            return ()
        prefix = f"{source.component}/"
        qualified = [app.removeprefix(prefix) for app in self.apps if app.startswith(prefix)]
        return (*qualified, *self._plain())

    def targets(self, source: Source, targets: Sequence[Target]) -> list[Target]:
        """Select the named targets; names of parts are left to the plan, which knows the moves."""
        names = self.names(source)
        return [target for target in targets if target.app in names] or list(targets)

    def refuse_unknown(self, known: Sequence[tuple[str, str]]) -> None:
        """Check the words against (component, application or part). Raises Usage (unknown-app)."""
        components = {source.component for source in self.site.sources}
        qualified = {f"{component}/{app}" for component, app in known}
        plain = {app for _, app in known}
        if unknown := [app for app in self.apps if app not in components | qualified | plain]:
            choice = sorted(qualified | components if self.site.several else plain)
            message = f"no application {', '.join(unknown)} here (known: {', '.join(choice)})"
            raise Usage("unknown-app", message, "name one of these")

    def _concerns(self, source: Source) -> bool:
        if not self.apps or self._plain() or source.component in self.apps:
            return True
        return any(app.startswith(f"{source.component}/") for app in self.apps)

    def _plain(self) -> list[str]:
        """Return the words that name no component."""
        components = {source.component for source in self.site.sources}
        return [app for app in self.apps if app.partition("/")[0] not in components]


def of(site: Site, apps: Sequence[str]) -> Selection:
    """Return what the command line names, else what the settings name."""
    return Selection(site, tuple(apps or site.environment.settings.apps or ()))
