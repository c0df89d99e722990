"""The virus scanner: a clamd that `CHHA_CLAMD` names, asked by stream. Without one, nothing is scanned."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clamav_client.clamd import BufferTooLongError, ClamdError, ClamdNetworkSocket, ClamdUnixSocket

TIMEOUT_SECONDS: Final = 30


class ScannerAway(RuntimeError):
    """The scanner does not answer, or could not look at the file: nothing is known about it."""


class Scanner:
    """One clamd.

    Args:
        where: `host:port`, or the path of its socket.
    """

    def __init__(self, where: str) -> None:
        self._clamd: ClamdNetworkSocket | ClamdUnixSocket
        if where.startswith(("/", "unix://")):
            self._clamd = ClamdUnixSocket(where, timeout=TIMEOUT_SECONDS)
        else:
            host, _, port = where.rpartition(":")
            self._clamd = ClamdNetworkSocket(host.strip("[]"), int(port), timeout=TIMEOUT_SECONDS)

    def finding(self, path: Path) -> str | None:
        """The name of what was found in the file, None when it is clean.

        Raises:
            ScannerAway
        """
        try:
            with path.open("rb") as file:
                answer = self._clamd.instream(file)
        except BufferTooLongError:
            raise ScannerAway("the file is longer than clamd's StreamMaxLength") from None
        except (ClamdError, OSError) as error:
            raise ScannerAway(type(error).__name__) from error
        for status, reason in answer.values():
            if status == "OK":
                return None
            if status == "FOUND":
                return str(reason or "unknown")
        raise ScannerAway("clamd gave no finding")
