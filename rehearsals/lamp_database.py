"""A MariaDB of its own with TLS, as RDS would be: reached over the network, by a user who must encrypt."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rehearsals.account import eventually
from rehearsals.ports import free_port

NAME, USER = "wordpressdb", "wordpress"


@contextlib.contextmanager
def database(password: str) -> Iterator[str]:
    """Its host and port, while it runs."""
    folder = Path(tempfile.mkdtemp(prefix="refarch-database-"))
    folder.chmod(0o755)
    port = free_port()
    try:
        process = _start(folder, port)
        try:
            eventually(lambda: _sql(folder, "SELECT 1"), within=30, what="the database answers")
            granted = f"GRANT ALL ON {NAME}.* TO '{USER}'@'%' IDENTIFIED BY '{password}' REQUIRE SSL"
            assert _sql(folder, f"CREATE DATABASE {NAME}; {granted}; FLUSH PRIVILEGES")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    names = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=database", *names],
        **quiet,  # type: ignore[call-overload]
    )
    data = folder / "data"
    shutil.chown(folder, "mysql", "mysql")
    shutil.chown(folder / "key.pem", "mysql")
    install = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db"]
    subprocess.run([*install, "--auth-root-authentication-method=socket"], **quiet)  # type: ignore[call-overload]
    server = ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}", f"--socket={folder}/socket"]
    network = [f"--port={port}", "--bind-address=127.0.0.1", f"--ssl-key={folder}/key.pem"]
    small = ["--innodb-buffer-pool-size=64M", "--skip-log-bin", f"--pid-file={folder}/pid"]
    return subprocess.Popen(
        [*server, *network, f"--ssl-cert={folder}/certificate.pem", *small],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
    )


def _sql(folder: Path, text: str) -> bool:
    command = ["mariadb", "--no-defaults", f"--socket={folder}/socket", "--user=root"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False).returncode == 0
