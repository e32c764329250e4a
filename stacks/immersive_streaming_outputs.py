"""The outputs of the ImmersiveStreaming stack: the original's under their names, and where encoders publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refarch._shared.reads import read

if TYPE_CHECKING:
    from refarch.streaming import LiveOrigin, VodTranscoder
    from stacks.immersive_streaming import ImmersiveStreamingStack

Outputs = dict[str, tuple[str, str]]
"""Name → value and description."""


def outputs(stack: ImmersiveStreamingStack) -> Outputs:
    origin, edge = stack.origin, stack.edge
    found = {
        "applicationLoadBalancerId": (edge.load_balancer.load_balancer_full_name, ""),
        "awsRegionId": (read(stack, "region"), ""),
        "cloudFrontDistributionId": (edge.distribution.distribution_id, ""),
        "cloudFrontDistributionUrl": (edge.url, "streams are at /hls/<name>.m3u8"),
        "cloudWatchLogsGroupId": (read(stack.log_group, "log_group_name"), "what instances say, a stream each"),
        "edgeCacheSpotFleetId": (
            read(edge.group, "auto_scaling_group_name"),
            "a group stands where a Spot Fleet stood",
        ),
        "publishKeysSecret": (read(origin.publish_keys, "secret_arn"), "what encoders show: …/live/<name>?key=<key>"),
        "dashboard": (stack.dashboard.dashboard.dashboard_name, ""),
        **_of_origins(origin),
    }
    if stack.player:
        found["clientWebsiteUrl"] = (stack.player.url, "the player; ?url=<stream>")
    if stack.player and stack.source:
        found["clientTestPatternUrl"] = (stack.player.play(f"{edge.url}{stack.source.playlist}"), "")
    if stack.source:
        found["testStreamSpotFleet"] = (read(stack.source.group, "auto_scaling_group_name"), "")
    return found | (_of_transcoding(stack.vod) if stack.vod else {})


def _of_origins(origin: LiveOrigin) -> Outputs:
    found = {}
    for word, member in (("primary", origin.primary), ("backup", origin.backup)):
        found[f"{word}OriginElasticIp"] = (read(member.address, "ref"), "rtmp://<this>:1935/live/<name>")
        name = f"{word}OriginElasticNetworkInterfacePrivateIpAddress"
        found[name] = (member.host, "a name that leads to the private address from inside the VPC")
        found[f"{word}OriginSpotFleetId"] = (read(member.group, "auto_scaling_group_name"), "")
        found |= _encrypted(origin, word, read(member.address, "ref"))
    if origin.ingest and origin.ingest.passphrase:
        found["srtPassphraseSecret"] = (origin.ingest.passphrase.secret_arn, "")
    return found


def _encrypted(origin: LiveOrigin, word: str, address: str) -> Outputs:
    """Where encoders publish by RTMPS and SRT."""
    rtmps, srt = (origin.ingest.rtmps, origin.ingest.srt) if origin.ingest else (None, None)
    found = {}
    if rtmps:
        note = "rtmps://<a name in the certificate that leads to this>/live/<name>?key=<key>"
        found[f"{word}OriginRtmps"] = (f"{address}:{rtmps.port}", note)
    if srt:
        note = "stream id live/<name>?key=<key>, with the passphrase"
        found[f"{word}OriginSrt"] = (f"srt://{address}:{srt.port}", note)
    return found


def _of_transcoding(vod: VodTranscoder) -> Outputs:
    return {
        "transcodingIngressBucketId": (read(vod.ingest_bucket, "bucket_name"), ""),
        "transcodingEgressBucketId": (read(vod.egress_bucket, "bucket_name"), ""),
        "transcodingQueueArn": (read(vod.queue, "queue_arn"), ""),
        "transcodingQueueUrl": (read(vod.queue, "queue_url"), ""),
        "transcodingSpotFleetId": (read(vod.group, "auto_scaling_group_name"), ""),
        "vodDistributionUrl": (f"https://{vod.distribution.distribution_domain_name}", "/vod/<name>/…"),
    }
