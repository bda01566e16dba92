"""The addresses that clients rely on, in every service's own description of itself."""

import base64
import json
import secrets
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from chassis import keys
from chassis.settings import Settings
from chassis.web.run import Service

EVERYWHERE = {"GET /health/live", "GET /health/ready", "GET /version"}
OF_DESKS = {
    "GET /api/v1/cases",
    "GET /api/v1/cases/{case_id}",
    "POST /api/v1/cases/{case_id}/actions",
    "POST /api/v1/cases/{case_id}/contents-readings",
    "POST /api/v1/cases/{case_id}/contents-readings/{item_id}",
    "POST /api/v1/cases/{case_id}/messages",
    "POST /api/v1/cases/{case_id}/conflicts",
}
NAMES = {
    "intake": {
        "POST /api/v1/reports",
        "GET /api/v1/inbox",
        "POST /api/v1/inbox/code",
        "POST /api/v1/inbox/messages",
        "POST /api/v1/inbox/actions",
        "POST /api/v1/inbox/reminders",
        "DELETE /api/v1/inbox/reminders/{reminder_id}",
        "POST /api/v1/ways",
        "POST /api/v1/inbox/names",
        "POST /api/v1/inbox/parties",
        "POST /api/v1/inbox/releases",
        "POST /api/v1/inbox/consents",
        "POST /api/v1/inbox/files",
        "GET /api/v1/inbox/files/{item_id}",
    },
    "ombuds": OF_DESKS,
    "support": OF_DESKS | {"GET /api/v1/help"},
    "workflow": OF_DESKS | {"POST /api/v1/manager-requests", "POST /api/v1/cases", "GET /api/v1/measures"},
    "ethics": OF_DESKS,
    "hr_bridge": {
        "GET /api/v1/tasks",
        "POST /api/v1/tasks/{task_id}/confirm",
        "POST /api/v1/tasks/{task_id}/answer",
        "POST /api/v1/personnel-actions",
    },
    "notifications": set(),
    "audit": {"GET /api/v1/verification"},
}


def service_of(service: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """As its process builds it; nothing is connected to before the first request that needs it."""
    public = {name: keys.create(name, folder / name) for name in NAMES}
    (folder / "services.json").write_text(json.dumps(public))
    (folder / "webhook.key").write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    nowhere = "127.0.0.1:9"
    given = {
        "DATABASE_DSN": f"postgresql://x:x@{nowhere}/x", "KEYSTORE_DSN": f"postgresql://x:x@{nowhere}/x",
        "KAFKA_BOOTSTRAP": nowhere, "TEMPORAL_ADDRESS": nowhere, "OIDC_ISSUER": f"http://{nowhere}", "HTTP_PORT": "0",
        "KEYS_DIR": str(folder / service), "SERVICE_KEYS": str(folder / "services.json"),
        "TRYTON_URL": f"http://{nowhere}/hris", "TRYTON_USERNAME": "x", "TRYTON_PASSWORD": "x",
        "WEBHOOK_KEY_FILE": str(folder / "webhook.key"), "SMTP_PORT": "9", "MAIL_FROM": "x@recourse.example",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"RECOURSE_{name}", value)
    own = {
        "intake": "IntakeSettings",
        "support": "SupportSettings",
        "hr_bridge": "HrBridgeSettings",
        "notifications": "NotificationsSettings",
        "audit": "AuditSettings",
    }
    settings_class = (
        getattr(import_module(f"services.{service}.settings"), own[service]) if service in own else Settings
    )
    built: Service = import_module(f"services.{service}.service").build(settings_class(service=service))
    return built


@pytest.mark.parametrize("service", NAMES)
async def test_a_service_describes_the_addresses_it_is_known_by(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = service_of(service, tmp_path, monkeypatch).app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        described = await client.get("/schema/openapi.json")
        alive, version = await client.get("/health/live"), await client.get("/version")
    assert (described.status_code, described.headers["content-type"]) == (200, "application/json")
    table = described.json()
    assert table["openapi"].startswith("3.1")
    found = {f"{method.upper()} {path}" for path, methods in table["paths"].items() for method in methods}
    public = {name for name in found if "/internal/" not in name}
    assert public == EVERYWHERE | NAMES[service]
    assert (alive.json(), version.json()["service"]) == ({"status": "live"}, service)
