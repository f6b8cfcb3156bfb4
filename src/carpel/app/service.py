"""The whole product on one data directory: stores, domain and engine, put together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from carpel.domain.clearing import Clearing
from carpel.domain.contacts import Contacts
from carpel.domain.events import Events, Tallies
from carpel.domain.exports import Exports
from carpel.domain.feed import Feed
from carpel.domain.fields import Fields
from carpel.domain.files import File, Files
from carpel.domain.history import History, adopt_sizes
from carpel.domain.ingest import Ingest
from carpel.domain.ingest.applier import Applier
from carpel.domain.ingest.columnar import Columnar
from carpel.domain.inlets import Inlets
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Keys
from carpel.domain.lists import Lists
from carpel.domain.maintenance import Maintenance
from carpel.domain.refusals import Overloaded
from carpel.domain.repeats import Repeats
from carpel.domain.samples import Samples
from carpel.domain.segments import Assistant, Segments
from carpel.domain.segments.auditor import Auditor
from carpel.domain.webhooks import Webhooks
from carpel.domain.workspaces import Workspaces
from carpel.engine.live import Engine
from carpel.kit.clock import DAY, SECOND, Clock, SystemClock
from carpel.kit.processes import Helpers
from carpel.settings import Settings
from carpel.storage.backup import copy_stores, pack
from carpel.storage.catalogue import Catalogue
from carpel.storage.columns import Columns
from carpel.storage.directory import DataDirectory
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView

from .kept import KeptEngine
from .posting import Poster
from .warming import Warming

# Whoever reads the columns waits so long for what came in before; then they answer as they are.
_CATCH_UP_S = 2.0
_MOST_HELPERS = 4  # if nobody says how many: one reads more than is applied


@dataclass
class Service:
    """What the doors work with. `close` when done: it leaves the directory to the next process."""

    clock: Clock
    directory: DataDirectory
    workspaces: Workspaces
    keys: Keys
    fields: Fields
    lists: Lists
    contacts: Contacts
    events: Events
    tallies: Tallies
    assistant: Assistant
    segments: Segments
    ingest: Ingest
    engine: Engine
    auditor: Auditor
    feed: Feed
    history: History
    jobs: Jobs
    files: Files
    samples: Samples
    inlets: Inlets
    clearing: Clearing
    exports: Exports
    webhooks: Webhooks
    repeats: Repeats
    _poster: Poster
    kept: KeptEngine
    warming: Warming
    helpers: Helpers
    maintenance: Maintenance
    _catalogue: Catalogue
    _people: People
    _view: PeopleView
    _columns: Columns

    @classmethod
    def open(
        cls,
        settings: Settings,
        clock: Clock | None = None,
        *,
        create: bool = True,
        background: bool = True,
    ) -> Service:
        """Open the directory, apply what an earlier process left in the log, and begin.

        Args:
            settings: which directory, and how much memory.
            clock: the machine's when None.
            create: make the directory when it is missing.
            background: keep counts fresh at all times; off, they are computed when asked for.

        Raises:
            NoDataDirectory, FormatTooNew, DirectoryInUse, LogDamaged: nothing was changed.
        """
        clock = clock or SystemClock()
        directory = DataDirectory.open(settings.data, create=create)
        try:
            service = cls._assemble(settings, clock, directory)
        except BaseException:
            directory.close()
            raise
        service.begin(settings, background=background)
        return service

    def begin(self, settings: Settings, *, background: bool) -> None:
        """Apply what an earlier process left, then what comes; see `open`, which does this."""
        if background:
            self._people.fold_beside()
            self.feed.fold_beside()
        self.feed.start(self.segments.numbers())
        standings = self.feed.standings()
        self.engine.recall(standings)
        self.kept.offer(self.engine, standings)
        self.ingest.start()
        if background:
            self.engine.start()
            self.auditor.start()
            self.jobs.start()
            if settings.sendgrid_cadence == "vendor":
                self.samples.start()
            self.webhooks.start()
            self.warming.start()

    @classmethod
    def _assemble(cls, settings: Settings, clock: Clock, directory: DataDirectory) -> Service:
        catalogue, people = Catalogue(directory.catalogue), People(directory.people)
        view, news, helpers = PeopleView(directory.people), _News(), _helpers(settings, directory)
        kept, columns = _open_columns(settings, directory)
        keep_us, pause = settings.changes_days * DAY or None, settings.audit_every_s * SECOND
        feed_store, workspaces = _open_feed(directory, catalogue), Workspaces(catalogue, clock)
        feed = Feed(feed_store, view, clock, keep_us)
        poster = Poster(private=settings.webhooks_private)
        engine = Engine(columns, clock, feed.record, news, settings.engine_memory_mb << 20)
        fields, lists = Fields(catalogue, clock), Lists(catalogue, clock)
        contacts, made = Contacts(view, fields, lists), Columnar(fields, helpers.ask_behind)
        segments = Segments(catalogue, fields, lists, engine, feed, clock, language=settings.lang)
        applier = Applier(people, columns, made, engine, feed, keep_us)
        ingest = news.ingest = Ingest(directory.log, applier, lambda: _trim(people, columns))
        jobs, files = _open_jobs(directory, catalogue, clock)
        return cls(
            clock=clock,
            directory=directory,
            workspaces=workspaces,
            keys=Keys(catalogue, clock),
            fields=fields,
            lists=lists,
            contacts=contacts,
            events=Events(contacts, clock),
            tallies=Tallies(columns),
            segments=segments,
            assistant=Assistant(segments, fields, lists, columns),
            ingest=ingest,
            engine=engine,
            auditor=Auditor(workspaces, segments, contacts, engine, clock, pause),
            feed=feed,
            history=History(feed_store),
            jobs=jobs,
            files=files,
            inlets=Inlets(catalogue, clock),
            clearing=Clearing(workspaces, contacts, ingest, jobs, clock),
            maintenance=Maintenance(catalogue, clock, set_on=settings.maintenance),
            samples=Samples(catalogue, workspaces, segments, clock),
            exports=Exports(workspaces, segments, contacts, fields, feed, jobs, files),
            webhooks=Webhooks(catalogue, feed, clock, poster, segments.ids),
            repeats=Repeats(catalogue, clock),
            helpers=helpers,
            _poster=poster,
            kept=kept,
            warming=Warming(directory.people, clock, engine, helpers),
            _catalogue=catalogue,
            _people=people,
            _view=view,
            _columns=columns,
        )

    def back_up(self) -> Iterator[bytes]:
        """The whole directory at one moment, compressed, piece by piece.

        Raises:
            Overloaded: somebody reads the columns too long for them to be copied.
        """
        with self.ingest.paused():
            self._people.flush()
            try:
                self._columns.checkpoint()
            except TimeoutError as error:
                raise Overloaded("being_read", f"{error}; try again") from None
            folder = copy_stores(self.directory)
        return pack(folder)

    def close(self) -> None:
        """Apply what is durable, stop the threads, close the stores, let go of the directory."""
        self.warming.close()
        self.webhooks.close()
        self.auditor.close()
        self.jobs.close()
        self.samples.close()
        self.helpers.close()
        self.ingest.close()
        self.engine.close()
        self.kept.note(self._columns, self.feed)
        self.feed.close()
        self._columns.close()
        self._view.close()
        self._people.close()
        self._catalogue.close()
        self._poster.close()
        self.kept.keep(self.engine)
        self.directory.close()


def _open_columns(settings: Settings, directory: DataDirectory) -> tuple[KeptEngine, Columns]:
    """The column store, and what is kept of the engine, which looks at the store's file first."""
    kept = KeptEngine(directory, is_on=settings.engine_snapshot)
    return kept, Columns(
        directory.columns,
        memory_mb=settings.columns_memory_mb,
        threads=settings.threads or os.cpu_count() or 1,
    )


def _open_feed(directory: DataDirectory, catalogue: Catalogue) -> FeedStore:
    """The feed's file, with sizes that an older Carpel kept elsewhere."""
    store = FeedStore(directory.feed)
    adopt_sizes(catalogue, store)
    return store


def _helpers(settings: Settings, directory: DataDirectory) -> Helpers:
    """Processes that read large bodies and make columns, none of which is begun."""
    usual = min((os.cpu_count() or 1) - 1, _MOST_HELPERS)
    count = usual if settings.helpers < 0 else settings.helpers
    files = str(directory.catalogue), str(directory.people)
    return Helpers(count, "carpel.app.beside", *files)


def _open_jobs(directory: DataDirectory, catalogue: Catalogue, clock: Clock) -> tuple[Jobs, Files]:
    """Jobs, and files that some of them wait for."""
    jobs, files = Jobs(catalogue, clock), Files(directory.files, catalogue, clock)
    files.on_stored(lambda file: _go_on(jobs, file))
    return jobs, files


def _trim(people: People, columns: Columns) -> int:
    """Up to which record the log is no longer needed."""
    people.flush()
    return min(people.applied, columns.applied)


def _go_on(jobs: Jobs, file: File) -> None:
    """An upload has come: the job that waits for it may begin."""
    if file.job is not None:
        jobs.release(file.job)


class _News:
    """Joins the engine to the rooms above it, which are made after it."""

    ingest: Ingest | None = None

    def untold_since(self) -> int | None:
        return self.ingest.untold_since if self.ingest is not None else None

    def unstored_since(self) -> int | None:
        return self.ingest.outstanding_since if self.ingest is not None else None

    def catch_up(self) -> bool:
        return self.ingest is None or self.ingest.wait(self.ingest.last_seq, _CATCH_UP_S)
