"""Clients of `load.py` that speak Streamlit's protocol as its pages do, and draw nothing: they take hardly any time of
the cores that they share with the server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from clients import METHODS, Client
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

_WHOLE = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
_QUIET = 0.05  # seconds without a word after which nothing more is on its way
_LOOK = 1.0  # seconds between two looks of the train page


@dataclass
class WireClient(Client):
    """A session at the server's socket. It heeds what a page does by itself: reruns, addresses, timed looks."""

    url: str = ""
    session: str = ""
    query: str = ""
    script: str = ""  # hash of the page that is shown
    fragment: str = ""  # part of it that is to be looked at again and again
    looking: bool = False  # whether the next that comes is that part alone
    widgets: dict[str, str] = field(default_factory=dict)  # ids by the end that is their key
    labels: dict[str, str] = field(default_factory=dict)  # of the page that is shown, by key
    offered: dict[str, list[str]] = field(default_factory=dict)  # what may be chosen on that page, by key
    runs: int = 1  # to be started at once, by as many methods
    told: list[str] = field(default_factory=list)  # of the page that is shown
    everything: list[str] = field(default_factory=list)

    async def travel(self, url: str) -> None:
        self.url = url
        await self.pause()
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:
            await self._answer("open", socket)
            await self.pause()
            await self._answer("upload", socket, (await self._uploaded(socket),))
            await self._pause(socket)
            await self._answer("configure", socket, page="configure")
            await self._pause(socket)
            family = WidgetState(id=self._id("method-family"))
            family.string_array_value.data.append("Standard")
            await self._answer("kind of method", socket, (family,))
            await self._pause(socket)
            chosen = WidgetState(id=self._id("method"), string_value=METHODS[self.options.method])
            await self._answer("method", socket, (family, chosen))
            await self._pause(socket)
            if self.runs > 1:
                also = WidgetState(id=self._id("also"))
                also.string_array_value.data.extend(self.offered["also"][: self.runs - 1])
                await self._answer("further methods", socket, (family, chosen, also))
                await self._pause(socket)
            await self._answer("train", socket, (WidgetState(id=self._id("next"), trigger_value=True),))
            await self._wait(socket)
            await self._answer("compare", socket, page="compare")
            self.check_words("".join(self.everything))

    async def _wait(self, socket: ClientConnection) -> None:
        """Look around while the training waits and runs."""
        for page in itertools.cycle(("guide", "train")):
            self.note_place(" ".join(self.told))
            await self._pause(socket)
            if page == "guide" and self.labels.get("next") == "Compare":
                return
            await self._answer(f"look at {page}", socket, page=page)

    async def _pause(self, socket: ClientConnection) -> None:
        """Meanwhile the page looks again by itself where it does so."""
        end = time.perf_counter() + float(self._rng.uniform(0.5, 1.5)) * self.options.think
        while (left := end - time.perf_counter()) > 0:
            await asyncio.sleep(min(left, _LOOK))
            if self.fragment:
                await self._ask(socket, fragment=self.fragment)

    async def _answer(
        self, step: str, socket: ClientConnection, states: Sequence[WidgetState] = (), page: str = ""
    ) -> None:
        first, whole = await self._ask(socket, states, page)
        self.answers.append((step, first, whole))

    async def _ask(
        self, socket: ClientConnection, states: Sequence[WidgetState] = (), page: str = "", fragment: str = ""
    ) -> tuple[float, float]:
        """Have the page run; seconds until something of it comes, and until all of it has come."""
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.fragment_id = self.query, fragment
        self.looking = bool(fragment)
        if page:
            run.page_name = page
        else:
            run.page_script_hash = self.script
        run.widget_states.widgets.extend(states)
        await self._drain(socket)
        began, first, runs = time.perf_counter(), 0.0, False
        await socket.send(message.SerializeToString())
        while True:
            kind, got = await self._next(socket)
            runs = runs or kind == "new_session"
            if kind == "delta" and runs and not first:
                first = time.perf_counter() - began
            if kind == "script_finished" and runs and got.script_finished in _WHOLE:
                whole = time.perf_counter() - began
                return first or whole, whole

    async def _drain(self, socket: ClientConnection) -> None:
        """Heed what has come meanwhile."""
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(self._next(socket), _QUIET)

    async def _next(self, socket: ClientConnection) -> tuple[str | None, ForwardMsg]:
        got = ForwardMsg()
        got.ParseFromString(await socket.recv())
        kind = got.WhichOneof("type")
        self._heed(kind, got)
        return kind, got

    def _heed(self, kind: str | None, got: ForwardMsg) -> None:
        if kind == "new_session":
            self.session = got.new_session.initialize.session_id or self.session
            if not self.looking:
                self.fragment = ""
                self.told.clear()
                self.labels.clear()
            self.looking = False
        elif kind == "navigation":
            self.script = got.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = got.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.fragment = got.auto_rerun.fragment_id
        elif kind == "delta" and got.delta.WhichOneof("type") == "new_element":
            self._see(got.delta.new_element)

    def _see(self, element: Any) -> None:
        one = getattr(element, element.WhichOneof("type"))
        for name in ("label", "body", "text"):
            self.told.append(str(getattr(one, name, "")))
        if found := re.fullmatch(r"\$\$ID-[0-9a-f]+-(.+)", getattr(one, "id", "")):
            self.widgets[found[1]] = one.id
            self.labels[found[1]] = str(getattr(one, "label", ""))
            self.offered[found[1]] = [str(option) for option in getattr(one, "options", ())]
        self.everything.append(str(one))

    def _id(self, key: str) -> str:
        return self.widgets[key]

    async def _uploaded(self, socket: ClientConnection) -> WidgetState:
        """Send the file as the page's uploader does."""
        message = BackMsg()
        message.file_urls_request.request_id = uuid.uuid4().hex
        message.file_urls_request.session_id = self.session
        message.file_urls_request.file_names.append(self.file.name)
        await socket.send(message.SerializeToString())
        got = ForwardMsg()
        while got.WhichOneof("type") != "file_urls_response":
            got.ParseFromString(await socket.recv())
        (place,) = got.file_urls_response.file_urls
        await asyncio.to_thread(self._put, place.upload_url)
        state = WidgetState(id=self._id("upload-0"))
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = self.file.name, self.file.stat().st_size, place.file_id
        info.file_urls.CopyFrom(place)
        return state

    def _put(self, path: str) -> None:
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{self.file.name}"\r\n\r\n'
        body = head.encode() + self.file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        with urllib.request.urlopen(f"{self.url}/_stcore/health") as answer:
            cookie: Any = SimpleCookie()
            for line in answer.headers.get_all("Set-Cookie") or ():
                cookie.load(line)
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        with contextlib.suppress(KeyError):
            token = cookie["_streamlit_xsrf"].value
            headers |= {"X-Xsrftoken": token, "Cookie": f"_streamlit_xsrf={token}"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method="PUT")
        urllib.request.urlopen(request).close()

    async def show(self) -> None:
        self.file.with_suffix(".txt").write_text("\n".join(self.told), encoding="utf-8")

    @property
    def ids(self) -> tuple[str, str]:
        found = parse_qs(self.query.lstrip("?"))
        return found.get("data", [""])[0], found.get("run", [""])[0]


@dataclass
class Gauge(WireClient):
    """Goes to and fro between pages about once a second until it is cancelled: how soon the server itself answers."""

    async def travel(self, url: str) -> None:
        self.url = url
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:
            await self._ask(socket)
            await self._ask(socket, (await self._uploaded(socket),))
            for page in itertools.cycle(("configure", "guide", "train")):
                await asyncio.sleep(float(self._rng.uniform(0.5, 1.5)))
                await self._answer(f"look at {page}", socket, page=page)
