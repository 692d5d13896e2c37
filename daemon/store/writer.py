"""The one writer: group commit.

One thread owns writing. It opens a transaction, runs the jobs that wait, each in a savepoint, commits once, and only
then answers them all: one fsync serves many mails, and nobody is told of success before it is on the disk.

When a job fails, its savepoint is undone and the others stand, *if the transaction still stands*: some errors (a full
disk) end the whole transaction silently, and the next savepoint would then commit by itself. In that case nobody is
answered; the connection is opened anew and each job runs in a transaction of its own. A failed COMMIT fails all.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import peewee as pw

from daemon.store.engine import Engine, StoreError

T = TypeVar("T")

TROUBLE = (pw.DatabaseError, pw.InterfaceError, StoreError)
BATCH_JOBS = 64
BATCH_BYTES = 32 * 1024 * 1024


class StoreUnavailable(Exception):
    """The database could not take a write; nothing of it was kept, and it may be tried again."""


@dataclass(slots=True)
class _Job:
    run: Callable[[], Any]
    weight: int
    answer: Future[Any] = field(default_factory=Future)


class Writer:
    """A thread with a queue; ``submit`` from any thread. ``committed`` is called in its thread after a commit."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._closed = False
        self.committed: Callable[[], None] = lambda: None
        self._thread.start()

    def submit(self, job: Callable[[], T], weight: int = 0) -> Future[T]:
        entry = _Job(job, weight)
        if self._closed:
            entry.answer.set_exception(StoreUnavailable("the store is closed"))
        else:
            self._queue.put(entry)
        return entry.answer

    def close(self) -> None:
        """Finish what was submitted, then end."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        self._database.let_this_thread_write()
        while (first := self._queue.get()) is not None:
            batch, last = self._gather(first)
            try:
                self._run(batch)
            except BaseException as error:  # noqa: BLE001 - the writer must outlive whatever happens to one batch
                for job in batch:
                    if not job.answer.done():
                        job.answer.set_exception(StoreUnavailable(f"the writer failed: {type(error).__name__}"))
                self._reopen()
            if last:
                break
        self._database.close()

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        batch, weight = [first], first.weight
        while len(batch) < BATCH_JOBS and weight < BATCH_BYTES:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
            weight += job.weight
        return batch, False

    def _run(self, batch: list[_Job]) -> None:
        """One transaction for all; if it breaks under them, one for each."""
        if not self._begin(batch):
            return
        outcomes: list[tuple[_Job, Any, BaseException | None]] = []
        for job in batch:
            try:
                self._database.execute_sql("SAVEPOINT job")
                result = job.run()
                self._database.execute_sql("RELEASE job")
                outcomes.append((job, result, None))
            except Exception as error:  # noqa: BLE001 - a job's failure is that job's answer
                if not self._stands():
                    self._one_by_one(batch)
                    return
                self._database.execute_sql("ROLLBACK TO job")
                self._database.execute_sql("RELEASE job")
                outcomes.append((job, None, _translated(error)))
        if self._commit(batch):
            for job, result, failure in outcomes:
                _tell(job, result, failure)

    def _one_by_one(self, batch: list[_Job]) -> None:
        self._reopen()
        for job in batch:
            if not self._begin([job]):
                continue
            try:
                result = job.run()
            except Exception as error:  # noqa: BLE001 - as above
                self._rollback()
                _tell(job, None, _translated(error))
                continue
            if self._commit([job]):
                _tell(job, result, None)

    def _begin(self, jobs: list[_Job]) -> bool:
        try:
            try:
                self._open()
            except TROUBLE:
                if not self._database.may_lose_connections:
                    raise
                self._reopen()
                self._open()
        except TROUBLE as error:
            self._fail(jobs, error)
            return False
        return True

    def _open(self) -> None:
        self._database.connect(reuse_if_open=True)
        self._database.begin()

    def _commit(self, jobs: list[_Job]) -> bool:
        try:
            self._database.execute_sql("COMMIT")
        except TROUBLE as error:
            self._rollback()
            self._fail(jobs, error)
            return False
        self.committed()
        return True

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        for job in jobs:
            _tell(job, None, StoreUnavailable(f"the database refuses to write: {error}"))
        self._reopen()

    def _rollback(self) -> None:
        if self._stands():
            try:
                self._database.execute_sql("ROLLBACK")
            except TROUBLE:
                self._reopen()

    def _stands(self) -> bool:
        try:
            return self._database.in_transaction_now()
        except TROUBLE:
            return False

    def _reopen(self) -> None:
        try:
            self._database.abandon()
        except TROUBLE:
            return


def _tell(job: _Job, result: Any, failure: BaseException | None) -> None:
    if not job.answer.set_running_or_notify_cancel():
        return
    if failure is not None:
        job.answer.set_exception(failure)
    else:
        job.answer.set_result(result)


def _translated(error: Exception) -> Exception:
    """What the disk or the lock did to a job is trouble of the store, not a fault of the job."""
    if isinstance(error, pw.OperationalError | pw.InterfaceError):
        return StoreUnavailable(f"the database refuses to write: {error}")
    return error
