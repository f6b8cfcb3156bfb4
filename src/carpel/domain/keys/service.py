"""Making keys, and letting in who has one."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterable
from dataclasses import replace

from carpel.domain.refusals import Invalid, NoSuch, Refusal
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id, new_secret, secret_hash
from carpel.kit.words import nearest
from carpel.storage.catalogue import Catalogue

from .model import EVERYTHING, PERMISSIONS, Key
from .repository import KeyRepository


class UnknownKey(Refusal):
    """No such key, or it was revoked."""


class BadAddress(Refusal):
    """The key may not be used from this address."""


class MissingPermission(Refusal):
    """The key does not permit this."""


class Keys:
    """All keys, by the hash of their secret, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = KeyRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._by_hash = dict(self._repository.list_all())

    def create(
        self,
        workspace: Workspace,
        name: str,
        permissions: Iterable[str],
        allow_ips: Iterable[str] = (),
        key_id: str | None = None,
    ) -> tuple[Key, str]:
        """A new key and its secret, which is shown this once; the key may be given its id.

        Raises:
            Invalid: no name, no or an unknown permission, or something that is no network.
        """
        key = Key(
            key_id or new_id(),
            workspace.no,
            _checked_name(name),
            _checked_permissions(permissions),
            _checked_networks(allow_ips),
            self._clock.now(),
        )
        secret = new_secret()
        hashed = secret_hash(secret)
        with self._lock:
            self._repository.add(key, hashed)
            self._by_hash[hashed] = key
        return key, secret

    def list_of(self, workspace: Workspace | None = None) -> list[Key]:
        """The keys of a workspace, or of all; revoked ones too, the oldest first."""
        return [
            key
            for key in list(self._by_hash.values())
            if workspace is None or key.workspace == workspace.no
        ]

    def revoke(self, key_id: str, workspace: Workspace | None = None) -> Key:
        """Let nobody in with this key any more. Revoking twice changes nothing.

        Raises:
            NoSuch: there is no such key in the workspace.
        """
        with self._lock:
            for hashed, key in self._by_hash.items():
                if key.id == key_id and (workspace is None or key.workspace == workspace.no):
                    if key.revoked_at is None:
                        key = replace(key, revoked_at=self._clock.now())  # noqa: PLW2901
                        self._repository.revoke(key_id, key.revoked_at or 0)
                        self._by_hash[hashed] = key
                    return key
        raise NoSuch("no_such_key", f"there is no key {key_id!r}", "id")

    def authenticate(self, secret: str, address: str | None) -> Key:
        """The key with this secret, used from this address (None: within the machine).

        Raises:
            UnknownKey: no such key, or it was revoked.
            BadAddress: the key is for other addresses.
        """
        key = self._by_hash.get(secret_hash(secret))
        if key is None or key.revoked_at is not None:
            raise UnknownKey("unknown_key", "this key is not valid")
        if key.allow_ips and not _allowed(address, key.allow_ips):
            raise BadAddress("address_not_allowed", "this key is not for this address")
        return key


def require(key: Key, permission: str) -> None:
    """Raise MissingPermission unless the key has it."""
    if not key.permits(permission):
        raise MissingPermission("missing_permission", f"this key lacks the permission {permission}")


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > 100 or not name.isprintable():  # noqa: PLR2004
        raise Invalid("bad_name", "a key's name has 1 to 100 printable characters", "name")
    return name


def _checked_permissions(permissions: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(permissions)
    if not wanted:
        raise Invalid("no_permission", "a key needs at least one permission", "permissions")
    for permission in sorted(wanted - set(PERMISSIONS)):
        near = nearest(permission, PERMISSIONS)
        hint = f"; did you mean {near}?" if near else f"; there are {', '.join(PERMISSIONS)}"
        raise Invalid("unknown_permission", f"no permission {permission!r}{hint}", "permissions")
    return frozenset({EVERYTHING}) if EVERYTHING in wanted else wanted


def _checked_networks(networks: Iterable[str]) -> tuple[str, ...]:
    checked = []
    for network in networks:
        try:
            checked.append(str(ipaddress.ip_network(network, strict=False)))
        except ValueError:
            raise Invalid(
                "bad_network",
                f"{network!r} is no address or network such as 10.0.0.0/8",
                "allow_ips",
            ) from None
    return tuple(checked)


def _allowed(address: str | None, networks: tuple[str, ...]) -> bool:
    if address is None:
        return False
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(where, "ipv4_mapped", None)
    return any((mapped or where) in ipaddress.ip_network(network) for network in networks)
