"""The only file that knows private names of ministack. Repairs reach them through `read` and `replace`.

ministack is young: about one of these names moves every five patch releases. So the release is
pinned, another one is refused at the start, and `problems()` (a test asks it) says which of the
names moved, before anything fails in a way that is hard to read.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from dataclasses import dataclass
from typing import Any

from refarch.local.errors import LocalCloudError

PINNED = "1.5.33"
INSTALL = "pip install 'refarch[local]'"


@dataclass(frozen=True)
class PrivateName:
    """One name of the emulator that a repair uses: where it is, and what it must look like."""

    module: str
    attribute: str
    parameters: tuple[str, ...] | None = None  # the first parameters, for what is called or replaced
    text: str | None = None  # a fragment that is replaced in it


_LAMBDA = "ministack.services.lambda_svc"
_STATES = "ministack.services.stepfunctions"
_POLICIES = "ministack.core.iam_evaluator"
_WATCH = "ministack.services.cloudwatch"
_RUNTIME = "ministack.core.lambda_runtime"
_EC2 = "ministack.services.ec2"
_ECS = "ministack.services.ecs"
_SCALING = "ministack.services.autoscaling"
_LOAD_BALANCING = "ministack.services.alb"
_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_KINESIS = "ministack.services.kinesis"
_STACKS = "ministack.services.cloudformation.stacks"
NAMES = {
    "application": PrivateName("ministack.app", "app", ("scope", "receive", "send")),
    "permissions are enforced": PrivateName("ministack.app", "AUTH"),
    "functions": PrivateName(_LAMBDA, "_functions"),
    "invoke asynchronously": PrivateName(_LAMBDA, "invoke_async_with_retry", ("func", "event")),
    "execute in scope": PrivateName(_LAMBDA, "_execute_function_with_config_scope", ("func", "event")),
    "dispatch execution": PrivateName(
        _LAMBDA, "_execute_function_dispatch", ("func", "config", "event", "request_id", "started")
    ),
    "execute warm": PrivateName(_LAMBDA, "_execute_function_warm", ("func", "event", "request_id")),
    "function of reference": PrivateName(_LAMBDA, "_get_func_record_for_ref", ("function_ref",)),
    "execution record": PrivateName(_LAMBDA, "_execution_record_for_config", ("func", "config")),
    "run in function's scope": PrivateName(_LAMBDA, "_run_with_function_config_scope", ("func_or_config", "callback")),
    "event source mappings": PrivateName(_LAMBDA, "_iter_all_esms", ()),
    "worker script": PrivateName(
        _RUNTIME,
        "_PYTHON_WORKER_SCRIPT",
        text='"error": str(e), "trace": traceback.format_exc()',
    ),
    "worker invocation": PrivateName(_RUNTIME, "Worker.invoke", ("self", "event", "request_id")),
    "execution credentials": PrivateName(_RUNTIME, "execution_credentials", ("config",)),
    "end all workers": PrivateName(_RUNTIME, "reset", ()),
    "end processes of workers": PrivateName(_RUNTIME, "kill_workers", ("workers",)),
    "messages for a mapping": PrivateName(
        "ministack.services.sqs", "_receive_messages_for_esm", ("queue_url", "max_number")
    ),
    "queue by name of resource": PrivateName("ministack.services.sqs", "_queue_by_arn", ("arn",)),
    "wake mappings": PrivateName("ministack.core.concurrency", "esm_wake"),
    "notification to function": PrivateName(
        "ministack.services.sns", "_deliver_to_lambda", ("endpoint", "envelope", "topic_arn")
    ),
    "start of a change set": PrivateName(
        "ministack.services.cloudformation.changesets",
        "_create_stack_task_in_region",
        ("coro", "stack", "stack_id"),
    ),
    "start of a stack operation": PrivateName(
        "ministack.services.cloudformation.handlers",
        "_create_stack_task_in_region",
        ("coro", "stack", "stack_id"),
    ),
    "event to function": PrivateName("ministack.services.eventbridge", "_dispatch_to_lambda", ("arn", "payload")),
    # observation: what passes, and which function ran
    "dispatch event": PrivateName("ministack.services.eventbridge", "_dispatch_event", ("event", "view")),
    "invoke target": PrivateName(
        "ministack.services.eventbridge", "_invoke_target", ("target", "event", "rule", "view")
    ),
    "object event to queue": PrivateName("ministack.services.s3", "_deliver_event_to_sqs", ("arn", "event_payload")),
    "object event to topic": PrivateName("ministack.services.s3", "_deliver_event_to_sns", ("arn", "event_payload")),
    "object event to function": PrivateName(
        "ministack.services.s3", "_deliver_event_to_lambda", ("arn", "event_payload")
    ),
    "notification to queue": PrivateName(
        "ministack.services.sns", "_deliver_to_sqs", ("endpoint", "envelope", "raw", "raw_message")
    ),
    "log of every event": PrivateName("ministack.services.eventbridge", "_events_log_list", ()),
    "resource of a request": PrivateName(
        "ministack.core.iam_actions",
        "extract_resource_arn",
        ("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
    ),
    "services to save": PrivateName("ministack.app", "_build_persistence_save_dict", ()),
    "log of an invocation": PrivateName(
        _LAMBDA, "_emit_lambda_logs", ("func", "request_id", "log_text", "error", "duration_ms")
    ),
    # Room D: functions
    "proxy integration": PrivateName(
        "ministack.services.apigateway_v1", "_invoke_lambda_proxy_v1", ("integration", "api_id", "stage_name", "stage")
    ),
    "http integration": PrivateName(
        "ministack.services.apigateway", "_invoke_lambda_proxy", ("integration", "api_id", "stage", "path", "method")
    ),
    "authorizer of a REST API": PrivateName(
        "ministack.services.apigateway_v1",
        "_invoke_authorizer_lambda",
        ("authorizer", "event", "account_id", "region"),
    ),
    "authorizer of an HTTP API": PrivateName(
        "ministack.services.apigateway",
        "_invoke_request_authorizer_lambda",
        ("authorizer", "event", "account_id", "region"),
    ),
    "route of a WebSocket API": PrivateName(
        "ministack.services.apigateway", "_invoke_ws_lambda", ("api_id", "account_id", "region", "route", "stage")
    ),
    "integrations": PrivateName("ministack.services.apigateway", "_integrations"),
    "balanced function": PrivateName("ministack.services.alb", "_invoke_lambda_target", ("function_ref", "tg_arn")),
    "act in account": PrivateName("ministack.core.responses", "set_request_account_id", ("access_key_id",)),
    "act in region": PrivateName("ministack.core.responses", "set_request_region", ("region",)),
    "request validators": PrivateName("ministack.services.apigateway_v1", "_request_validators"),
    "record of an alarm": PrivateName(_PROVISIONERS, "_cw_metric_alarm_record", ("name", "props")),
    "evaluation of an alarm": PrivateName(_WATCH, "_evaluate_alarm", ("alarm",)),
    "evaluation of all alarms": PrivateName(_WATCH, "_evaluate_all_alarms", ()),
    "alarms": PrivateName(_WATCH, "_alarms"),
    "metrics": PrivateName(_WATCH, "_metrics"),
    "key of dimensions": PrivateName(_WATCH, "_dims_key", ("dims",)),
    "statistics of points": PrivateName(_WATCH, "_calc_stats", ("points",)),
    "value of a statistic": PrivateName(_WATCH, "_stat_value", ("stats", "stat_name", "points")),
    "history of alarms": PrivateName(_WATCH, "_record_history", ("alarm_name", "old_state", "new_state", "reason")),
    "composite alarms above": PrivateName(_WATCH, "_evaluate_parent_alarms", ("child",)),
    "end workers of a function": PrivateName(
        _RUNTIME, "invalidate_worker", ("func_name", "qualifier", "account", "region")
    ),
    "end workers in lambda": PrivateName(_LAMBDA, "invalidate_worker", ("func_name", "qualifier", "account", "region")),
    "policies of a role": PrivateName(_POLICIES, "_gather_role_policies", ("role_name", "account_id")),
    "boundary of permissions": PrivateName(_POLICIES, "_permissions_boundary", ("store", "name", "account_id")),
    "judgement of policies": PrivateName(_POLICIES, "evaluate", ("ctx", "policies", "limits")),
    "judgement of a resource policy": PrivateName(_POLICIES, "evaluate_resource_policy", ("doc", "ctx", "service")),
    "key of a request": PrivateName("ministack.core.router", "extract_access_key_id", ("headers", "query_params")),
    "action of a request": PrivateName(
        "ministack.core.iam_actions",
        "extract_iam_action",
        ("service", "method", "path", "headers", "body", "query_params"),
    ),
    "judgement of a request": PrivateName(
        _POLICIES, "enforce", ("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context")
    ),
    "words of a denial": PrivateName(
        "ministack.core.iam_actions", "identity_denial_message", ("action", "principal_arn", "resource")
    ),
    "answer to a denied request": PrivateName(
        "ministack.core.iam_actions", "access_denied_response", ("service", "action", "principal_arn", "request_id")
    ),
    "instance profiles": PrivateName("ministack.services.iam", "_instance_profiles"),
    "tags of a request": PrivateName(
        "ministack.core.iam_actions", "request_tag_context", ("service", "iam_action", "body", "params")
    ),
    "context of a judgement": PrivateName(
        _POLICIES,
        "EvalContext",
        ("principal_arn", "principal_type", "principal_account", "action", "resource_arn", "region"),
    ),
    "roles": PrivateName("ministack.services.iam", "_roles"),
    "policy of a queue": PrivateName(
        "ministack.services.sqs", "queue_policy_allows", ("queue_arn", "service", "source_arn", "source_account")
    ),
    "policy of a topic": PrivateName(
        "ministack.services.sns", "topic_policy_allows", ("topic_arn", "service", "source_arn", "source_account")
    ),
    "event to queue": PrivateName("ministack.services.eventbridge", "_dispatch_to_sqs"),
    "parsed name": PrivateName("ministack.services.eventbridge", "parse_arn"),
    "error answer": PrivateName(_LAMBDA, "error_response_json"),
    "creation of a mapping": PrivateName(_LAMBDA, "_create_esm", ("data",)),
    "delivery of a pipe": PrivateName("ministack.services.pipes", "_deliver_batch", ("pipe", "batch")),
    "invoke a task's resource": PrivateName(_STATES, "_invoke_resource", ("resource", "input_data")),
    "invoke and wait for a callback": PrivateName(
        _STATES, "_invoke_with_callback", ("resource", "input_data", "token", "state_def")
    ),
    "distributed map": PrivateName(
        _STATES, "_run_distributed_map", ("state_def", "raw_input", "effective", "iterator", "execution", "ctx")
    ),
    "map runs": PrivateName(_STATES, "_map_runs"),
    "description of an execution": PrivateName(_STATES, "_describe_execution", ("data",)),
    "run of inner states": PrivateName(
        _STATES, "_run_sub_machine", ("states", "start_at", "input_data", "execution", "ctx")
    ),
    "event of an execution": PrivateName(_STATES, "_add_event", ("execution", "event_type", "details")),
    "publish an execution's status": PrivateName(_STATES, "_emit_execution_status_event", ("execution",)),
    "error of a fail state": PrivateName(_STATES, "_fail_state_error", ("state_def", "raw_input", "ctx")),
    "execute a Pass state": PrivateName(_STATES, "_execute_pass", ("state_def", "raw_input", "ctx")),
    "execute a Choice state": PrivateName(_STATES, "_execute_choice", ("state_def", "raw_input", "ctx")),
    "execute a Wait state": PrivateName(_STATES, "_execute_wait", ("state_def", "raw_input", "ctx")),
    "execute a Parallel state": PrivateName(
        _STATES, "_execute_parallel", ("state_def", "raw_input", "execution", "ctx")
    ),
    "execute a Map state": PrivateName(_STATES, "_execute_map", ("state_def", "raw_input", "execution", "ctx")),
    "executions": PrivateName(_STATES, "_executions"),
    "items of a map": PrivateName(_STATES, "_read_map_items", ("reader", "effective", "ctx")),
    "value at a path": PrivateName(_STATES, "_resolve_path_or_ctx", ("path", "data", "ctx")),
    "filled parameters": PrivateName(_STATES, "_resolve_params_obj", ("template", "data", "ctx")),
    "selected result": PrivateName(_STATES, "_apply_result_selector", ("state_def", "data")),
    "placed result": PrivateName(_STATES, "_apply_result_path", ("state_def", "original", "result")),
    "output path": PrivateName(_STATES, "_apply_output_path", ("state_def", "data", "ctx")),
    "integration with templates": PrivateName(
        "ministack.services.apigateway_v1", "_invoke_lambda_custom_v1", ("integration", "api_id", "stage_name", "stage")
    ),
    "template of a service integration": PrivateName(
        "ministack.services.apigateway_v1",
        "_render_request_template_v1",
        ("template", "body_str", "params_map", "context"),
    ),
    "event of a proxy integration": PrivateName(
        "ministack.services.apigateway_v1", "_build_lambda_event_v1", ("api_id", "stage_name", "stage", "resource")
    ),
    "function of an integration": PrivateName(
        "ministack.services.apigateway_v1", "_extract_lambda_ref_from_integration_uri", ("uri",)
    ),
    "function of reference in scope": PrivateName(_LAMBDA, "_get_func_record_for_ref_in_scope", ("function_ref",)),
    "call of a function": PrivateName(
        "ministack.services.apigateway_v1", "_call_lambda_raw", ("function_ref", "event")
    ),
    "function of qualifier": PrivateName(_LAMBDA, "_effective_func_record_for_qualifier", ("func", "qualifier")),
    "invocation request": PrivateName(
        _LAMBDA, "_invoke", ("name", "event", "headers", "path_qualifier", "query_params")
    ),
    "function request": PrivateName(_LAMBDA, "_get_function", ("name", "qualifier")),
    "configuration request": PrivateName(_LAMBDA, "_get_function_config", ("name", "qualifier")),
    "function deletion": PrivateName(_LAMBDA, "_delete_function", ("name", "query_params", "path_qualifier")),
    "alarm actions": PrivateName(
        "ministack.services.cloudwatch", "_dispatch_alarm_actions", ("alarm", "old_state", "new_state", "reason")
    ),
    "start of a worker": PrivateName(_RUNTIME, "Worker._spawn", ("self",)),
    "program of a runtime": PrivateName(_RUNTIME, "_detect_runtime_binary", ("runtime",)),
    "node worker script": PrivateName(_RUNTIME, "_NODEJS_WORKER_SCRIPT", text='trace: err.stack || ""'),
    "settings of a function": PrivateName(_LAMBDA, "_build_config", ("name", "data", "code_zip")),
    # compute
    "account of the request": PrivateName("ministack.core.responses", "get_account_id", ()),
    "region of the request": PrivateName("ministack.core.responses", "get_region", ()),
    "put events": PrivateName("ministack.services.eventbridge", "_put_events", ("data", "allow_aws_source")),
    "EC2 actions": PrivateName(_EC2, "_ACTION_MAP"),
    "EC2 answer": PrivateName(_EC2, "_xml", ("status", "root_tag", "inner")),
    "EC2 tags": PrivateName(_EC2, "_tags"),
    "instances": PrivateName(_EC2, "_instances"),
    "instance as XML": PrivateName(_EC2, "_instance_xml", ("inst",)),
    "instance matches filters": PrivateName(_EC2, "_matches_filters", ("inst", "filters")),
    "subnets": PrivateName(_EC2, "_subnets"),
    "volumes": PrivateName(_EC2, "_volumes"),
    "launch templates": PrivateName(_EC2, "_launch_templates"),
    "launch template data": PrivateName(_EC2, "_resolve_launch_template_data", ("spec",)),
    "scaling actions": PrivateName(_SCALING, "_ACTION_MAP"),
    "scaling groups": PrivateName(_SCALING, "_asgs"),
    "scaling tags": PrivateName(_SCALING, "_tags"),
    "scaling policies": PrivateName(_SCALING, "_policies"),
    "lifecycle hooks": PrivateName(_SCALING, "_hooks"),
    "scheduled actions of groups": PrivateName(_SCALING, "_scheduled_actions"),
    "launch configurations": PrivateName(_SCALING, "_launch_configs"),
    "delete hooks of a group": PrivateName(_SCALING, "_delete_group_hooks", ("asg_name",)),
    "delete policies of a group": PrivateName(_SCALING, "_delete_group_policies", ("asg_name",)),
    "ECS actions": PrivateName(_ECS, "_ACTION_MAP"),
    "ECS clusters": PrivateName(_ECS, "_clusters"),
    "ECS services": PrivateName(_ECS, "_services"),
    "ECS tasks": PrivateName(_ECS, "_tasks"),
    "ECS capacity providers": PrivateName(_ECS, "_capacity_providers"),
    "ECS task definitions": PrivateName(_ECS, "_task_defs"),
    "count a failed task": PrivateName(_ECS, "_record_service_task_failure", ("task", "digest_resolution_failed")),
    "task of a reference": PrivateName(_ECS, "_resolve_task", ("ref", "cluster_name")),
    "ECS wire form": PrivateName(_ECS, "_sanitize", ("obj",)),
    "ECS error": PrivateName("ministack.core.responses", "error_response_json", ("code", "message", "status")),
    "ECS answer": PrivateName("ministack.core.responses", "json_response", ("data", "status")),
    "key of a task definition": PrivateName(_ECS, "_resolve_td_key", ("ref",)),
    "name of a cluster": PrivateName(_ECS, "_resolve_cluster_name", ("ref",)),
    "new deployment": PrivateName(_ECS, "_make_deployment", ("task_definition", "desired_count", "status")),
    "complete a deployment": PrivateName(
        _ECS, "_complete_service_deployment", ("cluster_name", "svc_key", "expected_deployment_id")
    ),
    "create a service": PrivateName(_ECS, "_create_service", ("data",)),
    "delete a cluster": PrivateName(_ECS, "_delete_cluster", ("data",)),
    "deployment of a task": PrivateName(_ECS, "_deployment_for_task", ("svc", "task")),
    "choice of launch type": PrivateName(_ECS, "_launch_choice", ("data", "cluster")),
    "capacity of a task": PrivateName(_ECS, "_task_capacity", ("launch_type", "strategy")),
    "mark task stopped": PrivateName(
        _ECS, "_mark_task_stopped", ("task_arn", "task", "reason", "stop_code", "exit_code")
    ),
    "recount cluster": PrivateName(_ECS, "_recount_cluster", ("cluster_name",)),
    "refresh service": PrivateName(_ECS, "_refresh_service_state", ("cluster_name", "group")),
    "reconcile service": PrivateName(_ECS, "_reconcile_service_tasks", ("cluster_name", "svc_key")),
    "run task": PrivateName(_ECS, "_run_task", ("data",)),
    "stop task": PrivateName(_ECS, "_stop_task", ("data",)),
    "publish targets of a service": PrivateName(_ECS, "_sync_service_targets", ("cluster_name", "svc")),
    "load balancer actions": PrivateName(_LOAD_BALANCING, "_ACTION_MAP"),
    "load balancer listeners": PrivateName(_LOAD_BALANCING, "_listeners"),
    "load balancer rules": PrivateName(_LOAD_BALANCING, "_rules"),
    "forward to a target group": PrivateName(
        _LOAD_BALANCING,
        "_forward_to_tg",
        ("tg_arn", "method", "path", "headers", "body", "query_params", "raw_query_string", "raw_path"),
    ),
    "listener actions of a request": PrivateName(_LOAD_BALANCING, "_parse_actions", ("params", "prefix")),
    "listener action as XML": PrivateName(_LOAD_BALANCING, "_action_xml", ("a",)),
    "execute a listener action": PrivateName(_LOAD_BALANCING, "_execute_action", ("action", "method", "path")),
    "listener actions of a stack": PrivateName(_PROVISIONERS, "_elbv2_listener_actions", ("props", "lb_arn", "prop")),
    "request to a target": PrivateName(_LOAD_BALANCING, "_proxy_http_target", ("target", "tg", "method", "path")),
    "target groups": PrivateName(_LOAD_BALANCING, "_tgs"),
    "target group attributes": PrivateName(_LOAD_BALANCING, "_tg_attrs"),
    "targets": PrivateName(_LOAD_BALANCING, "_targets"),
    "runs on a worker thread": PrivateName(
        "ministack.services.cloudformation.stacks", "_runs_on_worker_thread", ("resource_type",)
    ),
    "create a scaling group": PrivateName(
        "ministack.services.cloudformation.provisioners", "_asg_create", ("logical_id", "props", "stack_name")
    ),
    "delete a scaling group": PrivateName(
        "ministack.services.cloudformation.provisioners", "_asg_delete", ("physical_id", "props")
    ),
    "conditions of a change set": PrivateName(
        "ministack.services.cloudformation.changesets", "_evaluate_conditions", ("template", "params")
    ),
    "conditions of a deployment": PrivateName(_STACKS, "_evaluate_conditions", ("template", "params")),
    "conditions of a stack": PrivateName(
        "ministack.services.cloudformation.handlers", "_evaluate_conditions", ("template", "params")
    ),
    "stacks": PrivateName("ministack.services.cloudformation", "_stacks"),
    "stack event": PrivateName(
        _STACKS, "_add_event", ("stack_id", "stack_name", "logical_id", "resource_type", "status", "reason")
    ),
    "definition of a resource": PrivateName(
        _PROVISIONERS, "_cfn_wait_condition_definition", ("stack_name", "logical_id")
    ),
    "resolved references": PrivateName(
        "ministack.services.cloudformation.engine",
        "_resolve_refs",
        ("value", "resources", "params", "conditions", "mappings", "stack_name", "stack_id"),
    ),
    "signal to a resource": PrivateName(
        "ministack.services.cloudformation.wait_conditions",
        "signal_resource",
        ("stack_id", "logical_id", "unique_id", "status"),
    ),
    "CloudFormation actions": PrivateName("ministack.services.cloudformation.handlers", "_ACTION_HANDLERS"),
    "stack of a reference": PrivateName(
        "ministack.services.cloudformation.handlers", "_resolve_stack", ("stack_name",)
    ),
    "CloudFormation answer": PrivateName(
        "ministack.services.cloudformation.helpers", "_xml", ("status", "root_tag", "inner")
    ),
    "parameter of a query": PrivateName(
        "ministack.services.cloudformation.helpers", "_p", ("params", "key", "default")
    ),
    "sends back a failed update": PrivateName(_STACKS, "_sends_back_failed_update", ("resource_type",)),
    "handlers of resource types": PrivateName("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    # end of compute
    # execution
    "batch operations": PrivateName("ministack.services.batch", "_DISPATCH"),
    "batch jobs": PrivateName("ministack.services.batch", "_jobs"),
    "batch queues": PrivateName("ministack.services.batch", "_job_queues"),
    "batch environments": PrivateName("ministack.services.batch", "_compute_envs"),
    "batch definitions": PrivateName("ministack.services.batch", "_job_definitions"),
    "container secrets": PrivateName("ministack.services.ecs", "_resolve_container_secrets", ("cdef",)),
    "input of a target": PrivateName(
        "ministack.services.eventbridge", "_apply_input_transformer", ("transformer", "rule", "view")
    ),
    "event as rules see it": PrivateName("ministack.services.eventbridge", "_pattern_event_view", ("event",)),
    "state machine integrations": PrivateName("ministack.services.stepfunctions", "_SERVICE_DISPATCH"),
    "state machines": PrivateName("ministack.services.stepfunctions", "_state_machines"),
    "error of an execution": PrivateName("ministack.services.stepfunctions", "_ExecutionError", ("error", "cause")),
    "execute a task state": PrivateName(
        "ministack.services.stepfunctions", "_execute_task", ("state_def", "raw_input", "execution", "ctx")
    ),
    "fail an execution": PrivateName(
        "ministack.services.stepfunctions", "_fail_execution", ("execution", "error", "cause")
    ),
    "invoke with a timeout": PrivateName(
        "ministack.services.stepfunctions", "_invoke_resource_with_timeout", ("resource", "input_data", "timeout")
    ),
    "task metadata": PrivateName(
        "ministack.services.ecs",
        "_register_metadata",
        ("task_arn", "cluster_arn", "td", "cdef", "launch_type", "env", "host_mode", "ministack_net_ip"),
    ),
    "end task metadata": PrivateName("ministack.services.ecs_metadata", "unregister_token", ("token",)),
    # end of execution
    # resources
    "physical name": PrivateName(_PROVISIONERS, "_physical_name", ("stack_name", "logical_id")),
    "replace resource": PrivateName(
        _PROVISIONERS,
        "_replace_resource",
        ("resource_type", "physical_id", "old_props", "new_props", "stack_name", "logical_id"),
    ),
    "recreation of property": PrivateName(_PROVISIONERS, "_property_recreation", ("resource_type", "name")),
    "recreation of property in stacks": PrivateName(_STACKS, "_property_recreation", ("resource_type", "name")),
    "refused replacement": PrivateName(
        _PROVISIONERS, "_custom_named_replacement_error", ("resource_type", "old_props", "new_props", "physical_id")
    ),
    "refused replacement in stacks": PrivateName(
        _STACKS, "_custom_named_replacement_error", ("resource_type", "old_props", "new_props", "physical_id")
    ),
    "tag properties": PrivateName(_PROVISIONERS, "_STACK_TAG_PROPERTY"),
    "readers for drift": PrivateName("ministack.services.cloudformation.drift", "_DRIFT_READERS"),
    "services": PrivateName("ministack.app", "SERVICE_HANDLERS"),
    "patterns of services": PrivateName("ministack.core.router", "SERVICE_PATTERNS"),
    "public parameters": PrivateName("ministack.services.ssm", "_PUBLIC_AMI_PARAMETERS"),
    "images of AWS": PrivateName(_EC2, "_STUB_AMIS"),
    "image as it is described": PrivateName(_EC2, "_stub_image_view", ("ami_id", "name", "desc")),
    "items of an inline map": PrivateName(_STATES, "_run_map_items", ("state_def", "raw_input", "execution", "ctx")),
    "states of an iteration": PrivateName(
        _STATES, "_run_sub_machine", ("states", "start_at", "input_data", "execution", "ctx")
    ),
    # end of resources
    # resharding
    "JSON answer": PrivateName("ministack.core.responses", "json_response", ("data", "status")),
    "JSON error": PrivateName("ministack.core.responses", "error_response_json", ("code", "message", "status")),
    "streams": PrivateName(_KINESIS, "_streams"),
    "stream of a request": PrivateName(_KINESIS, "_resolve_stream", ("data",)),
    "shard iterators": PrivateName(_KINESIS, "_shard_iterators"),
    "next sequence number": PrivateName(_KINESIS, "_next_sequence_number", ()),
    "shard of a hash key": PrivateName(_KINESIS, "_route_to_shard", ("hash_key_int", "stream")),
    "update of the shard count": PrivateName(_KINESIS, "_update_shard_count", ("data",)),
    "split of a shard": PrivateName(_KINESIS, "_split_shard", ("data",)),
    "merge of shards": PrivateName(_KINESIS, "_merge_shards", ("data",)),
    "records of an iterator": PrivateName(_KINESIS, "_get_records", ("data",)),
    "list of shards": PrivateName(_KINESIS, "_list_shards", ("data",)),
    "summary of a stream": PrivateName(_KINESIS, "_describe_stream_summary", ("data",)),
    "shard as it is told": PrivateName(_KINESIS, "_shard_out", ("shard_id", "shard")),
    "expiry of records": PrivateName(_KINESIS, "_expire_records", ("stream",)),
    "reading of streams": PrivateName(_LAMBDA, "_poll_kinesis", ()),
    "places in streams": PrivateName(_LAMBDA, "_kinesis_positions"),
}


def installed_version() -> str | None:
    """The release of ministack that is installed, or None."""
    try:
        return importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        return None


def require_pinned() -> None:
    """Refuse a missing emulator, or another release than the one that the repairs were made for."""
    found = installed_version()
    if found is None:
        raise LocalCloudError(f"The local cloud needs the extra `refarch[local]`: {INSTALL}")
    if found != PINNED:
        raise LocalCloudError(
            f"ministack {found} is installed, this release of refarch works with {PINNED} only: {INSTALL}"
        )


def read(name: str) -> Any:
    """The value behind one of `NAMES`."""
    owner, last = _owner(NAMES[name])
    return getattr(owner, last)


def replace(name: str, value: Any) -> None:
    """Put a repaired value where the emulator looks for one of `NAMES`."""
    owner, last = _owner(NAMES[name])
    setattr(owner, last, value)


def problems() -> list[str]:
    """What of `NAMES` is gone or looks different, one line each; empty when all is well."""
    return [line for name in NAMES for line in _problems_of(name)]


def _problems_of(name: str) -> list[str]:
    wanted = NAMES[name]
    place = f"{name}: {wanted.module}:{wanted.attribute}"
    try:
        value = read(name)
    except (ImportError, AttributeError) as error:
        return [f"{place} is gone ({error})"]
    if wanted.text is not None and wanted.text not in value:
        return [f"{place} does not contain {wanted.text!r} any more"]
    if wanted.parameters is None:
        return []
    found = tuple(inspect.signature(value).parameters)[: len(wanted.parameters)]
    return [] if found == wanted.parameters else [f"{place} takes {found}, expected {wanted.parameters}"]


def _owner(name: PrivateName) -> tuple[Any, str]:
    owner: Any = importlib.import_module(name.module)
    *path, last = name.attribute.split(".")
    for step in path:
        owner = getattr(owner, step)
    return owner, last
