"""What the service has is dropped here, and each row learns the id that the import gave it.

Run it after npm run import --write, and with a backup: the locks and the tokens in flight are gone.
"""

from django.db import migrations, models

from ..service import imported_id


def name_devices(apps, _schema_editor):
    devices = apps.get_model("otp_twilio", "TwilioSMSDevice").objects
    for device in devices.all():
        service_id = imported_id(f"otp_twilio.twiliosmsdevice/{device.pk}")
        devices.filter(pk=device.pk).update(service_id=service_id)


class Migration(migrations.Migration):
    dependencies = [("otp_twilio", "0001_initial")]
    operations = [
        migrations.AddField(
            "TwilioSMSDevice", "service_id", models.UUIDField(editable=False, null=True)
        ),
        migrations.RunPython(name_devices, migrations.RunPython.noop),
        migrations.RemoveField("TwilioSMSDevice", "token"),
        migrations.RemoveField("TwilioSMSDevice", "valid_until"),
        migrations.RemoveField("TwilioSMSDevice", "throttling_failure_timestamp"),
        migrations.RemoveField("TwilioSMSDevice", "throttling_failure_count"),
    ]
