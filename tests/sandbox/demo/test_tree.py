"""What the demo's processes are told, and what it tells people and programs."""

import json
from pathlib import Path

from portal.sandbox.demo import listing, places, tree


def test_only_addresses_make_the_portal_a_demo(tmp_path: Path) -> None:
    found = places.read({"PORT": "9000", "SMTP_PORT": "9025", "PORTAL_DATA": str(tmp_path)})

    environment = tree.environment_of(found)

    assert environment["PUBLIC_URL"] == "http://127.0.0.1:9000"
    assert environment["STRIPE_API_BASE"] == "http://127.0.0.1:8001"
    assert environment["SMTP_URL"] == "smtp://127.0.0.1:9025"


def test_every_part_listens_on_this_machine_only(tmp_path: Path) -> None:
    found = places.read({"PORTAL_DATA": str(tmp_path)})

    web, worker = tree.product(found)

    assert "127.0.0.1:8000" in web.command
    assert [each.name for each in tree.sandboxes(found)] == ["stripe", "holded", "mail"]
    assert worker.command[-2:] == ("portal", "work")


def test_a_newcomer_is_told_of_the_promotion_code(tmp_path: Path) -> None:
    found = places.read({"PORTAL_DATA": str(tmp_path)})
    customer = {"email": "a@example.com", "name": "A"}
    seed = {"merchants": [{"slug": "nuvol", "name": "Nuvol", "customers": [customer]}]}

    told = "\n".join(listing.lines(found, seed))

    assert "The promotion code HOLA10" in told


def test_the_list_leaves_out_what_does_not_exist(tmp_path: Path) -> None:
    found = places.read({"PORTAL_DATA": str(tmp_path)})
    (tmp_path / "run").mkdir()
    merchant = {
        "slug": "nuvol",
        "name": "Nuvol",
        "stripe_secret_key": "sk_test_x",
        "holded_token": "pat_x",
        "holded_treasury": "t1",
        "customers": [{"email": "a@example.com", "name": "A", "about": "…"}],
    }

    listing.write(found, {"merchants": [merchant], "synced": True})

    written = json.loads((tmp_path / "demo.json").read_text())
    assert written == {
        "portal": "http://127.0.0.1:8000",
        "stripe_sandbox": "http://127.0.0.1:8001",
        "holded_sandbox": "http://127.0.0.1:8002",
        "mailbox": "http://127.0.0.1:8003",
        "merchants": [
            {
                "slug": "nuvol",
                "name": "Nuvol",
                "stripe_secret_key": "sk_test_x",
                "holded_token": "pat_x",
                "customers": [{"email": "a@example.com", "name": "A", "about": "…"}],
            }
        ],
    }
