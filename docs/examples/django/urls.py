"""The admin, which asks for a second factor, and a page for those who gave one."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django_otp.admin import OTPAdminSite
from django_otp.decorators import otp_required

admin.site.__class__ = OTPAdminSite


@otp_required(login_url="/admin/login/")
def secret(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.user} by {request.user.otp_device.persistent_id}")


urlpatterns = [path("admin/", admin.site.urls), path("secret/", secret)]
