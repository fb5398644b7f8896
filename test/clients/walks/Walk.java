// The walk through the API with the client that openapi-generator makes for Java.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AdminApi;
import org.openapitools.client.api.DevicesApi;
import org.openapitools.client.api.TokensApi;
import org.openapitools.client.model.*;

public class Walk {
  interface Call {
    void run() throws ApiException;
  }

  static final HttpClient http = HttpClient.newHttpClient();
  static final ObjectMapper json = ApiClient.createDefaultObjectMapper();
  static final List<String> said = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    String inbox = System.getenv("INBOX"), number = System.getenv("NUMBER");
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("API"));
    client.setRequestInterceptor(
        request -> request.header("Authorization", "Bearer " + System.getenv("KEY")));
    TokensApi tokens = new TokensApi(client);
    String user = "java|walk";

    Device device =
        new DevicesApi(client).createDevice(user, new CreateDeviceRequest().number(number), null);
    said.add("created");
    // Without one this client sends null, which is no object.
    Call send = () -> tokens.challenge(user, device.getId(), null, new ChallengeRequest());
    say("sent", send);
    Call wrong = () -> tokens.verify(user, device.getId(), new VerifyRequest().token("wrong"), null);
    say("verified", wrong);
    say("verified", wrong);
    say("reset", () -> new AdminApi(client).reset(user, device.getId()));
    String query = "?to=" + URLEncoder.encode(number, StandardCharsets.UTF_8);
    String token =
        json.readTree(ask("GET", inbox + "/messages.json" + query, ""))
            .at("/messages/0/body")
            .asText();
    Call right = () -> tokens.verify(user, device.getId(), new VerifyRequest().token(token), null);
    say("verified", right);
    say("verified", right);
    ask("PUT", inbox + "/failure.json", "{\"next\":\"refused\"}");
    say("sent", send);
    System.out.println(String.join(" ", said));
  }

  static void say(String success, Call call) throws Exception {
    try {
      call.run();
      said.add(success);
    } catch (ApiException error) {
      said.add(codeOf(error));
    }
  }

  /** The code of the typed problem of an error. */
  static String codeOf(ApiException error) throws Exception {
    String body = error.getResponseBody();
    if (error.getCode() == 403) {
      Object problem = json.readValue(body, Verify403Response.class).getActualInstance();
      if (problem instanceof InvalidTokenProblem) return ((InvalidTokenProblem) problem).getCode().getValue();
      if (problem instanceof NoTokenProblem) return ((NoTokenProblem) problem).getCode().getValue();
    }
    if (error.getCode() == 429) return json.readValue(body, ThrottledProblem.class).getCode().getValue();
    if (error.getCode() == 422) {
      Object problem = json.readValue(body, Challenge422Response.class).getActualInstance();
      if (problem instanceof UndeliverableNumberProblem) return ((UndeliverableNumberProblem) problem).getCode().getValue();
    }
    return "untyped(" + error.getCode() + " " + body + ")";
  }

  static String ask(String method, String url, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
