"""A headless Chromium that sees what a person would: the one of the machine, or one that is installed for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver

from rehearsals.programs import need

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",  # or it looks for its maker's hosts, at each start
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1366,900",
)


def programs() -> tuple[str, str] | None:
    """(browser, driver), when both are there."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def chromium(profile: Path, *further: str) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own; `further` are command line options. Raises `ProgramsMissing`."""
    if programs() is None:
        need("browser")
    found = programs()
    assert found is not None
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for option in (*OPTIONS, *further, f"--user-data-dir={profile}"):
        options.add_argument(option)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox does not work for root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(found[1]))
    try:
        yield browser
    finally:
        browser.quit()
