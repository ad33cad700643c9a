package analyze

import (
	"os"
	"strings"
	"testing"

	"conformance/istio/internal/fixtures"
	"conformance/istio/internal/manifest"
	"conformance/istio/internal/quiet"
)

func TestMain(m *testing.M) {
	if err := quiet.Logs(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func analyzed(t *testing.T, text string) Result {
	t.Helper()
	documents, err := manifest.Read("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := fixtures.Build(documents, fixtures.Options{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(set)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func clean(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/clean/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCleanManifestsHaveNoMessages(t *testing.T) {
	result := analyzed(t, clean(t))
	if len(result.Messages)+len(result.Environment)+len(result.Skipped) > 0 {
		t.Errorf("%+v", result)
	}
}

func TestWhatTheAnalyzersFind(t *testing.T) {
	replaced := func(old, with string) string {
		text := clean(t)
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in the clean manifests", old)
		}
		return strings.Replace(text, old, with, 1)
	}
	service := "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: my-app}\nspec: {selector: {app: my-app}, ports: [{name: http, port: 80}]}\n"
	second := "\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: other}\nspec:\n  selector: {istio: ingressgateway}\n" +
		"  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [dev.example.com]}]\n"
	cases := []struct{ name, text, code, resource string }{
		{"a gateway that does not exist", replaced("gateways: [edge]", "gateways: [egde]"), "IST0101", "VirtualService default/edge.dev"},
		{"hosts that the gateway does not serve", replaced("  hosts: [dev.example.com, test.example.com]\n  gateways", "  hosts: [other.example.com]\n  gateways"), "IST0132", "VirtualService default/edge.dev"},
		{"a port that the Service does not have", clean(t) + service, "IST0101", "VirtualService default/edge.dev"},
		{"two gateways for one host", clean(t) + second, "IST0145", "Gateway default/edge"},
		{"a rule that cannot be reached", replaced("    - match:\n        - uri: {exact: /old}", "    - match:\n        - uri: {prefix: /}\n      redirect: {uri: /x}\n    - match:\n        - uri: {exact: /old}"), "IST0130", "VirtualService default/edge.dev"},
		{"a namespace that does not exist", replaced("        - operation: {methods: [GET, POST]}", "        - operation: {methods: [GET, POST]}\n    - from: [{source: {namespaces: [nowhere]}}]"), "IST0101", "AuthorizationPolicy default/my-app"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result := analyzed(t, c.text)
			for _, message := range result.Messages {
				if message.Code == c.code && message.Resource == c.resource {
					return
				}
			}
			t.Errorf("no %s about %s: %+v", c.code, c.resource, result)
		})
	}
}
