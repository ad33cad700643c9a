package validate

import (
	"os"
	"strings"
	"testing"

	"conformance/istio/internal/manifest"
)

// clean is what meshc writes.
const clean = "../../testdata/clean/shop.yaml"

func validator(t *testing.T) *Validator {
	t.Helper()
	made, err := New(DefaultCRDs())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func read(t *testing.T, text string) []manifest.Document {
	t.Helper()
	documents, err := manifest.Read("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

func TestCleanManifestsHaveNoFindings(t *testing.T) {
	text, err := os.ReadFile(clean)
	if err != nil {
		t.Fatal(err)
	}
	results := validator(t).All(read(t, string(text)))
	if len(results) != 4 {
		t.Fatalf("%d documents", len(results))
	}
	for _, result := range results {
		if len(result.Errors)+len(result.Warnings) > 0 {
			t.Errorf("%+v", result)
		}
	}
	// The same in the older version that the kinds share.
	older := strings.NewReplacer("networking.istio.io/v1", "networking.istio.io/v1beta1", "security.istio.io/v1", "security.istio.io/v1beta1")
	if results := validator(t).All(read(t, older.Replace(string(text)))); !Clean(results) {
		t.Errorf("v1beta1: %+v", results)
	}
}

func TestWhatEachCheckFinds(t *testing.T) {
	gateway := func(server string) string {
		return "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {istio: ingressgateway}, servers: [" + server + "]}"
	}
	authentication := func(rule string) string {
		return "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: r}\nspec: {jwtRules: [" + rule + "]}"
	}
	cases := []struct {
		name, text, check, part string
		warning                 bool
	}{
		{name: "a field that does not exist", text: authentication("{issuer: https://a.example.com, audience: [x]}"), check: "decode", part: "audience"},
		{name: "the same, by the schema", text: authentication("{issuer: https://a.example.com, audience: [x]}"), check: "schema", part: "audience"},
		{name: "a field beside spec", text: authentication("{issuer: https://a.example.com}") + "\nspecs: {}", check: "decode", part: "specs"},
		{name: "a short host", text: gateway("{port: {number: 80, name: http, protocol: HTTP}, hosts: [foo]}"), check: "istio", part: "short names"},
		{name: "a CEL rule", text: authentication("{issuer: https://a.example.com, jwksUri: 'https://a.example.com/k', jwks: '{}'}"), check: "schema", part: "only one of jwks"},
		{name: "a length of the schema", text: authentication("{issuer: ''}"), check: "schema", part: "issuer"},
		{
			name: "a warning", text: gateway("{port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: PASSTHROUGH, credentialName: c}}"),
			check: "istio", part: "PASSTHROUGH", warning: true,
		},
		{name: "a version that is not served", text: strings.Replace(authentication("{issuer: https://a.example.com}"), "/v1", "/v7", 1), check: "schema", part: "no validator"},
	}
	judge := validator(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result := judge.All(read(t, c.text))[0]
			findings := result.Errors
			if c.warning {
				findings = result.Warnings
			}
			for _, finding := range findings {
				if finding.Check == c.check && strings.Contains(finding.Message, c.part) {
					return
				}
			}
			t.Errorf("no %s finding with %q: %+v", c.check, c.part, result)
		})
	}
}

func TestAKeyThatStandsTwiceIsNotRead(t *testing.T) {
	_, err := manifest.Read("test", strings.NewReader("kind: A\nkind: B\n"))
	if err == nil {
		t.Error("read")
	}
}
