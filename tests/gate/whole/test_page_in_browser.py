"""The page in Chromium: what the filter hides, what the theme changes, and that it complains of nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.common.by import By

from refarch.cli.gate import gate
from rehearsals.browser import chromium
from rehearsals.programs import ProgramsMissing

STACKS = {
    "Orders": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": False}}},
    "News": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}},
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    folder = tmp_path_factory.mktemp("app")
    for name, resources in STACKS.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
    path = folder / "page.html"
    CliRunner().invoke(gate, ["all", str(folder), "--no-cache", "--report", str(path)])
    try:
        with chromium(tmp_path_factory.mktemp("profile")) as browser:
            browser.get(path.as_uri())
            yield browser
    except ProgramsMissing as error:
        pytest.skip(str(error))


def shown(page: webdriver.Chrome) -> set[str]:
    """Stacks whose sections can be seen."""
    found = page.find_elements(By.CSS_SELECTOR, "section.stack")
    return {each.find_element(By.TAG_NAME, "h2").text.split()[-1] for each in found if each.is_displayed()}


def test_the_filter_keeps_what_holds_the_words(page: webdriver.Chrome) -> None:
    field = page.find_element(By.ID, "filter")
    assert shown(page) == {"Orders.template.json", "News.template.json"}
    field.send_keys("sqs-encryption")
    assert shown(page) == {"Orders.template.json"}
    rows = [each for each in page.find_elements(By.CSS_SELECTOR, ".findings tbody tr") if each.is_displayed()]
    assert {"SQS-ENCRYPTION"} == {each.find_element(By.CSS_SELECTOR, "td:nth-child(2)").text for each in rows}
    assert page.find_element(By.ID, "count").text.startswith(f"{len(rows)} of ")
    field.clear()
    field.send_keys(" ")
    assert shown(page) == {"Orders.template.json", "News.template.json"}


def test_the_theme_can_be_changed(page: webdriver.Chrome) -> None:
    def paper() -> str:
        return str(page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"))

    before = paper()
    page.find_element(By.ID, "theme").click()
    assert paper() != before
    page.find_element(By.ID, "theme").click()
    assert paper() == before


def test_the_browser_has_nothing_to_complain_of(page: webdriver.Chrome) -> None:
    assert page.get_log("browser") == []


def test_pictures_are_seen(page: webdriver.Chrome) -> None:
    widths = page.execute_script("return [...document.images].map(each => each.naturalWidth)")
    assert len(widths) == len(STACKS)
    assert all(widths)
