"""The suite that django-otp-twilio brings, by the service.

Its tests are run as they are. Two are put differently, because they look at what is not kept here:
the stored token, and a count that they write into the row themselves.
"""

import os
import sys
import time
import uuid
from datetime import datetime, timezone as tz

import django_otp.test_utils
import freezegun
import httpx
from django.conf import settings
from django.utils import timezone
from django_otp.models import VerifyNotAllowed
from otp_service import service
from otp_service.models import TwilioSMSDevice

# Where django-otp had it when django-otp-twilio 1.0.5 was made.
sys.modules["django_otp.tests"] = django_otp.test_utils
import otp_twilio.tests as peer  # noqa: E402

api, inbox = os.environ["API"], os.environ["INBOX"]


def whole_milliseconds():
    """Stops the clock as the peer does, but at a moment that the service can tell."""
    now = datetime.now(tz.utc)
    return freezegun.freeze_time(now.replace(microsecond=now.microsecond // 1000 * 1000))


peer.freeze_time = django_otp.test_utils.freeze_time = whole_milliseconds


def tell_time(request: httpx.Request) -> None:
    request.headers["x-now"] = str(round(time.time() * 1000))


def newest(number: str) -> str:
    """The last message to a number."""
    query = {"to": number}
    return httpx.get(f"{inbox}/messages.json", params=query).json()["messages"][0]["body"]


def configure(**given: str) -> None:
    httpx.put(f"{api}/settings", json=given).raise_for_status()


class Devices:
    """Two users with a phone each, in the service, too."""

    factor = "0"

    def setUp(self):
        settings.OTP_SERVICE_USER_PREFIX = f"{uuid.uuid4()}:"
        hooks = service.client().get_httpx_client().event_hooks
        service.client().get_httpx_client().event_hooks = {**hooks, "request": [tell_time]}
        configure(
            OTP_TWILIO_THROTTLE_FACTOR=self.factor,
            OTP_TWILIO_TOKEN_VALIDITY="30",
            OTP_TWILIO_CHALLENGE_MESSAGE="{token}",
            OTP_TWILIO_TOKEN_TEMPLATE="{token}",
        )
        users = [self.create_user(name, "password") for name in ("alice", "bob")]
        self.device, self.device2 = (
            user.twiliosmsdevice_set.create(number=f"+1415555267{n}")
            for n, user in enumerate(users)
        )


class TestTwilioSMS(Devices, peer.TestTwilioSMS):
    def test_format(self):
        """The message is made of the template."""
        configure(
            OTP_TWILIO_TOKEN_TEMPLATE="Token is {token}", OTP_TWILIO_CHALLENGE_MESSAGE="Sent by SMS"
        )

        self.assertEqual("Sent by SMS", self.device.generate_challenge())

        message = newest(self.device.number)
        self.assertRegex(message, r"^Token is \d{6}$")
        self.assertTrue(self.device.verify_token(message[-6:]))


class ThrottlingTestCase(Devices, peer.ThrottlingTestCase):
    factor = "1"

    def valid_token(self):
        return self.device.generate_challenge()

    def test_verify_is_allowed_with_large_failure_count(self):
        """90 failures, which were imported, lock for a long time."""
        device = TwilioSMSDevice(service_id=service.imported_id("otp_twilio.twiliosmsdevice/90"))
        device._key = lambda: ("large", str(device.service_id))

        allowed, data = device.verify_is_allowed()

        self.assertFalse(allowed)
        self.assertEqual(data["reason"], VerifyNotAllowed.N_FAILED_ATTEMPTS)
        self.assertEqual(data["failure_count"], 90)
        self.assertGreater(data["locked_until"], timezone.now())
