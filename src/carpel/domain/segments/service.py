"""Segments made, changed, found and counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from carpel.domain.feed import Feed
from carpel.domain.fields import Fields
from carpel.domain.lists import Lists
from carpel.domain.refusals import Conflict, Invalid, NoSuch, Refusal
from carpel.domain.workspaces import Workspace
from carpel.engine import plan as plans
from carpel.engine.builds import Progress
from carpel.engine.live import Engine
from carpel.engine.publication import Published
from carpel.engine.tracked import Count
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.query.catalogue import Catalogue as Names, Language
from carpel.query.compile import Compiled, compile_document
from carpel.query.problems import Problem, Refused
from carpel.storage.catalogue import Catalogue

from . import naming, nesting
from .dialects import Dialect, compile_in
from .model import Definition, Segment
from .names import WorkspaceNames
from .repository import SegmentRepository, Stored, StoredVersion

MOST_SEGMENTS = 10_000
MOST_NAMED = 5


class BadQuery(Refusal):
    """The rules cannot be taken; `problems` says why, and where in them."""

    def __init__(self, problems: list[Problem], *, in_document: bool) -> None:
        super().__init__("bad_query", problems[0].message, "document" if in_document else "sql")
        self.problems = problems


class Segments:
    """All segments of all workspaces, kept in memory and in the engine as well."""

    def __init__(  # noqa: PLR0913 (the rooms it stands on)
        self,
        catalogue: Catalogue,
        fields: Fields,
        lists: Lists,
        engine: Engine,
        feed: Feed,
        clock: Clock,
        *,
        language: str = "en",
    ) -> None:
        self.language: Language = "fr" if language == "fr" else "en"
        self._repository = SegmentRepository(catalogue)
        self._fields = fields
        self._lists = lists
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._lock = threading.RLock()
        self._by_id: dict[str, Segment] = {}
        self._newest: dict[int, int] = {}  # creation of the newest segment of a workspace
        self._plans: dict[int, plans.Plan] = {}
        for stored in nesting.in_order(self._repository.list_all()):
            self._take_up_again(stored)
        in_creation = sorted(self._by_id.values(), key=lambda one: one.no)
        self._by_id = {segment.id: segment for segment in in_creation}

    # ------------------------------------------------------------------ finding

    def list_of(self, workspace: Workspace, *, archived: bool | None = False) -> list[Segment]:
        """Segments in the order of their creation; `archived` None gives both kinds."""
        return [
            segment
            for segment in list(self._by_id.values())
            if segment.workspace == workspace.no
            and (archived is None or (segment.archived_at is not None) == archived)
        ]

    def numbers(self) -> list[int]:
        """The numbers of all segments of all workspaces."""
        return list(self.ids())

    def by_id(self, workspace: Workspace, segment_id: str) -> Segment | None:
        """The segment of this id in this workspace."""
        segment = self._by_id.get(segment_id.lower())
        return segment if segment is not None and segment.workspace == workspace.no else None

    def ids(self) -> dict[int, str]:
        """Number and id of all segments of all workspaces."""
        return {segment.no: segment.id for segment in list(self._by_id.values())}

    def read(self, workspace: Workspace, reference: str) -> Segment:
        """The segment of this id, code or exact name, in that order.

        Raises:
            NoSuch: there is none.
        """
        found = self.find(workspace.no, reference)
        if found is None:
            raise NoSuch("no_such_segment", f"there is no segment {reference!r}", "segment")
        return found

    def names(self, workspace: int) -> Names:
        """What queries of a workspace may name."""
        return WorkspaceNames(workspace, self._fields, self._lists, self)

    def find(self, workspace: int, reference: str) -> Segment | None:
        """The segment of this id, code or exact name, in that order."""
        found = self._by_id.get(reference.lower())
        if found is not None and found.workspace == workspace:
            return found
        everyone = self.of(workspace)
        return next((one for one in everyone if one.code == reference), None) or next(
            (one for one in everyone if one.name == reference), None
        )

    def of(self, workspace: int) -> list[Segment]:
        """All of a workspace, the archived ones too, in the order of their creation."""
        return [one for one in list(self._by_id.values()) if one.workspace == workspace]

    def plan_of(self, segment: Segment) -> plans.Plan | None:
        """The plan of its rules as they are; None when they make no sense any more."""
        return self._plans.get(segment.no)

    def users(self, segment: Segment) -> list[Segment]:
        """The segments whose rules name this one."""
        return nesting.users(segment.id, self.of(segment.workspace))

    # ----------------------------------------------------------------- counting

    def count(self, segment: Segment) -> Count:
        """The count as it stands; it says of itself whether that is exact now."""
        found = self._engine.count(segment.no)
        return found or Count(0, segment.updated_at, exact=False, definition_version=0)

    def settle(self, segments: list[Segment], seq: int = 0, timeout_s: float | None = None) -> bool:
        """Wait until these counts are exact, up to a log record; False when time is up first."""
        return self._engine.settle([segment.no for segment in segments], seq, timeout_s)

    def building(self, segment: Segment) -> Progress | None:
        """How far its new rules are worked out; None when that is done."""
        return self._engine.building(segment.no)

    def members(self, segment: Segment) -> Published | None:
        """Who is in, as a bitmap of contact numbers, at one moment."""
        return self._engine.members(segment.no)

    # ----------------------------------------------------------------- changing

    def create(self, workspace: Workspace, wanted: Definition) -> Segment:
        """A new segment.

        Raises:
            BadQuery: the rules cannot be taken.
            Invalid: no name or no rules, or a bad name, code, tag, team or note.
            NoSuch: the list does not exist.
            Conflict: name or code is taken.
        """
        if wanted.name is None:
            raise Invalid("no_name", "a segment needs a name", "name")
        name = naming.checked_name(wanted.name)
        with self._lock:
            compiled, sql = self.compile(workspace, wanted)
            self._refuse_taken(workspace, "name", name, None)
            if len(self.list_of(workspace, archived=None)) >= MOST_SEGMENTS:
                raise Invalid(
                    "too_many_segments", f"a workspace has at most {MOST_SEGMENTS:,} segments"
                )
            now = self._creation_time(workspace)
            stored = Stored(
                no=0,
                id=wanted.id or new_id(),
                workspace=workspace.no,
                code=self._code(workspace, name, wanted.code),
                name=name,
                sql=sql,
                document=compiled.document,
                note=naming.checked_note(wanted.note or ""),
                analytics=bool(wanted.analytics),
                tags=naming.checked_words(wanted.tags or (), "tags"),
                teams=naming.checked_words(wanted.teams or (), "teams"),
                list=self.list_number(workspace, wanted.list),
                version=1,
                created_at=now,
                updated_at=now,
                archived_at=None,
                dialect=wanted.dialect if wanted.sql is not None else "carpel",
            )
            return self._take_up(self._repository.add(stored), compiled)

    def edit(self, workspace: Workspace, segment: Segment, wanted: Definition) -> Segment:
        """Change what is asked; new rules or another list make a new version.

        Raises:
            BadQuery, Invalid, NoSuch, Conflict: as `create`. Nothing is changed then.
        """
        with self._lock:
            old = self._stored(segment)
            new = self._edited(workspace, old, wanted)
            if wanted.sql is not None or wanted.document is not None:
                compiled, sql = self.compile(workspace, wanted)
                if problems := nesting.circles(segment.id, compiled, self._by_id):
                    raise BadQuery(problems, in_document=wanted.sql is None)
                dialect: Dialect = wanted.dialect if wanted.sql is not None else "carpel"
                new = replace(new, sql=sql, document=compiled.document, dialect=dialect)
            rules = new.rules != old.rules
            if new == old:
                return segment
            new = replace(new, version=old.version + rules, updated_at=self._clock.now())
            self._repository.change(new, rules=rules)
            edited = self._take_up_again(new, redefine=rules)
            for user in nesting.all_users(segment.id, self.of(workspace.no)):
                self._take_up_again(self._stored(user), redefine=rules)
            return edited

    def recheck(self, workspace: Workspace) -> None:
        """Look at all rules again after fields came, went or changed their names.

        Rules that name something that is gone keep nobody, until it is there again.
        """
        with self._lock:
            changed: set[str] = set()
            for segment in nesting.in_order(self.of(workspace.no)):
                stored = self._stored(segment)
                problem = self._problem(stored)
                if problem != segment.problem or nesting.named(segment.document) & changed:
                    self._take_up_again(stored)
                    changed.add(segment.id)

    def archive(self, segment: Segment, *, archived: bool) -> Segment:
        """Archive or restore. Doing it twice changes nothing."""
        with self._lock:
            if (segment.archived_at is not None) == archived:
                return segment
            now = self._clock.now()
            changed = replace(segment, archived_at=now if archived else None, updated_at=now)
            self._repository.change(self._stored(changed), rules=False)
            self._by_id[segment.id] = changed
            return changed

    def delete(self, segment: Segment) -> None:
        """Forget the segment, its history included.

        Raises:
            Conflict: the rules of other segments name it.
        """
        with self._lock:
            if users := self.users(segment):
                names = ", ".join(repr(one.name) for one in users[:MOST_NAMED])
                raise Conflict("segment_in_use", f"the rules of {names} name this segment")
            self._repository.delete(segment.no)
            self._plans.pop(segment.no, None)
            self._engine.drop(segment.no)
            self._feed.forget(segment.no)
            self._by_id.pop(segment.id, None)

    def compile(self, workspace: Workspace, wanted: Definition) -> tuple[Compiled, str]:
        """The rules understood, and their text.

        Raises:
            BadQuery: they cannot be taken.
            Invalid: there are none, or both forms are given.
        """
        if (wanted.sql is None) == (wanted.document is None):
            raise Invalid(
                "no_rules", "the rules come as sql or as a document, one of the two", "sql"
            )
        names = self.names(workspace.no)
        try:
            if wanted.sql is not None:
                return compile_in(wanted.dialect, wanted.sql, names), wanted.sql
            compiled = compile_document(wanted.document, names)
        except Refused as refused:
            raise BadQuery(refused.problems, in_document=wanted.sql is None) from None
        return compiled, compiled.canonical

    def restricted(self, compiled: Compiled, list_number: int | None) -> plans.Plan:
        """The plan of rules, restricted to a list."""
        of_list = () if list_number is None else (plans.ListTest(list_number),)
        return plans.All((*of_list, compiled.plan)) if of_list else compiled.plan

    def plan(self, segment: Segment) -> plans.Plan:
        """The plan of a segment whose rules make sense."""
        stored = self._stored(segment)
        compiled = compile_document(stored.document, self.names(stored.workspace))
        return self.restricted(compiled, stored.list)

    def versions(self, segment: Segment) -> list[StoredVersion]:
        """All rules that a segment has had, the oldest first."""
        return self._repository.versions(segment.no)

    def list_id(self, workspace: int, number: int | None) -> str | None:
        """The id of a list by its number; None stands for no list, or one that is gone."""
        return self._lists.id_of(workspace, number) if number is not None else None

    def list_number(self, workspace: Workspace, reference: str | None) -> int | None:
        """The number of the list of this id or name; None stands for no list.

        Raises:
            NoSuch: there is no such list.
        """
        return self._lists.read(workspace.no, reference).no if reference is not None else None

    # ------------------------------------------------------------------ details

    def _take_up_again(self, stored: Stored, *, redefine: bool = True) -> Segment:
        """Take up rules that were understood once; what they name may be gone since."""
        try:
            compiled = compile_document(stored.document, self.names(stored.workspace))
        except Refused as refused:
            self._engine.drop(stored.no)
            self._feed.clear(stored.no)
            self._plans.pop(stored.no, None)
            segment = Segment(
                list=self.list_id(stored.workspace, stored.list), sentence=stored.sql, problem=str(refused),
                **_same(stored),
            )  # fmt: skip
            self._by_id[segment.id] = segment
            return segment
        return self._take_up(stored, compiled, redefine=redefine)

    def _problem(self, stored: Stored) -> str | None:
        try:
            compile_document(stored.document, self.names(stored.workspace))
        except Refused as refused:
            return str(refused)
        return None

    def _take_up(self, stored: Stored, compiled: Compiled, *, redefine: bool = True) -> Segment:
        segment = Segment(
            list=self.list_id(stored.workspace, stored.list),
            sentence=compiled.sentence,
            **_same(stored),
        )
        self._by_id[segment.id] = segment
        plan = self.restricted(compiled, stored.list)
        self._plans[stored.no] = plan
        if redefine:
            self._engine.define(stored.no, stored.workspace, stored.version, plan)
        return segment

    def _stored(self, segment: Segment) -> Stored:
        name = segment.list
        found = self._lists.find_ever(segment.workspace, name) if name is not None else None
        return Stored(list=found.no if found else None, **_same(segment))

    def _edited(self, workspace: Workspace, old: Stored, wanted: Definition) -> Stored:
        """Everything but the rules."""
        new = old
        if wanted.name is not None and wanted.name != old.name:
            self._refuse_taken(workspace, "name", naming.checked_name(wanted.name), old.id)
            new = replace(new, name=wanted.name)
        if wanted.code is not None and wanted.code != old.code:
            self._refuse_taken(workspace, "code", naming.checked_code(wanted.code), old.id)
            new = replace(new, code=wanted.code)
        if wanted.tags is not None:
            new = replace(new, tags=naming.checked_words(wanted.tags, "tags"))
        if wanted.teams is not None:
            new = replace(new, teams=naming.checked_words(wanted.teams, "teams"))
        if wanted.note is not None:
            new = replace(new, note=naming.checked_note(wanted.note))
        if wanted.analytics is not None:
            new = replace(new, analytics=wanted.analytics)
        if wanted.list is not None or wanted.clear_list:
            new = replace(new, list=self.list_number(workspace, wanted.list))
        return new

    def _creation_time(self, workspace: Workspace) -> int:
        """Now, but later than any other segment's, also one deleted since: creation is an order
        without ties, and whoever pages by it misses nothing that comes.
        """
        last = max((one.created_at for one in self.list_of(workspace, archived=None)), default=0)
        newest = max(self._clock.now(), last + 1, self._newest.get(workspace.no, 0) + 1)
        self._newest[workspace.no] = newest
        return newest

    def _code(self, workspace: Workspace, name: str, code: str | None) -> str:
        if code is not None:
            self._refuse_taken(workspace, "code", naming.checked_code(code), None)
            return code
        taken = {segment.code for segment in self.list_of(workspace, archived=None)}
        return naming.code_from(name, taken)

    def _refuse_taken(self, workspace: Workspace, what: str, value: str, own: str | None) -> None:
        for segment in self.list_of(workspace, archived=None):
            if getattr(segment, what) == value and segment.id != own:
                raise Conflict(
                    f"{what}_taken", f"there is a segment with the {what} {value!r} already", what
                )


def _same(one: Stored | Segment) -> dict[str, Any]:
    """What a segment and its stored form have alike."""
    return {name: getattr(one, name) for name in Stored.__dataclass_fields__ if name != "list"}
