"""A listener that forwards by weight: told as it was set, changed, and followed by requests."""

from __future__ import annotations

import http.server
import random
import socketserver
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from refarch.local.compute.targets.weights import choose


def test_the_choice_follows_the_weights_and_nobody_without_weight_is_chosen() -> None:
    groups = [{"TargetGroupArn": name, "Weight": weight} for name, weight in (("a", 90), ("none", 0), ("b", 10))]
    seeded = random.Random(5)
    chosen = Counter(choose(groups, seeded.random()) for _ in range(10_000))
    assert chosen.keys() == {"a", "b"}
    assert abs(chosen["b"] - 1000) < 4 * 30  # four standard deviations of a binomial: sqrt(10000 * 0.1 * 0.9) = 30
    assert choose([{"TargetGroupArn": "a", "Weight": 0}], 0.5) == ""


@contextmanager
def answering(word: str) -> Iterator[int]:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(word.encode())

        def log_message(self, *given: object) -> None: ...

    with socketserver.TCPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_requests_follow_the_weights_of_a_listener_as_they_are_changed(compute: Any) -> None:
    elb, subnets = compute.cloud.client("elbv2"), compute.subnets()
    vpc = compute.ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    with ExitStack() as servers:
        groups = []
        for word in ("old", "new"):
            made = elb.create_target_group(
                Name=compute.name(word), Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
            )
            groups.append(made["TargetGroups"][0]["TargetGroupArn"])
            target = {"Id": "127.0.0.1", "Port": servers.enter_context(answering(word))}
            elb.register_targets(TargetGroupArn=groups[-1], Targets=[target])
        balancer = elb.create_load_balancer(Name=compute.name("lb"), Subnets=subnets)["LoadBalancers"][0]
        forward = forwarding(groups, 100, 0)
        made = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward
        )
        listener = made["Listeners"][0]["ListenerArn"]

        def answers(count: int) -> Counter[str]:
            request = urllib.request.Request(compute.cloud.endpoint_url, headers={"Host": balancer["DNSName"]})
            found: Counter[str] = Counter()
            for _ in range(count):
                with urllib.request.urlopen(request, timeout=5) as answer:
                    found[answer.read().decode()] += 1
            return found

        assert answers(20) == {"old": 20}
        elb.modify_listener(ListenerArn=listener, DefaultActions=forwarding(groups, 50, 50))
        assert 5 < answers(60)["new"] < 55
        elb.modify_listener(ListenerArn=listener, DefaultActions=forwarding(groups, 0, 100))
        assert answers(20) == {"new": 20}
        [action] = elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"]
        assert [each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]] == [0, 100]
        assert "TargetGroupArn" not in action


def forwarding(groups: list[str], *weights: int) -> list[dict[str, Any]]:
    weighed = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, weights, strict=True)]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}]
