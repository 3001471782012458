"""A client with bad manners, steered and judged through the generated module `mock_control`."""

import json, os, sys, urllib.error, urllib.request
from mock_control import ApiError, FaultTarget, StatusFault
from world import World

url, key, body = os.environ["MOCK_URL"], os.environ["KEY"], os.environ["BODY"]
world = World(url, key)


def call(path, data=None):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "X-Runway-Version": "2024-11-06"}
    request = urllib.request.Request(url + path, None if data is None else data.encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


try:
    world.control.inject_fault(StatusFault(on=FaultTarget.POLL, kind="status", status=200))
    sys.exit("a fault of status 200 was taken")
except ApiError as error:
    print("refused", error.status, error.body["detail"])

world.limit_rate(30)
status, headers, answer = call("/runwayml/v1/character_performance", body)
while status == 429:
    world.sleep(float(headers["Retry-After"]) / 10)
    status, headers, answer = call("/runwayml/v1/character_performance", body)
task = {}
while task.get("status") != "SUCCEEDED":
    world.sleep(1)
    _, _, task = call("/runwayml/v1/tasks/" + answer["id"])
print("found", *world.findings())
