"""The worker: what waits in inbox and outbox is done, retried with back-off, given up visibly."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import make_transient

from portal.context import Gateways, MerchantContext
from portal.db import Database
from portal.domain.budget import Effect
from portal.domain.errors import GatewayError
from portal.services import (
    access,
    backups,
    billing_portal,
    cancellations,
    changes,
    collections,
    contacts,
    conversions,
    counterparts,
    credit_notes,
    customers,
    debits,
    declarations,
    drafting,
    enquiries,
    inbox,
    intents,
    lookouts,
    mandates,
    method_types,
    missed,
    notices,
    operations,
    packs,
    pauses,
    payment_methods,
    payments,
    pending_updates,
    polls,
    presses,
    purchase_orders,
    receipts,
    reconciliation,
    recurrences,
    reminders,
    schedules,
    settlements,
    slips,
    sources,
    subscriptions,
)
from portal.services.budget import spending
from portal.services.operations import Verb
from portal.settings import Settings
from portal.store import merchants, outbox
from portal.store.outbox import JobRow
from portal.store.secrets import SecretUnreadable

LEASE = timedelta(seconds=60)
MOST_TRIES = 20
OF_PROVIDERS = (GatewayError, SecretUnreadable)

# Each verb by its name, for operations whose answer was lost.
VERBS: dict[str, Verb[Any]] = {
    verb.name: verb
    for verb in (
        *payments.VERBS,
        *backups.VERBS,
        *payment_methods.VERBS,
        *subscriptions.VERBS,
        *changes.VERBS,
        *schedules.VERBS,
        *pending_updates.VERBS,
        *pauses.VERBS,
        *cancellations.VERBS,
        *customers.VERBS,
        *billing_portal.VERBS,
        *collections.VERBS,
        *conversions.VERBS,
        *purchase_orders.VERBS,
        *contacts.VERBS,
    )
}


def _resolve(at: MerchantContext, operation: str) -> None:
    operations.resolve(at, VERBS, operation)


# Each job by its name: a function of the merchant's context and the job's arguments.
JOBS: dict[str, Callable[..., None]] = {
    "mail_sign_in": access.mail_sign_in,
    "mail_receipt": receipts.mail_receipt,
    "mail_failure": receipts.mail_failure,
    "end_pause": pauses.end,
    "foretell_pause_end": pauses.foretell,
    "mail_pause_unpaid": pauses.mail_unpaid,
    "mail_declaration": declarations.mail_receipt,
    "act_on_declaration": declarations.act,
    "mail_enquiry": enquiries.mail_merchant,
    "mail_answer": enquiries.mail_answer,
    "mail_mandate": mandates.mail_copy,
    "find_mandate": mandates.find,
    "mail_debit": debits.mail_begun,
    "mail_debit_failed": debits.mail_failed,
    "foretell_renewal": debits.foretell,
    "mail_renewal": debits.mail_renewal,
    "mail_slip": slips.mail_made,
    "mail_slip_ran_out": slips.mail_ran_out,
    "try_backup": backups.try_backup,
    "look_ahead": lookouts.look_ahead,
    "mail_notice": notices.mail_notice,
    "mail_card_expiring": lookouts.mail_expiring,
    "settle": settlements.settle,
    "receipt_of_press": presses.write_receipt,
    "record_payment": settlements.record,
    "attach_payment": settlements.attach,
    "end_pages": intents.end_open_pages,
    "adopt_method": payment_methods.adopt,
    "keep_method": payment_methods.keep,
    "convert_proforma": conversions.convert,
    "collect": collections.collect,
    "collect_waiting": collections.collect_waiting,
    "note_collection": collections.note,
    "read_recurrence": recurrences.read,
    "look_at_recurrences": recurrences.look_daily,
    "mail_collection": reminders.mail_customer,
    "mail_uncollected": reminders.mail_merchant,
    "make_pack": packs.make,
    "mail_pack": packs.mail_ready,
    "remove_pack": packs.remove,
    method_types.READ: method_types.read_again,
    "write_purchase_order": purchase_orders.write,
    counterparts.MAKE: counterparts.make,
    counterparts.CREDIT: credit_notes.credit,
    "tidy_counterpart": drafting.tidy,
    "mail_credit_note": credit_notes.mail_draft,
    "find_missed": missed.find,
    "resolve_operation": _resolve,
    "reconcile": reconciliation.work,
    polls.JOB: polls.look,
}

# What the calls of a job to Holded are for, where that is not a payment somebody waits for.
EFFECTS: dict[str, Effect] = {
    "settle": Effect.BOOKING,
    counterparts.MAKE: Effect.DOCUMENT,
    counterparts.CREDIT: Effect.DOCUMENT,
    "tidy_counterpart": Effect.SWEEP,
    "record_payment": Effect.BOOKING,
    "convert_proforma": Effect.BOOKING,
    polls.JOB: Effect.SWEEP,
    "read_recurrence": Effect.SWEEP,
    "look_at_recurrences": Effect.SWEEP,
}

log = structlog.get_logger()


class Worker:
    """Does what waits, for every merchant of an installation."""

    def __init__(
        self, settings: Settings, db: Database, gateways: Gateways, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._db = db
        self._gateways = gateways
        self._clock = clock

    def work_once(self) -> int:
        """Do what is due now and return how many events and jobs were met."""
        return self._drain_inbox() + self._run_jobs()

    def tick(self) -> None:
        """Look after what nobody asks for: lost answers, silent providers, and what is past."""
        payments.sweep(self._db, now=self._clock())
        polls.begin(self._db, now=self._clock())
        method_types.sweep(self._db, now=self._clock())
        sources.probe(self._settings, self._db, now=self._clock())
        reconciliation.schedule(self._db, now=self._clock())
        missed.sweep(self._db, now=self._clock())
        access.forget_old(self._db, now=self._clock())
        lookouts.sweep(self._db, now=self._clock())

    def context(self, merchant_id: int) -> MerchantContext:
        """Return a merchant at work."""
        return MerchantContext(
            merchant=merchants.get_by_id(self._db, merchant_id),
            db=self._db,
            gateways=self._gateways,
            settings=self._settings,
            clock=self._clock,
        )

    def _drain_inbox(self) -> int:
        taken = inbox.claim(self._db, now=self._clock())
        for merchant_id, rows in taken.items():
            inbox.process(self.context(merchant_id), rows)
        return sum(len(rows) for rows in taken.values())

    def _run_jobs(self) -> int:
        done = 0
        while job := self._claim():
            self._run(job)
            done += 1
        return done

    def _claim(self) -> JobRow | None:
        with self._db.write() as unit:
            jobs = outbox.claim(unit, now=self._clock(), lease=LEASE)
            for job in jobs:
                unit.flush()
                make_transient(job)
        return jobs[0] if jobs else None

    def _run(self, job: JobRow) -> None:
        try:
            if job.merchant_id is None:
                raise ValueError(f"job {job.name} names no merchant")
            with spending(EFFECTS.get(job.name, Effect.PAYMENT)):
                JOBS[job.name](self.context(job.merchant_id), **job.arguments)
        except Exception as error:
            self._give_back(job, error)
            return
        with self._db.write() as unit:
            outbox.finish(unit, job)

    def _give_back(self, job: JobRow, error: Exception) -> None:
        # A provider that does not answer, or refuses the key, will take it one day; a bug will not.
        is_dead = job.tries >= MOST_TRIES and not isinstance(error, OF_PROVIDERS)
        log.warning(
            "job.failed",
            job=job.name,
            id=job.id,
            tries=job.tries,
            is_dead=is_dead,
            error=type(error).__name__,
            exc_info=not isinstance(error, OF_PROVIDERS),
        )
        with self._db.write() as unit:
            outbox.postpone(
                unit,
                job,
                f"{type(error).__name__}: {error}",
                until=self._clock() + inbox.back_off(job.tries),
                is_dead=is_dead,
            )
