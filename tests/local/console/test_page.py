"""The page in Chromium: what it shows, how soon, and what its buttons do."""

from __future__ import annotations

import json
import time
from typing import Any

from selenium.webdriver.common.keys import Keys

CODE = "def handler(event, context):\n    print('its log:', event['word'])\n    return 1 / event.get('by', 1)\n"
ATTACK = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
TEMPLATE = {
    "Resources": {"Orders": {"Type": "AWS::SQS::Queue"}, "Lake": {"Type": "AWS::LakeFormation::Tag"}},
    "Outputs": {"Address": {"Value": {"Ref": "Orders"}}},
}
TEMPLATE["Resources"]["Lake"]["Properties"] = {"TagKey": "a", "TagValues": ["b"]}


def test_a_stack_opens_to_its_resources_and_how_real_they_are(bench: Any, page: Any) -> None:
    name = bench.name("stack")
    cloudformation = bench.cloud.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name)
    page.open("stacks").press(name)
    said = page.says("1 API-backed, 1 recorded only")
    assert "CREATE_COMPLETE" in said
    assert "AWS::LakeFormation::Tag" in said
    assert "Address" in said
    page.until(lambda: page.one("#count-stacks").text != "")
    assert page.complaints() == []


def test_an_event_appears_and_opens(bench: Any, page: Any) -> None:
    page.open("events").says("Send an event")
    word = bench.name("kind")
    entry = {"Source": "test.page", "DetailType": word, "Detail": json.dumps({"attack": ATTACK})}
    bench.cloud.client("events").put_events(Entries=[entry])
    page.says(word, seconds=2)
    page.press(word)
    assert "onerror" in page.until(lambda: page.one("td.inner pre").text)
    assert page.driver.title == "Events · local cloud"
    assert page.all("main img") == []


def test_the_filter_keeps_what_holds_the_text(bench: Any, page: Any) -> None:
    words = [bench.name("kept"), bench.name("dropped")]
    entries = [{"Source": "test.filter", "DetailType": word, "Detail": "{}"} for word in words]
    bench.cloud.client("events").put_events(Entries=entries)
    page.open("events").says(words[1])
    page.one("input[type=search]").send_keys(words[0])
    page.until(lambda: words[1] not in page.one("main").text)
    assert words[0] in page.one("main").text
    page.one("input[type=search]").send_keys("nothing has this")
    page.says("No event holds this text.")
    page.one("input[type=search]").clear()
    page.one("input[type=search]").send_keys(Keys.SPACE, Keys.BACKSPACE)


def test_an_invocation_opens_to_its_log(bench: Any, page: Any) -> None:
    function = bench.function(CODE)
    invoke = bench.cloud.client("lambda").invoke
    invoke(FunctionName=function, Payload=json.dumps({"word": ATTACK}))
    page.open("invocations").press(function)
    assert "its log: <img" in page.until(lambda: page.one("td.inner pre").text)
    assert "succeeded" in page.row(function).text
    invoke(FunctionName=function, Payload=b'{"word": 1, "by": 0}')
    page.says("ZeroDivisionError: division by zero")
    assert page.driver.title == "Invocations · local cloud"
    assert page.complaints() == []


def test_looking_at_a_queue_receives_nothing(bench: Any, page: Any) -> None:
    dead, dead_arn = bench.queue()
    url, _ = bench.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}))
    name = url.rpartition("/")[2]
    bench.cloud.client("sqs").send_message(QueueUrl=url, MessageBody="to be looked at")
    bench.cloud.client("sqs").send_message(QueueUrl=dead, MessageBody="nobody wanted it")
    page.open("queues").press(name)
    page.says("to be looked at")
    assert "after 1 receive" in page.row(f"{name} 1 0 0").text
    assert "1 dead letter" in page.row(f"{dead.rpartition('/')[2]} 1 0 0").text
    time.sleep(1.2)  # some beats of the page
    message = bench.cloud.client("sqs").receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_bucket_shows_its_objects(bench: Any, page: Any) -> None:
    bucket = bench.bucket()
    for number in range(3):
        bench.cloud.client("s3").put_object(Bucket=bucket, Key=f"folder/{number}", Body=b"x" * 2500)
    page.open("buckets").press(bucket)
    page.says("folder/2")
    assert "7.5 KB" in page.row(bucket).text


def test_a_button_interrupts_an_instance(bench: Any, page: Any) -> None:
    found = bench.cloud.client("ec2").run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceMarketOptions={"MarketType": "spot"}
    )
    instance = found["Instances"][0]["InstanceId"]
    page.open("instances").press(f"Interrupt {instance}")
    page.says(f"{instance} got its notice.")
    page.open("events").says("EC2 Spot Instance Interruption Warning")


def test_an_execution_is_listed(bench: Any, page: Any) -> None:
    machines = bench.cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "E"}}})
    role = "arn:aws:iam::000000000000:role/test"
    arn = machines.create_state_machine(name=bench.name("machine"), definition=definition, roleArn=role)
    name = bench.name("run")
    machines.start_execution(stateMachineArn=arn["stateMachineArn"], name=name)
    page.open("jobs").says(name)
    page.until(lambda: "FAILED" in page.row(name).text)


IMAGES = """[[image]]
match = "console-test/say"
entrypoint = ["python3"]
command = ["-c", "print('what the job wrote')"]
"""


def test_a_job_opens_to_its_log(bench: Any, page: Any) -> None:
    (bench.cloud.directory / "refarch.images.toml").write_text(IMAGES)
    batch, name = bench.cloud.client("batch"), bench.name("job")
    resources = {"type": "FARGATE", "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    environment = batch.create_compute_environment(
        computeEnvironmentName=name, type="MANAGED", computeResources=resources
    )
    order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
    queue = batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)["jobQueueArn"]
    needs = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
    role = "arn:aws:iam::000000000000:role/test"
    container = {"image": "console-test/say", "resourceRequirements": needs, "executionRoleArn": role}
    definition = batch.register_job_definition(
        jobDefinitionName=name, type="container", platformCapabilities=["FARGATE"], containerProperties=container
    )["jobDefinitionArn"]
    batch.submit_job(jobName=name, jobQueue=queue, jobDefinition=definition)
    page.open("jobs").press(name)
    page.says("what the job wrote", seconds=20)
    page.until(lambda: "SUCCEEDED" in page.row(name).text)
    assert page.complaints() == []


def test_the_form_says_what_is_wrong_and_sends_what_is_right(bench: Any, page: Any) -> None:
    page.open("events").press("Send an event…")
    page.until(lambda: page.one("#send-detail").is_displayed())
    detail = page.one("#send-detail")
    detail.clear()
    detail.send_keys("{broken")
    page.press("Send")
    assert "Not sent" in page.says("Not sent: see the marked fields.")
    assert "Say who sends it" in page.one("#send-source-problem").text
    assert "This is not JSON" in page.one("#send-detail-problem").text
    assert page.driver.switch_to.active_element.get_attribute("id") == "send-source"
    assert page.one("#send-source").get_attribute("aria-invalid") == "true"
    word = bench.name("sent")
    page.one("#send-source").send_keys("aws.ec2")
    page.one("#send-type").send_keys(word)
    detail.clear()
    detail.send_keys('{"instance-id": "i-1"}')
    page.press("Send")
    page.says("Sent.")
    page.row(word)
    bus = page.one("#send-bus")
    bus.clear()
    bus.send_keys("no-such-bus")
    assert page.complaints() == []


def test_the_keyboard_is_enough(page: Any) -> None:
    page.open("stacks")
    body = page.one("body")
    body.send_keys(Keys.TAB)
    assert page.driver.switch_to.active_element.text == "Skip to the content"
    for _ in range(4):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    focused = page.driver.switch_to.active_element
    assert focused.tag_name == "a"
    focused.send_keys(Keys.ENTER)
    page.until(lambda: page.one("nav a[aria-current]").text.startswith(focused.text.split("\n")[0]))


def test_the_theme_is_chosen_and_remembered(page: Any) -> None:
    page.open("stacks")
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = page.driver.execute_script(ground)
    for expected in ("light", "dark"):
        page.one("#theme").click()
        assert page.one("#theme").text == f"Theme: {expected}"
    assert page.driver.execute_script(ground) != light
    page.open("queues")
    assert page.one("#theme").text == "Theme: dark"
    page.one("#theme").click()


def test_pause_holds_the_page(bench: Any, page: Any) -> None:
    page.open("events").says("Send an event")
    page.one("#pause").click()
    word = bench.name("later")
    bench.cloud.client("events").put_events(Entries=[{"Source": "s", "DetailType": word, "Detail": "{}"}])
    time.sleep(1.5)
    assert word not in page.one("main").text
    page.one("#pause").click()
    page.says(word)


def test_two_pages_do_not_disturb_each_other(bench: Any, page: Any) -> None:
    page.open("queues").says("Open a queue")
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.open("buckets").says("Open a bucket")
    bucket = bench.bucket()
    page.says(bucket)
    page.driver.close()
    page.driver.switch_to.window(first)
    url, _ = bench.queue()
    page.says(url.rpartition("/")[2])
