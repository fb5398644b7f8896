# The walk through the API with the client that openapi-python-client makes.
import json
import os
import urllib.parse
import urllib.request

from serverless_otp_twilio_client import AuthenticatedClient
from serverless_otp_twilio_client.api.admin import reset
from serverless_otp_twilio_client.api.devices import create_device
from serverless_otp_twilio_client.api.tokens import challenge, verify
from serverless_otp_twilio_client.models import (
    Challenge,
    CreateDeviceBody,
    Device,
    InvalidTokenProblem,
    NoTokenProblem,
    ThrottledProblem,
    UndeliverableNumberProblem,
    Verified,
    VerifyBody,
)

inbox, number = os.environ["INBOX"], os.environ["NUMBER"]
client = AuthenticatedClient(base_url=os.environ["API"], token=os.environ["KEY"])
user = "python|walk"
success = {Challenge: "sent", Verified: "verified"}
problems = (InvalidTokenProblem, NoTokenProblem, ThrottledProblem, UndeliverableNumberProblem)


def code_of(answer: object) -> str:
    """The code of a typed problem, or what the answer is."""
    if isinstance(answer, problems):
        return answer.code
    return success.get(type(answer), f"untyped({answer})")


def newest() -> str:
    query = urllib.parse.urlencode({"to": number})
    with urllib.request.urlopen(f"{inbox}/messages.json?{query}") as response:
        return json.load(response)["messages"][0]["body"]


def refuse_next() -> None:
    body = json.dumps({"next": "refused"}).encode()
    request = urllib.request.Request(f"{inbox}/failure.json", body, method="PUT")
    urllib.request.urlopen(request).close()


device = create_device.sync(user, client=client, body=CreateDeviceBody(number=number))
assert isinstance(device, Device), device
said = ["created"]


def send() -> None:
    said.append(code_of(challenge.sync(user, device.id, client=client)))


def guess(token: str) -> None:
    said.append(code_of(verify.sync(user, device.id, client=client, body=VerifyBody(token=token))))


send()
guess("wrong")
guess("wrong")
said.append("reset" if isinstance(reset.sync(user, device.id, client=client), Device) else "?")
token = newest()
guess(token)
guess(token)
refuse_next()
send()
print(" ".join(said))
