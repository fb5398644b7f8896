"""A site with django-otp-twilio and django-two-factor-auth, as it is before the move.

Users log in by the real packages; their devices are dumped in each way that dumpdata has.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import settings as new
from django.conf import settings

apps = [app for app in new.INSTALLED_APPS if app != "otp_service"]
apps += ["otp_twilio", "django_otp.plugins.otp_totp", "two_factor.plugins.phonenumber"]
names = [name for name in dir(new) if name.isupper()]
settings.configure(
    **{name: getattr(new, name) for name in names if name != "INSTALLED_APPS"},
    INSTALLED_APPS=apps,
    OTP_TWILIO_NO_DELIVERY=True,
    OTP_TWILIO_CHALLENGE_MESSAGE="{token}",
    OTP_TWILIO_THROTTLE_FACTOR=60,
)

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402
from otp_twilio.models import TwilioSMSDevice  # noqa: E402
from two_factor.plugins.phonenumber.models import PhoneDevice  # noqa: E402

folder = Path(sys.argv[1])
call_command("migrate", verbosity=0)


def user(name: str) -> User:
    return User.objects.create_superuser(name, password="correct horse")


alice = user("alice").twiliosmsdevice_set.create(name="phone", number="415-555-2681")
bob = user("bob").twiliosmsdevice_set.create(name="work", number="+14155552682")
for _ in range(3):
    bob.throttle_increment()
carol = user("carol").twiliosmsdevice_set.create(name="new", number="+14155552683", confirmed=False)
carol.generate_token()
eve = user("eve")
gone = eve.twiliosmsdevice_set.create(name="中" * 43, number="+14155552684")
eve.twiliosmsdevice_set.create(name="none", number="ask Bob")
last = PhoneDevice.objects.create(
    user=user("dave"), name="default", number="+14155552685", key="a" * 40, method="call"
)
TOTPDevice.objects.create(user=eve, name="app")
# Failed long ago: free, and the next failure counts on.
last.throttling_failure_count = 2
last.throttling_failure_timestamp = timezone.now() - timedelta(days=1)
last.save()

browser = Client()
form = {"username": "alice", "password": "correct horse", "next": "/secret/"}
form["otp_device"] = alice.persistent_id
token = TwilioSMSDevice.objects.get(pk=alice.pk).generate_challenge()
browser.post("/admin/login/", {**form, "otp_token": token})
assert browser.get("/secret/").content.decode() == f"alice by {alice.persistent_id}"

models = ["otp_twilio.twiliosmsdevice", "phonenumber.phonedevice", "otp_totp.totpdevice"]
call_command("dumpdata", *models, output=folder / "dump.json", indent=2, verbosity=0)
natural = {"use_natural_foreign_keys": True, "use_natural_primary_keys": True}
# The whole site: users, permissions and content types have natural keys, and no pk then.
call_command("dumpdata", output=folder / "natural.json", verbosity=0, **natural)
call_command("dumpdata", *models, output=folder / "lines.jsonl", format="jsonl", verbosity=0)
(folder / "session").write_text(browser.cookies[settings.SESSION_COOKIE_NAME].value)
print(os.path.basename(new.DATABASES["default"]["NAME"]))
