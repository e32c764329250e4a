"""Lambda in the local cloud: the interpreter, the environment, errors, layers."""

from __future__ import annotations

import json
from typing import Any

POWERTOOLS = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"


def invoke(bench: Any, name: str, event: Any = None) -> tuple[dict[str, Any], Any]:
    answer = bench.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    return answer, json.loads(answer["Payload"].read())


def test_functions_see_nothing_of_the_user(bench: Any) -> None:
    name = bench.function("import os\ndef handler(event, context): return dict(os.environ)")
    _, environment = invoke(bench, name)
    assert environment["AWS_ENDPOINT_URL"] == bench.cloud.endpoint_url
    assert environment["HOME"].startswith(str(bench.cloud.folder.path))
    ours = {"REFARCH_FOUND_PYTHONS", "REFARCH_NPM_SETTINGS"}
    assert not ({"USER", "AWS_PROFILE", "PYTEST_CURRENT_TEST"} | ours) & environment.keys()


def test_the_public_powertools_layer_is_stood_in_for_by_the_installed_package(bench: Any) -> None:
    code = "import aws_lambda_powertools\ndef handler(event, context): return aws_lambda_powertools.__name__"
    name = bench.function(code, Layers=[POWERTOOLS], Architectures=["arm64"])
    assert invoke(bench, name)[1] == "aws_lambda_powertools"


def test_an_exception_keeps_its_class_and_its_place(bench: Any) -> None:
    code = "class NotYet(Exception): pass\ndef handler(event, context): raise NotYet('later\\nplease')"
    answer, payload = invoke(bench, bench.function(code))
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("NotYet", "later\nplease")
    assert any("index.py" in line for line in payload["stackTrace"])


def test_a_function_that_cannot_be_imported_says_so_and_stays_usable(bench: Any) -> None:
    name = bench.function("import no_such_module\ndef handler(event, context): return 1")
    for _ in range(2):
        assert invoke(bench, name)[1]["errorType"] == "Runtime.ImportModuleError"


def test_a_function_that_ends_its_process_fails_and_gets_a_new_one(bench: Any) -> None:
    code = "import os\ndef handler(event, context): return os._exit(3) if event.get('end') else 'well'"
    name = bench.function(code)
    assert invoke(bench, name, {"end": 1})[1]["errorType"] == "Runtime.ExitError"
    assert invoke(bench, name)[1] == "well"


def test_a_function_that_takes_too_long_times_out(bench: Any) -> None:
    name = bench.function("import time\ndef handler(event, context): time.sleep(60)", Timeout=1)
    assert "timed out after 1" in invoke(bench, name)[1]["errorMessage"]


def test_what_a_function_prints_can_be_read(bench: Any) -> None:
    name = bench.function("def handler(event, context): print('seen', event['what'])")
    invoke(bench, name, {"what": "light"})
    assert "seen light" in bench.cloud.function_log(name)


def test_an_answer_tells_the_request_id_that_the_function_sees(bench: Any, until: Any) -> None:
    name = bench.function(
        "def handler(event, context):\n    print('ID', context.aws_request_id)\n    return context.aws_request_id"
    )
    answer, seen = invoke(bench, name)
    assert answer["ResponseMetadata"]["RequestId"] == seen
    assert any(line.startswith(f"START RequestId: {seen}") for line in bench.cloud.function_log(name))
    later = bench.cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    told = later["ResponseMetadata"]["RequestId"]
    assert told != seen
    until(lambda: f"ID {told}" in bench.cloud.function_log(name))
