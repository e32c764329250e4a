"""A real browser measures the texts: the widths that the layout only estimates leave room for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from refarch.gate.picture import draw
from refarch.gate.templates import Template
from rehearsals.browser import chromium
from rehearsals.programs import ProgramsMissing

WORDS = (
    "WWWWWMMMM mmmmwwww",
    "Illicit little lilt",
    "Übermäßig lange Namen",
    "orders by customer and by day",
    "数据流水线",
)
MEASURE = """
return [...document.querySelectorAll('svg text')].map(each => {
  const area = each.getBBox();
  const card = each.parentNode.tagName === 'g' ? [...each.parentNode.querySelectorAll('rect.b')].pop().getBBox() : null;
  return {text: each.textContent, x: area.x, y: area.y, right: area.x + area.width, bottom: area.y + area.height,
          room: card && card.x + card.width};
});
"""


def test_texts_as_a_browser_sets_them_touch_nothing(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_text(draw(Template("t", {"Resources": resources()})).svg, encoding="utf-8")
    try:
        with chromium(tmp_path / "profile") as browser:
            browser.get(path.as_uri())
            found = browser.execute_script(MEASURE)
    except ProgramsMissing as error:
        pytest.skip(str(error))
    assert len(found) > 20
    too_wide = [each["text"] for each in found if each["room"] and each["right"] > each["room"]]
    assert too_wide == []
    touching = [
        (one["text"], other["text"])
        for index, one in enumerate(found)
        for other in found[index + 1 :]
        if one["x"] < other["right"] and other["x"] < one["right"]
        # A line's box is taller than its letters: half of a gap between lines is not yet a touch.
        if one["y"] + 3 < other["bottom"] - 3 and other["y"] + 3 < one["bottom"] - 3
    ]
    assert touching == []


def resources() -> dict[str, object]:
    """Wide, narrow and foreign words as titles and labels, many at one box."""
    made: dict[str, object] = {}
    for index, words in enumerate(WORDS):
        name = "".join(word.capitalize() for word in words.split())
        made[f"{name}{index}"] = {"Type": f"AWS::{words}::Thing", "Properties": {"T": {"Ref": f"Topic{index % 2}"}}}
        path = {"Field": "path-pattern", "Values": [f"/{words}/*"]}
        rule = {"ListenerArn": {"Ref": "L"}, "Conditions": [path], "Actions": [{"TargetGroupArn": {"Ref": "G"}}]}
        made[f"Rule{index}"] = {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": rule}
    made |= {f"Topic{index}": {"Type": "AWS::SNS::Topic"} for index in range(2)}
    made["B"] = {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}
    made["L"] = {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "B"}}}
    made["G"] = {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup"}
    for index in range(2):
        balancers = [{"TargetGroupArn": {"Ref": "G"}}]
        made[f"Service{index}"] = {"Type": "AWS::ECS::Service", "Properties": {"LoadBalancers": balancers}}
    for index in range(6):
        name = f"Queue{'WM' * index}"
        made[name] = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"d": {"Ref": "QueueWM"}}}}
        mapping = {"EventSourceArn": {"Ref": name}, "FunctionName": {"Ref": "F"}}
        made[f"Mapping{index}"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping}
    made["F"] = {"Type": "AWS::Lambda::Function"}
    return made
