"""A headless Chromium: the one of the machine, or on a Debian that lets us, the one that is installed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from rehearsals.browser import chromium
from rehearsals.programs import ProgramsMissing

SITES = "--host-resolver-rules=MAP evil.example 127.0.0.1"  # a page that is not of this machine, by its name


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    try:
        with chromium(tmp_path_factory.mktemp("profile"), SITES) as browser:
            yield browser
    except ProgramsMissing as error:
        pytest.skip(str(error))


class Page:
    """The console as a person uses it: what is said on the page, and what can be clicked."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, view: str) -> Page:
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}#{view}")
        self.until(lambda: view in self.one("nav a[aria-current]").get_attribute("href"))
        return self

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def until(self, question: Callable[[], Any], seconds: float = 10) -> Any:
        """The first true answer; an element that was just replaced is asked again."""
        ignored = WebDriverWait(self.driver, seconds, poll_frequency=0.05, ignored_exceptions=(Exception,))
        try:
            return ignored.until(lambda _: question())
        except TimeoutException:
            shown, problems = self.one("body").text, self.complaints()
            raise AssertionError(f"not within {seconds} s; the page says:\n{shown}\nproblems: {problems}") from None

    def says(self, text: str, seconds: float = 10) -> str:
        """The text of the main part, which must come to hold `text`."""
        return self.until(lambda: (said := self.one("main").text) if text in self.one("main").text else None, seconds)

    def row(self, text: str) -> WebElement:
        """The row of a table that holds the text."""
        return self.until(lambda: next(row for row in self.all("tr.row") if text in row.text))

    def press(self, label: str) -> None:
        """Click the button that is called so."""
        self.until(lambda: self._press(label))

    def _press(self, label: str) -> bool:
        names = [(button, button.get_attribute("aria-label") or button.text) for button in self.all("main button")]
        next(button for button, name in names if name == label).click()
        return True

    def complaints(self) -> list[str]:
        """What the browser found wrong: scripts that failed, files that were refused."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def page(driver: webdriver.Chrome, bench: Any) -> Page:
    driver.get_log("browser")
    return Page(driver, f"{bench.cloud.endpoint_url}/_refarch/console/")
