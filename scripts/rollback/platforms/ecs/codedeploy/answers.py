"""The shapes of what CodeDeploy answers, as far as this adapter reads them."""

from __future__ import annotations

from datetime import datetime

from rollback.platforms.ecs.answers import Answer

RUNNING = ("Created", "Queued", "InProgress", "Baking", "Ready")
# error codes that speak about what was deployed; the others about rights, limits and settings
UNWELL = ("ALARM_ACTIVE", "CUSTOMER_APPLICATION_UNHEALTHY", "HOOK_EXECUTION_FAILURE")


class Content(Answer, frozen=True):
    content: str = ""
    sha256: str = ""


class S3Location(Answer, frozen=True):
    bucket: str = ""
    key: str = ""
    version: str = ""
    bundle_type: str = ""


class Revision(Answer, frozen=True):
    """What was deployed: an AppSpec inline (often only its hash), or a place that has it."""

    revision_type: str = ""
    app_spec_content: Content = Content()
    string: Content = Content()
    s3_location: S3Location = S3Location()

    @property
    def text(self) -> str:
        return self.app_spec_content.content or self.string.content


class RollbackInfo(Answer, frozen=True):
    rollback_deployment_id: str = ""
    rollback_triggering_deployment_id: str = ""
    rollback_message: str = ""


class ErrorInformation(Answer, frozen=True):
    code: str = ""
    message: str = ""


class ReadyOption(Answer, frozen=True):
    action_on_timeout: str = ""
    wait_time_in_minutes: int = 0


class Termination(Answer, frozen=True):
    action: str = ""
    termination_wait_time_in_minutes: int = 0


class BlueGreen(Answer, frozen=True):
    terminate_blue_instances_on_deployment_success: Termination = Termination()
    deployment_ready_option: ReadyOption = ReadyOption()


class Deployment(Answer, frozen=True):
    """A deployment. `creator` is codeDeployRollback where CodeDeploy went back by itself."""

    deployment_id: str
    application_name: str = ""
    deployment_group_name: str = ""
    status: str = ""
    creator: str = ""
    create_time: datetime | None = None
    start_time: datetime | None = None
    complete_time: datetime | None = None
    revision: Revision = Revision()
    rollback_info: RollbackInfo = RollbackInfo()
    error_information: ErrorInformation = ErrorInformation()

    @property
    def is_unwell(self) -> bool:
        """Whether it failed, or was stopped, because of what it brought."""
        return self.status in ("Failed", "Stopped") and self.error_information.code in UNWELL

    @property
    def is_rollback(self) -> bool:
        return self.creator == "codeDeployRollback"


class Deployments(Answer, frozen=True):
    deployments_info: tuple[Deployment, ...] = ()


class EcsService(Answer, frozen=True):
    service_name: str = ""
    cluster_name: str = ""


class Group(Answer, frozen=True):
    deployment_config_name: str = ""
    ecs_services: tuple[EcsService, ...] = ()
    blue_green_deployment_configuration: BlueGreen = BlueGreen()


class GroupAnswer(Answer, frozen=True):
    deployment_group_info: Group = Group()


class Canary(Answer, frozen=True):
    canary_interval: int = 0


class Linear(Answer, frozen=True):
    linear_percentage: int = 100
    linear_interval: int = 0


class Routing(Answer, frozen=True):
    """How traffic is shifted; intervals are minutes."""

    type: str = ""
    time_based_canary: Canary = Canary()
    time_based_linear: Linear = Linear()


class Config(Answer, frozen=True):
    traffic_routing_config: Routing = Routing()


class ConfigAnswer(Answer, frozen=True):
    deployment_config_info: Config = Config()
