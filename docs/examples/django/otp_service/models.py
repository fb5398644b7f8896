"""The device of django-otp-twilio, whose tokens and locks the service has."""

import uuid

from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django_otp.models import GenerateNotAllowed, SideChannelDevice, VerifyNotAllowed
from serverless_otp_twilio_client.api.admin import reset
from serverless_otp_twilio_client.api.devices import (
    create_device,
    delete_device,
    get_device,
    update_device,
)
from serverless_otp_twilio_client.api.tokens import challenge, verify
from serverless_otp_twilio_client.models import (
    Challenge,
    CreateDeviceBody,
    Device,
    UpdateDeviceBody,
    Verified,
    VerifyBody,
)

from .service import ServiceError, call, expect, user_id

# A token that was looked at, or that nobody may give now: the answer is no.
refusals = {
    "invalid_token",
    "throttled",
    "device_disabled",
    "no_token",
    "token_used_up",
    "challenge_replaced",
    "invalid_body",
}


class TwilioSMSDevice(SideChannelDevice):
    """A phone. Its row says whose it is; all that is secret or counted is the service's."""

    # Of the abstract device: no token is kept here.
    token = None
    valid_until = None

    number = models.CharField(max_length=30, help_text="The mobile number (E.164).")
    service_id = models.UUIDField(null=True, editable=False)

    class Meta(SideChannelDevice.Meta):
        verbose_name = "Twilio SMS Device"

    def _key(self) -> tuple[str, str]:
        return user_id(self.user_id), str(self.service_id)

    def _device(self) -> Device:
        return expect(Device, call(get_device.sync, *self._key()))

    def save(self, *args, **kwargs):
        """Saves the row, and the device of the service with it, or neither."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            given = {"number": self.number, "name": self.name, "confirmed": self.confirmed}
            if self.service_id is None:
                answer = call(create_device.sync, user_id(self.user_id), body=CreateDeviceBody(**given))
            else:
                answer = call(update_device.sync, *self._key(), body=UpdateDeviceBody(**given))
            device = expect(Device, answer)
            # As the service reads it, E.164.
            self.number, self.service_id = device.number, uuid.UUID(device.id)
            row = type(self).objects.filter(pk=self.pk)
            row.update(number=self.number, service_id=self.service_id)

    def generate_challenge(self) -> str:
        """Sends a token; what is raised is for the user."""
        key = str(uuid.uuid4())
        answer = call(challenge.sync, *self._key(), idempotency_key=key)
        return expect(Challenge, answer).message

    def generate_is_allowed(self):
        """Whether the cooldown has passed."""
        cooldown = self._device().cooldown
        if cooldown.allowed:
            return True, None
        return False, {
            "reason": GenerateNotAllowed.COOLDOWN_DURATION_PENDING,
            "next_generation_at": cooldown.next_challenge_at,
        }

    def verify_is_allowed(self):
        """Whether a token would be looked at; where nobody knows, it would not."""
        try:
            throttle = self._device().throttle
        except ServiceError as error:
            return False, {"error_message": str(error)}
        if throttle.allowed:
            return True, None
        if throttle.locked_until is None:
            return False, {"error_message": "This phone is disabled; ask support."}
        return False, {
            "reason": VerifyNotAllowed.N_FAILED_ATTEMPTS,
            "failure_count": throttle.failure_count,
            "locked_until": throttle.locked_until,
        }

    def verify_token(self, token) -> bool:
        """Whether the token is right; raises where the service did not decide."""
        key = str(uuid.uuid4())
        body = VerifyBody(token=str(token))
        answer = call(verify.sync, *self._key(), body=body, idempotency_key=key)
        if getattr(answer, "code", None) in refusals:
            return False
        expect(Verified, answer)
        if not self.confirmed:
            # The service has confirmed it, too.
            self.confirmed = True
            type(self).objects.filter(pk=self.pk).update(confirmed=True)
        return True

    @property
    def throttling_failure_count(self) -> int:
        return self._device().throttle.failure_count

    def throttle_reset(self, commit: bool = True) -> None:
        """Clears lock and cooldown, at once: there is nothing to commit later."""
        expect(Device, call(reset.sync, *self._key()))

    cooldown_reset = throttle_reset


@receiver(post_delete, sender=TwilioSMSDevice)
def forget(instance: TwilioSMSDevice, **_) -> None:
    """The admin deletes many at once, and calls no delete() then."""
    answer = call(delete_device.sync_detailed, *instance._key())
    if answer.status_code != 204:
        expect(type(None), answer.parsed or answer)
