"""Attributes of a user and the fields they are kept in.

Custom attributes keep their names. Standard ones that other doors know by another name share its
field; attributes that are called like something Carpel works out itself get a field of another name.
"""

from __future__ import annotations

from carpel.domain.fields import Field, FieldType

# Standard attributes (braze.md §4.3), with the type of the field that is made for them.
STANDARD: dict[str, FieldType] = {
    "first_name": "text",
    "last_name": "text",
    "phone": "text",
    "country": "text",
    "home_city": "text",
    "language": "text",
    "gender": "text",
    "dob": "date",
    "time_zone": "text",
    "email_subscribe": "text",
    "push_subscribe": "text",
    "current_location": "object",
    "date_of_first_session": "date",
    "date_of_last_session": "date",
    "subscription_groups": "object",
    "push_tokens": "object",
}
_OTHER_NAME = {"phone": "phone_number"}
_TAKEN = (
    "contact_id", "email_domains", "list_ids", "updated_at", "anonymous_id", "phone_number_id",
    "external_id", "facebook",
)  # fmt: skip
_PREFIX = "custom."


def field_name(attribute: str) -> str:
    """The name of the field that keeps an attribute."""
    if attribute in _OTHER_NAME:
        return _OTHER_NAME[attribute]
    if attribute.lower() in _TAKEN or attribute.lower() in _OTHER_NAME.values():
        return _PREFIX + attribute
    return attribute


def custom_attribute(field: Field) -> str | None:
    """The custom attribute that a field keeps; None when it keeps none."""
    if field.role not in ("custom", "reserved") or field.name in STANDARD:
        return None
    if field.name in _OTHER_NAME.values():
        return None
    return field.name.removeprefix(_PREFIX)
