"""A login in FastAPI: the password, then a code by SMS. It answers JSON with the next step.

The client is the one that openapi-python-client generates out of docs/openapi.json.
"""

import os
import secrets
import uuid
from dataclasses import dataclass
from hmac import compare_digest

from fastapi import Body, Cookie, FastAPI, Request
from fastapi.responses import JSONResponse
from serverless_otp_twilio_client import AuthenticatedClient
from serverless_otp_twilio_client.api.devices import create_device, delete_devices, list_devices
from serverless_otp_twilio_client.api.tokens import challenge, verify
from serverless_otp_twilio_client.models import (
    Challenge,
    ChallengeBody,
    CreateDeviceBody,
    Device,
    DevicePage,
    Verified,
    VerifyBody,
)
from serverless_otp_twilio_client.types import UNSET

otp = AuthenticatedClient(
    base_url=os.environ.get("API", "http://127.0.0.1:3000"), token=os.environ["KEY"]
)


@dataclass
class User:
    id: str
    password: str
    recovery: str


@dataclass
class Session:
    user: User
    device: str | None
    may_enrol: bool
    challenge: str | None = None
    logged_in: bool = False


# Stands for your table of users: yours has hashes, by argon2 or scrypt.
users = {"alice": User("fastapi|alice", "correct horse", "battery staple")}
# Stands for your session store.
sessions: dict[str, Session] = {}
app = FastAPI()


def step(name: str, status: int = 200, **rest: object) -> JSONResponse:
    return JSONResponse({"step": name, **rest}, status)


def refuse(answer: object, name: str = "code") -> JSONResponse:
    """What the page shows: why not, and until when."""
    locked_until = getattr(answer, "locked_until", None)
    return step(
        name,
        409,
        code=getattr(answer, "code", "unavailable"),
        lockedUntil=locked_until.isoformat() if locked_until else None,
    )


async def send(request: Request, session: Session, resend: bool = False) -> JSONResponse:
    if session.device is None:
        return step("password", 403)
    # Behind a proxy of your own it is the address that this proxy saw.
    client_ip = request.client.host if request.client else UNSET
    # One key a press of the button: a retry with the same key sends nothing.
    answer = await challenge.asyncio(
        session.user.id,
        session.device,
        client=otp,
        body=ChallengeBody(client_ip=client_ip, resend=resend),
        idempotency_key=str(uuid.uuid4()),
    )
    # One of which it is not known whether it was sent has an id, too.
    session.challenge = getattr(answer, "challenge_id", session.challenge)
    return step("code", number=answer.number) if isinstance(answer, Challenge) else refuse(answer)


@app.post("/login")
async def login(request: Request, user: str = Body(), password: str = Body()) -> JSONResponse:
    """The password. Only after it anything of the second factor is done."""
    known = users.get(user)
    if known is None or not compare_digest(known.password.encode(), password.encode()):
        return step("password", 401)
    phones = await list_devices.asyncio(known.id, client=otp, confirmed=True)
    if not isinstance(phones, DevicePage):
        return refuse(phones)
    device = phones.devices[0].id if phones.devices else None
    # A user without a phone may register one; whoever has one proves that first.
    session = Session(known, device, may_enrol=device is None)
    name = secrets.token_urlsafe()
    sessions[name] = session
    answer = step("enrol") if session.may_enrol else await send(request, session)
    answer.set_cookie("session", name, httponly=True, samesite="strict")
    return answer


@app.post("/enrol")
async def enrol(
    request: Request, number: str = Body(embed=True), session: str = Cookie("")
) -> JSONResponse:
    """A new phone. It counts once its first code was right."""
    current = sessions.get(session)
    if current is None or not current.may_enrol:
        return step("password", 403)
    device = await create_device.asyncio(
        current.user.id, client=otp, body=CreateDeviceBody(number=number)
    )
    if not isinstance(device, Device):
        return refuse(device, "enrol")
    current.device = device.id
    return await send(request, current)


@app.post("/lost")
async def lost(recovery: str = Body(embed=True), session: str = Cookie("")) -> JSONResponse:
    """The phone is lost: a recovery code, or your support, lets the user register another."""
    current = sessions.get(session)
    if current is None:
        return step("password", 401)
    if not compare_digest(current.user.recovery.encode(), recovery.encode()):
        return step("code", 403)
    deleted = await delete_devices.asyncio_detailed(current.user.id, client=otp)
    if deleted.status_code != 204:
        return refuse(deleted.parsed)
    current.may_enrol = True
    return step("enrol")


@app.post("/again")
async def again(request: Request, session: str = Cookie("")) -> JSONResponse:
    current = sessions.get(session)
    return await send(request, current, resend=True) if current else step("password", 401)


@app.post("/code")
async def code(
    request: Request, token: str = Body(embed=True), session: str = Cookie("")
) -> JSONResponse:
    current = sessions.get(session)
    if current is None or current.device is None:
        return step("password", 401)
    answer = await verify.asyncio(
        current.user.id,
        current.device,
        client=otp,
        body=VerifyBody(
            token=token,
            challenge_id=current.challenge or UNSET,
            client_ip=request.client.host if request.client else UNSET,
        ),
        idempotency_key=str(uuid.uuid4()),
    )
    if not isinstance(answer, Verified):
        return refuse(answer)
    current.may_enrol = False
    current.logged_in = True
    return step("in")
