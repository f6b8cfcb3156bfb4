"""Help while rules are written: validation, completion, the document's schema, sentences in French."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import InsideTransport
from carpel.domain.segments import document_schema
from carpel.query.compile import compile_document
from carpel.settings import Settings
from support.oracle_cases import read_cases
from support.population import TOKEN, FreeClock, caller
from support.population_town import Town

CASES = [case for case in read_cases(Path(__file__).parent / "cases") if not case.problems]


def texts(found: dict[str, Any], kind: str | None = None) -> list[str]:
    return [one["text"] for one in found["suggestions"] if kind in (None, one["kind"])]


def complete(town: Town, sql: str, **more: Any) -> dict[str, Any]:
    found = town.client.post("/segments/complete", {"sql": sql, **more})
    assert isinstance(found, dict)
    return found


def test_rules_are_looked_at_and_not_kept(town: Town) -> None:
    found = town.client.post("/segments/validate", {"sql": "country IN ('US') and score>5"})
    assert found["valid"]
    assert found["problems"] == []
    assert found["sql"] == "country IN ('US') AND score > 5"
    assert found["description"] == "Country is one of “US” and score is more than 5"
    again = town.client.post("/segments/validate", {"document": found["document"]})
    assert again == found
    assert town.client.get("/segments")["data"] == []


def test_all_that_is_wrong_is_told_at_once(town: Town) -> None:
    sql = "cuntry = 'US' AND score LIKE 'x' OR plan = AND signup > 'soon'"
    found = town.client.post("/segments/validate", {"sql": sql})
    assert not found["valid"]
    told = [(one["code"], one["position"]["column"]) for one in found["problems"]]
    assert told == [
        ("unknown_column", 1),
        ("type_mismatch", 19),
        ("syntax", 44),
        ("type_mismatch", 48),
    ]
    assert found["problems"][0]["hint"] == "did you mean country?"
    found = town.client.post("/segments/validate", {"sql": "score = 'x'", "dialect": "sgql"})
    assert found["problems"][0]["message"] == "operator = is incompatible with NUMBER, STRING"


def test_fields_and_what_else_a_condition_begins_with(town: Town) -> None:
    found = complete(town, "")
    assert {"country", "score", '"Favourite Colour"', "array_contains("} <= set(texts(found))
    found = complete(town, "country = 'US' AND sc")
    assert found["start"] == len("country = 'US' AND ")
    assert found["suggestions"] == [{"text": "score", "kind": "field", "type": "number"}]
    assert "score" in texts(complete(town, "(country = 'US' OR "))
    assert texts(complete(town, "country = 'US' AND sc", cursor=0))[0] == "contact_id"


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("country ", "="), ("signup ", ">"), ("active ", "= TRUE"), ("country NOT ", "IN"), ("country IS ", "NULL"),
        ("country = 'US' ", "AND"), ("score IN (1) ", "AND"), ("array_contains(tags, 'red') ", "AND"),
        ("SELECT ", "contact_id"), ("SELECT contact_id, updated_at FROM ", "contact_data"),
        ("signup > NOW() - INTERVAL '30' ", "SECOND"), ("signup > ", "NOW()"), ("active = ", "TRUE"),
        ("signup > START_OF(", "'day'"), ("signup > START_OF('day', 'Europe/Par", "'Europe/Paris'"),
        ("country IN ", "("),
        ("contact_id IN (SELECT contact_id FROM event_data WHERE ", "event_type"),
        ("contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'open' FOLLOWED ", "BY"),
    ],
)  # fmt: skip
def test_what_follows(town: Town, sql: str, first: str) -> None:
    assert texts(complete(town, sql))[0] == first


def test_values_that_occur_the_most_frequent_first(town: Town) -> None:
    found = complete(town, "country = ")
    assert found["suggestions"][0] == {"text": "'CA'", "kind": "value", "type": "text", "count": 2}
    assert set(texts(found, "value")) == {"'US'", "'CA'", "'DE'", "'GB'", "'JP'", "'IE'", "'us'"}
    assert texts(complete(town, "country IN ('US', 'u"), "value") == ["'US'", "'us'"]
    assert texts(complete(town, "first_name = 'O"), "value") == ["'O''Neil'"]
    assert texts(complete(town, "score >= 1"), "value") == []
    assert "10.5" in texts(complete(town, "score BETWEEN "), "value")
    assert texts(complete(town, "array_contains(tags, "), "value")[0] == "'blue'"
    assert texts(complete(town, "array_contains(list_ids, "), "list") == [
        "'VIP'",
        "'News'",
        "'Söndag'",
        "'Empty'",
    ]


def test_events_and_their_properties(town: Town) -> None:
    inside = "contact_id IN (SELECT contact_id FROM event_data WHERE "
    assert texts(complete(town, inside + "event_type = 'lo"), "value") == ["'login'"]
    assert "properties.sku" in texts(complete(town, inside), "property")
    assert texts(complete(town, inside + "properties.s"), "property") == ['"select"', "sku"]
    assert texts(complete(town, inside + "properties.device."), "property") == ["os", "version"]
    assert texts(complete(town, inside + "properties.sku = "), "value") == ["'A'", "'B'", "'C'"]


def test_completion_never_fails(town: Town) -> None:
    for case in CASES[::4]:
        if not case.is_document and len(case.query) < 300:
            for cursor in range(0, len(case.query) + 1, 11):
                found = complete(town, case.query, cursor=cursor)
                assert 0 <= found["start"] <= cursor


def test_documents_fit_the_published_schema(town: Town) -> None:
    schema = town.client.get("/segments/schema")
    assert schema == document_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for case in CASES:
        compiled = town.compiled(case)
        assert validator.is_valid(_plain(compiled.document)), case.where
    wrongs: list[Any] = [
        {},
        {"op": "="},
        {"all": []},
        {"everyone": False},
        {"op": "in", "left": 1, "values": []},
        5,
    ]
    for wrong in wrongs:
        assert not validator.is_valid(wrong)


def _plain(document: Any) -> Any:
    """Numbers as JSON has them."""
    if isinstance(document, dict):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_plain(value) for value in document]
    return document if isinstance(document, str | bool | None) else float(document)


def test_rules_are_told_in_french_where_that_is_set(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", threads=1, lang="fr")
    service = Service.open(settings, FreeClock(), background=False)
    transport = InsideTransport(Front(service, settings, TOKEN))
    client = caller(transport, "default")
    told = {
        "country = 'FR' AND NOT email LIKE '%@example.com'":
            "Country est « FR » et email ne finit pas par « @example.com »",
        "created_at >= START_OF('month', -1, 'Europe/Paris')":
            "Created at est au plus tôt au début du mois dernier à Europe/Paris",
        "contact_id NOT IN (SELECT contact_id FROM event_data WHERE event_type = 'open' "
        "AND timestamp > NOW() - INTERVAL '90' DAY)":
            "N’a eu aucun événement « open » dans les derniers 90 jours",
        "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase' "
        "GROUP BY contact_id HAVING COUNT(*) >= 3)":
            "A eu au moins 3 événements « purchase »",
        "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'visit' "
        "FOLLOWED BY event_type = 'purchase' WITHIN INTERVAL '7' DAY)":
            "A eu un événement « visit », puis dans les 7 jours un événement « purchase »",
    }  # fmt: skip
    try:
        for sql, sentence in told.items():
            found = client.post("/segments/validate", {"sql": sql})
            assert found["description"] == sentence
    finally:
        transport.close()
        service.close()


def test_every_case_can_be_told_in_french(town: Town) -> None:
    town.service.segments.language = "fr"
    try:
        for case in CASES:
            found = compile_document(town.compiled(case).document, town.names)
            assert found.sentence
            assert " is " not in found.sentence
    finally:
        town.service.segments.language = "en"
