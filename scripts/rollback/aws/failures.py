"""What goes wrong with AWS, in an operator's words. No credential is in any of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from rollback.errors import Unreadable
from rollback.text import clean

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_REFUSED = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AuthFailure",
    "OptInRequired",
)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_THROTTLED = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|LimitExceeded|SlowDown")
_SSO: tuple[str, ...] = (
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "TokenRetrievalError",
    "SSOError",
    "LoginTokenLoadError",
    "LoginRefreshRequired",
    "LoginError",
)
_CREDENTIALS = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "InvalidConfigError",
    "RefreshWithMFAUnsupportedError",
    "UnknownCredentialError",
    "NoAuthTokenError",
)
_AWAY = (
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ConnectionError",
    "ConnectionClosedError",
    "ProxyConnectionError",
    "HTTPClientError",
)
# of a cluster or service of ECS, an instance or cluster of RDS, a secret
_LACKING = re.compile(
    r"^(Cluster|Service|DBInstance|DBCluster|Resource)NotFound(Fault|Exception)?$"
)
_NAMES = "correct the name in the settings, or use another account or region"
_LOGIN = "log in again: aws sso login, or renew the credentials; then plan again"


@contextmanager
def explained(label: str, call: str = "") -> Iterator[None]:
    """Turn an error of botocore into Unreadable. `label` says whose credentials were used."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise refused(error.response, label, call) from None
    except ResponseParserError as error:  # a page of a proxy, where the answer is XML
        message = f"AWS: {call} with {label}: not an answer of AWS: {clean(str(error), 160)}"
        fix = "check the proxy and the endpoint, then try again"
        raise Unreadable("bad-answer", message, fix) from None
    except BotoCoreError as error:
        raise _broken(type(error), str(error), label, call) from None
    except OSError as error:  # credential_process that does not start, a file that cannot be read
        raise Unreadable("credentials-missing", f"AWS: {label}: {error}", _LOGIN) from None
    except ValueError as error:  # an endpoint that is no URL
        raise Unreadable("bad-endpoint", f"AWS: {clean(str(error), 200)}", _ENDPOINT) from None


_ENDPOINT = "check AWS_ENDPOINT_URL and endpoint_url in ~/.aws/config"


def refused(answer: object, label: str, call: str) -> Unreadable:
    """Return the error for an answer that AWS refused; `answer` is botocore's own."""
    told = answer if isinstance(answer, dict) else {}
    code = str(told.get("Error", {}).get("Code", ""))
    said = clean(str(told.get("Error", {}).get("Message", "")), 240)
    status = told.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    where = f"AWS: {call} with {label}"
    if code in _EXPIRED:
        return Unreadable("login-expired", f"{where}: the credentials have expired", _LOGIN)
    if code in _REFUSED:
        message = f"{where}: the credentials were refused ({clean(code, 60)})"
        return Unreadable(
            "login-refused", message, f"check them: aws sts get-caller-identity; {_LOGIN}"
        )
    if code in _DENIED:
        return Unreadable(
            "access-denied", f"{where}: {said or 'access denied'}", _ALLOW.format(action(call))
        )
    if _THROTTLED.search(code):
        message = f"{where}: AWS answers too many requests, several times over"
        return Unreadable("throttled", message, "wait a minute, then try again")
    if _LACKING.search(code):
        return Unreadable("not-found", f"{where}: {said or code}", _NAMES)
    if isinstance(status, int) and status >= 500:
        return Unreadable("server-error", f"{where}: HTTP {status} {said}", "try again")
    return Unreadable("refused", f"{where}: {clean(code, 60)}: {said}", "run that call yourself")


_ALLOW = "allow {} to this role, or use a profile that may"


def action(call: str) -> str:
    """Return the IAM action of a call: "ecs describe_services" is ecs:DescribeServices."""
    service, _, operation = call.partition(" ")
    prefix = {"elbv2": "elasticloadbalancing"}.get(service, service)
    words = ("DB" if word == "db" else word.title() for word in operation.split("_"))
    return f"{prefix}:{''.join(words)}"


def _broken(kind: type[Exception], said: str, label: str, call: str) -> Unreadable:
    """Return the error for a request that got no answer of AWS."""
    names = {base.__name__ for base in kind.__mro__}
    where, text = f"AWS: {call} with {label}".replace("  ", " "), clean(said, 240)
    if names & set(_SSO):
        return Unreadable("login-expired", f"AWS: {label}: {text}", _LOGIN)
    if "ProfileNotFound" in names:
        fix = "correct AWS_PROFILE, or profile: in the settings"
        return Unreadable("profile-missing", f"AWS: {text}", fix)
    if "NoRegionError" in names:
        return no_region()
    if names & set(_CREDENTIALS):
        fix = "set AWS_PROFILE, or profile: in the settings, or log in: aws sso login"
        return Unreadable("credentials-missing", f"AWS: {label}: {text}", fix)
    if "SSLError" in names:
        fix = "check AWS_CA_BUNDLE and the proxy"
        return Unreadable("tls", f"{where}: no secure connection: {text}", fix)
    if "ReadTimeoutError" in names:
        return Unreadable(
            "timed-out", f"{where}: no answer in time", "check the connection, then try again"
        )
    if names & set(_AWAY):
        fix = f"check the network and the region; {_ENDPOINT}"
        return Unreadable("unreachable", f"{where}: no connection: {text}", fix)
    return Unreadable("read-failed", f"{where}: {text}", "run that call yourself to see why")


def no_region() -> Unreadable:
    message = "AWS: no region is set"
    return Unreadable("region-missing", message, "set AWS_REGION, or region: in the settings")


def no_code(_: str) -> str:
    """Answer for a device that gives MFA codes. Raises Unreadable (mfa-needed)."""
    message = "AWS: this profile needs an MFA code, and a plan has no terminal to ask for it"
    fix = "run any aws command with this profile first: its session is then used here, too"
    raise Unreadable("mfa-needed", message, fix)
