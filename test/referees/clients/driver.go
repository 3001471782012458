// A client with bad manners, steered and judged through the generated package.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	control "mock/control"
)

var url, key, body = os.Getenv("MOCK_URL"), os.Getenv("KEY"), os.Getenv("BODY")

func call(method, path, content string, into any) *http.Response {
	request, _ := http.NewRequest(method, url+path, strings.NewReader(content))
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Runway-Version", "2024-11-06")
	answer, err := http.DefaultClient.Do(request)
	must(err)
	defer answer.Body.Close()
	must(json.NewDecoder(answer.Body).Decode(into))
	return answer
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	w := newWorld(url, key)
	_, err := w.control.InjectFault(context.Background(), control.StatusFault{On: control.FaultTargetPoll, Kind: "status", Status: 200}, nil)
	var refusal *control.APIError
	if !errors.As(err, &refusal) {
		panic("a fault of status 200 was taken")
	}
	fmt.Println("refused", refusal.Status, refusal.Body.(map[string]any)["detail"])

	must(w.limitRate(30))
	var task struct{ Id, Status string }
	answer := call("POST", "/runwayml/v1/character_performance", body, &struct{}{})
	for answer.StatusCode == 429 {
		wait, _ := strconv.ParseFloat(answer.Header.Get("Retry-After"), 64)
		must(w.sleep(wait / 10))
		answer = call("POST", "/runwayml/v1/character_performance", body, &task)
	}
	id := task.Id
	for task.Status != "SUCCEEDED" {
		must(w.sleep(1))
		call("GET", "/runwayml/v1/tasks/"+id, "", &task)
	}
	findings, err := w.findings()
	must(err)
	fmt.Println("found", strings.Join(findings, " "))
}
