// The walk through the API with the client that openapi-generator makes for Go.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	otp "example.invalid/walk/otp"
)

func main() {
	inbox, number := os.Getenv("INBOX"), os.Getenv("NUMBER")
	configuration := otp.NewConfiguration()
	configuration.Servers = otp.ServerConfigurations{{URL: os.Getenv("API")}}
	client := otp.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), otp.ContextAccessToken, os.Getenv("KEY"))
	user := "go|walk"
	said := []string{}

	device, _, err := client.DevicesAPI.CreateDevice(ctx, user).
		CreateDeviceRequest(*otp.NewCreateDeviceRequest(number)).Execute()
	said = append(said, codeOf(err, "created"))
	challenge := func(success string) {
		// Without one this client sends null, which is no object.
		_, _, err := client.TokensAPI.Challenge(ctx, user, device.Id).
			ChallengeRequest(*otp.NewChallengeRequest()).Execute()
		said = append(said, codeOf(err, success))
	}
	verify := func(token string) {
		_, _, err := client.TokensAPI.Verify(ctx, user, device.Id).
			VerifyRequest(*otp.NewVerifyRequest(token)).Execute()
		said = append(said, codeOf(err, "verified"))
	}

	challenge("sent")
	verify("wrong")
	verify("wrong")
	_, _, err = client.AdminAPI.Reset(ctx, user, device.Id).Execute()
	said = append(said, codeOf(err, "reset"))
	token := newest(inbox, number)
	verify(token)
	verify(token)
	refuseNext(inbox)
	challenge("sent")
	fmt.Println(strings.Join(said, " "))
}

// The code of the typed problem of an error.
func codeOf(err error, success string) string {
	if err == nil {
		return success
	}
	problem, ok := err.(*otp.GenericOpenAPIError)
	if !ok {
		return err.Error()
	}
	switch model := problem.Model().(type) {
	case otp.Verify403Response:
		if model.InvalidTokenProblem != nil {
			return model.InvalidTokenProblem.Code
		}
		if model.NoTokenProblem != nil {
			return model.NoTokenProblem.Code
		}
	case otp.ThrottledProblem:
		return model.Code
	case otp.Challenge422Response:
		if model.UndeliverableNumberProblem != nil {
			return model.UndeliverableNumberProblem.Code
		}
	}
	return fmt.Sprintf("untyped(%s)", problem.Error())
}

func newest(inbox string, number string) string {
	response, err := http.Get(inbox + "/messages.json?to=" + url.QueryEscape(number))
	if err != nil {
		panic(err)
	}
	var sent struct{ Messages []struct{ Body string } }
	if err := json.NewDecoder(response.Body).Decode(&sent); err != nil {
		panic(err)
	}
	return sent.Messages[0].Body
}

func refuseNext(inbox string) {
	body := strings.NewReader(`{"next":"refused"}`)
	request, _ := http.NewRequest("PUT", inbox+"/failure.json", body)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, response.Body)
}
