"""The services of one application: those that the settings name, or that have its tags."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms.ecs import ownership
from rollback.platforms.ecs.answers import Service, Services
from rollback.aws.client import Client, connect
from rollback.platforms.ecs.details import Details, ServiceDetails
from rollback.platforms.ecs.settings import Settings
from rollback.model.component_ids import APP
from rollback.settings.environment import Environment, group
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "ecs"
_FEW = 12  # names in a message
_BATCH = 10  # services in one answer


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return one target: its services have one history.

    Raises Usage (which-cluster, which-services), Unreadable (no-such-service, ...).
    """
    settings = group(environment, Settings)
    client = connect(shell, settings.profile, settings.region)
    if settings.cluster is None:
        raise _which_cluster(client)
    try:
        services = _chosen(client, settings.cluster, settings)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        where = f"{client.region}, {client.account()}"
        message = f"there is no ECS cluster {clean(settings.cluster, 80)} in {where}"
        fix = "correct ecs: in the settings, or use another account or region"
        raise Unreadable("no-such-cluster", message, fix) from None
    cluster = services[0].cluster_arn
    client.kept[cluster] = services
    return [
        Target(
            environment=environment.name,
            component=environment.component,
            platform=PLATFORM,
            app=_name(environment, services),
            where=cluster,
            protected=environment.protected,
            details=Details(
                cluster, client.region, settings.profile, tuple(map(details_of, services))
            ),
            location=_location(cluster, client.region),
        )
    ]


def read(client: Client, cluster: str, names: Sequence[str]) -> list[Service]:
    """Return these services in this order. Raises Unreadable (no-such-service, ...)."""
    batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]

    def batch(some: Sequence[str]) -> Services:
        asked = {"cluster": cluster, "services": list(some), "include": ["TAGS"]}
        return client.read(Services, "ecs", "describe_services", **asked)

    answers = client.all(batch, batches)
    known = {
        service.service_name: service
        for answer in answers
        for service in answer.services
        if service.status != "INACTIVE"  # deleted: ECS still shows it for a while
    }
    if missing := [name for name in names if name not in known]:
        where = f"ECS cluster {clean(cluster, 80)} in {client.region}"
        message = f"{where} has no service {', '.join(missing)} ({client.account()} was used)"
        fix = "correct ecs: in the settings, or use another account or region"
        raise Unreadable("no-such-service", message, fix)
    return [known[name] for name in names]


def _chosen(client: Client, cluster: str, settings: Settings) -> list[Service]:
    if settings.services and settings.tags:
        message = "ecs: has services and tags: they may mean different services"
        raise Usage("services-or-tags", message, "keep one of the two in the settings")
    if settings.services:
        return read(client, cluster, list(dict.fromkeys(settings.services)))
    names = _listed(client, cluster)
    if not settings.tags:
        raise _which_services(cluster, names)
    every = read(client, cluster, names) if names else []
    tagged = [service for service in every if _has(service, settings.tags)]
    if not tagged:
        wanted = ", ".join(f"{key}={value}" for key, value in settings.tags.items())
        message = f"no service of ECS cluster {clean(cluster, 80)} has the tags {clean(wanted)}"
        raise Unreadable("no-such-service", message, "correct ecs: {tags: ...} in the settings")
    return tagged


def _has(service: Service, tags: dict[str, str]) -> bool:
    known = {tag.key: tag.value for tag in service.tags}
    return all(known.get(key) == value for key, value in tags.items())


def _listed(client: Client, cluster: str) -> list[str]:
    arns = client.pages("ecs", "list_services", "serviceArns", cluster=cluster, maxResults=100)
    return sorted(str(arn).rpartition("/")[2] for arn in arns)


def _which_services(cluster: str, names: Sequence[str]) -> Usage:
    """Never all of a cluster: a person confirms the list by writing it down."""
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    listed = f"{', '.join(names[:_FEW])}{more}" if names else "none"
    message = f"which services of ECS cluster {clean(cluster, 80)}? It has: {clean(listed, 600)}"
    fix = "set ecs: {services: [NAME, ...]} or ecs: {tags: {KEY: VALUE}} in the settings"
    return Usage("which-services", message, fix)


def _which_cluster(client: Client) -> Usage:
    arns = client.pages("ecs", "list_clusters", "clusterArns", maxResults=100)
    names = sorted(str(arn).rpartition("/")[2] for arn in arns)
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    listed = f"{', '.join(names[:_FEW])}{more}" if names else "none"
    message = f"which ECS cluster? {client.region} has, for {client.label}: {clean(listed, 600)}"
    return Usage(
        "which-cluster", message, "set ecs: {cluster: NAME, services: [NAME]} in the settings"
    )


def _name(environment: Environment, services: Sequence[Service]) -> str:
    """Return the service, or what several are called together: their component or cluster."""
    if len(services) == 1:
        return services[0].service_name
    if environment.component != APP:
        return environment.component
    return services[0].cluster_arn.rpartition("/")[2]


def _location(cluster: str, region: str) -> str:
    account = cluster.split(":")[4] if cluster.count(":") >= 5 else "unknown"
    return f"ECS cluster {cluster.rpartition('/')[2]}, {region}, account {account}"


def details_of(service: Service) -> ServiceDetails:
    """Return what a plan keeps of a service."""
    groups = (each.target_group_arn for each in service.load_balancers)
    owner = ownership.of(service)
    return ServiceDetails(
        name=service.service_name,
        arn=service.service_arn,
        live=service.live,
        desired=service.desired_count,
        controller=service.deployment_controller.type,
        groups=tuple(filter(None, groups)),
        bake=60 * service.deployment_configuration.bake_time_in_minutes,
        owner=owner.name,
        owner_fix=owner.fix,
    )
