"""Types of the services that keep data, identities and rules, as far as the emulator has their API."""

from __future__ import annotations

from typing import Any

from refarch.local.resources.backing import Backing

Properties = dict[str, Any]


def _group(iam: Any, properties: Properties) -> dict[str, Any]:
    path = {"Path": properties["Path"]} if "Path" in properties else {}
    made = iam.create_group(GroupName=properties["GroupName"], **path)["Group"]
    for arn in properties.get("ManagedPolicyArns", []):
        iam.attach_group_policy(GroupName=properties["GroupName"], PolicyArn=arn)
    for policy in properties.get("Policies", []):
        _put_group_policy(iam, properties["GroupName"], policy)
    return {"Arn": made["Arn"]}


def _put_group_policy(iam: Any, group: str, policy: Properties) -> None:
    import json

    document = policy["PolicyDocument"]
    text = document if isinstance(document, str) else json.dumps(document)
    iam.put_group_policy(GroupName=group, PolicyName=policy["PolicyName"], PolicyDocument=text)


def _no_group(iam: Any, properties: Properties) -> dict[str, Any]:
    name = properties["GroupName"]
    for policy in iam.list_attached_group_policies(GroupName=name)["AttachedPolicies"]:
        iam.detach_group_policy(GroupName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_group_policies(GroupName=name)["PolicyNames"]:
        iam.delete_group_policy(GroupName=name, PolicyName=policy)
    for user in iam.get_group(GroupName=name)["Users"]:
        iam.remove_user_from_group(GroupName=name, UserName=user["UserName"])
    return dict(iam.delete_group(GroupName=name))


def _members(verb: str) -> Any:
    def call(iam: Any, properties: Properties) -> dict[str, Any]:
        for user in properties["Users"]:
            getattr(iam, verb)(GroupName=properties["GroupName"], UserName=user)
        return {}

    return call


def _key(iam: Any, properties: Properties) -> dict[str, Any]:
    made = iam.create_access_key(UserName=properties["UserName"])["AccessKey"]
    return {"Id": made["AccessKeyId"], "SecretAccessKey": made["SecretAccessKey"]}


def _trail(cloudtrail: Any, properties: Properties) -> dict[str, Any]:
    wanted = ("S3BucketName", "S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
    given = {name: properties[name] for name in wanted if name in properties}
    flags = ("IncludeGlobalServiceEvents", "IsMultiRegionTrail", "EnableLogFileValidation")
    given |= {name: str(properties[name]).lower() == "true" for name in flags if name in properties}
    made = cloudtrail.create_trail(Name=properties["TrailName"], **given)
    if str(properties.get("IsLogging", True)).lower() == "true":
        cloudtrail.start_logging(Name=properties["TrailName"])
    return {"Arn": made["TrailARN"]}


def _classifier(glue: Any, properties: Properties) -> dict[str, Any]:
    from refarch.local.resources import shapes

    shape = glue.meta.service_model.operation_model("CreateClassifier").input_shape
    request = shapes.as_request(properties, shape)
    glue.create_classifier(**request)
    return {"Name": next(iter(request.values()))["Name"]}


def _plain(service: str, thing: str, *, update: bool = True, **more: Any) -> Backing:
    changed = {"update": f"update_{thing}"} if update else {}
    return Backing(service=service, create=f"create_{thing}", delete=f"delete_{thing}", **{**changed, **more})


def _waf(thing: str) -> Backing:
    """WAF wants the lock token of the moment for a change."""

    def token(waf: Any, known: Properties) -> dict[str, Any]:
        found = getattr(waf, f"get_{thing}")(Name=known["Name"], Scope=known["Scope"], Id=known["Id"])
        return {"Name": known["Name"], "Scope": known["Scope"], "Id": known["Id"], "LockToken": found["LockToken"]}

    def change(waf: Any, known: Properties) -> dict[str, Any]:
        from refarch.local.resources import shapes

        name = "Update" + {"ip_set": "IPSet", "regex_pattern_set": "RegexPatternSet", "rule_group": "RuleGroup"}[thing]
        shape = waf.meta.service_model.operation_model(name).input_shape
        asked = {**_waf_lists(known), **token(waf, known)}
        getattr(waf, f"update_{thing}")(**shapes.as_request(asked, shape))
        return {}

    def create(waf: Any, known: Properties) -> dict[str, Any]:
        from refarch.local.resources import shapes

        name = "Create" + {"ip_set": "IPSet", "regex_pattern_set": "RegexPatternSet", "rule_group": "RuleGroup"}[thing]
        shape = waf.meta.service_model.operation_model(name).input_shape
        summary = getattr(waf, f"create_{thing}")(**shapes.as_request(_waf_lists(known), shape))["Summary"]
        return {"Id": summary["Id"], "Arn": summary["ARN"]}

    def delete(waf: Any, known: Properties) -> dict[str, Any]:
        return dict(getattr(waf, f"delete_{thing}")(**token(waf, known)))

    return Backing(service="wafv2", create=create, update=change, delete=delete)


def _waf_lists(known: Properties) -> Properties:
    """Regular expressions are plain in a template and wrapped in the API."""
    plain = known.get("RegularExpressionList")
    return {**known, "RegularExpressionList": [{"RegexString": one} for one in plain]} if plain else known


def _validator_changes(apigateway: Any, known: Properties) -> dict[str, Any]:
    names = {"ValidateRequestBody": "validateRequestBody", "ValidateRequestParameters": "validateRequestParameters"}
    changes = [
        {"op": "replace", "path": f"/{member}", "value": str(known.get(name, False)).lower()}
        for name, member in names.items()
    ]
    apigateway.update_request_validator(
        restApiId=known["RestApiId"], requestValidatorId=known["RequestValidatorId"], patchOperations=changes
    )
    return {}


BACKED = {
    "AWS::ApiGateway::RequestValidator": Backing(
        service="apigateway",
        create="create_request_validator",
        update=_validator_changes,
        delete="delete_request_validator",
        identity={"restApiId": "RestApiId", "requestValidatorId": "RequestValidatorId"},
        attributes={"RequestValidatorId": "id"},
    ),
    "AWS::Athena::DataCatalog": _plain("athena", "data_catalog"),
    "AWS::Athena::NamedQuery": _plain(
        "athena",
        "named_query",
        update=False,
        identity={"NamedQueryId": "NamedQueryId"},
    ),
    "AWS::Athena::PreparedStatement": _plain("athena", "prepared_statement"),
    "AWS::CloudTrail::Trail": Backing(
        service="cloudtrail", create=_trail, delete="delete_trail", identity={"Name": "TrailName"}
    ),
    "AWS::Cognito::UserPoolIdentityProvider": _plain("cognito-idp", "identity_provider"),
    "AWS::Config::ConfigRule": Backing(
        service="config",
        create="put_config_rule",
        update="put_config_rule",
        delete="delete_config_rule",
        wrapped={"put_config_rule": "ConfigRule"},
    ),
    "AWS::ElastiCache::ServerlessCache": _plain("elasticache", "serverless_cache", update=False),
    "AWS::Glue::Classifier": Backing(service="glue", create=_classifier, delete="delete_classifier"),
    "AWS::Glue::SecurityConfiguration": _plain("glue", "security_configuration", update=False),
    "AWS::Glue::Workflow": _plain("glue", "workflow"),
    "AWS::IAM::AccessKey": Backing(
        service="iam",
        create=_key,
        delete=lambda iam, known: iam.delete_access_key(UserName=known["UserName"], AccessKeyId=known["Id"]),
    ),
    "AWS::IAM::Group": Backing(service="iam", create=_group, delete=_no_group),
    "AWS::IAM::OIDCProvider": Backing(
        service="iam",
        create="create_open_id_connect_provider",
        delete="delete_open_id_connect_provider",
        identity={"OpenIDConnectProviderArn": "Ref"},
        attributes={"Arn": "OpenIDConnectProviderArn"},
    ),
    "AWS::IAM::SAMLProvider": Backing(
        service="iam",
        create="create_saml_provider",
        update="update_saml_provider",
        delete="delete_saml_provider",
        identity={"SAMLProviderArn": "Ref"},
        renamed={"SamlMetadataDocument": "SAMLMetadataDocument"},
        attributes={"Arn": "SAMLProviderArn"},
    ),
    "AWS::IAM::UserToGroupAddition": Backing(
        service="iam", create=_members("add_user_to_group"), delete=_members("remove_user_from_group")
    ),
    "AWS::Kinesis::StreamConsumer": Backing(
        service="kinesis",
        create="register_stream_consumer",
        delete="deregister_stream_consumer",
        identity={"ConsumerARN": "ConsumerARN"},
    ),
    "AWS::Logs::Destination": Backing(
        service="logs",
        create="put_destination",
        update="put_destination",
        delete="delete_destination",
    ),
    "AWS::OpenSearchServerless::AccessPolicy": _plain("opensearchserverless", "access_policy", update=False),
    "AWS::OpenSearchServerless::Collection": _plain(
        "opensearchserverless", "collection", update=False, identity={"id": "Id"}
    ),
    "AWS::OpenSearchServerless::SecurityPolicy": _plain("opensearchserverless", "security_policy", update=False),
    "AWS::Organizations::OrganizationalUnit": _plain(
        "organizations", "organizational_unit", identity={"OrganizationalUnitId": "Id"}
    ),
    "AWS::RDS::DBProxy": _plain("rds", "db_proxy", update=False),
    "AWS::RDS::GlobalCluster": _plain("rds", "global_cluster", update=False),
    "AWS::RDS::OptionGroup": _plain("rds", "option_group", update=False),
    "AWS::SES::ReceiptRuleSet": Backing(
        service="ses", create="create_receipt_rule_set", delete="delete_receipt_rule_set"
    ),
    "AWS::SecretsManager::ResourcePolicy": Backing(
        service="secretsmanager",
        create="put_resource_policy",
        update="put_resource_policy",
        delete="delete_resource_policy",
    ),
    "AWS::Transfer::Server": _plain("transfer", "server", update=False, identity={"ServerId": "ServerId"}),
    "AWS::Transfer::User": _plain("transfer", "user", update=False),
    "AWS::WAFv2::IPSet": _waf("ip_set"),
    "AWS::WAFv2::RegexPatternSet": _waf("regex_pattern_set"),
    "AWS::WAFv2::RuleGroup": _waf("rule_group"),
    "AWS::WAFv2::WebACLAssociation": Backing(
        service="wafv2", create="associate_web_acl", delete="disassociate_web_acl"
    ),
}
