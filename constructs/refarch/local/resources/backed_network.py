"""EC2's types that the emulator's EC2 API can hold, without a CloudFormation handler of its own for them."""

from __future__ import annotations

import base64
from typing import Any

from refarch.local.resources import shapes
from refarch.local.resources.backing import Backing

Properties = dict[str, Any]


def _permission(properties: Properties) -> dict[str, Any]:
    """One rule of a security group as the API wants it."""
    rule: dict[str, Any] = {"IpProtocol": str(properties["IpProtocol"])}
    rule |= {name: int(properties[name]) for name in ("FromPort", "ToPort") if name in properties}
    described = {"Description": properties["Description"]} if "Description" in properties else {}
    ranges = {"CidrIp": "IpRanges", "CidrIpv6": "Ipv6Ranges"}
    rule |= {member: [{name: properties[name], **described}] for name, member in ranges.items() if name in properties}
    peers = ("SourceSecurityGroupId", "DestinationSecurityGroupId")
    groups = [{"GroupId": properties[name], **described} for name in peers if name in properties]
    lists = [properties[name] for name in ("SourcePrefixListId", "DestinationPrefixListId") if name in properties]
    rule |= {"UserIdGroupPairs": groups} if groups else {}
    return rule | ({"PrefixListIds": [{"PrefixListId": one} for one in lists]} if lists else {})


def _rules(direction: str) -> Backing:
    def change(verb: str) -> Any:
        def call(ec2: Any, properties: Properties) -> dict[str, Any]:
            action = getattr(ec2, f"{verb}_security_group_{direction}")
            reply = action(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])
            found = shapes.flattened(reply).get("securitygroupruleid")
            return {"Id": found} if found else {}

        return call

    return Backing(service="ec2", create=change("authorize"), delete=change("revoke"))


def _instance(ec2: Any, properties: Properties) -> dict[str, Any]:
    shape = ec2.meta.service_model.operation_model("RunInstances").input_shape
    plain = {name: value for name, value in properties.items() if name not in ("Tags", *INSTANCE_FORMS)}
    asked = shapes.as_request(plain, shape)
    for name in INSTANCE_FORMS.keys() & properties.keys():
        asked |= INSTANCE_FORMS[name](properties[name])
    asked.setdefault("ImageId", "ami-0abcdef1234567890")  # it may come from a launch template that names none
    if properties.get("Tags"):
        asked["TagSpecifications"] = [{"ResourceType": "instance", "Tags": properties["Tags"]}]
    made = ec2.run_instances(**{**asked, "MinCount": 1, "MaxCount": 1})["Instances"][0]
    wanted = ("InstanceId", "PrivateIpAddress", "PublicIpAddress", "PrivateDnsName", "PublicDnsName", "VpcId")
    return {name: made[name] for name in wanted if made.get(name)}


# What a template writes in another form than the request.
INSTANCE_FORMS: dict[str, Any] = {
    "AvailabilityZone": lambda value: {"Placement": {"AvailabilityZone": value}},
    "IamInstanceProfile": lambda value: {"IamInstanceProfile": {"Arn" if value.startswith("arn:") else "Name": value}},
    "Ipv6Addresses": lambda value: {"Ipv6Addresses": [{"Ipv6Address": one["Ipv6Address"]} for one in value]},
    "Monitoring": lambda value: {"Monitoring": {"Enabled": str(value).lower() == "true"}},
    "UserData": lambda value: {"UserData": _decoded(value)},  # boto3 encodes it once more
    "Volumes": lambda value: {},  # attached by VolumeAttachment
}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


def _terminate(ec2: Any, properties: Properties) -> dict[str, Any]:
    return dict(ec2.terminate_instances(InstanceIds=[properties["InstanceId"]]))


def _key_pair(ec2: Any, properties: Properties) -> dict[str, Any]:
    name, material = properties["KeyName"], properties.get("PublicKeyMaterial")
    if material:
        made = ec2.import_key_pair(KeyName=name, PublicKeyMaterial=material.encode())
    else:
        made = ec2.create_key_pair(KeyName=name)
    return {name: made[name] for name in ("KeyPairId", "KeyFingerprint") if name in made}


def _dhcp(ec2: Any, properties: Properties) -> dict[str, Any]:
    names = {"DomainName": "domain-name", "DomainNameServers": "domain-name-servers", "NtpServers": "ntp-servers",
             "NetbiosNameServers": "netbios-name-servers", "NetbiosNodeType": "netbios-node-type"}  # fmt: skip
    values = {key: properties[name] for name, key in names.items() if name in properties}
    listed = [{"Key": k, "Values": [str(x) for x in (v if isinstance(v, list) else [v])]} for k, v in values.items()]
    return {"DhcpOptionsId": ec2.create_dhcp_options(DhcpConfigurations=listed)["DhcpOptions"]["DhcpOptionsId"]}


def _acl_entry(ec2: Any, properties: Properties) -> dict[str, Any]:
    ports = (
        {"PortRange": shapes.as_request(properties["PortRange"], _member(ec2, "PortRange"))}
        if "PortRange" in properties
        else {}
    )
    shape = ec2.meta.service_model.operation_model("CreateNetworkAclEntry").input_shape
    asked = shapes.as_request({"Egress": False, **properties}, shape) | ports
    ec2.create_network_acl_entry(**asked)
    return {}


def _member(ec2: Any, name: str) -> Any:
    return ec2.meta.service_model.operation_model("CreateNetworkAclEntry").input_shape.members[name]


def _attach_gateway(ec2: Any, properties: Properties) -> dict[str, Any]:
    for table in properties["RouteTableIds"]:
        ec2.enable_vgw_route_propagation(GatewayId=properties["VpnGatewayId"], RouteTableId=table)
    return {}


def _ec2(create: str, delete: str | None, identity: str = "", attribute: str = "", **more: Any) -> Backing:
    """An EC2 resource whose `identity` member of the delete call is its `attribute` (default: of the same name)."""
    named = {"identity": {identity: attribute or identity}} if identity else {}
    found = {"attributes": {attribute or identity: identity}} if identity else {}
    return Backing(service="ec2", create=create, delete=delete, **{**named, **found, **more})


BACKED = {
    "AWS::EC2::CustomerGateway": _ec2(
        "create_customer_gateway", "delete_customer_gateway", "CustomerGatewayId", tagged="CustomerGatewayId"
    ),
    "AWS::EC2::DHCPOptions": Backing(
        service="ec2", create=_dhcp, delete="delete_dhcp_options", identity={"DhcpOptionsId": "DhcpOptionsId"}
    ),
    "AWS::EC2::EIP": _ec2("allocate_address", "release_address", "AllocationId", tagged="AllocationId"),
    "AWS::EC2::EIPAssociation": _ec2(
        "associate_address", "disassociate_address", "AssociationId", "Id", renamed={"EIP": "PublicIp"}
    ),
    "AWS::EC2::EgressOnlyInternetGateway": _ec2(
        "create_egress_only_internet_gateway",
        "delete_egress_only_internet_gateway",
        "EgressOnlyInternetGatewayId",
        "Id",
    ),
    "AWS::EC2::FlowLog": Backing(
        service="ec2",
        create=lambda ec2, properties: {"Id": ec2.create_flow_logs(**_flow_log(ec2, properties))["FlowLogIds"][0]},
        delete=lambda ec2, properties: ec2.delete_flow_logs(FlowLogIds=[properties["Id"]]),
    ),
    "AWS::EC2::Instance": Backing(
        service="ec2",
        create=_instance,
        delete=_terminate,
        attributes={"PrivateIp": "PrivateIpAddress", "PublicIp": "PublicIpAddress"},
    ),
    "AWS::EC2::KeyPair": Backing(
        service="ec2", create=_key_pair, delete="delete_key_pair", identity={"KeyName": "KeyName"}
    ),
    "AWS::EC2::NatGateway": _ec2("create_nat_gateway", "delete_nat_gateway", "NatGatewayId", tagged="NatGatewayId"),
    "AWS::EC2::NetworkAcl": _ec2("create_network_acl", "delete_network_acl", "NetworkAclId", "Id", tagged="Id"),
    "AWS::EC2::NetworkAclEntry": Backing(
        service="ec2",
        create=_acl_entry,
        delete=lambda ec2, properties: ec2.delete_network_acl_entry(
            NetworkAclId=properties["NetworkAclId"],
            RuleNumber=int(properties["RuleNumber"]),
            Egress=str(properties.get("Egress", False)).lower() == "true",
        ),
    ),
    "AWS::EC2::NetworkInterface": _ec2(
        "create_network_interface",
        "delete_network_interface",
        "NetworkInterfaceId",
        "Id",
        renamed={"GroupSet": "Groups"},
        attributes={"Id": "NetworkInterfaceId", "PrimaryPrivateIpAddress": "PrivateIpAddress"},
        tagged="Id",
    ),
    "AWS::EC2::PlacementGroup": _ec2(
        "create_placement_group", "delete_placement_group", "GroupName", drawn=("GroupName",)
    ),
    "AWS::EC2::PrefixList": _ec2(
        "create_managed_prefix_list", "delete_managed_prefix_list", "PrefixListId", tagged="PrefixListId"
    ),
    "AWS::EC2::SecurityGroupEgress": _rules("egress"),
    "AWS::EC2::SecurityGroupIngress": _rules("ingress"),
    "AWS::EC2::VPCDHCPOptionsAssociation": Backing(service="ec2", create="associate_dhcp_options"),
    "AWS::EC2::VPCPeeringConnection": _ec2(
        "create_vpc_peering_connection", "delete_vpc_peering_connection", "VpcPeeringConnectionId", "Id", tagged="Id"
    ),
    "AWS::EC2::VPNConnection": _ec2(
        "create_vpn_connection", "delete_vpn_connection", "VpnConnectionId", tagged="VpnConnectionId"
    ),
    "AWS::EC2::VPNGateway": Backing(
        service="ec2",
        create="create_vpn_gateway",
        delete="delete_vpn_gateway",
        identity={"VpnGatewayId": "VPNGatewayId"},
        attributes={"VPNGatewayId": "VpnGatewayId"},
        tagged="VPNGatewayId",
    ),
    "AWS::EC2::VPNGatewayRoutePropagation": Backing(service="ec2", create=_attach_gateway),
    "AWS::EC2::Volume": _ec2("create_volume", "delete_volume", "VolumeId", tagged="VolumeId"),
    "AWS::EC2::VolumeAttachment": Backing(
        service="ec2",
        create="attach_volume",
        delete="detach_volume",
        identity={"VolumeId": "VolumeId", "InstanceId": "InstanceId"},
    ),
}


def _flow_log(ec2: Any, properties: Properties) -> dict[str, Any]:
    shape = ec2.meta.service_model.operation_model("CreateFlowLogs").input_shape
    asked = {name: value for name, value in properties.items() if name not in ("ResourceId", "Tags")}
    return {**shapes.as_request(asked, shape), "ResourceIds": [properties["ResourceId"]]}
