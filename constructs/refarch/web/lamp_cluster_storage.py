"""What outlives the servers of a `LampCluster`: its files, its database, its secrets; and the cache, which need not."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.written_role import Statement
from refarch.web.lamp_cluster_props import AURORA, LampClusterProps

_ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
_MOUNT = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",  # the set-up gives the files to the web server's user
]
_ROTATION = "Rotated by whoever runs the site (it changes the database's password too); servers follow within the hour"
_NO_BACKTRACK = "Backtrack is not offered with Serverless v2; there are backups to each second"
_PORT = "3306 is where every client of MySQL looks; only the servers' security group reaches it"


def secret(scope: Construct, id: str, username: str, removal: RemovalPolicy) -> secretsmanager.Secret:
    """JSON with `username` and a new `password` of 32 characters that every client takes."""
    made = secretsmanager.Secret(
        scope,
        id,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=f'{{"username":"{username}"}}',
            generate_string_key="password",
            password_length=32,
            exclude_characters="/@\"' \\",  # RDS refuses these
        ),
        removal_policy=removal,
    )
    answer(made, [("AwsSolutions-SMG4", _ROTATION)])
    return made


def files(scope: Construct, id: str, vpc: ec2.IVpc, removal: RemovalPolicy) -> efs.FileSystem:
    """Encrypted, backed up daily, in every zone of the isolated subnets; mounted by role and TLS only."""
    made = efs.FileSystem(
        scope,
        id,
        vpc=vpc,
        vpc_subnets=_ISOLATED,
        encrypted=True,
        enable_automatic_backups=True,
        throughput_mode=efs.ThroughputMode.ELASTIC,
        lifecycle_policy=efs.LifecyclePolicy.AFTER_30_DAYS,
        out_of_infrequent_access_policy=efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
        removal_policy=removal,
        allow_anonymous_access=False,
    )
    made.add_to_resource_policy(
        iam.PolicyStatement(
            sid="EncryptedOnly",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["*"],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
    )
    return made


def mount(file_system: efs.FileSystem) -> Statement:
    """Mount these files, write to them, and be root there."""
    return Statement(sid="Files", actions=_MOUNT, resources=[file_system.file_system_arn])


def database(
    scope: Construct, id: str, props: LampClusterProps, credentials: rds.Credentials, removal: RemovalPolicy
) -> rds.DatabaseCluster | rds.DatabaseInstance:
    """Encrypted, in isolated subnets, protected against deletion unless its data may go."""
    build = _aurora if props.database == AURORA else _mariadb
    made = build(scope, id, props, credentials, removal)
    answers = {"AwsSolutions-RDS11": _PORT}
    if props.database == AURORA:
        answers["AwsSolutions-RDS14"] = _NO_BACKTRACK
    elif removal == RemovalPolicy.DESTROY:
        answers["AwsSolutions-RDS10"] = "Both keys were turned: the data are to go with the stack"
    answer(made, answers.items())
    return made


def _aurora(
    scope: Construct, id: str, props: LampClusterProps, credentials: rds.Credentials, removal: RemovalPolicy
) -> rds.DatabaseCluster:
    return rds.DatabaseCluster(
        scope,
        id,
        engine=rds.DatabaseClusterEngine.aurora_mysql(version=rds.AuroraMysqlEngineVersion.VER_3_10_4),
        credentials=credentials,
        default_database_name=props.database_name,
        vpc=props.vpc,
        vpc_subnets=_ISOLATED,
        writer=rds.ClusterInstance.serverless_v2("Writer"),
        readers=[rds.ClusterInstance.serverless_v2("Reader", scale_with_writer=True)],
        serverless_v2_min_capacity=props.aurora_min_capacity,
        serverless_v2_max_capacity=props.aurora_max_capacity,
        storage_encrypted=True,
        iam_authentication=True,
        backup=rds.BackupProps(retention=props.backup_retention),
        cloudwatch_logs_exports=["error"],
        deletion_protection=removal != RemovalPolicy.DESTROY,
        removal_policy=removal,
    )


def _mariadb(
    scope: Construct, id: str, props: LampClusterProps, credentials: rds.Credentials, removal: RemovalPolicy
) -> rds.DatabaseInstance:
    return rds.DatabaseInstance(
        scope,
        id,
        engine=rds.DatabaseInstanceEngine.maria_db(version=rds.MariaDbEngineVersion.VER_11_4_9),
        instance_type=ec2.InstanceType(props.mariadb_instance_type),
        credentials=credentials,
        database_name=props.database_name,
        vpc=props.vpc,
        vpc_subnets=_ISOLATED,
        multi_az=True,
        storage_type=rds.StorageType.GP3,
        allocated_storage=props.mariadb_storage_gb,
        max_allocated_storage=5 * props.mariadb_storage_gb,
        storage_encrypted=True,
        iam_authentication=True,
        backup_retention=props.backup_retention,
        copy_tags_to_snapshot=True,
        auto_minor_version_upgrade=True,
        cloudwatch_logs_exports=["error"],
        deletion_protection=removal != RemovalPolicy.DESTROY,
        removal_policy=removal,
    )


def cache(scope: Construct, id: str, vpc: ec2.IVpc, group: ec2.ISecurityGroup) -> elasticache.CfnServerlessCache:
    """Valkey that is paid by use. It encrypts by itself; it holds nothing that the database has not."""
    name = f"c-{scope.node.addr[-16:]}"  # must be given and unique in the account; a letter first
    return elasticache.CfnServerlessCache(
        scope,
        id,
        engine="valkey",
        serverless_cache_name=name,
        subnet_ids=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids,
        security_group_ids=[group.security_group_id],
    )
