"""What the portal relies on of Stripe's customers, tax ids and saved payment methods."""

from typing import Any

import pytest
import stripe

from tests.contract.conftest import Keep


def test_metadata_is_merged_and_unset_by_key(api: Any, customer: Any) -> None:
    """Metadata is ordinary Stripe metadata (C10)."""
    api.customers.update(customer.id, {"metadata": {"kept": "1", "gone": "1"}})

    found = api.customers.update(customer.id, {"metadata": {"gone": "", "new": "2"}})

    assert found.metadata.to_dict() == {"kept": "1", "new": "2"}


def test_an_emptied_field_is_null(api: Any, customer: Any) -> None:
    """A customer may take a value back (C11)."""
    found = api.customers.update(customer.id, {"name": "", "phone": ""})

    assert (found.name, found.phone) == (None, None)


def test_a_deleted_customer_is_read_as_deleted(api: Any, keep: Keep, unique: str) -> None:
    """A deletion is told by its event and by reading (6a, customer.deleted)."""
    made = api.customers.create({"name": unique})

    api.customers.delete(made.id)

    assert api.customers.retrieve(made.id).deleted is True


def test_what_is_missing_is_404_and_names_itself(api: Any, unique: str) -> None:
    """A 404 is an InvalidRequestError with a code (6d)."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.customers.retrieve(f"cus_{unique.replace('-', '')}")

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_wrong_tax_id_is_refused_and_a_right_one_kept(api: Any, customer: Any) -> None:
    """Tax ids are added and removed one by one (6a, customer.tax_id)."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "no"})
    made = api.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})

    assert refused.value.code == "tax_id_invalid"
    assert [one.id for one in api.customers.tax_ids.list(customer.id).data] == [made.id]


def test_the_default_method_is_set_by_us(api: Any, customer: Any) -> None:
    """No component sets a default: it is `invoice_settings.default_payment_method` (S15, S6)."""
    other = api.payment_methods.attach("pm_card_mastercard", {"customer": customer.id})
    before = api.customers.retrieve(customer.id).invoice_settings.default_payment_method

    settings = {"invoice_settings": {"default_payment_method": other.id}}
    after = api.customers.update(customer.id, settings).invoice_settings.default_payment_method

    assert (before != other.id, after) == (True, other.id)


def test_a_removed_method_leaves_the_default_and_never_returns(api: Any, customer: Any) -> None:
    """`payment_method.detached` is for good (6a); the default goes with it (L16)."""
    method = customer.invoice_settings.default_payment_method

    detached = api.payment_methods.detach(method)

    assert detached.customer is None
    assert api.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_methods.attach(method, {"customer": customer.id})


def test_a_repeated_request_is_answered_once_made(api: Any, keep: Keep, unique: str) -> None:
    """The first answer to a key is stored and replayed; other parameters are an error (K2, K3)."""
    options = {"idempotency_key": unique}
    made = api.customers.create({"name": unique}, options)
    keep(made, lambda: api.customers.delete(made.id))

    again = api.customers.create({"name": unique}, options)

    assert again.id == made.id
    with pytest.raises(stripe.IdempotencyError):
        api.customers.create({"name": "other"}, options)
