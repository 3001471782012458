"""Contract tests of app.py against the mock, with the standard library alone: `python3 -m unittest`.

The mock is started with MOCK_COMMAND (by default `npx cometapi-runway-mock`) and ends with these tests, or is the one that runs at
MOCK_URL, with a manual clock: what the program sleeps is what passes there, and nothing waits. Each test has a key of its own, and so a world of its own; at its end the mock says whether the program
did anything that costs money or breaks a rule.
"""

import json
import os
import shlex
import subprocess
import unittest
import urllib.request

from app import App, OutcomeUnknown, Refused

PERFORMANCE = {
    "character": {"type": "image", "uri": "https://example.com/portrait.png"},
    "reference": {"type": "video", "uri": "https://example.com/performance.mp4"},
}


class Mock:
    """The mock as a process: it says where it listens, and ends when its standard input does."""

    def __init__(self):
        command = shlex.split(os.environ.get("MOCK_COMMAND", "npx cometapi-runway-mock"))
        options = ["--port", "0", "--clock", "manual", "--json", "--exit-with-stdin"]
        self._process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = json.loads(self._process.stdout.readline() or "{}")
        if said.get("event") != "ready":
            raise RuntimeError(f"the mock did not start: {said.get('message', self._process.wait())}")
        self.url = said["url"]

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.read()
        self._process.stdout.close()
        self._process.wait()


def setUpModule():
    global url
    url = os.environ.get("MOCK_URL")
    if url is None:
        mock = Mock()
        unittest.addModuleCleanup(mock.stop)
        url = mock.url


class ContractTest(unittest.TestCase):
    def setUp(self):
        self.key = "test-" + self.id()
        self.allowed = []
        self.slept = []
        self.ids = []
        self.app = App(url, self.key, sleep=self.sleep)
        self.control("POST", "reset")

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.control("POST", "clock/advance", {"by": f"{seconds * 1000:.0f} millis"})

    def tearDown(self):
        # unittest shows a test's own failure first, and this one after it. What a fault took from the program it could not help.
        findings = self.control("GET", "report")["findings"]
        found = [each["message"] for each in findings if each["kind"] not in self.allowed and not each.get("byFault")]
        self.control("POST", "reset")
        self.assertEqual(found, [])

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/_mock/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return json.loads(text) if text else None

    def make(self):
        return self.app.make(PERFORMANCE, self.ids.append)


class WhatGoesWrong(ContractTest):
    def test_an_answer_that_is_lost_is_not_asked_for_again(self):
        self.control("POST", "faults", {"on": "submit", "kind": "lost", "once": True})
        with self.assertRaises(OutcomeUnknown):
            self.make()
        report = self.control("GET", "report")
        self.assertEqual((report["submissions"], report["accepted"]), (1, 1))

    def test_a_program_that_asks_again_pays_twice_and_the_report_says_so(self):
        self.control("POST", "faults", {"on": "submit", "kind": "lost", "once": True})
        try:
            self.make()
        except OutcomeUnknown:
            self.make()  # naive
        found = [(each["kind"], each["requests"]) for each in self.control("GET", "report")["findings"]]
        self.assertEqual(found, [("duplicate-submission", [1, 2]), ("paid-orphan", [1])])
        self.allowed.append("duplicate-submission")

    def test_429_is_waited_out_for_as_long_as_it_says_and_paid_for_once(self):
        self.control("POST", "faults", {"on": "submit", "kind": "status", "status": 429, "retryAfter": 7, "first": 2})
        self.make()
        self.assertEqual(self.slept[:2], [7, 7])
        self.assertEqual([task["id"] for task in self.control("GET", "tasks")], self.ids)

    def test_a_moderated_input_is_refused_with_its_reason_once_its_id_is_known(self):
        self.control("PUT", "scenario", {"name": "failed-safety-input"})
        with self.assertRaises(Refused) as refused:
            self.make()
        self.assertEqual(refused.exception.code, "SAFETY.INPUT.IMAGE")
        self.assertEqual(len(self.ids), 1)

    def test_polls_survive_what_passes(self):
        for nth, kind in enumerate(["reset", "truncated", "cut", "html", "empty"], 1):
            self.control("POST", "faults", {"on": "poll", "kind": kind, "nth": nth})
        self.make()
        self.assertEqual([fault["hits"] for fault in self.control("GET", "faults")], [1] * 5)


class WhatGoesWell(ContractTest):
    def test_a_job_becomes_a_video_with_a_poll_every_5_seconds(self):
        self.assertEqual(self.make()[4:8], b"ftyp")
        self.assertEqual(set(self.slept), {5})
        report = self.control("GET", "report")
        self.assertEqual((report["submissions"], report["polls"], report["downloads"]), (1, 12, 1))

    def test_in_the_gateways_shapes_too(self):
        for scenario in ["envelope", "row", "success-url-in-fail-reason", "not-visible-yet"]:
            with self.subTest(scenario):
                self.control("POST", "reset")
                self.control("PUT", "scenario", {"name": scenario})
                self.make()


if __name__ == "__main__":
    unittest.main()
