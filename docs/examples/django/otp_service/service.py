"""The service, by the client that openapi-python-client generates out of docs/openapi.json."""

import uuid
from functools import lru_cache

import httpx
from django.conf import settings
from serverless_otp_twilio_client import AuthenticatedClient

# The one of npm run import; it never changes.
_ids = uuid.UUID("54136e26-35e7-4993-8574-848ebcd9e830")


class ServiceError(Exception):
    """The service did not do it; its code says why, and the text is for people."""

    def __init__(self, code: str, detail: str):
        super().__init__(detail)
        self.code = code


def imported_id(persistent_id: str) -> uuid.UUID:
    """Makes the id that the import gave a device of Django."""
    return uuid.uuid5(_ids, persistent_id)


def user_id(pk: object) -> str:
    """Makes the id that a user has in the service."""
    return f"{settings.OTP_SERVICE_USER_PREFIX}{pk}"


@lru_cache
def client() -> AuthenticatedClient:
    """Returns the client, which keeps its connections."""
    return AuthenticatedClient(
        base_url=settings.OTP_SERVICE_URL,
        token=settings.OTP_SERVICE_KEY,
        # The service answers a challenge within 20 seconds, and all else within 5.
        timeout=httpx.Timeout(25, connect=3),
    )


def call(operation, *args, **kwargs):
    """Calls an operation and returns its answer, which may be a problem; an outage is raised."""
    try:
        return operation(*args, client=client(), **kwargs)
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise ServiceError("unavailable", "The service for codes does not answer.") from error


def expect(kind: type, answer):
    """Returns an answer of this kind; raises ServiceError at every other."""
    if isinstance(answer, kind):
        return answer
    code = getattr(answer, "code", "unavailable")
    raise ServiceError(str(code), str(getattr(answer, "detail", "The service failed.")))
