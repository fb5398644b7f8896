"""Starts moto's server on a free port, for npm run rehearse, with seven things that it lacks.

moto's ValidateTemplate refuses what cfn-lint merely warns of; AWS refuses errors. moto takes parameters
that a template does not declare, and keeps those that an update does not give; AWS refuses both. And moto
has an ApiGatewayV2 of its own that its CloudFormation does not know: here it is introduced to it. Its
streams are left alone by the functions that read them: the rehearsal hands the records over itself. Its
update expressions take no function as the second argument of if_not_exists; DynamoDB's do. It knows no
limits of an account and no settings of SSM, which the doctor looks at: here it has those of an account that
is not new. It keeps what is to be retained, but not where that is RetainExceptOnCreate. What it is told and
cannot keep is an error, so that nothing of the template is silently dropped.

What of this was needed is said on lines that start with "lacks: ". Like every process of the
rehearsal it reaches nothing but this machine, not even a Docker that may run here.
"""

import inspect
import json
import os
import sys
import threading

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.awslambda import urls as lambda_urls
from moto.awslambda.models import LambdaBackend
from moto.cloudformation import models as cloudformation
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap
from moto.core.common_models import CloudFormationModel
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.parsing import expressions
from moto.server import main
from moto.ssm.responses import SimpleSystemManagerResponse


def say_lack(text):
    print("lacks:", text, file=sys.stderr, flush=True)


def stay_here(event, args):
    if event != "socket.connect":
        return
    address = args[1]
    if isinstance(address, tuple):
        if address[0] in ("127.0.0.1", "::1", "localhost"):
            return
        with open(os.environ["REHEARSAL_STRAYS"], "a") as strays:
            print(f"{address[0]}:{address[1]}", file=strays)
    raise PermissionError("moto stays by itself")


sys.addaudithook(stay_here)

lint = cloudformation.validate_template_cfn_lint


def refuse_errors(template):
    found = lint(template)
    warnings = sorted({match.rule.id for match in found if match.rule.severity != "error"})
    if warnings:
        say_lack(f"a ValidateTemplate that lets the warnings {', '.join(warnings)} pass")
    return [match for match in found if match.rule.severity == "error"]


cloudformation.validate_template_cfn_lint = refuse_errors


def strict(method):
    """A method of CloudFormation that is given a template and its parameters, with AWS's own refusals."""

    def checked(backend, name, template, *rest, parameters, **named):
        slots = json.loads(template).get("Parameters", {})
        given = parameters if isinstance(parameters, dict) else [one["ParameterKey"] for one in parameters]
        if unknown := sorted(set(given) - set(slots)):
            raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        needed = {slot for slot, declared in slots.items() if "Default" not in declared}
        if missing := sorted(needed - set(given)):
            raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
        return method(backend, name, template, *rest, parameters=parameters, **named)

    return checked


backend = cloudformation.CloudFormationBackend
backend.create_stack = strict(backend.create_stack)
backend.update_stack = strict(backend.update_stack)
say_lack("a CloudFormation that refuses parameters which the template lacks, and an update without its own")


delete_resources = ResourceMap.delete


def retain_created(resources):
    for asked in resources._resource_json_map.values():
        if asked.get("DeletionPolicy") == "RetainExceptOnCreate":
            asked["DeletionPolicy"] = "Retain"
    delete_resources(resources)


ResourceMap.delete = retain_created
say_lack("a CloudFormation that retains what is to be retained except on create")


def keep_records(backend, function_arn, items, source):
    """moto runs the readers of a stream as it is written, in Docker, and drops the records."""
    say_lack("a stream that keeps its records for its readers")


LambdaBackend.send_dynamodb_items = keep_records

expressions.UpdateExpressionFunctionParser.FUNCTIONS["if_not_exists"][1] = expressions.UpdateExpressionOperandParser
say_lack("an if_not_exists whose other value may be a function, as DynamoDB has it")


given = {"AccountLimit": {"ConcurrentExecutions": 1000}, "SettingValue": "true"}


def account_settings(request, *_):
    """What an account may run at once; the rehearsal puts another number."""
    if request.method == "PUT":
        given["AccountLimit"] = json.loads(request.data)
    return 200, {"content-type": "application/json"}, json.dumps({"AccountLimit": given["AccountLimit"]})


def get_service_setting(response):
    return json.dumps({"ServiceSetting": {"SettingValue": given["SettingValue"]}})


def update_service_setting(response):
    given["SettingValue"] = json.loads(response.body)["SettingValue"]
    return "{}"


lambda_urls.url_paths[r"{0}/2016-08-19/account-settings/?$"] = account_settings
SimpleSystemManagerResponse.get_service_setting = get_service_setting
SimpleSystemManagerResponse.update_service_setting = update_service_setting
say_lack("a Lambda that tells what an account may run at once, and settings of SSM")


def lower_camel(value):
    if not isinstance(value, dict):
        return value
    return {key[0].lower() + key[1:]: lower_camel(inner) for key, inner in value.items()}


def call(method, properties):
    """Calls a method of the backend with CloudFormation's properties; what is not given is None."""
    given = {camelcase_to_underscores(name): value for name, value in properties.items()}
    known = inspect.signature(method).parameters
    if unknown := set(given) - set(known):
        raise ValueError(f"moto's {method.__name__} does not take {', '.join(sorted(unknown))}")
    return method(**{name: given.get(name) for name in known})


def create_stage(backend, properties):
    config = lower_camel({name: value for name, value in properties.items() if name != "RouteSettings"})
    # Its names are routes, such as GET /key.
    config["routeSettings"] = {route: lower_camel(one) for route, one in properties["RouteSettings"].items()}
    return backend.create_stage(config.pop("apiId"), config)


CREATE = {
    "Api": lambda backend, properties: call(backend.create_api, properties),
    "Integration": lambda backend, properties: call(backend.create_integration, properties),
    "Route": lambda backend, properties: call(backend.create_route, properties),
    "Stage": create_stage,
}
DELETE = {
    "Api": lambda backend, name, _: backend.delete_api(name),
    "Integration": lambda backend, name, api: backend.delete_integration(api, name),
    "Route": lambda backend, name, api: backend.delete_route(api, name),
    "Stage": lambda backend, name, api: backend.delete_stage(api, name),
}
NAME = {"Api": "api_id", "Integration": "id", "Route": "route_id", "Stage": "name"}


def introduce(kind):
    class Resource(CloudFormationModel):
        # moto reads the service out of it.
        __module__ = "moto.apigatewayv2.models"

        def __init__(self, name):
            self.physical_resource_id = name

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return f"AWS::ApiGatewayV2::{kind}"

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
        ):
            backend = apigatewayv2_backends[account_id][region_name]
            made = CREATE[kind](backend, cloudformation_json["Properties"])
            return cls(getattr(made, NAME[kind]))

        @classmethod
        def update_from_cloudformation_json(
            cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
        ):
            old = original_resource.physical_resource_id
            cls.delete_from_cloudformation_json(old, cloudformation_json, account_id, region_name)
            return cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )

        @classmethod
        def delete_from_cloudformation_json(
            cls, resource_name, cloudformation_json, account_id, region_name
        ):
            backend = apigatewayv2_backends[account_id][region_name]
            # By now its references may be gone, and with them the name of the API.
            for api in backend.get_apis():
                DELETE[kind](backend, resource_name, api.api_id)

    # moto asks CloudFormationModel for its subclasses, once; this one must still be there then.
    introduced.append(Resource)


introduced = []
known_types = {model.cloudformation_type() for model in CloudFormationModel.__subclasses__()}
lacking = [kind for kind in CREATE if f"AWS::ApiGatewayV2::{kind}" not in known_types]
for kind in lacking:
    introduce(kind)
if lacking:
    say_lack(f"a CloudFormation that knows AWS::ApiGatewayV2 {', '.join(lacking)}")


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
main(["--host", "127.0.0.1", "--port", "0"])
