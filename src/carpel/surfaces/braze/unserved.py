"""Endpoints that Braze has and Carpel does not serve: a key has no permission for them.

A path that Braze does not have either is an Invalid URL (braze.md §3.1). Which endpoints there are is
documented (braze.md §2.2, §3.5, §4); that a key without the permission gets 403 too.
"""

from __future__ import annotations

import re

_GET = """
campaigns/list campaigns/details campaigns/data_series campaigns/duplicate/status
campaigns/url_info/details sends/data_series
canvas/list canvas/details canvas/data_series canvas/data_summary canvas/duplicate/status
canvas/url_info/details
catalogs catalogs/*/items catalogs/*/items/*
cdi/integrations cdi/integrations/*/job_sync_status
content_blocks/list content_blocks/info
email/hard_bounces email/unsubscribes
events/data_series
kpi/dau/data_series kpi/mau/data_series kpi/new_users/data_series kpi/uninstalls/data_series
messages/scheduled_broadcasts
preference_center/v1/list preference_center/v1/* preference_center/v1/*/url/*
purchases/product_list purchases/quantity_series purchases/revenue_series
scim/v2/Users scim/v2/Users/* sessions/data_series sms/invalid_phone_numbers
subscription/status/get subscription/user/status
templates/email/list templates/email/info feed/list feed/details feed/data_series
app_group/sdk_authentication/keys
"""
_POST = """
campaigns/duplicate campaigns/trigger/schedule/create campaigns/trigger/schedule/delete
campaigns/trigger/schedule/update campaigns/trigger/send
canvas/duplicate canvas/trigger/schedule/create canvas/trigger/schedule/delete
canvas/trigger/schedule/update canvas/trigger/send
catalogs catalogs/*/fields catalogs/*/items catalogs/*/items/* catalogs/*/selections
cdi/integrations/*/sync content_blocks/create content_blocks/update
email/blacklist email/blocklist email/bounce/remove email/spam/remove email/status
messages/live_activity/start messages/live_activity/update messages/schedule/create
messages/schedule/delete messages/schedule/update messages/send
preference_center/v1 scim/v2/Users sends/id/create sms/invalid_phone_numbers/remove
subscription/status/set templates/email/create templates/email/update
transactional/v1/campaigns/*/send app_group/sdk_authentication/create
users/alias/new users/alias/update users/export/global_control_group users/external_ids/remove
users/external_ids/rename users/identify users/merge v2/subscription/status/set
"""


def _shape(paths: str) -> re.Pattern[str]:
    return re.compile("/(" + "|".join(p.replace("*", "[^/]+") for p in paths.split()) + ")")


_SHAPES = {"GET": _shape(_GET), "HEAD": _shape(_GET), "POST": _shape(_POST)}


def is_brazes(method: str, path: str) -> bool:
    """Whether Braze has this endpoint."""
    shape = _SHAPES.get(method)
    return shape is not None and shape.fullmatch(path) is not None
