"""Secrets on an instance: what the certificate of RTMPS and the passphrase of SRT must be, and how rotation goes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.streaming.instance import boot, certificate, files, refresh
from refarch.streaming.instance.plan import BadSecretError, Plan, SecretFile, load


def pair(folder: Path, *options: str) -> dict[str, str]:
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-days",
        "2",
        "-subj",
        "/CN=live.example.com",
    ]
    subprocess.run(
        [*command, *(options or ("-nodes",)), "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True
    )
    return {"certificate": chain.read_text(), "private_key": key.read_text()}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pair(tmp_path_factory.mktemp("good"))


def test_a_certificate_becomes_one_file_for_its_user_alone(good: dict[str, str], tmp_path: Path) -> None:
    kept = SecretFile(str(tmp_path / "certificate.pem"), "arn", "certificate")
    text = kept.content(json.dumps(good))
    assert text.index("BEGIN CERTIFICATE") < text.index("PRIVATE KEY")
    files.write(Path(kept.file), text, kept.mode)
    assert Path(kept.file).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [Path(kept.file)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"certificate": None}, "certificate is missing"),
        ({"private_key": ""}, "private_key is missing"),
        ({"certificate": "MIIB", "private_key": "MIIC"}, "certificate is no PEM.*private_key is no PEM"),
        ({"chain": "x"}, "'chain': no such field"),
        ({"private_key": "-----BEGIN ENCRYPTED PRIVATE KEY-----"}, "private_key is encrypted"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "do not fit"),
    ],
)
def test_a_certificate_that_cannot_be_one_is_refused_without_telling_it(
    good: dict[str, str], change: dict[str, Any], said: str
) -> None:
    secret = json.dumps(good | change)
    with pytest.raises(BadSecretError, match=said) as caught:
        SecretFile("/f", "arn", "certificate").content(secret)
    assert good["private_key"][40:80] not in str(caught.value)


def test_a_certificate_of_another_key_is_refused(good: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit: KEY_VALUES_MISMATCH"):
        certificate.pem(json.dumps(good | {"private_key": pair(tmp_path)["private_key"]}))


@pytest.mark.parametrize("secret", ["", "not json", "[]", '"text"'])
def test_a_certificate_is_a_json_object(secret: str) -> None:
    with pytest.raises(BadSecretError, match="no JSON object"):
        SecretFile("/f", "arn", "certificate").content(secret)


@pytest.mark.parametrize("secret", ["short", "has a space in it", "x" * 80, "käse-käse-käse", "two\nlines-of-text"])
def test_a_passphrase_that_srt_refuses_is_refused_without_telling_it(secret: str) -> None:
    with pytest.raises(BadSecretError, match="10 to 79") as caught:
        SecretFile("/f", "arn", "passphrase").content(secret)
    assert secret not in str(caught.value)
    assert SecretFile("/f", "arn", "passphrase").content("ten-letters\n") == "ten-letters\n"


def test_a_start_with_a_wrong_certificate_fails_in_its_step_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signals: list[dict[str, str]] = []
    monkeypatch.setattr(boot, "instance_id", lambda: "i-1")
    monkeypatch.setattr(boot, "fetch_secret", lambda plan, secret: '{"certificate": "x"}')
    monkeypatch.setattr(boot, "_client", lambda service, plan: Cloud(signals))
    told = {"role": "origin", "settings": {}, "folder": str(tmp_path), "stack": "Stack", "resource": "Group"}
    secret = {"file": str(tmp_path / "c.pem"), "secret": "arn", "form": "certificate"}
    (tmp_path / "instance.json").write_text(json.dumps(told | {"secrets": [secret]}))
    assert boot.main(tmp_path / "instance.json") == 1
    assert "FAILED secrets: the certificate's secret: certificate is no PEM" in capsys.readouterr().out
    assert [(each["Status"], each["UniqueId"]) for each in signals] == [("FAILURE", "i-1 secrets")]
    assert not (tmp_path / "c.pem").exists()


class Cloud:
    def __init__(self, signals: list[dict[str, str]]) -> None:
        self._signals = signals

    def signal_resource(self, **values: str) -> None:
        self._signals.append(values)


class Rotation:
    """Secrets, a plan with their files, and how often the role was told. `refused`: what cannot be read now."""

    def __init__(self, folder: Path) -> None:
        self.secrets = {"keys": "first-key", "signing": "a-signing-key-of-the-edge"}
        self.refused: set[str] = set()
        self.told = 0
        self.answers = True
        kept = (
            SecretFile(str(folder / "keys"), "keys", "publish_keys"),
            SecretFile(str(folder / "s"), "signing", "text"),
        )
        self.plan = Plan("origin", {}, secrets=kept)
        self.keys = folder / "keys"

    def fetch(self, name: str) -> str:
        if name in self.refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")
        return self.secrets[name]

    def tell(self) -> bool:
        self.told += 1
        return self.answers

    def look(self, owed: bool = False) -> bool:
        return refresh.look(self.plan, self.fetch, self.tell, owed)


@pytest.fixture
def rotation(tmp_path: Path) -> Rotation:
    made = Rotation(tmp_path)
    made.look()
    made.told = 0
    return made


def test_a_role_is_told_of_a_new_secret_and_only_then(rotation: Rotation) -> None:
    rotation.look()
    assert rotation.told == 0
    rotation.secrets["keys"] = '{"*": ["second-key", "first-key"]}'
    rotation.look()
    assert rotation.told == 1
    assert json.loads(rotation.keys.read_text()) == {"*": ["second-key", "first-key"]}


@pytest.mark.parametrize("bad", ["", "{}", "short", '{"*": "no-list-of-keys"}'])
def test_what_cannot_be_read_or_used_changes_nothing_and_hinders_no_other(
    rotation: Rotation, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rotation.keys.read_text()
    rotation.secrets |= {"keys": bad, "signing": "another-signing-key"}
    rotation.look()
    rotation.refused = {"keys"}
    rotation.look()
    assert rotation.keys.read_text() == before
    assert rotation.told == 1
    assert rotation.keys.with_name("s").read_text() == "another-signing-key\n"
    kept = [line for line in capsys.readouterr().out.splitlines() if "secret kept as it was" in line]
    assert len(kept) == 2
    assert "AccessDenied" in kept[1]


def test_a_role_that_could_not_be_told_is_told_at_the_next_look(rotation: Rotation) -> None:
    rotation.secrets["keys"] = "second-key"
    rotation.answers = False
    assert rotation.look()
    rotation.answers = True
    assert not rotation.look(owed=True)
    assert rotation.told == 2


def test_how_often_secrets_are_read_stands_in_the_plan(tmp_path: Path) -> None:
    (tmp_path / "i.json").write_text('{"role": "origin", "settings": {}, "refresh_seconds": 60}')
    assert load(tmp_path / "i.json").refresh_seconds == 60
