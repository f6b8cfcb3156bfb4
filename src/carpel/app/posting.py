"""How webhooks' messages leave the house: not to private addresses, unless that is allowed."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from carpel.domain.webhooks import Attempt

_TIMEOUT_S = 15
_MOST_ERROR = 200
_MOST_REPLY = 500
_MOST_READ = 65_536


class Poster:
    """Posts over HTTP. Follows no redirect, and connects to the very address it has looked at."""

    def __init__(self, *, private: bool) -> None:
        """Args: private: whether messages may go to loopback, private and link-local addresses."""
        self._private = private
        self._client = httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False)

    def refuse(self, url: str) -> str | None:
        """Why nothing can be sent there, ever; None when it can, or the name is not known yet."""
        host = urlsplit(url).hostname or ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            named = host == "localhost" or host.endswith(".localhost")
            private = named and not self._private
        else:
            private = not self._private and not _is_public(address)
        return (
            "no webhook goes to a private address (setting webhooks_private)" if private else None
        )

    def send(self, url: str, headers: dict[str, str], body: bytes) -> Attempt:
        """Post it, once."""
        try:
            parts = httpx.URL(url)
            address = self._address(parts)
            if address is None:
                return Attempt(None, f"{parts.host} is a private address")
            with self._client.stream(
                "POST",
                parts.copy_with(host=address),
                headers={**headers, "host": parts.netloc.decode()},
                content=body,
                extensions={"sni_hostname": parts.host},
            ) as answer:
                reply = _beginning(answer)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Attempt(None, (str(error) or type(error).__name__)[:_MOST_ERROR])
        found = Attempt(answer.status_code)
        return found if found.good else Attempt(answer.status_code, reply=reply)

    def close(self) -> None:
        self._client.close()

    def _address(self, url: httpx.URL) -> str | None:
        """Where the name leads, None when that is somewhere private."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = [info[4][0] for info in socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)]
        addresses = [str(one) for one in found]
        if not self._private:
            addresses = [one for one in addresses if _is_public(ipaddress.ip_address(one))]
        return addresses[0] if addresses else None


def _beginning(answer: httpx.Response) -> str:
    """How an answer begins, as text; what is longer than is sensible is not read."""
    body = b""
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > _MOST_READ:
            break
    return body[:_MOST_REPLY].decode(errors="replace").replace("\x00", "")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not address.is_multicast
