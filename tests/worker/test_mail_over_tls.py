"""Mail goes by a connection that nobody else reads, to the server that it is meant for, under our name there (contract-desk, 6)."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from app import access
from app.kit import outbox
from app.kit.database import Database
from app.kit.settings import Settings
from app.worker.delivering import deliver_next
from tests.conftest import NewDatabase
from tests.mailbox import Mailbox
from tests.people import NOW

PASSWORD = "p@ss: words/of four"
IN_ADDRESS = "p%40ss%3A%20words%2Fof%20four"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine, and one of another, each made by itself."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, named in (("ours", "DNS:localhost,IP:127.0.0.1"), ("others", "DNS:mail.example.org")):
        making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", f"/CN={name}"]
        files = ["-addext", f"subjectAltName={named}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run([*making, *files], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def posted(new_database: NewDatabase) -> Database:
    """An invitation that waits to be sent."""
    database = Database(new_database("sqlite"))
    with database.write("invite") as connection:
        access.invite_account(connection, email="alba@agency.example", employee="E1", now=NOW)
    return database


def served(certificates: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


def asks_who(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"kopes@agency", PASSWORD.encode()), handled=False)


def delivered(database: Database, address: str, at: dt.datetime = NOW) -> outbox.Delivery:
    """What became of the invitation, tried once by the settings that name the server."""
    settings = Settings.from_environment(
        {
            "KOPES_SMTP": address,
            "KOPES_MAIL_FROM": "OpenKOPES <kopes@agency.example>",
            "KOPES_PUBLIC_URL": "http://127.0.0.1:1",
        }
    )
    said: list[str] = []
    assert deliver_next(database, settings=settings, worker="one", clock=lambda: at, say=said.append)
    with database.read() as connection:
        (only,) = outbox.deliveries(connection, limit=2)
    told = " ".join(said) + (only.error or "")
    assert PASSWORD not in told
    assert IN_ADDRESS not in told
    return only


@pytest.mark.parametrize("tls", ["", "?tls=starttls", "?tls=tls"])
def test_it_goes_over_tls_and_after_a_login(
    posted: Database, certificates: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    """STARTTLS where nothing is said: the server takes no mail before either."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ours.pem"))
    context = served(certificates, "ours")
    how: dict[str, Any] = (
        {"ssl_context": context, "auth_require_tls": False}
        if tls == "?tls=tls"
        else {"tls_context": context, "require_starttls": True, "auth_required": True}
    )
    entered: list[bool] = []

    def asks(*given: Any) -> AuthResult:
        result = asks_who(*given)
        entered.append(result.success)
        return result

    with Mailbox(**how, authenticator=asks) as mailbox:
        shown = delivered(posted, f"smtp://kopes%40agency:{IN_ADDRESS}@localhost:{mailbox.port}{tls}")
        assert (shown.state, shown.error, entered) == ("sent", None, [True])
        assert [one["To"] for one in mailbox.mails] == ["alba@agency.example"]


@pytest.mark.parametrize(
    ("trusted", "name", "why"),
    [(False, "ours", "self-signed certificate"), (True, "others", "certificate is not valid for 'localhost'")],
)
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_with_a_wrong_certificate_gets_nothing(
    posted: Database,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    trusted: bool,
    name: str,
    why: str,
    tls: str,
) -> None:
    """One that nobody vouches for, or another's: neither password nor mail; it is tried again, and told."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / f"{name}.pem"))
    asked: list[LoginPassword] = []

    def listens(*given: Any) -> AuthResult:
        asked.append(given[-1])
        return AuthResult(success=True)

    context = served(certificates, name)
    how: dict[str, Any] = {"ssl_context": context} if tls == "tls" else {"tls_context": context}
    with Mailbox(**how, authenticator=listens, auth_require_tls=False) as mailbox:
        shown = delivered(posted, f"smtp://kopes:word@localhost:{mailbox.port}?tls={tls}")
        assert (shown.state, shown.tries, mailbox.mails, asked) == ("waiting", 1, [], [])
    assert "CERTIFICATE_VERIFY_FAILED" in (shown.error or "")
    assert why in (shown.error or "").replace("self signed", "self-signed").replace("Hostname mismatch, ", "")


def test_a_server_without_starttls_is_not_sent_to_in_the_open(posted: Database) -> None:
    """Whoever sits in between takes the offer out: then nothing goes."""
    with Mailbox() as mailbox:
        shown = delivered(posted, f"smtp://kopes:word@127.0.0.1:{mailbox.port}")
        assert (shown.state, mailbox.mails) == ("waiting", [])
    assert "STARTTLS" in (shown.error or "")


def test_a_wrong_password_is_told_and_tried_again(
    posted: Database, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the right one is set the mail goes."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ours.pem"))
    how: dict[str, Any] = {"tls_context": served(certificates, "ours"), "require_starttls": True}
    with Mailbox(**how, auth_required=True, authenticator=asks_who) as mailbox:
        shown = delivered(posted, f"smtp://kopes%40agency:wrong@localhost:{mailbox.port}")
        assert (shown.state, shown.tries, shown.due_at) == ("waiting", 1, NOW + dt.timedelta(seconds=5))
        assert "535" in (shown.error or "")
        later = delivered(
            posted,
            f"smtp://kopes%40agency:{IN_ADDRESS}@localhost:{mailbox.port}",
            at=NOW + dt.timedelta(seconds=5),
        )
        assert (later.state, len(mailbox.mails)) == ("sent", 1)
