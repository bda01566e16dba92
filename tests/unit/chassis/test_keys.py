"""A service's key files: made once, for its own eyes, and refused with a clear sentence when unusable."""

import base64
import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis.keys import OFFICES, KeyFileUnusable, ServiceKeys, create, public_keys
from chassis.sealing import unwrap, wrap


@dataclass(frozen=True)
class Named:
    service_keys: Path


@pytest.mark.parametrize("service", sorted(OFFICES))
def test_a_service_gets_the_keys_of_its_offices_and_no_more(service: str, tmp_path: Path) -> None:
    create(service, tmp_path / "keys")
    keys = ServiceKeys.load(tmp_path / "keys")
    assert set(keys.desks) == set(OFFICES[service])
    assert set(keys.secrets) == ({"code", "pepper"} if service == "intake" else set())
    assert len({keys.cell, keys.codec, *keys.secrets.values()}) == 2 + len(keys.secrets)


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    create("intake", folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {
        "signing.key", "cell.key", "codec.key", "code.key", "pepper.key", "desk-custodian.key",
    }  # fmt: skip


def test_a_second_run_changes_nothing_and_prints_the_same_public_key(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "chassis.keys", "workflow", str(tmp_path)]
    first = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "desk-leg.key").unlink()
    second = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert first == second
    assert base64.b64decode(first) == ServiceKeys.load(tmp_path).signing.public_key().public_bytes_raw()
    assert {name for name in before if before[name] != after[name]} == {"desk-leg.key"}


def test_a_loaded_desk_key_opens_what_was_wrapped_to_it(tmp_path: Path) -> None:
    create("ombuds", tmp_path)
    wrapped = wrap(b"k" * 32, ServiceKeys.load(tmp_path).desk("ombuds").public, context=b"c")
    assert unwrap(wrapped, ServiceKeys.load(tmp_path).desk("ombuds"), context=b"c") == b"k" * 32


def test_a_missing_or_damaged_key_file_is_named(tmp_path: Path) -> None:
    create("ombuds", tmp_path)
    (tmp_path / "cell.key").write_bytes(b"short")
    with pytest.raises(KeyFileUnusable, match=r"cell\.key is not 32 bytes long"):
        ServiceKeys.load(tmp_path)
    (tmp_path / "cell.key").unlink()
    with pytest.raises(KeyFileUnusable, match=r"cell\.key cannot be read"):
        ServiceKeys.load(tmp_path)


def test_a_key_of_another_service_is_not_to_be_had(tmp_path: Path) -> None:
    create("ombuds", tmp_path)
    keys = ServiceKeys.load(tmp_path)
    with pytest.raises(KeyFileUnusable, match=r"desk-oio\.key"):
        keys.desk("oio")
    with pytest.raises(KeyFileUnusable, match=r"code\.key"):
        keys.secret("code")


def test_keys_do_not_show_in_their_own_description(tmp_path: Path) -> None:
    create("intake", tmp_path)
    keys = ServiceKeys.load(tmp_path)
    said = repr(keys)
    assert all(repr(secret) not in said for secret in (keys.cell, keys.codec, *keys.secrets.values()))


def test_public_keys_are_read_by_service(tmp_path: Path) -> None:
    listed = {service: create(service, tmp_path / service) for service in ("intake", "ombuds")}
    path = tmp_path / "service-keys.json"
    path.write_text(json.dumps(listed))
    publics = public_keys(Named(path))
    message = b"m"
    publics["ombuds"].verify(ServiceKeys.load(tmp_path / "ombuds").signing.sign(message), message)
    assert set(publics) == {"intake", "ombuds"}


@pytest.mark.parametrize("content", ["", "[]", '{"intake": 3}', '{"intake": "AAAA"}', '{"intake": "?"}'])
def test_an_unusable_list_of_public_keys_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "service-keys.json"
    path.write_text(content)
    with pytest.raises(KeyFileUnusable, match=r"service-keys\.json does not list"):
        public_keys(Named(path))
