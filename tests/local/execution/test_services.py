"""Tasks of an ECS service through boto3: restarted, reached, and ended with the service; and the pure parts."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

from refarch.local import clock
from refarch.local.execution.ecs_runner import Part, in_order
from refarch.local.execution.host_files import INSTANCE_ID, of_container
from refarch.local.execution.restarts import Restarts
from refarch.local.processes import is_running, start_time

SERVES = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"served")
    def log_message(self, *given): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def pid_of(folder: Path, task: str) -> tuple[int, str] | None:
    """The process that a service's task wrote down, by the task in its metadata."""
    path = folder / task.rsplit("/", 1)[-1]
    if not path.exists() or not path.read_text().strip():
        return None
    pid = int(path.read_text())
    started = start_time(pid)
    return (pid, started) if started else None


def test_the_tasks_of_a_service_are_restarted_and_end_on_scale_in(tasks: Any, tmp_path: Path) -> None:
    script = (
        "import json, os, pathlib, time, urllib.request as u;"
        "told = json.load(u.urlopen(os.environ['ECS_CONTAINER_METADATA_URI_V4'] + '/task'));"
        f"pathlib.Path({str(tmp_path)!r}, told['TaskARN'].rsplit('/', 1)[-1]).write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    name = tasks.service(tasks.definition(tasks.container("python3", "-c", script)), 2)
    tasks.until(lambda: len(tasks.of_service(name)) == 2)
    first = tasks.of_service(name)
    tasks.until(lambda: all(pid_of(tmp_path, task) for task in first))
    victim = pid_of(tmp_path, first[0])
    assert victim is not None
    os.kill(victim[0], signal.SIGKILL)
    tasks.until(lambda: first[0] not in tasks.of_service(name) and len(tasks.of_service(name)) == 2)
    assert tasks.describe(first[0])["containers"][0]["exitCode"] == 137
    tasks.until(lambda: all(pid_of(tmp_path, task) for task in tasks.of_service(name)))
    living = [found for task in tasks.of_service(name) if (found := pid_of(tmp_path, task))]
    tasks.api.update_service(cluster=tasks.cluster, service=name, desiredCount=0)
    tasks.until(lambda: not any(is_running(*process) for process in living))
    tasks.until(lambda: tasks.of_service(name) == [])


def test_a_service_that_is_not_mapped_stays_a_record(tasks: Any) -> None:
    name = tasks.service(tasks.definition(tasks.container("x", image="example.invalid/web:1")), 1)
    tasks.until(lambda: len(tasks.of_service(name)) == 1)
    tasks.api.delete_service(cluster=tasks.cluster, service=name, force=True)


def test_a_port_that_a_program_learns_is_where_it_is_reached(tasks: Any, project: Path) -> None:
    own = project / ".refarch" / "images.toml"
    own.write_text('[[image]]\nmatch = "team/web"\nports = { "8080" = "PORT" }\n')
    balancing = tasks.cloud.client("elbv2")
    group = balancing.create_target_group(
        Name=tasks.name("g")[-20:].replace("_", "-"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    web = tasks.container("python3", "-c", SERVES, image="team/web", portMappings=[{"containerPort": 8080}])
    balancers = [{"targetGroupArn": group, "containerName": "main", "containerPort": 8080}]
    name = tasks.service(tasks.definition(web), 2, loadBalancers=balancers)
    try:

        def found() -> list[dict[str, Any]]:
            told = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            return [entry["Target"] for entry in told]

        tasks.until(lambda: len(found()) == 2)
        for target in found():
            assert target["Id"] == "127.0.0.1"
            tasks.until(lambda port=target["Port"]: served(port) == b"served")
    finally:
        tasks.api.delete_service(cluster=tasks.cluster, service=name, force=True)
        own.unlink()


def test_a_task_finds_the_id_of_its_instance_where_cloud_init_keeps_it(tasks: Any) -> None:
    mounts = [{"sourceVolume": "id", "containerPath": "/host/instance-id", "readOnly": True}]
    main = tasks.container("cat", "/host/instance-id", mountPoints=mounts, memory=64)
    volumes = [{"name": "id", "host": {"sourcePath": "/var/lib/cloud/data/instance-id"}}]
    settings = {"requiresCompatibilities": ["EC2"], "networkMode": "bridge", "cpu": "128", "memory": "128"}
    definition = tasks.definition(main, volumes=volumes, **settings)
    cluster = tasks.name("cluster")
    tasks.api.create_cluster(clusterName=cluster)
    document = json.dumps({"instanceId": "i-0fedcba9876543210"})
    tasks.api.register_container_instance(
        cluster=cluster,
        instanceIdentityDocument=document,
        totalResources=[
            {"name": name, "type": "INTEGER", "integerValue": size} for name, size in (("CPU", 2048), ("MEMORY", 4096))
        ],
    )
    [task] = tasks.api.run_task(cluster=cluster, taskDefinition=definition)["tasks"]
    where = {"cluster": cluster, "tasks": [task["taskArn"]]}
    tasks.until(lambda: tasks.api.describe_tasks(**where)["tasks"][0]["lastStatus"] == "STOPPED")
    assert tasks.log(task["taskArn"]) == ["i-0fedcba9876543210"]


def test_only_that_file_is_known_and_only_where_there_is_an_instance() -> None:
    definition = {"volumes": [{"name": "id", "host": {"sourcePath": INSTANCE_ID}}, {"name": "data", "host": {}}]}
    container = {
        "mountPoints": [
            {"sourceVolume": "id", "containerPath": "/id"},
            {"sourceVolume": "data", "containerPath": "/data"},
        ]
    }
    assert of_container(definition, container, "i-1") == {"/id": "i-1\n"}
    assert of_container(definition, container, "") == {}


def served(port: int) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def test_containers_start_after_what_they_depend_on() -> None:
    def part(name: str, *after: str) -> Part:
        plan: Any = None
        return Part(name=name, plan=plan, sink=print, essential=True, grace=1, after=dict.fromkeys(after, "START"))

    assert [one.name for one in in_order([part("c", "a", "b"), part("b", "a"), part("a")])] == ["a", "b", "c"]
    assert {one.name for one in in_order([part("x", "y"), part("y", "x")])} == {"x", "y"}


def test_a_service_that_keeps_failing_slows_down() -> None:
    clock.configure(1)
    restarts = Restarts()
    pauses = []
    for _ in range(12):
        restarts.ended("s", 0.1, by_itself=True)
        pauses.append(restarts.pause("s"))
    assert pauses[:4] == [0.0, 5.0, 10.0, 20.0]
    assert pauses[-1] == 300.0
    assert restarts.pause("another") == 0.0
    restarts.ended("s", 0.1, by_itself=False)
    assert restarts.pause("s") == 0.0
