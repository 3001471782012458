"""A small program that uses the API with Python's standard library alone.

It does right what such programs do wrong: see ../app.ts, which it is the twin of.
"""

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime

PAUSE = 5.0
PATIENCE = 360  # polls: half an hour
REST = {
    "model": "act_two",
    "ratio": "1280:720",
    "bodyControl": True,
    "expressionIntensity": 3,
    "seed": 1,
    "contentModeration": {"publicFigureThreshold": "auto"},
}


# What a connection that breaks comes to, and an answer that is no JSON.
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)


class OutcomeUnknown(Exception):
    """The job may have been accepted, and charged. Somebody has to look before it is sent again."""


class Refused(Exception):
    """The API said no, or the task failed; `code` is its reason, where it has one."""

    def __init__(self, message, code=""):
        super().__init__(message)
        self.code = code


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A wrong path is answered with a redirect to a web page."""

    def redirect_request(self, *_):
        return None


def _wait_of(headers):
    """What Retry-After says, in seconds: a number or a date, and never less than the usual pause."""
    said = headers.get("Retry-After", "")
    if said.isdigit():
        return max(PAUSE, float(said))
    try:
        return max(PAUSE, parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return PAUSE


def _task_of(body):
    """The task, whether it comes bare or in the gateway's envelope."""
    if not isinstance(body, dict):
        return {}
    return _task_of(body["data"]) if isinstance(body.get("data"), dict) else body


def _url_of(task):
    """Where the video is. The gateway has more than one place for it, and one is called `fail_reason`."""
    output = task.get("output")
    places = output if isinstance(output, list) else []
    places = [*places, task.get("result_url"), task.get("video_url"), task.get("fail_reason")]
    return next((place for place in places if isinstance(place, str) and place.startswith("http")), None)


class App:
    def __init__(self, base_url, key, sleep=time.sleep):
        self._base_url = base_url
        self._key = key
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirect)

    def _call(self, path, body=None):
        """Status, headers and JSON of an answer; raises one of NO_ANSWER where there is none."""
        headers = {
            "Authorization": f"Bearer {self._key}",
            "X-Runway-Version": "2024-11-06",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base_url + path, data, headers)
        try:
            with self._opener.open(request, timeout=30) as response:
                return response.status, response.headers, json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode(errors="replace")

    def submit(self, performance):
        """Starts a job and gives its id. It costs money, so it is sent again only after a 429."""
        attempts = 5
        while True:
            try:
                status, headers, answer = self._call("/runwayml/v1/character_performance", {**REST, **performance})
            except NO_ANSWER as error:
                raise OutcomeUnknown("no answer to the POST") from error
            if status == 200 and isinstance(answer, dict) and isinstance(answer.get("id"), str):
                return answer["id"]
            attempts -= 1
            if status == 429 and attempts > 0:
                self._sleep(_wait_of(headers))
            elif 300 <= status < 500:
                raise Refused(f"the POST was answered {status}: {answer}")
            else:
                raise OutcomeUnknown(f"the POST was answered {status}, without an id")

    def wait(self, task_id):
        """Looks until the task has ended, and gives the URL of its video."""
        pause = PAUSE
        for _ in range(PATIENCE):
            self._sleep(pause)
            pause = PAUSE
            try:
                status, headers, answer = self._call("/runwayml/v1/tasks/" + urllib.parse.quote(task_id, safe=""))
            except NO_ANSWER:
                continue  # A poll that fails says nothing of the task.
            if status in (401, 403):
                raise Refused(f"the poll was answered {status}")
            if status != 200:
                pause = _wait_of(headers)
                continue
            task = _task_of(answer)
            state, url = str(task.get("status")), _url_of(task)
            if state.startswith("SUCC") and url is not None:
                return url
            if state.startswith(("FAIL", "CANCEL")):
                raise Refused(task.get("failure") or state, task.get("failureCode") or "")
        raise TimeoutError(f"task {task_id} goes on; ask for it later")

    def make(self, performance, on_submitted):
        """All of it. `on_submitted` is where the id is written down: nothing else leads back to the job."""
        task_id = self.submit(performance)
        on_submitted(task_id)
        # The key is for the API, and not for the host of the video.
        with urllib.request.urlopen(self.wait(task_id), timeout=30) as response:
            return response.read()
