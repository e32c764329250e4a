"""The site as its owner uses it: through a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

PUBLISH = ".editor-post-publish-button__button"
CONFIRM = ".editor-post-publish-panel__header-publish-button .editor-post-publish-button"
PUBLISHED = ".post-publish-panel__postpublish"
DRAFT = """
const [title, content, done] = arguments;
fetch('/wp-admin/admin-ajax.php?action=rest-nonce').then(answer => answer.text()).then(nonce =>
  fetch('/?rest_route=/wp/v2/posts', {method: 'POST', body: JSON.stringify({title, content, status: 'draft'}),
    headers: {'X-WP-Nonce': nonce, 'Content-Type': 'application/json'}}))
  .then(answer => answer.json()).then(post => done(post.id || JSON.stringify(post)), error => done(String(error)));
"""
NEWEST_IMAGE = """
const done = arguments[0];
fetch('/?rest_route=/wp/v2/media').then(answer => answer.json()).then(found => done(found[0].source_url));
"""
PICTURE_LOADED = (
    "const it = document.querySelector('.wp-block-image img'); return it && it.complete && it.naturalWidth;"
)


class Site:
    """Waits for what it needs; a page that does not come fails the test with the page's address."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser, self.url = browser, url
        self.wait = WebDriverWait(browser, 60, poll_frequency=0.1)

    def one(self, selector: str) -> Any:
        return self.wait.until(expected.element_to_be_clickable((By.CSS_SELECTOR, selector)), selector)

    def log_in(self, username: str, password: str) -> None:
        self.browser.delete_all_cookies()
        self.browser.get(f"{self.url}/wp-login.php")
        self.one("#user_login").send_keys(username)
        self.one("#user_pass").send_keys(password)
        self.one("#wp-submit").click()
        self.one("#wpadminbar")

    def upload(self, picture: Path) -> str:
        """The address of the picture in the media library."""
        self.browser.get(f"{self.url}/wp-admin/media-new.php?browser-uploader")
        self.wait.until(expected.presence_of_element_located((By.ID, "async-upload"))).send_keys(str(picture))
        self.one("#html-upload").click()
        self.wait.until(lambda driver: "upload.php" in driver.current_url, "the upload")
        return str(self.browser.execute_async_script(NEWEST_IMAGE))

    def publish(self, title: str, picture: str) -> None:
        """Write a post with a picture, and publish it in the editor."""
        figure = f'<figure class="wp-block-image"><img src="{picture}" alt="it"/></figure>'
        post = self.browser.execute_async_script(DRAFT, title, f"<!-- wp:image -->{figure}<!-- /wp:image -->")
        assert isinstance(post, int), post
        self.browser.get(f"{self.url}/wp-admin/post.php?post={post}&action=edit")
        self.one(PUBLISH)
        self.browser.execute_script("document.querySelector('.components-modal__header [aria-label=Close]')?.click()")
        self.one(PUBLISH).click()
        self.one(CONFIRM).click()
        self.wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, PUBLISHED)), "published")

    def read(self, path: str) -> str:
        """The page as a visitor sees it, once its picture has come."""
        self.browser.get(f"{self.url}{path}")
        self.wait.until(lambda driver: driver.execute_script(PICTURE_LOADED), "the picture")
        return str(self.browser.title)
