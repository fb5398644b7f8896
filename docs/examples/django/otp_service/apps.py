from django.apps import AppConfig


class OtpServiceConfig(AppConfig):
    """Has the label of django-otp-twilio, so that its table, foreign keys and sessions go on."""

    name = "otp_service"
    label = "otp_twilio"
    verbose_name = "OTP by SMS"
    default_auto_field = "django.db.models.AutoField"
