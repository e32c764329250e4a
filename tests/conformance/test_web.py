"""API Gateway and Cognito."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.conformance.declared import behaviour
from tests.conformance.observing import Reply, World

GROUP = "API Gateway"
PASSWORD = "Correct-horse-7"


def rest(world: World, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    return world.http(f"{world.of('Web', 'Rest')}.execute-api.localhost", method, f"/live{path}", body, **headers)


def web(world: World, path: str, **headers: str) -> Reply:
    return world.http(f"{world.of('Web', 'Http')}.execute-api.localhost", "GET", path, **headers)


@pytest.fixture(scope="session")
def member(world: World) -> str:
    """The id token of a user who has signed up."""
    pool = world.client("cognito-idp")
    client, pool_id = world.of("Web", "Client"), world.of("Web", "Pool")
    pool.sign_up(ClientId=client, Username="member", Password=PASSWORD)
    pool.admin_confirm_sign_up(UserPoolId=pool_id, Username="member")
    told = pool.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "member", "PASSWORD": PASSWORD},
    )
    return str(told["AuthenticationResult"]["IdToken"])


@behaviour(GROUP)
def test_api_proxy(world: World) -> None:
    """REST API with a proxy integration.

    Path parameter, query, body and stage reach the function; its status, header and body come back.
    """
    reply = rest(world, "POST", "/things/nine?q=1", {"a": 1})
    seen = reply.document
    assert (reply.status, reply.headers["x-answered"]) == (202, "by-function")
    assert (seen["parameters"], seen["query"], seen["stage"]) == ({"thing": "nine"}, {"q": "1"}, "live")
    assert json.loads(seen["body"]) == {"a": 1}


@behaviour(GROUP)
def test_api_templates(world: World) -> None:
    """REST API with mapping templates (VTL) before and after a function.

    The function gets what the request template made; its answer goes through the response template.
    """
    reply = rest(world, "GET", "/greeting?name=Ann")
    assert (reply.status, reply.document) == (200, {"said": "hello Ann", "by": "GET of live"})


@behaviour(GROUP)
def test_api_error_selection(world: World) -> None:
    """REST API whose selection pattern turns an exception into a 404.

    The template of the 404 tells the message of the exception.
    """
    reply = rest(world, "GET", "/greeting?name=nobody")
    assert (reply.status, reply.document) == (404, {"problem": "NotFound: nobody of that name"})


@behaviour(GROUP)
def test_api_mock_and_cors(world: World) -> None:
    """REST API with a mock integration and CORS preflight.

    The mock answers its template; OPTIONS names the allowed origin and methods.
    """
    assert rest(world, "GET", "/mock").document == {"mocked": True}
    reply = rest(world, "OPTIONS", "/things", Origin="https://example.com")
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (204, "https://example.com")
    assert "OPTIONS" in reply.headers["access-control-allow-methods"]


@behaviour(GROUP)
def test_api_to_sqs(world: World) -> None:
    """REST API that writes to a queue without a function.

    The request's body is a message in the queue.
    """
    mark = uuid4().hex
    assert rest(world, "POST", "/orders", {"order": mark}).status == 200
    assert json.loads(world.receive(world.of("Web", "Orders"), mark)["Body"]) == {"order": mark}


@behaviour(GROUP)
def test_api_validator(world: World) -> None:
    """REST API with a request validator and a model.

    A body that breaks the schema is refused with 400 before the function sees it; a right one passes.
    """
    refused = rest(world, "POST", "/payments", {"amount": "much"})
    assert (refused.status, refused.document["message"]) == (400, "Invalid request body")
    assert rest(world, "POST", "/payments", {"amount": 3}).status == 202


@behaviour(GROUP)
def test_api_token_authorizer(world: World) -> None:
    """REST API with a function as authorizer.

    No token 401, a wrong one 403, the right one passes and names its principal.
    """
    assert rest(world, "GET", "/cave").status == 401
    assert rest(world, "GET", "/cave", Authorization="please").status == 403
    reply = rest(world, "GET", "/cave", Authorization="open-sesame")
    assert (reply.status, reply.document["principal"]) == (202, "ali")


@behaviour(GROUP)
def test_api_usage_plan(world: World) -> None:
    """REST API with a key, and a plan of three requests a day.

    Without the key 403, with it three times 202 and then 429.
    """
    assert rest(world, "GET", "/keyed").status == 403
    told = world.client("apigateway").get_api_key(apiKey=world.of("Web", "Key"), includeValue=True)
    answers = [rest(world, "GET", "/keyed", x_api_key=told["value"]).status for _ in range(4)]
    assert answers == [202, 202, 202, 429]


@behaviour("Cognito")
def test_cognito_sign_up(world: World) -> None:
    """A user signs up, is unknown until confirmed, and signs in.

    UserNotConfirmedException before, NotAuthorizedException for a wrong password, three tokens after.
    """
    pool, name = world.client("cognito-idp"), f"user-{uuid4().hex[:6]}"
    client = world.of("Web", "Client")
    pool.sign_up(ClientId=client, Username=name, Password=PASSWORD)

    def sign_in(password: str) -> Any:
        given = {"USERNAME": name, "PASSWORD": password}
        return pool.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)

    with pytest.raises(pool.exceptions.UserNotConfirmedException):
        sign_in(PASSWORD)
    pool.admin_confirm_sign_up(UserPoolId=world.of("Web", "Pool"), Username=name)
    with pytest.raises(pool.exceptions.NotAuthorizedException):
        sign_in("wrong-Password-1")
    assert {"IdToken", "AccessToken", "RefreshToken"} <= set(sign_in(PASSWORD)["AuthenticationResult"])


@behaviour("Cognito")
def test_cognito_password_policy(world: World) -> None:
    """The pool's password policy.

    A password that is too simple is refused with InvalidPasswordException.
    """
    with pytest.raises(ClientError, match="InvalidPassword"):
        world.client("cognito-idp").sign_up(ClientId=world.of("Web", "Client"), Username=uuid4().hex, Password="simple")


@behaviour("Cognito")
def test_api_cognito_authorizer(world: World, member: str) -> None:
    """REST API with the user pool as authorizer.

    Without a token and with a forged one 401; with the user's token the claims reach the function.
    """
    assert rest(world, "GET", "/members").status == 401
    assert rest(world, "GET", "/members", Authorization=member[:-6] + "AAAAAA").status == 401
    reply = rest(world, "GET", "/members", Authorization=member)
    assert (reply.status, reply.document["claims"]["cognito:username"]) == (202, "member")


@behaviour("API Gateway")
def test_http_api(world: World) -> None:
    """HTTP API with payload format 2.0.

    The function's plain object becomes the JSON answer; an unknown route is a 404.
    """
    reply = web(world, "/open/1")
    assert (reply.status, reply.document["version"], reply.document["route"]) == (200, "2.0", "GET /open/{id}")
    assert web(world, "/nowhere").status == 404


@behaviour("Cognito")
def test_http_api_jwt(world: World, member: str) -> None:
    """HTTP API with a JWT authorizer.

    Without a token 401; with the user's token its claims reach the function.
    """
    assert web(world, "/closed").status == 401
    reply = web(world, "/closed", Authorization=f"Bearer {member}")
    assert (reply.status, reply.document["claims"]["cognito:username"]) == (200, "member")
