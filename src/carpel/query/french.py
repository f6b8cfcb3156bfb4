"""A meaning in French."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from carpel.kit.numbers import plain
from carpel.kit.words import joined

from . import meaning as m
from .catalogue import Catalogue
from .phrases import length
from .types import type_of

_OPPOSITE: dict[m.Operator, m.Operator] = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "is distinct from": "is not distinct from", "is not distinct from": "is distinct from",
}  # fmt: skip
_EQUAL: dict[m.Operator, str] = {
    "=": "est",
    "!=": "est renseigné et n’est pas",
    "is distinct from": "n’est pas",
    "is not distinct from": "est",
}
_AMOUNTS: dict[m.Operator, str] = {
    "<": "est inférieur à", "<=": "est au plus", ">": "est supérieur à", ">=": "est au moins",
}  # fmt: skip
_TIMES: dict[m.Operator, str] = {
    "<": "est avant", "<=": "est au plus tard à", ">": "est après", ">=": "est au plus tôt à",
}  # fmt: skip
_TEXTS: dict[m.Operator, str] = {
    "<": "se classe avant", "<=": "se classe au plus avec", ">": "se classe après", ">=": "se classe au moins avec",
}  # fmt: skip
_COUNTS: dict[m.Operator, str] = {
    "=": "exactement", "<": "moins de", "<=": "au plus", ">": "plus de", ">=": "au moins",
}  # fmt: skip
_UNITS = {
    "second": "seconde", "minute": "minute", "hour": "heure", "day": "jour", "week": "semaine", "month": "mois",
    "quarter": "trimestre", "year": "an",
}  # fmt: skip
_AGGREGATES = {
    "count": "le nombre de", "count distinct": "le nombre de différents", "sum": "le total de",
    "avg": "la moyenne de", "min": "le plus petit", "max": "le plus grand", "first": "le premier",
    "last": "le dernier",
}  # fmt: skip


class French:
    """Says conditions and values."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def condition(self, condition: m.Condition) -> str:
        """A condition without a full stop, its first letter as it comes."""
        match condition:
            case m.Both():
                return " et ".join(self._part(part) for part in condition.parts)
            case m.Either():
                return "soit " + " soit ".join(self._part(part) for part in condition.parts)
            case m.Not():
                return self._negation(condition.part)
            case m.Everyone():
                return "tout le monde"
            case m.InLists():
                return f"est dans {self._lists(condition)}"
            case m.InSegments():
                return f"est dans {self._segments(condition)}"
            case m.Events():
                return self._events(condition, has=True)
            case m.Sequence():
                return self._sequence(condition, has=True)
            case _:
                return self._test(condition)

    def _part(self, part: m.Condition) -> str:
        text = self.condition(part)
        return f"({text})" if isinstance(part, m.Both | m.Either) else text

    def _negation(self, part: m.Condition) -> str:
        match part:
            case m.Everyone():
                return "personne"
            case m.InLists():
                return f"n’est pas dans {self._lists(part)}"
            case m.InSegments():
                return f"n’est pas dans {self._segments(part)}"
            case m.Events():
                return self._events(part, has=False)
            case m.Sequence():
                return self._sequence(part, has=False)
            case m.Not():
                return self.condition(part.part)
            case m.Compare():
                return self._test(replace(part, operator=_OPPOSITE[part.operator]))
            case m.Between() | m.OneOf() | m.Like() | m.Missing():
                return self._test(replace(part, negated=not part.negated))
            case m.Contains():
                return f"{self.value(part.value)} ne contient pas {self._members(part)}"
            case m.Regexp():
                return self._regexp(part, "ne correspond pas à")
            case _:
                return f"il est faux que {self._part(part)}"

    def _lists(self, condition: m.InLists) -> str:
        names = [_quoted(self._catalogue.list_name(one)) for one in condition.lists]
        return (
            f"la liste {names[0]}" if len(names) == 1 else f"l’une des listes {joined(names, 'ou')}"
        )

    def _segments(self, condition: m.InSegments) -> str:
        names = [_quoted(self._catalogue.segment_name(one)) for one in condition.segments]
        if len(names) == 1:
            return f"le segment {names[0]}"
        return f"l’un des segments {joined(names, 'ou')}"

    # -------------------------------------------------------------------- tests

    def _test(self, test: m.Condition) -> str:
        match test:
            case m.Compare():
                return self._compare(test)
            case m.Between():
                word = "n’est pas entre" if test.negated else "est entre"
                ends = f"{self.value(test.low)} et {self.value(test.high)}"
                return f"{self.value(test.value)} {word} {ends}"
            case m.OneOf():
                word = "est renseigné et n’est aucun de" if test.negated else "est l’un de"
                options = joined([self.value(option) for option in test.options], "ou")
                return f"{self.value(test.value)} {word} {options}"
            case m.Like():
                return self._like(test)
            case m.Regexp():
                return self._regexp(test, "correspond à")
            case m.Missing():
                word = "est renseigné" if test.negated else "n’est pas renseigné"
                return f"{self.value(test.value)} {word}"
            case m.Contains():
                return f"{self.value(test.value)} contient {self._members(test)}"
            case _:
                return self.condition(test)

    def _members(self, test: m.Contains) -> str:
        return joined([self.value(member) for member in test.members], "ou")

    def _compare(self, test: m.Compare) -> str:
        left, since = self.value(test.left), _ago(test.right)
        if since is not None and test.operator in (">", ">="):
            return f"{left} date de {since} au plus"
        if since is not None and test.operator in ("<", "<="):
            return f"{left} date de {'plus de' if test.operator == '<' else 'au moins'} {since}"
        kind = type_of(test.left, self._catalogue)
        if kind == "any":
            kind = type_of(test.right, self._catalogue)
        verb, right = _verb(test.operator, kind), self.value(test.right)
        if verb.endswith(" à") and right.startswith("le "):
            verb, right = verb.removesuffix(" à"), f"au {right.removeprefix('le ')}"
        return f"{left} {verb} {right}"

    def _like(self, test: m.Like) -> str:
        pattern, value = test.pattern, self.value(test.value)
        inner = pattern.strip("%")
        shapes = {
            inner: ("est", "est renseigné et n’est pas"),
            f"%{inner}": ("finit par", "ne finit pas par"),
            f"{inner}%": ("commence par", "ne commence pas par"),
            f"%{inner}%": ("contient", "ne contient pas"),
        }
        case = ", sans égard aux majuscules" if test.ignore_case else ""
        if inner and not any(sign in inner for sign in "%_\\") and pattern in shapes:
            return f"{value} {shapes[pattern][test.negated]} {_quoted(inner)}{case}"
        verb = "ne correspond pas à" if test.negated else "correspond à"
        return f"{value} {verb} {_quoted(pattern)}{case}"

    def _regexp(self, test: m.Regexp, verb: str) -> str:
        case = ", sans égard aux majuscules" if test.ignore_case else ""
        return f"{self.value(test.value)} {verb} l’expression {_quoted(test.pattern)}{case}"

    # ------------------------------------------------------------------- events

    def _sequence(self, sequence: m.Sequence, *, has: bool) -> str:
        text = f"{'a eu' if has else 'n’a pas eu'} {self._one_event(sequence.first)}"
        for then in sequence.then:
            within = f" dans les {length(then.within, _units)}" if then.within is not None else ""
            text += f", puis{within} {self._one_event(then.where)}"
        return text

    def _one_event(self, where: m.Condition) -> str:
        anything = isinstance(where, m.Everyone)
        return self._events(m.Events(None if anything else where), has=True).removeprefix("a eu ")

    def _events(self, events: m.Events, *, has: bool) -> str:
        parts: tuple[m.Condition, ...] = ()
        if events.where is not None:
            parts = events.where.parts if isinstance(events.where, m.Both) else (events.where,)
        types = [part for part in parts if _type_name(part) is not None]
        recent = [part for part in parts if _recent(part) is not None]
        rest = [part for part in parts if part not in types and part not in recent]
        if len(types) > 1:
            rest, types = [*types, *rest], []
        if len(recent) > 1:
            rest, recent = [*recent, *rest], []
        tail = f" {_quoted(_type_name(types[0]) or '')}" if types else ""
        tail += f" dans les derniers {_recent(recent[0])}" if recent else ""
        if rest:
            tail += f" où {' et '.join(self._part(part) for part in rest)}"
        return self._counted(events.having, tail, has=has)

    def _counted(self, having: m.Condition | None, tail: str, *, has: bool) -> str:
        if having is None:
            return f"a eu un événement{tail}" if has else f"n’a eu aucun événement{tail}"
        verb = "a eu" if has else "n’a pas eu"
        match having:
            case m.Compare(
                operator="=" | "<" | "<=" | ">" | ">=" as operator,
                left=m.Aggregate(value=None),
                right=m.Constant() as number,
            ):
                return f"{verb} {_COUNTS[operator]} {_constant(number)} événements{tail}"
            case _:
                return f"{verb} des événements{tail} dont {self._part(having)}"

    # ------------------------------------------------------------------- values

    def value(self, value: m.Value, *, inner: bool = False) -> str:
        """A value; `inner`: it stands inside a calculation."""
        match value:
            case m.Constant():
                return _constant(value)
            case m.Timestamp():
                return _quoted(value.text)
            case m.Duration():
                return length(value, _units)
            case m.Now():
                return "maintenant"
            case m.Field():
                return value.name.replace("_", " ")
            case m.EventColumn():
                names = {
                    "event_type": "son type",
                    "event_source": "sa source",
                    "timestamp": "sa date",
                }
                return names.get(value.name, "son identifiant")
            case m.Property():
                return "son " + ".".join(value.path).replace("_", " ")
            case m.Function():
                words = {
                    "lower": "en minuscules",
                    "upper": "en majuscules",
                    "trim": "sans espaces autour",
                }
                shown = self.value(value.value)
                return (
                    f"la longueur de {shown}"
                    if value.name == "length"
                    else f"{shown} {words[value.name]}"
                )
            case m.StartOf():
                return _start_of(value)
            case m.DaysToAnniversary():
                where = "" if value.zone == "UTC" else f" (jours de {value.zone})"
                return (
                    f"le nombre de jours avant l’anniversaire de {self.value(value.value)}{where}"
                )
            case m.Bucket():
                shuffled = f" mêlés par {_quoted(value.salt)}" if value.salt else ""
                return f"son numéro parmi {value.buckets} groupes au hasard{shuffled}"
            case m.Concat():
                return " suivi de ".join(self.value(part) for part in value.parts)
            case m.Math():
                return self._math(value, inner=inner)
            case m.Aggregate():
                return self._aggregate(value)

    def _math(self, value: m.Math, *, inner: bool) -> str:
        since = _ago(value)
        if since is not None:
            return f"il y a {since}"
        left = self.value(value.left, inner=True)
        right = self.value(value.right, inner=True)
        text = f"{left} {value.operator} {right}"
        return f"({text})" if inner else text

    def _aggregate(self, value: m.Aggregate) -> str:
        if value.value is None:
            return "le nombre"
        of = self.value(value.value)
        of = of.removeprefix("son ").removeprefix("sa ")
        if of == "date" and value.name in ("min", "max"):
            return "la première date" if value.name == "min" else "la dernière date"
        return f"{_AGGREGATES[value.name]} {of}"


def _verb(operator: m.Operator, kind: m.Type) -> str:
    if operator in _EQUAL:
        return _EQUAL[operator]
    if kind == "date":
        return _TIMES[operator]
    return (_TEXTS if kind == "text" else _AMOUNTS)[operator]


def _quoted(text: str) -> str:
    return f"« {text} »"


def _constant(value: m.Constant) -> str:
    shown = value.value
    if shown is None:
        return "rien"
    if isinstance(shown, bool):
        return "vrai" if shown else "faux"
    return plain(shown).replace(".", ",") if isinstance(shown, Decimal) else _quoted(shown)


def _ago(value: m.Value) -> str | None:
    match value:
        case m.Math(operator="+" | "-" as operator, left=m.Now(), right=m.Duration() as span):
            sign = 1 if operator == "-" else -1
            back = m.Duration(sign * span.months, sign * span.microseconds)
            return length(back, _units) if back.months >= 0 and back.microseconds >= 0 else None
        case _:
            return None


def _units(amount: Decimal, unit: str) -> str:
    word = _UNITS[unit]
    several = "s" if abs(amount) >= 2 and not word.endswith("s") else ""  # noqa: PLR2004
    return f"{plain(amount).replace('.', ',')} {word}{several}"


def _start_of(value: m.StartOf) -> str:
    where = "" if value.zone == "UTC" else f" à {value.zone}"
    word = {"year": "année"}.get(value.unit, _UNITS[value.unit])
    if value.unit == "day" and value.shift in (-1, 0, 1):
        which = {-1: "d’hier", 0: "d’aujourd’hui", 1: "de demain"}[value.shift]
        return f"le début {which}{where}"
    feminine = value.unit in ("week", "year")
    article = "de l’" if word[0] == "a" else "de la " if feminine else "du "
    if value.shift == 0:
        return f"le début {article}{word} en cours{where}"
    if value.shift in (-1, 1):
        side = {-1: ("dernier", "dernière"), 1: ("prochain", "prochaine")}[value.shift][feminine]
        return f"le début {article}{word} {side}{where}"
    away = _units(Decimal(abs(value.shift)), value.unit)
    return f"le début {article}{word} {'d’il y a' if value.shift < 0 else 'dans'} {away}{where}"


def _type_name(part: m.Condition) -> str | None:
    match part:
        case m.Compare(
            operator="=",
            left=m.EventColumn(name="event_type"),
            right=m.Constant(value=str() as name),
        ):
            return name
        case _:
            return None


def _recent(part: m.Condition) -> str | None:
    match part:
        case m.Compare(operator=">" | ">=", left=m.EventColumn(name="timestamp")):
            return _ago(part.right)
        case _:
            return None
