"""The template of ECS on Spot that tests of stacks share."""

from __future__ import annotations

from typing import Any

USER_DATA = {"Fn::Base64": {"Fn::Sub": "#!/bin/bash\necho ECS_CLUSTER=${Cluster} >> /etc/ecs/ecs.config"}}


def template(**group: Any) -> dict[str, Any]:
    """A cluster on a mixed-instances Spot group, with a provider, a service and a hook."""
    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.50.0.0/16"}},
            **{
                f"Subnet{number}": {
                    "Type": "AWS::EC2::Subnet",
                    "Properties": {
                        "VpcId": {"Ref": "Vpc"},
                        "CidrBlock": f"10.50.{number}.0/24",
                        "AvailabilityZone": f"us-east-1{'ab'[number]}",
                    },
                }
                for number in range(2)
            },
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Template": {
                "Type": "AWS::EC2::LaunchTemplate",
                "Properties": {
                    "LaunchTemplateData": {"ImageId": "ami-1", "InstanceType": "m5.large", "UserData": USER_DATA}
                },
            },
            "Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": GROUP | group},
            "Hook": {
                "Type": "AWS::AutoScaling::LifecycleHook",
                "Properties": {
                    "AutoScalingGroupName": {"Ref": "Group"},
                    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
                    "HeartbeatTimeout": 7200,
                    "DefaultResult": "CONTINUE",
                },
            },
            "Provider": {
                "Type": "AWS::ECS::CapacityProvider",
                "Properties": {
                    "AutoScalingGroupProvider": {
                        "AutoScalingGroupArn": {"Ref": "Group"},
                        "ManagedTerminationProtection": "DISABLED",
                        "ManagedDraining": "ENABLED",
                    }
                },
            },
            "Association": {
                "Type": "AWS::ECS::ClusterCapacityProviderAssociations",
                "Properties": {
                    "Cluster": {"Ref": "Cluster"},
                    "CapacityProviders": [{"Ref": "Provider"}],
                    "DefaultCapacityProviderStrategy": [{"CapacityProvider": {"Ref": "Provider"}, "Weight": 1}],
                },
            },
            "Definition": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "RequiresCompatibilities": ["EC2"],
                    "ContainerDefinitions": [{"Name": "web", "Image": "example.invalid/web:1", "Memory": 256}],
                },
            },
            "Service": {
                "Type": "AWS::ECS::Service",
                "DependsOn": ["Association"],
                "Properties": {
                    "Cluster": {"Ref": "Cluster"},
                    "TaskDefinition": {"Ref": "Definition"},
                    "DesiredCount": 2,
                    "CapacityProviderStrategy": [{"CapacityProvider": {"Ref": "Provider"}, "Weight": 1}],
                },
            },
        },
        "Outputs": {
            "Group": {"Value": {"Ref": "Group"}},
            "Cluster": {"Value": {"Ref": "Cluster"}},
            "Vpc": {"Value": {"Ref": "Vpc"}},
        },
    }


GROUP: dict[str, Any] = {
    "MinSize": "2",
    "MaxSize": "4",
    "VPCZoneIdentifier": [{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
    "CapacityRebalance": True,
    "MixedInstancesPolicy": {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {
                "LaunchTemplateId": {"Ref": "Template"},
                "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
            },
            "Overrides": [{"InstanceType": "m5.large"}, {"InstanceType": "c5.xlarge"}],
        },
        "InstancesDistribution": {
            "OnDemandPercentageAboveBaseCapacity": 0,
            "SpotAllocationStrategy": "capacity-optimized",
        },
    },
    "Tags": [{"Key": "Team", "Value": "blue", "PropagateAtLaunch": True}],
}
