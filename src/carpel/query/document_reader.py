"""A JSON document back to the meaning it was written from, or could have been."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast, get_args

from . import meaning as m
from .catalogue import Catalogue
from .functions import read_duration
from .problems import Complaints, Place

Json = Any

_OPERATORS = get_args(m.Operator)
_FUNCTIONS = get_args(m.FunctionName)
_AGGREGATES = get_args(m.AggregateName)
_EVENT_COLUMNS = get_args(m.EventColumnName)
_UNITS = get_args(m.CalendarUnit)
_MATH = ("+", "-", "*", "/", "%")
DEEPEST = 64
_MOST_SHIFT = 10**9


def read(document: Json, catalogue: Catalogue, complaints: Complaints) -> m.Condition:
    """The condition a document stands for; what does not fit is added to the complaints."""
    return _Reader(catalogue, complaints).condition(document, "", 0)


class _Reader:
    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self._catalogue = catalogue
        self._complaints = complaints

    def condition(self, document: Json, at: str, depth: int) -> m.Condition:
        place = Place(pointer=at)
        if depth > DEEPEST:
            return self._wrong(at, f"conditions are nested more than {DEEPEST} deep", "too_deep")
        if not isinstance(document, dict):
            return self._wrong(at, 'a condition is an object such as {"all": […]}')
        if "op" in document:
            return self._test(document, at, depth)
        if len(document) != 1:
            return self._wrong(
                at,
                "a condition has exactly one of all, any, not, in_lists, in_segments, events, sequence, "
                "everyone, or an op",
            )
        ((key, inner),) = document.items()
        match key:
            case "all" | "any" if isinstance(inner, list) and inner:
                parts = tuple(
                    self.condition(part, f"{at}/{key}/{index}", depth + 1)
                    for index, part in enumerate(inner)
                )
                return m.both(parts, place) if key == "all" else m.either(parts, place)
            case "not":
                return m.Not(self.condition(inner, f"{at}/not", depth + 1), place)
            case "everyone" if inner is True:
                return m.Everyone(place)
            case "in_lists" if _texts(inner):
                return self._in_lists(inner, place)
            case "in_segments" if _texts(inner):
                found = [self._catalogue.find_segment(name) or name for name in inner]
                return m.InSegments(tuple(found), place)
            case "sequence" if isinstance(inner, dict) and set(inner) == {"first", "then"}:
                return self._sequence(inner, f"{at}/sequence", depth + 1)
            case "events" if isinstance(inner, dict) and set(inner) <= {"where", "having"}:
                where, having = (
                    self.condition(inner[part], f"{at}/events/{part}", depth + 1)
                    if part in inner
                    else None
                    for part in ("where", "having")
                )
                return m.Events(where, having, place)
            case _:
                return self._wrong(f"{at}/{_escape(key)}", f"{key!r} does not fit here")

    def _sequence(self, document: dict[str, Json], at: str, depth: int) -> m.Condition:
        first = self.condition(document["first"], f"{at}/first", depth)
        steps = document["then"]
        then = []
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            place = f"{at}/then/{index}"
            if not isinstance(step, dict) or not {"where"} <= set(step) <= {"where", "within"}:
                self._wrong(place, 'what follows is an object such as {"where": {…}}')
                continue
            within = None
            if "within" in step:
                found = self.value(step["within"], f"{place}/within", depth + 1)
                if not isinstance(found, m.Duration):
                    self._wrong(f"{place}/within", "a length of time is wanted here")
                    continue
                within = found
            then.append(m.Then(self.condition(step["where"], f"{place}/where", depth + 1), within))
        if not then:
            self._wrong(f"{at}/then", "a list of what follows is wanted here")
        return m.Sequence(first, tuple(then), Place(pointer=at))

    def _test(self, document: dict[str, Json], at: str, depth: int) -> m.Condition:
        operator, place = document["op"], Place(pointer=at)
        left = self.value(document.get("left"), f"{at}/left", depth + 1)
        negated = isinstance(operator, str) and operator.startswith("not ")
        if operator in _OPERATORS:
            right = self.value(document.get("right"), f"{at}/right", depth + 1)
            return self._only(document, at, ("right",), m.Compare(operator, left, right, place))
        match operator.removeprefix("not ") if isinstance(operator, str) else None:
            case "between":
                low = self.value(document.get("low"), f"{at}/low", depth + 1)
                high = self.value(document.get("high"), f"{at}/high", depth + 1)
                found: m.Condition = m.Between(left, low, high, negated, place)
                return self._only(document, at, ("low", "high"), found)
            case "in":
                options = self._constants(document.get("values"), f"{at}/values")
                return self._only(document, at, ("values",), m.OneOf(left, options, negated, place))
            case "like" | "ilike" as word if isinstance(document.get("pattern"), str):
                found = m.Like(left, document["pattern"], word == "ilike", negated, place)
                return self._only(document, at, ("pattern",), found)
            case "regexp" if not negated and isinstance(document.get("pattern"), str):
                ignore = document.get("ignore_case", False)
                if not isinstance(ignore, bool):
                    self._wrong(f"{at}/ignore_case", "true or false is wanted here")
                found = m.Regexp(left, document["pattern"], ignore is True, place)
                return self._only(document, at, ("pattern", "ignore_case"), found)
            case "is null" | "is not null" if not negated:
                return self._only(document, at, (), m.Missing(left, operator != "is null", place))
            case "contains" if not negated:
                members = self._constants(document.get("values"), f"{at}/values")
                found = m.Contains(left, members, place)
                if left == m.Field("list_ids"):
                    found = self._in_lists([member.value for member in members], place)
                return self._only(document, at, ("values",), found)
            case _:
                return self._wrong(f"{at}/op", f"there is no operator {operator!r} of this form")

    def _in_lists(self, names: list[Json], place: Place) -> m.Condition:
        """Lists by id or name; what there is no list of, check() tells."""
        found = [self._catalogue.find_list(str(name)) or str(name) for name in names]
        return m.InLists(tuple(found), place)

    def value(self, document: Json, at: str, depth: int) -> m.Value:
        place = Place(pointer=at)
        if depth > DEEPEST:
            self._wrong(at, f"values are nested more than {DEEPEST} deep", "too_deep")
            return m.Constant(None, place)
        if not isinstance(document, dict):
            return self._constant(document, at)
        found = self._seen(document, place) or self._made(document, at, depth)
        if found is None:
            self._wrong(
                at,
                "a value is a constant or an object with field, event, property, timestamp, now, "
                "interval, function, concat, start_of, days_to_anniversary, random_bucket, math or aggregate",
            )
            return m.Constant(None, place)
        return found

    def _seen(self, document: dict[str, Json], place: Place) -> m.Value | None:
        match document:
            case {"field": str() as name, **rest} if not rest:
                known = self._catalogue.find_field(name)
                return m.Field(known.name if known else name, place)
            case {"event": name, **rest} if not rest and name in _EVENT_COLUMNS:
                return m.EventColumn(name, place)
            case {"property": path, **rest} if not rest and (isinstance(path, str) or _texts(path)):
                return m.Property((path,) if isinstance(path, str) else tuple(path), place)
            case {"timestamp": str() as text, **rest} if not rest:
                return m.Timestamp(text, place)
            case {"now": True, **rest} if not rest:
                return m.Now(place)
            case {"interval": {"months": amount, **more}, **rest} if not rest and not more:
                return self._duration(amount, "MONTH", place)
            case {"interval": {"seconds": amount, **more}, **rest} if not rest and not more:
                return self._duration(amount, "SECOND", place)
            case _:
                return None

    def _duration(self, amount: Json, unit: str, place: Place) -> m.Value | None:
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            return None
        return read_duration(Decimal(amount), unit, place, self._complaints)

    def _made(self, document: dict[str, Json], at: str, depth: int) -> m.Value | None:
        place = Place(pointer=at)
        match document:
            case {"function": name, "of": of, **rest} if not rest and name in _FUNCTIONS:
                return m.Function(name, self.value(of, f"{at}/of", depth + 1), place)
            case {"start_of": unit, **rest} if unit in _UNITS and set(rest) <= {"shift", "zone"}:
                return self._start_of(unit, rest, place)
            case {"days_to_anniversary": date, **rest} if set(rest) <= {"zone"}:
                zone = rest.get("zone", "UTC")
                value = self.value(date, f"{at}/days_to_anniversary", depth + 1)
                return m.DaysToAnniversary(value, zone, place) if isinstance(zone, str) else None
            case {"random_bucket": buckets, **rest} if set(rest) <= {"salt"}:
                salt, number = rest.get("salt", ""), _whole(buckets)
                if number is None or not isinstance(salt, str):
                    return None
                return m.Bucket(number, salt, place)
            case {"concat": [_, *_] as parts, **rest} if not rest:
                found = (
                    self.value(part, f"{at}/concat/{index}", depth + 1)
                    for index, part in enumerate(parts)
                )
                return m.concat(tuple(found), place)
            case {"math": operator, "left": one, "right": other, **rest} if (
                not rest and operator in _MATH
            ):
                left = self.value(one, f"{at}/left", depth + 1)
                right = self.value(other, f"{at}/right", depth + 1)
                return m.Math(cast("Any", operator), left, right, place)
            case {"aggregate": name, **rest} if name in _AGGREGATES and set(rest) <= {"of"}:
                of = self.value(rest["of"], f"{at}/of", depth + 1) if rest else None
                if of is None and name != "count":
                    return None
                return m.Aggregate(name, of, place)
            case _:
                return None

    def _start_of(self, unit: Json, rest: dict[str, Json], place: Place) -> m.Value | None:
        shift, zone = _whole(rest.get("shift", 0)), rest.get("zone", "UTC")
        if shift is None or not isinstance(zone, str):
            return None
        return m.StartOf(unit, shift, zone, place)

    def _constants(self, items: Json, at: str) -> tuple[m.Constant, ...]:
        if not isinstance(items, list) or not items:
            self._wrong(at, "a list of constants is wanted here")
            return ()
        return tuple(self._constant(item, f"{at}/{index}") for index, item in enumerate(items))

    def _constant(self, item: Json, at: str) -> m.Constant:
        place = Place(pointer=at)
        if isinstance(item, int) and not isinstance(item, bool):
            return m.Constant(Decimal(item), place)
        if item is None or isinstance(item, str | bool | Decimal):
            return m.Constant(item, place)
        self._wrong(at, "a text, a number, true, false or null is wanted here")
        return m.Constant(None, place)

    def _only(
        self, document: dict[str, Json], at: str, keys: tuple[str, ...], found: m.Condition
    ) -> m.Condition:
        for key in document:
            if key not in ("op", "left", *keys):
                self._wrong(f"{at}/{_escape(key)}", f"{key!r} does not fit here")
        return found

    def _wrong(self, at: str, message: str, code: str = "bad_document") -> m.Condition:
        self._complaints.add(code, message, Place(pointer=at))
        return m.Everyone()


def _texts(items: Json) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, str) for item in items)


def _whole(number: Json) -> int | None:
    """A whole number of a size to count with."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return None
    whole = Decimal(number)
    if not whole.is_finite() or abs(whole) > _MOST_SHIFT or whole != int(whole):
        return None
    return int(whole)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
