"""The Homeostat engine: timestamped inputs in, facts and commands out.

It has no clock, no thread and no socket: the host tells it the time with each input, and carries out the commands.
Bytes are canonical JSON. A policy, snapshot or query that cannot be taken raises `RefusedError`.
"""

from ._homeostat import Engine, RefusedError

__all__ = ["Engine", "RefusedError"]
