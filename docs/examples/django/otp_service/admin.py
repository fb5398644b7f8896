"""The admin of django-otp-twilio, and a way to unlock a phone."""

from django.contrib import admin, messages

from .models import TwilioSMSDevice
from .service import ServiceError


@admin.register(TwilioSMSDevice)
class TwilioSMSDeviceAdmin(admin.ModelAdmin):
    fieldsets = [
        ("Identity", {"fields": ["user", "name", "confirmed"]}),
        ("Configuration", {"fields": ["number"]}),
    ]
    raw_id_fields = ["user"]
    list_display = ["user", "name", "confirmed"]
    actions = ["unlock"]

    @admin.action(description="Unlock (throttle_reset)")
    def unlock(self, request, queryset):
        for device in queryset:
            try:
                device.throttle_reset()
            except ServiceError as error:
                self.message_user(request, f"{device}: {error}", messages.ERROR)
