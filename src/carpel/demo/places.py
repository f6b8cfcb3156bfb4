"""Where contacts live: countries as often as the shop has customers there, and their cities."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """A country, its share of all contacts in percent, and its larger cities, the largest first."""

    name: str
    share: float
    language: str
    cities: tuple[str, ...]


COUNTRIES: tuple[Country, ...] = (
    Country("Germany", 25, "de",
            ("Berlin", "Hamburg", "Munich", "Cologne", "Frankfurt", "Leipzig", "Stuttgart",
             "Bremen", "Dresden", "Freiburg")),
    Country("United Kingdom", 14, "en",
            ("London", "Manchester", "Bristol", "Edinburgh", "Leeds", "Sheffield", "Cardiff")),
    Country("United States", 14, "en",
            ("New York", "Denver", "Seattle", "Portland", "Austin", "Boulder", "Chicago",
             "Salt Lake City")),
    Country("France", 12, "fr",
            ("Paris", "Lyon", "Marseille", "Toulouse", "Grenoble", "Nantes", "Annecy")),
    Country("Netherlands", 7, "nl", ("Amsterdam", "Rotterdam", "Utrecht", "Groningen", "Arnhem")),
    Country("Italy", 6, "it", ("Milan", "Rome", "Turin", "Bologna", "Trento", "Verona")),
    Country("Spain", 6, "es", ("Madrid", "Barcelona", "Valencia", "Bilbao", "Granada")),
    Country("Austria", 5, "de", ("Vienna", "Graz", "Innsbruck", "Salzburg", "Linz")),
    Country("Switzerland", 5, "de", ("Zurich", "Bern", "Basel", "Lucerne")),
    Country("Sweden", 3, "sv", ("Stockholm", "Gothenburg", "Umeå", "Uppsala")),
    Country("Canada", 3, "en", ("Vancouver", "Toronto", "Calgary", "Banff")),
)  # fmt: skip
