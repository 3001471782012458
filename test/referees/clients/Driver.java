import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import cometapirunwaymockcontrol.MockControl;

/** A client with bad manners, steered and judged through the generated class. */
class Driver {
  static final String url = System.getenv("MOCK_URL"), key = System.getenv("KEY"), body = System.getenv("BODY");
  static final HttpClient http = HttpClient.newHttpClient();

  static HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json").header("X-Runway-Version", "2024-11-06");
  }

  static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  static HttpResponse<String> submit() throws Exception {
    return send(to("/runwayml/v1/character_performance").POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  public static void main(String[] args) throws Exception {
    World world = new World(url, key);
    try {
      world.control.injectFault(new MockControl.StatusFault(MockControl.FaultTarget.POLL, "status", null, null, null, null, null, 200L, null, null, null), null);
      throw new IllegalStateException("a fault of status 200 was taken");
    } catch (MockControl.ApiException error) {
      System.out.println("refused " + error.status + " " + error.body);
    }
    world.limitRate(30);
    HttpResponse<String> answer = submit();
    while (answer.statusCode() == 429) {
      world.sleep(Double.parseDouble(answer.headers().firstValue("Retry-After").orElseThrow()) / 10);
      answer = submit();
    }
    String id = answer.body().replaceFirst("(?s).*\"id\":\"([^\"]+)\".*", "$1"), task = "";
    while (!task.contains("\"SUCCEEDED\"")) {
      world.sleep(1);
      task = send(to("/runwayml/v1/tasks/" + id)).body();
    }
    System.out.println("found " + String.join(" ", world.findings()));
  }
}
