"""Every operation of Holded's API v2, so that what the sandbox does not imitate is told apart from
what does not exist: the first answers 501, the second 404.

Names and methods as captured from the provider's reference in June 2026.
"""

from __future__ import annotations

import re
from functools import cache

OPERATIONS = """\
/accounting-accounts GET POST
/booking-locations GET
/booking-locations/<>/slots GET
/bookings GET POST
/bookings/<> GET PUT DELETE
/contact-groups GET POST
/contact-groups/<> GET PUT DELETE
/contacts GET POST
/contacts/<> GET PUT DELETE
/contacts/<>/attachments GET POST
/contacts/<>/attachments/<> GET
/contacts/<>/portal-link GET
/contacts/bulk-archive POST
/contacts/bulk-delete POST
/contacts/search GET
/credit-notes GET POST
/credit-notes/<> GET PUT DELETE
/credit-notes/<>/approve POST
/credit-notes/<>/attachments GET POST
/credit-notes/<>/attachments/<> GET
/credit-notes/<>/payments POST
/credit-notes/<>/pdf GET
/credit-notes/<>/pipeline PUT
/credit-notes/<>/send POST
/documents/convert POST
/employee-times GET
/employee-times/<> GET PUT DELETE
/employees GET POST
/employees/<> GET PUT DELETE
/employees/<>/clock-in POST
/employees/<>/clock-out POST
/employees/<>/contract GET
/employees/<>/pause POST
/employees/<>/times GET POST
/employees/<>/unpause POST
/estimates GET POST
/estimates/<> GET PUT DELETE
/estimates/<>/accept POST
/estimates/<>/attachments GET POST
/estimates/<>/attachments/<> GET
/estimates/<>/pdf GET
/estimates/<>/pipeline PUT
/estimates/<>/reject POST
/estimates/<>/send POST
/events GET POST
/events/<> GET PUT DELETE
/expenses-accounts GET POST
/expenses-accounts/<> GET PUT DELETE
/funnels GET POST
/funnels/<> GET PUT DELETE
/inbox GET POST
/inbox/<> GET PUT DELETE
/inbox/<>/attach POST
/inbox/<>/files/<>/download GET
/inbox/<>/files/<>/preview GET
/invoices GET POST DELETE
/invoices/<> GET PUT DELETE
/invoices/<>/approve POST
/invoices/<>/attachments GET POST
/invoices/<>/attachments/<> GET
/invoices/<>/cancel POST
/invoices/<>/payments POST
/invoices/<>/pdf GET
/invoices/<>/pipeline PUT
/invoices/<>/send POST
/invoices/bulk/approve POST
/invoices/bulk/cancel POST
/invoices/find-by-number GET
/leads GET POST
/leads/<> GET PUT DELETE
/leads/<>/dates PUT
/leads/<>/notes POST PUT
/leads/<>/stage PUT
/leads/<>/tasks POST PUT DELETE
/ledger-entries GET POST
/numbering-series/<> GET POST
/numbering-series/<>/<> PUT DELETE
/payment-methods GET POST
/payment-methods/<> GET PUT DELETE
/payments GET POST
/payments/<> GET PUT DELETE
/price-lists GET POST
/price-lists/<> GET PATCH DELETE
/production-orders GET POST
/production-orders/<> GET PUT DELETE
/products GET POST
/products/<> GET PUT DELETE
/products/<>/image GET
/products/<>/images GET POST
/products/<>/images/<> GET
/products/<>/stock GET PUT
/products/<>/stock/transit GET
/proformas GET POST
/proformas/<> GET PUT DELETE
/proformas/<>/approve POST
/proformas/<>/attachments GET POST
/proformas/<>/attachments/<> GET
/proformas/<>/pdf GET
/proformas/<>/pipeline PUT
/proformas/<>/send POST
/project-times GET
/projects GET POST
/projects/<> GET PUT DELETE
/projects/<>/summary GET
/projects/<>/times GET POST
/projects/<>/times/<> GET PUT DELETE
/purchase-orders GET POST
/purchase-orders/<> GET PUT DELETE
/purchase-orders/<>/approve POST
/purchase-orders/<>/attachments GET POST
/purchase-orders/<>/attachments/<> GET
/purchase-orders/<>/pdf GET
/purchase-orders/<>/pipeline PUT
/purchase-orders/<>/receive POST
/purchase-orders/<>/received-items GET
/purchase-orders/<>/send POST
/purchase-shipments GET POST
/purchase-shipments/<> GET PUT DELETE
/purchase-shipments/<>/approve POST
/purchases GET POST
/purchases/<> GET PUT DELETE
/purchases/<>/approve POST
/purchases/<>/attachments GET POST
/purchases/<>/attachments/<> GET
/purchases/<>/payments POST
/purchases/<>/pipeline PUT
/purchases/refund POST
/receipt-notes GET POST
/receipt-notes/<> GET PUT DELETE
/receipt-notes/<>/approve POST
/receipt-notes/<>/attachments GET POST
/receipt-notes/<>/attachments/<> GET
/receipt-notes/<>/payments POST
/receipt-notes/<>/pdf GET
/receipt-notes/<>/pipeline PUT
/receipt-notes/<>/send POST
/recurring-invoices GET POST
/recurring-invoices/<> GET PUT DELETE
/recurring-invoices/<>/schedule GET
/recurring-invoices/<>/skip POST
/salary-records GET POST
/salary-records/<> GET PUT DELETE
/sales-channels GET POST
/sales-channels/<> GET PUT DELETE
/sales-orders GET POST
/sales-orders/<> GET PUT DELETE
/sales-orders/<>/approve POST
/sales-orders/<>/attachments GET POST
/sales-orders/<>/attachments/<> GET
/sales-orders/<>/pdf GET
/sales-orders/<>/pipeline PUT
/sales-orders/<>/send POST
/sales-orders/<>/ship POST
/sales-orders/<>/ship-by-lines POST
/sales-orders/<>/shipped-items GET
/sales-orders/<>/tracking PUT
/sales-receipts GET POST
/sales-receipts/<> GET PUT DELETE
/sales-receipts/<>/approve POST
/sales-receipts/<>/attachments GET POST
/sales-receipts/<>/attachments/<> GET
/sales-receipts/<>/payments POST
/sales-receipts/<>/pdf GET
/sales-receipts/<>/pipeline PUT
/sales-receipts/<>/send POST
/services GET POST
/services/<> GET PUT DELETE
/tags GET POST
/tags/<> DELETE
/tasks GET POST
/tasks/<> GET PUT DELETE
/taxes GET
/taxes/keys-by-country GET
/treasury/accounts GET POST
/treasury/accounts/<> GET PUT DELETE
/treasury/accounts/<>/archive POST
/treasury/accounts/<>/bank-movements GET POST
/treasury/accounts/<>/bank-movements/<>/reconcile POST
/treasury/accounts/<>/cash-movements GET
/treasury/cashflow/invoicing-forecasts GET POST
/treasury/cashflow/invoicing-forecasts/<> GET PUT DELETE
/treasury/remittances GET
/treasury/remittances/<> GET
/usage GET
/usage/<> GET
/warehouses GET POST
/warehouses/<> GET PATCH DELETE
/warehouses/<>/stock GET
/waybills GET POST
/waybills/<> GET PUT DELETE
/waybills/<>/approve POST
/waybills/<>/attachments GET POST
/waybills/<>/attachments/<> GET
/waybills/<>/pdf GET
/waybills/<>/pipeline PUT
/waybills/<>/send POST
/waybills/<>/tracking PUT"""


def known(method: str, path: str) -> bool:
    """Return whether the provider has this operation; ``path`` is what follows ``/api/v2``."""
    rules = patterns().get(method)
    return rules is not None and rules.fullmatch(path.rstrip("/")) is not None


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return, for each method, what its addresses look like; ``<>`` is any part of one."""
    rules: dict[str, list[str]] = {}
    for line in OPERATIONS.split("\n"):
        rule, *methods = line.split()
        for method in methods:
            rules.setdefault(method, []).append("[^/]+".join(map(re.escape, rule.split("<>"))))
    return {method: re.compile("|".join(each)) for method, each in rules.items()}
