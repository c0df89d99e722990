"""Looking whether a link still works, without becoming a way into the house.

Only http and https on their own ports, only public addresses (each redirect is judged anew, and the address
that was judged is the one that is asked), little time, and no body is read.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import httpx

MOST_REDIRECTS: Final = 5
SECONDS: Final = 8.0
AT_ONCE: Final = 6
PORTS: Final = {"http": 80, "https": 443}
AGENT: Final = "CHHA-front-desk link check"

# Whether an address of a host may be asked: (ip, port).
Judge = Callable[[str, int], bool]


@dataclass(frozen=True)
class Found:
    """What was found. `works` is None when the site could not be asked, which may be our side's fault."""

    works: bool | None
    words: str


class _NotAsked(Exception):
    """The address is none that may be asked; the text says why."""


def public_only(ip: str, port: int) -> bool:
    """Addresses of the open internet on the usual ports; nothing private, local, shared or reserved."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    inside = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inside is not None and not inside.is_global:
        return False
    return address.is_global and not address.is_multicast and port in PORTS.values()


def check(url: str, *, judge: Judge = public_only, seconds: float = SECONDS) -> Found:
    """Ask one address, following redirects; never raises."""
    try:
        with httpx.Client(
            trust_env=False, timeout=seconds, follow_redirects=False, headers={"User-Agent": AGENT}
        ) as client:
            return _followed(client, url, judge)
    except _NotAsked as error:
        return Found(False, str(error))
    except httpx.TimeoutException:
        return Found(None, f"No answer within {seconds:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, UnicodeError) as error:
        return Found(None, f"Could not be reached ({type(error).__name__}).")


def check_all(urls: Iterable[str], *, judge: Judge = public_only) -> Iterator[tuple[str, Found]]:
    """Ask several addresses, a few at once, each once; in the order in which they are done with."""
    from concurrent.futures import as_completed

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links") as pool:
        asked = {pool.submit(check, url, judge=judge): url for url in dict.fromkeys(urls)}
        for done in as_completed(asked):
            yield asked[done], done.result()


def _followed(client: httpx.Client, url: str, judge: Judge) -> Found:
    for hops in range(MOST_REDIRECTS + 1):
        status, to = _asked(client, url, judge)
        if to is None:
            return _judged(status, url if hops else None)
        url = str(httpx.URL(url).join(to))
    return Found(False, f"More than {MOST_REDIRECTS} redirects.")


def _asked(client: httpx.Client, url: str, judge: Judge) -> tuple[int, str | None]:
    """The status of an address, and where it leads."""
    target = httpx.URL(url)
    if target.scheme not in PORTS or not target.host:
        raise _NotAsked("Only http and https addresses are asked.")
    if target.userinfo:
        raise _NotAsked("An address with a name and password in it is not asked.")
    port = target.port or PORTS[target.scheme]
    ip = _resolved(target.host, port, judge)
    pinned = target.copy_with(host=ip, port=target.port)
    headers = {"Host": target.netloc.decode("ascii"), "Accept": "*/*"}
    for method in ("HEAD", "GET"):
        request = client.build_request(
            method, pinned, headers=headers, extensions={"sni_hostname": target.raw_host.decode("ascii")}
        )
        response = client.send(request, stream=True)
        response.close()
        # Some sites know no HEAD, or refuse it to programs.
        if method == "HEAD" and response.status_code >= 400:
            continue
        break
    to = response.headers.get("location") if response.is_redirect else None
    return response.status_code, to


def _resolved(host: str, port: int, judge: Judge) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise _NotAsked("There is no host of that name.") from None
    ips = [str(one[4][0]) for one in found]
    if not ips or not all(judge(ip, port) for ip in ips):
        raise _NotAsked("The address leads into a private network or to an unusual port: it is not asked.")
    return ips[0]


def _judged(status: int, moved_to: str | None) -> Found:
    if status < 400:
        return Found(True, f"Works; it leads to {moved_to}"[:250] if moved_to else "Works.")
    if status in (401, 403, 429):
        return Found(None, f"The site lets no programs in ({status}); look yourself.")
    return Found(False, f"The site answers {status}.")
