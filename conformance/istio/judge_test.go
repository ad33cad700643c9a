package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"conformance/istio/internal/quiet"
	"conformance/istio/internal/rig"
)

func TestMain(m *testing.M) {
	if err := quiet.Logs(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// served sends one line to serve and returns its answer.
func served(t *testing.T, judge *judge, request Request) map[string]json.RawMessage {
	t.Helper()
	line, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := judge.serve(bytes.NewReader(line), &out); err != nil {
		t.Fatal(err)
	}
	answer := map[string]json.RawMessage{}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return answer
}

func shop(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/clean/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServeAnswersLineByLine(t *testing.T) {
	judge := &judge{issuers: rig.Issuers{}}
	if got := served(t, judge, Request{Command: "validate", Manifests: shop(t)}); string(got["clean"]) != "true" {
		t.Errorf("%s", got)
	}
	bad := strings.Replace(shop(t), "jwksUri", "jwksURL", 1)
	if got := served(t, judge, Request{Command: "validate", Manifests: bad}); string(got["clean"]) != "false" {
		t.Errorf("%s", got)
	}
	for _, request := range []Request{{Command: "validate"}, {Command: "guess", Manifests: shop(t)}, {Command: "probe", Manifests: shop(t)}} {
		if got := served(t, judge, request); got["error"] == nil {
			t.Errorf("%s: %s", request.Command, got)
		}
	}
}

func TestProbe(t *testing.T) {
	envoy := os.Getenv("ENVOY")
	if envoy == "" {
		t.Skip("ENVOY does not name an Envoy binary")
	}
	const gateway, app, issuer = "istio-system/istio-ingressgateway", "default/my-app", "https://id.example.com"
	probe := func(to, method, path string, tokens ...rig.Token) rig.Probe {
		out := rig.Probe{To: to, Method: method, Path: path, Host: "dev.example.com", Tokens: tokens}
		if to == gateway {
			out.Port = "80"
		}
		return out
	}
	good, forged := rig.Token{Issuer: issuer}, rig.Token{Issuer: issuer, Forged: true}
	cases := []struct {
		probe  rig.Probe
		status int
		seen   string // the path that the application got
	}{
		{probe(gateway, "GET", "/healthz"), 200, "/healthz"},
		{probe(gateway, "GET", "/x"), 403, ""},
		{probe(gateway, "GET", "/x", good), 200, "/x"},
		{probe(gateway, "DELETE", "/x", good), 403, ""},
		{probe(gateway, "GET", "/healthz", forged), 401, ""},
		{probe(gateway, "GET", "/old"), 301, ""},
		{probe(app, "GET", "/old", good), 200, "/old"},
		{probe(app, "GET", "/x"), 403, ""},
		{probe(gateway, "GET", "/x?a=1", rig.Token{Issuer: issuer, Query: "access_token"}), 200, "/x?a=1"},
	}
	secure := probe(gateway, "GET", "/x", good)
	secure.Port, secure.TLS = "443", "dev.example.com"
	cases = append(cases, struct {
		probe  rig.Probe
		status int
		seen   string
	}{secure, 200, "/x"})
	request := Request{Command: "probe", Manifests: shop(t)}
	for _, c := range cases {
		request.Requests = append(request.Requests, c.probe)
	}
	answer := served(t, &judge{envoy: envoy, issuers: rig.Issuers{}}, request)
	var got struct{ Outcomes []rig.Outcome }
	if err := json.Unmarshal(answer["answer"], &got); err != nil || len(got.Outcomes) != len(cases) {
		t.Fatalf("%v: %s", err, answer)
	}
	for i, outcome := range got.Outcomes {
		c := cases[i]
		reached := ""
		if outcome.Seen != nil {
			reached = outcome.Seen.Path
		}
		if outcome.Status != c.status || reached != c.seen {
			t.Errorf("%+v: got %+v, reached %q", c.probe, outcome, reached)
		}
	}
}
