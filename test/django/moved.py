"""The same site after the move: the same users, sessions and locks, by the service."""

import os
import sys
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

import httpx  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django_otp import devices_for_user, match_token, user_has_device  # noqa: E402
from django_otp.forms import otp_verification_failed  # noqa: E402
from otp_service.models import TwilioSMSDevice  # noqa: E402

inbox = os.environ["INBOX"]
call_command("migrate", verbosity=0)
call_command("makemigrations", "otp_twilio", check=True, dry_run=True)
checks = 0


def check(said: str, holds: object) -> None:
    global checks
    checks += 1
    if not holds:
        sys.exit(f"Not so: {said}.")


def newest(number: str) -> str:
    query = {"to": number}
    return httpx.get(f"{inbox}/messages.json", params=query).json()["messages"][0]["body"]


def login(browser: Client, name: str, device: TwilioSMSDevice, **given: str):
    form = {"username": name, "password": "correct horse", "next": "/secret/"}
    return browser.post(
        "/admin/login/", {**form, "otp_device": device.persistent_id, **given}
    ).content.decode()


def phone(name: str) -> TwilioSMSDevice:
    return TwilioSMSDevice.objects.filter(user__username=name).first()


alice, bob, carol = phone("alice"), phone("bob"), phone("carol")

old = Client()
old.cookies[settings.SESSION_COOKIE_NAME] = (Path(sys.argv[1]) / "session").read_text()
page = old.get("/secret/").content.decode()
check("a session of before finds its device", page == f"alice by {alice.persistent_id}")

failed = []
otp_verification_failed.connect(lambda **given: failed.append(given["user"].username), weak=False)
new = Client()
check("a token is asked for", "enter your OTP token" in login(new, "alice", alice))
check("a message is sent", "Sent by SMS" in login(new, "alice", alice, otp_challenge="1"))
check("a wrong token is refused", "Invalid token" in login(new, "alice", alice, otp_token="wrong"))
check("the signal is sent", failed == ["alice"])
shown = login(new, "alice", alice, otp_token=newest("+14155552681"))
check("then the phone is locked", "because of 1 failed attempt," in shown)
check("nobody is in", new.get("/secret/").status_code == 302)
alice.throttle_reset()
login(new, "alice", alice, otp_token=newest("+14155552681"))
page = new.get("/secret/").content.decode()
check("the same user logs in by the same device", page == f"alice by {alice.persistent_id}")
check("a used token is refused", not alice.verify_token(newest("+14155552681")))
alice.throttle_reset()

shown = login(Client(), "bob", bob, otp_token="000000")
check("a locked phone is locked still", "because of 3 failed attempts," in shown)
check("as the model says", bob.verify_is_allowed()[1]["failure_count"] == 3)

check("an unconfirmed phone is none", not user_has_device(carol.user))
carol.generate_challenge()
check("a right token", carol.verify_token(newest("+14155552683")))
carol.refresh_from_db()
check("confirms a phone", carol.confirmed and list(devices_for_user(carol.user)) == [carol])
alice.generate_challenge()
check("match_token finds it", match_token(alice.user, newest("+14155552681")) == alice)

fields = {"user": alice.user_id, "name": "second", "confirmed": "on", "number": "+1 415 555 2686"}
new.post("/admin/otp_twilio/twiliosmsdevice/add/", fields)
second = TwilioSMSDevice.objects.get(name="second")
check("the admin adds a phone", second.number == "+14155552686" and second._device().confirmed)
change = f"/admin/otp_twilio/twiliosmsdevice/{second.pk}/change/"
new.post(change, {**fields, "name": "renamed"})
check("changes it", second._device().name == "renamed")
action = {"action": "unlock", "_selected_action": [bob.pk]}
new.post("/admin/otp_twilio/twiliosmsdevice/", action)
check("unlocks one", bob.verify_is_allowed() == (True, None))
action = {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"}
new.post("/admin/otp_twilio/twiliosmsdevice/", action)
try:
    second._device()
    check("deletes one", False)
except Exception as error:
    check("deletes one", error.code == "device_not_found")
user = User.objects.get(username="bob")
key = bob._key()
user.delete()
check("a deleted user has no phone", not TwilioSMSDevice.objects.filter(pk=bob.pk))

settings.OTP_SERVICE_URL = "http://127.0.0.1:9"
from otp_service import service  # noqa: E402

service.client.cache_clear()
shown = login(Client(), "alice", alice, otp_token="000000")
check("an outage lets nobody in, and says so", "does not answer" in shown)
print(checks)
