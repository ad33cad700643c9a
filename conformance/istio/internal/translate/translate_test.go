package translate

import (
	"encoding/json"
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

func shop(t *testing.T) *fixtures.Set {
	t.Helper()
	file, err := os.Open("../../testdata/clean/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	documents, err := manifest.Read("shop", file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := fixtures.Build(documents, fixtures.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// names are the names of all filters, wherever they are.
func names(value any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		if name, ok := value["name"].(string); ok && value["typedConfig"] != nil {
			found[name] = true
		}
		for _, inner := range value {
			names(inner, found)
		}
	case []any:
		for _, inner := range value {
			names(inner, found)
		}
	}
}

func TestNothingNeedsAControlPlane(t *testing.T) {
	made, err := Run(shop(t), Options{Keys: map[string]string{"https://id.example.com": `{"keys":[]}`}})
	if err != nil {
		t.Fatal(err)
	}
	gateway, sidecar := made.Gateways["istio-system/istio-ingressgateway"], made.Sidecars["default/my-app"]
	for name, proxy := range map[string]Proxy{"gateway": gateway, "sidecar": sidecar} {
		var tree any
		if err := json.Unmarshal(proxy.Bootstrap, &tree); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		names(tree, found)
		if !found["envoy.filters.http.router"] {
			t.Errorf("%s: no router among %v", name, found)
		}
		for filter := range found {
			if strings.HasPrefix(filter, "istio") {
				t.Errorf("%s: %s is left", name, filter)
			}
		}
		for _, word := range []string{`"ads"`, `"rds"`, `"edsClusterConfig"`, `SdsSecretConfig`, `"transportSocketMatches"`} {
			if strings.Contains(string(proxy.Bootstrap), word) {
				t.Errorf("%s: %s is left", name, word)
			}
		}
		for _, filter := range []string{"envoy.filters.http.jwt_authn", "envoy.filters.http.rbac"} {
			if found[filter] != (name == "sidecar") {
				t.Errorf("%s: %s is there: %v", name, filter, found[filter])
			}
		}
		if len(proxy.Changes) == 0 {
			t.Errorf("%s: nothing is said of changes", name)
		}
	}
}

func TestAddressesAreTaken(t *testing.T) {
	var wanted Addresses
	text := `{"gatewayPorts": {"80": 20080}, "sidecars": {"default/my-app": {"listen": 20101, "app": "127.0.0.1:20201"}}}`
	if err := json.Unmarshal([]byte(text), &wanted); err != nil {
		t.Fatal(err)
	}
	made, err := Run(shop(t), Options{Addresses: wanted, Keys: map[string]string{"https://id.example.com": `{"keys":[]}`}})
	if err != nil {
		t.Fatal(err)
	}
	gateway, sidecar := made.Gateways["istio-system/istio-ingressgateway"], made.Sidecars["default/my-app"]
	if gateway.Ports["80"] != "127.0.0.1:20080" || gateway.Ports["443"] != "127.77.1.1:8443" {
		t.Errorf("gateway: %v", gateway.Ports)
	}
	if sidecar.Ports["8080"] != "127.0.0.1:20101" || sidecar.App["8080"] != "127.0.0.1:20201" {
		t.Errorf("sidecar: %v %v", sidecar.Ports, sidecar.App)
	}
	if !strings.Contains(string(gateway.Bootstrap), "20101") {
		t.Error("the gateway does not send to the sidecar")
	}
}

func TestKeysMustBeGiven(t *testing.T) {
	_, err := Run(shop(t), Options{})
	if err == nil || !strings.Contains(err.Error(), "https://id.example.com") {
		t.Errorf("%v", err)
	}
}
