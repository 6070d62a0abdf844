"""Reading the stack of the loop's thread: whose code runs there, and may an exception be raised in it?"""

from __future__ import annotations

import asyncio
import os
from types import FrameType
from typing import Final

from butler.engine.dispatch import Dispatch

_HOST: Final = os.path.dirname(os.path.dirname(__file__)) + os.sep
_ASYNCIO: Final = os.path.dirname(asyncio.__file__) + os.sep
_IMPORTING: Final = "<frozen importlib"


def is_interruptible(frame: FrameType | None, inner: bool = False) -> bool:
    """Whether a frame is a plugin's, or a library's that it called.

    Never inside of asyncio or the host, whose state would be torn, and not while something is imported: that
    would begin anew each time, and on a slow machine never end.
    """
    while frame is not None:
        if frame.f_code is Dispatch._through.__code__:
            return inner
        if frame.f_code.co_filename.startswith((_HOST, _ASYNCIO, _IMPORTING)):
            return False
        frame, inner = frame.f_back, True
    return False


def plugin_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is neither the host's nor asyncio's, else the innermost."""
    inner = frame
    while frame is not None and frame.f_code.co_filename.startswith((_HOST, _ASYNCIO)):
        frame = frame.f_back
    return frame or inner


def place(frame: FrameType | None) -> str:
    """File and line of a frame."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "?"
