"""What can go wrong on the client's side, in one clear sentence each."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)


class MapReduceError(Exception):
    """A command cannot do what was asked; the message says what was wrong, what was given and what is allowed."""


class JobNotFoundError(MapReduceError):
    """No job of that id in the workspace."""


class DuplicateJobError(MapReduceError):
    """The job id is taken: a second run under the same id would return the first one's result."""


class JobStalledError(MapReduceError):
    """Nothing happened in the job for longer than any task may take."""


_REFUSALS = {
    "AccessDenied": "access denied: the credentials in use may not do this",
    "AccessDeniedException": "access denied: the credentials in use may not do this",
    "403": "access denied: the credentials in use may not do this",
    "NoSuchBucket": "there is no such bucket",
    "404": "there is no such bucket or object",
    "NoSuchKey": "there is no such object",
    "ExpiredToken": "the credentials have expired: sign in again",
    "ExpiredTokenException": "the credentials have expired: sign in again",
    "InvalidAccessKeyId": "the access key is unknown to AWS",
    "SignatureDoesNotMatch": "the secret key does not match the access key",
    "InvalidClientTokenId": "the access key is unknown to AWS",
}


def explain(error: ClientError | BotoCoreError) -> str:
    """One sentence for an error of the AWS SDK: what failed, why, what to do."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "No AWS credentials found: run `aws configure`, or set AWS_PROFILE."
    if isinstance(error, NoRegionError):
        return "No AWS region given: use --region or set AWS_REGION."
    if isinstance(error, EndpointConnectionError | ProfileNotFound) or not isinstance(error, ClientError):
        return f"AWS could not be reached: {error}".rstrip(".") + "."
    details = error.response.get("Error", {})
    code = str(details.get("Code", "unknown"))
    about = details.get("BucketName") or details.get("Key")
    meaning = _REFUSALS.get(code) or f"{code}: {details.get('Message', 'no message')}"
    return f"AWS refused {error.operation_name}{f' ({about})' if about else ''}: {meaning}."
