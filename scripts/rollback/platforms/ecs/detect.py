"""Amazon ECS: task definitions, infrastructure code, Copilot manifests, or a deploy step."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, inside
from rollback.model import Evidence
from rollback.detection.calls import called
from rollback.detection.pipelines import scripts, steps

MARKERS = (
    "*.json",
    "*.tf",
    "*.template",
    "manifest.yml",
    "ecs-params.yml",
    "ecspresso.yml",
    "ecspresso.yaml",
    "ecspresso.jsonnet",
    "cdk.json",
)

_DEPLOY = (
    r"aws-actions/amazon-ecs-deploy-task-definition|"
    r"aws ecs (?:update-service|register-task-definition|deploy)|\becs-cli (?:compose|up)|"
    r"aws-ecs/deploy-|\becspresso (?:deploy|register)|\becs-deploy(?: -|@)|\becs deploy \S+|"
    r"copilot (?:svc )?deploy|atlassian/aws-ecs-deploy|"
    r"\bimagedefinitions\.json|fargate service deploy|"
    r"\b(?:App|Dgp)ECS-"  # CodeDeploy's names for a blue/green service
)
# a script of the project's own: what it does is code, its name says enough
_SCRIPT = (
    r"[/_-](?:(?:deploy|update|release)[\w-]*[-_]ecs|ecs[-_](?:deploy|update|release))[\w-]*\.\w+"
)
_TASK_NAME = re.compile(r"task|ecs|container|deploy|definition", re.IGNORECASE)
_CLOUDFORMATION = (
    "*.template",
    "**/*cloudformation*/**/*.y*ml",
    "**/*cfn*/**/*.y*ml",
    "*ecs*.y*ml",
    "**/ecs/**/*.y*ml",
    "*service*.y*ml",
    "*stack*.y*ml",
    "*template*.y*ml",
    "*cloudformation*.json",
    "**/*ecs*/**/*.json",
    "**/*infra*/**/*.y*ml",
    "**/aws/**/*.y*ml",
    "appspec*.y*ml",
    "*cfn*.y*ml",
    "*cloudformation*.y*ml",
    "*infra*.y*ml",
    "*fargate*.y*ml",
    "*cluster*.y*ml",
    "deploy*.y*ml",
)
_TERRAFORM = re.compile(
    r'^resource\s+"aws_ecs_(?:service|task_definition)"|(?:^|\{)\s*source\s*=\s*"(?:terraform-aws-modules/ecs/aws|cloudposse/ecs-)',
    re.MULTILINE,
)
# a module of somebody's for a service or its cluster, not for what stands around them
_MODULE = re.compile(
    r'(?:^|\{)\s*source\s*=\s*"[^"]*(?:(?<![a-z])ecs(?![a-z])|fargate)'
    r"(?![-_]?(?:profile|alarm|monitor|dashboard|log|metric|role|iam|policy|repo|registry|sg\b|security|secret|event))"
    r'[^"]*"',
    re.MULTILINE | re.IGNORECASE,
)
_COPILOT = r"^type:(?!.*Request-Driven).*(?:Service|Job)\b"  # request-driven: App Runner
_CONSTRUCT = re.compile(r"FargateService|Ec2Service|FargateTaskDefinition|EcsService")
_MOST_TERRAFORM = 400


def detect(files: FileIndex) -> list[Evidence]:
    evidence = [
        Evidence(85, path, ("deploy step for ECS",), deploys=True)
        for path in (*steps(files, _DEPLOY), *scripts(files, _DEPLOY))
    ]
    evidence += [
        Evidence(65, path, ("runs a script named for ECS",), deploys=True)
        for path in steps(files, _SCRIPT)
    ]
    evidence += [
        Evidence(80, path, ("task definition",), deploys=True) for path in _task_definitions(files)
    ]
    evidence += [
        Evidence(80, path, ("Copilot service",), deploys=True)
        for path in files.holding(_COPILOT, "**/copilot/*/manifest.yml")
    ]
    evidence += [
        Evidence(75, path, ("ECS deploy tool's configuration",), deploys=True)
        for path in files.matching("ecs-params.yml", "ecspresso.*")
    ]
    evidence += [
        Evidence(70, path, ("ECS service in infrastructure code",), deploys=True)
        for path in _infrastructure(files)
    ]
    evidence += [
        Evidence(65, path, ("calls a workflow named for ECS",), deploys=True)
        for path in called(files, "ecs|fargate")
    ]
    return evidence + [
        Evidence(60, path, ("calls a Terraform module named for ECS",), deploys=True)
        for path in files.matching("*.tf", "*.hcl")[:_MOST_TERRAFORM]
        if _MODULE.search(files.text(path))
    ]


def _task_definitions(files: FileIndex) -> list[str]:
    named = [
        path
        for path in files.matching("*.json", "*.json.tpl", "*.json.j2", "*.json.tmpl")
        if _TASK_NAME.search(path)
    ]
    return [
        path
        for path in named[:300]
        if '"containerDefinitions"' in (text := files.text(path)) and '"family"' in text
    ]


def _infrastructure(files: FileIndex) -> list[str]:
    terraform = [
        path
        for path in files.matching("*.tf")[:_MOST_TERRAFORM]
        if _TERRAFORM.search(files.text(path))
    ]
    cloudformation = [
        path
        for path in files.matching(*_CLOUDFORMATION)[:300]
        if "AWS::ECS::Service" in files.text(path)
    ]
    return terraform + cloudformation + _cdk(files)


def _cdk(files: FileIndex) -> list[str]:
    """Return services written with the CDK, below folders that hold a CDK app."""
    apps = {folder(path) for path in files.matching("cdk.json")}
    sources = (
        files.matching(
            "**/lib/**/*.ts", "**/*stack*.ts", "**/*stack*.py", "**/*service*.ts", "**/*Stack*.java"
        )
        if apps
        else []
    )
    return [
        path
        for path in sources[:200]
        if any(inside(app, path) for app in apps) and _CONSTRUCT.search(files.text(path))
    ]
