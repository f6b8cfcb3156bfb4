"""Every code a problem of a query can have, what it means, and a query that has it."""

from __future__ import annotations

# code → (what it means, an example; None where an example would be longer than its use)
PROBLEM_CODES: dict[str, tuple[str, str | None]] = {
    "aggregate_not_here": ("An aggregate outside HAVING.", "COUNT(*) > 3"),
    "ambiguous": (
        "A name that several tables have.",
        (
            "SELECT c.contact_id FROM contact_data c JOIN event_data e ON c.contact_id = e.contact_id "
            "JOIN event_data f ON c.contact_id = f.contact_id WHERE event_type = 'open'"
        ),
    ),
    "bad_document": ("A document that has not the form of one.", None),
    "bad_interval": ("A length of time too long, too fine, or of the wrong kind.", "created_at > NOW() - INTERVAL '99999' YEAR"),
    "bad_join": (
        "Tables are joined on contact_id only.",
        "SELECT c.contact_id FROM contact_data c JOIN event_data e ON c.email = e.contact_id",
    ),
    "bad_regexp": ("An expression that is not taken.", "regexp_like(city, '(?=a)')"),
    "bad_timestamp": ("A text that is no date.", "signup > TIMESTAMP 'soon'"),
    "broken_segment": ("A segment whose own rules name something that is gone.", None),
    "cannot_keep_exact": ("A condition whose truth cannot be followed exactly as time moves.", "signup + INTERVAL '1' MONTH > NOW()"),
    "compared_with_null": ("Nothing compares with NULL.", "country = NULL"),
    "condition_not_value": ("A condition where a value is wanted.", "array_contains(tags, 'red') = 'red'"),
    "constant_wanted": ("A column where only constants may stand.", "country IN (city)"),
    "duplicate_alias": (
        "Two tables of one name.",
        "SELECT c.contact_id FROM contact_data c JOIN event_data c ON c.contact_id = c.contact_id",
    ),
    "empty": ("There is no query.", ""),
    "event_not_here": ("An event's column in HAVING, which speaks of all of them, or in a document's condition on contacts.", "contact_id IN (SELECT contact_id FROM event_data GROUP BY contact_id HAVING event_type = 'open')"),
    "group_not_here": ("GROUP BY or HAVING without events.", "SELECT contact_id FROM contact_data GROUP BY contact_id"),
    "no_map": ("In SGQL, a key asked of what has no keys.", None),
    "not_a_query": ("Another statement than SELECT.", "DELETE FROM contact_data"),
    "not_supported": ("SQL that has no meaning for a segment.", "SELECT contact_id FROM contact_data LIMIT 10"),
    "number_out_of_range": ("A number beyond what is kept.", "score > 1e30"),
    "segment_cycle": ("Rules that would put a segment inside itself.", None),
    "select_wanted": ("In SQL v2, a condition without a SELECT.", None),
    "sequence_not_here": (
        "FOLLOWED BY outside a subquery, or beside HAVING.",
        "SELECT contact_id FROM contact_data WHERE country = 'US' FOLLOWED BY active",
    ),
    "syntax": ("What does not fit the grammar.", "score = AND active"),
    "ties_contact_to_event": (
        "A condition that ties a contact's value to an event's, or two events together.",
        "contact_id IN (SELECT contact_id FROM event_data WHERE country = 'US')",
    ),
    "too_complex": ("More conditions (1,000), constants (10,000), calculations (64 in one test), steps or ORs than are taken.", None),
    "too_deep": ("Nested more than 60 deep.", None),
    "too_long": ("More than 100,000 characters.", None),
    "type_mismatch": ("Types that do not fit.", "score = 'ten'"),
    "type_unknown": ("Two properties compared: neither has a type.", "contact_id IN (SELECT contact_id FROM event_data WHERE properties.a = properties.b)"),
    "unclosed_comment": ("A comment without an end.", "active /* and"),
    "unclosed_string": ("A quote without its partner.", "country = 'US"),
    "unexpected_character": ("A sign that has no meaning.", "score ? 1"),
    "unknown_alias": ("A name before a dot that no table has.", "x.country = 'US'"),
    "unknown_column": ("There is no such field or column.", "cuntry = 'US'"),
    "unknown_function": ("There is no such function.", "LOWR(country) = 'us'"),
    "unknown_list": ("There is no such list.", "array_contains(list_ids, 'VPI')"),
    "unknown_segment": ("There is no such segment.", "IN SEGMENT 'PROO'"),
    "unknown_table": ("There is no such table.", "SELECT contact_id FROM contacts"),
    "unknown_unit": ("There is no such unit of time.", "signup > NOW() - INTERVAL '1' MONHT"),
    "unknown_zone": ("There is no such time zone.", "signup > START_OF('day', 'Europe/Pariss')"),
    "value_wanted": ("A list where a single value is wanted.", "country = ['US']"),
    "wrong_arguments": ("A function with other arguments than it takes.", "LOWER(country, city) = 'us'"),
    "wrong_group": (
        "Events are grouped by contact_id only.",
        "contact_id IN (SELECT contact_id FROM event_data GROUP BY event_type HAVING COUNT(*) > 1)",
    ),
    "wrong_output": ("A SELECT of other columns than it may have.", "SELECT email FROM contact_data"),
    "wrong_subquery": ("A subquery over another table, or of another column.", "contact_id IN (SELECT contact_id FROM contact_data)"),
    "wrong_table": ("A table where it cannot stand.", "SELECT contact_id FROM event_data"),
}  # fmt: skip
