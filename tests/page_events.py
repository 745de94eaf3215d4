"""The page's own events, sent over HTTP as its script sends them, without a browser."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx


class Page:
    """One visitor's page, loaded once."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._session = client, secrets.token_hex(8)
        self._client.get("/")
        config = self._client.get("/config").json()
        self._props = {one["id"]: one["props"] for one in config["components"]}
        self._ids = {props.get("elem_id"): one for one, props in self._props.items()}
        self._events = [one for one in config["dependencies"] if one["backend_fn"]]

    def generate(self, **values: Any) -> str:
        """Presses Generate with other values for controls, by their ids; all that the page is answered."""
        return self._send(self._generating(), values)

    def press(self, token: str, **values: Any) -> str:
        """The same by a press that can be named later, see `back`."""
        event = self._generating()
        return self._send(event, values, {event["inputs"][-1]: token})

    def back(self, token: str) -> str:
        """What the page asks when its line was broken: all that it is answered of what that press started."""
        event = next(one for one in self._events if "back" in dict(one["targets"]).values())
        return self._send(event, {}, said={"token": token, "job": "", "shown": "", "away": ""})

    def _generating(self) -> Any:
        wide = [one for one in self._events if self._ids["provider"] in one["inputs"] and one["queue"]]
        return max(wide, key=lambda one: len(one["inputs"]))

    def check(self, **values: Any) -> str:
        """Presses the check of the connection."""
        return self._send(self._on("testconn"), values)

    def choose(self, elem_id: str, **values: Any) -> str:
        """Tells of another choice in a control."""
        return self._send(self._on(elem_id), values)

    def _on(self, elem_id: str) -> Any:
        mine = [
            one for one in self._events if self._ids[elem_id] in dict(one["targets"]) and one["backend_fn"]
        ]
        return next(one for one in mine if self._ids["provider"] in one["inputs"])

    def _send(
        self, event: Any, values: dict[str, Any], more: dict[int, Any] | None = None, said: Any = None
    ) -> str:
        named = {**(more or {}), **{self._ids[name]: value for name, value in values.items()}}
        data = [named.get(one, self._props[one].get("value")) for one in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "session_hash": self._session, "trigger_id": None}
        body["event_data"] = said
        if not event["queue"]:
            return self._post("run/predict", body)
        self._post("queue/join", body)
        told = ""
        with self._client.stream("GET", f"/gradio_api/queue/data?session_hash={self._session}") as lines:
            for line in lines.iter_lines():
                told += line
                if "process_completed" in line:
                    break
        return told

    def _post(self, path: str, body: Any) -> str:
        headers = {"content-type": "application/json"}
        answer = self._client.post(f"/gradio_api/{path}", content=json.dumps(body), headers=headers)
        return answer.raise_for_status().text
