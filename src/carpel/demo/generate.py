"""The demo's contacts and events, one person after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import contacts as contacts_
from .contacts import Standing, draw_standing
from .days import Days
from .diary import Diary
from .mail import write_answers, write_mail
from .mailings import mailings
from .people import Person, draw_person
from .recipe import BACK, Recipe
from .shop import write_visits
from .visits import Visit, draw_visits


@dataclass(frozen=True)
class _Life:
    """A person with all that is decided about them, and the chances that are left."""

    person: Person
    visits: list[Visit]
    standing: Standing
    chances: random.Random


def contacts(recipe: Recipe) -> Iterator[dict[str, Any]]:
    """Every contact, as `POST /api/v1/contacts` takes it."""
    days = Days(recipe.anchor)
    for life in _lives(recipe, days):
        yield contacts_.contact(life.person, life.standing, days)


def events(recipe: Recipe) -> Iterator[list[dict[str, Any]]]:
    """Each contact's events, as `POST /api/v1/events` takes them, in the order of `contacts`."""
    days = Days(recipe.anchor)
    sent = mailings(days)
    for life in _lives(recipe, days):
        diary = Diary(recipe, life.person, days)
        write_visits(life.chances, diary, life.visits)
        if life.person.email is not None:
            write_mail(life.chances, diary, life.person, life.standing, sent)
            write_answers(life.chances, diary, life.visits)
        yield diary.events


def _lives(recipe: Recipe, days: Days) -> Iterator[_Life]:
    today = days.dates[BACK]
    for index in range(recipe.contacts):
        chances = recipe.chances(index)
        person = draw_person(chances, index, today)
        visits = draw_visits(chances, person, days)
        yield _Life(person, visits, draw_standing(chances, person, visits), chances)
