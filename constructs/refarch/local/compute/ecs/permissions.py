"""What a policy sees of a call to ECS: the resource that it is about, and the cluster as the condition `ecs:cluster`.

ministack takes the cluster for the resource of every call. Source: Service Authorization Reference, Amazon ECS. Of
several container instances, tasks or services in one call the first is judged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter

# Member of a request → kind of the resource, in the order in which they count.
MEMBERS = (
    ("containerInstances", "container-instance"),
    ("containerInstance", "container-instance"),
    ("tasks", "task"),
    ("task", "task"),
    ("services", "service"),
    ("service", "service"),
    ("serviceName", "service"),
)
RUN_A_DEFINITION = ("RunTask", "StartTask")
OF_THE_CLUSTER = ("ListContainerInstances", "RegisterContainerInstance", "DescribeClusters", "DeleteCluster")
KNOW_NO_RESOURCE = ("ListServices", "ListTasks", "ListClusters")


def install() -> None:
    stock_resource, stock_context = adapter.read("resource of a request"), adapter.read("tags of a request")

    def resource(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        if service == "ecs" and (found := resource_of(_operation(headers), _document(body), *rest[-2:])):
            return found
        return stock_resource(service, method, path, headers, body, *rest)

    def context(service: str, action: str, body: bytes, params: Any) -> Any:
        found = stock_context(service, action, body, params)
        cluster = _document(body).get("cluster") if service == "ecs" else None
        return {**found, "ecs:cluster": _cluster_arn(str(cluster))} if cluster else found

    adapter.replace("resource of a request", resource)
    adapter.replace("tags of a request", context)


def resource_of(operation: str, request: Mapping[str, Any], region: str, account: str) -> str | None:
    """The ARN that a policy has to name; None where ministack's own choice is right."""
    here = f"arn:aws:ecs:{region}:{account}"
    if operation in RUN_A_DEFINITION:
        name = str(request.get("taskDefinition") or "")
        return name if name.startswith("arn:") else f"{here}:task-definition/{name}"
    cluster = str(request.get("cluster") or "default").rsplit("/", 1)[-1]
    if operation in OF_THE_CLUSTER:
        return f"{here}:cluster/{cluster}" if request.get("cluster") else None
    for member, kind in MEMBERS:
        value = request.get(member)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and first and (operation not in KNOW_NO_RESOURCE or member == "containerInstance"):
            return first if first.startswith("arn:") else f"{here}:{kind}/{cluster}/{first}"
    return "*" if operation in KNOW_NO_RESOURCE else None


def _cluster_arn(cluster: str) -> str:
    if cluster.startswith("arn:"):
        return cluster
    found = adapter.read("ECS clusters").get(cluster)
    return str(found["clusterArn"]) if found else cluster


def _operation(headers: Mapping[str, str]) -> str:
    return str(headers.get("x-amz-target") or "").rpartition(".")[2]


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
