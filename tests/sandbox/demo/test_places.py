"""Where the demo is: ports and folders from the environment, and what starting over deletes."""

import socket
import stat
from pathlib import Path

import pytest

from portal.sandbox.demo import places
from portal.sandbox.demo.places import Refused


def test_every_port_can_be_moved_by_its_variable(tmp_path: Path) -> None:
    found = places.read({"PORT": "9000", "PORTAL_DATA": str(tmp_path)})

    assert found.portal == "http://127.0.0.1:9000"
    assert found.stripe == "http://127.0.0.1:8001"
    assert found.data == tmp_path


def test_the_state_is_in_var_demo_unless_said_otherwise() -> None:
    assert places.read({"PORTAL_DATA": ""}).data == Path("var/demo").absolute()


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "8e3", "٨"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused, match="SMTP_PORT"):
        places.read({"SMTP_PORT": text})


def test_two_parts_cannot_share_a_port() -> None:
    with pytest.raises(Refused, match="PORT and MAILBOX_PORT"):
        places.read({"PORT": "8003"})


@pytest.mark.loopback
def test_a_port_in_use_is_named_with_its_variable() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        found = places.read({"MAILBOX_PORT": str(taken)})
        only = places.Places(found.data, {"MAILBOX_PORT": taken})

        with pytest.raises(Refused, match=f"Port {taken} is in use.*MAILBOX_PORT"):
            places.check_ports(only)


def test_starting_over_deletes_only_what_the_demo_made(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "web.pid").write_text("1")
    (tmp_path / "portal.sqlite3").write_text("")
    (tmp_path / "letter.txt").write_text("mine")

    places.delete(places.read({"PORTAL_DATA": str(tmp_path)}))

    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_the_data_of_the_demo_is_for_its_owner_alone(tmp_path: Path) -> None:
    found = places.read({"PORTAL_DATA": str(tmp_path / "demo")})

    with places.alone(found):
        assert stat.S_IMODE(found.data.stat().st_mode) == 0o700


def test_two_demos_cannot_share_a_folder(tmp_path: Path) -> None:
    found = places.read({"PORTAL_DATA": str(tmp_path)})

    with places.alone(found), pytest.raises(Refused, match="Another demo"), places.alone(found):
        pytest.fail("the folder was given twice")

    with places.alone(found):
        assert found.data.exists()
