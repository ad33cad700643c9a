// Package traps asks Istio's control plane and Envoy about the traps of hand-written manifests: each trap is a set of
// manifests, requests, and what happens to them. The numbers are those of docs/semantics.md, "Confirmed against Istio's
// own code".
package traps

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"conformance/istio/internal/fixtures"
	"conformance/istio/internal/manifest"
	"conformance/istio/internal/quiet"
	"conformance/istio/internal/rig"
	"conformance/istio/internal/translate"
)

func TestMain(m *testing.M) {
	if err := quiet.Logs(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// trap is one belief about Istio, with the requests that show it.
type trap struct {
	id        string
	what      string
	manifests string
	mesh      string
	asks      []ask
}

// ask is a request and its outcome.
type ask struct {
	note     string
	inside   string // "namespace/app": straight to that sidecar, as from inside the mesh; else through the gateway
	port     string // the Service's port; by default 8080 inside and 80 at the gateway
	tls      string // SNI
	method   string // GET by default
	path     string // "/" by default
	host     string // h.example.com by default
	headers  [][2]string
	token    *claimed            // sent as a bearer token
	query    *claimed            // sent as access_token
	asked    map[string]*claimed // sent in these headers, behind what follows a blank in the name
	derived  bool                // foretold by reading
	believed int                 // what was foretold, where that was wrong
	want     int                 // 0: the connection is closed without an answer
	app      string              // the application that must have been reached, if any
	sees     string              // the path that the application must have got
	starts   string              // how it must begin
	absent   string              // a header that the application must not have got
	present  string              // a header that it must have got
}

// claimed is a token to be signed.
type claimed struct {
	by     *rig.Issuer
	claims rig.Claims
}

var (
	issuerA = mustIssuer("https://a.example.com")
	issuerB = mustIssuer("https://b.example.com")
	slashed = mustIssuer("https://s.example.com/")
	nobody  = mustIssuer("https://a.example.com") // the name of A with a key of its own
)

func mustIssuer(url string) *rig.Issuer {
	issuer, err := rig.NewIssuer(url)
	if err != nil {
		panic(err)
	}
	return issuer
}

// from is a token with these claims.
func from(by *rig.Issuer, claims rig.Claims) *claimed { return &claimed{by: by, claims: claims} }

// text signs it.
func (c *claimed) text(t *testing.T) string {
	t.Helper()
	text, err := c.by.Token(c.claims)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// expired is a token of A that was good two hours ago.
func expired() *claimed {
	return from(issuerA, rig.Claims{"exp": time.Now().Add(-2 * time.Hour).Unix()})
}

// rows are the lines of the table, as they were seen.
var rows []string

// page is where the table stands.
const page = "../../../docs/semantics.md"

// derived are the numbers whose first request was foretold by reading Istio's code; all other requests were added to see
// more, and nothing was believed of them.
var derived = regexp.MustCompile(`^B\d+$`)

func TestTraps(t *testing.T) {
	envoy := os.Getenv("ENVOY")
	if envoy == "" {
		t.Skip("ENVOY does not name an Envoy binary")
	}
	seen := map[string]bool{}
	for _, group := range [][]trap{tokenTraps(), severalTokenTraps(), forwardTraps(), principalTraps(), claimTraps(), pathTraps(), hostTraps(), routeTraps(), gatewayTraps(), disguiseTraps()} {
		for _, trap := range group {
			if seen[trap.id] {
				t.Fatalf("%s stands twice", trap.id)
			}
			seen[trap.id] = true
			t.Run(trap.id, func(t *testing.T) { trap.run(t, envoy) })
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !strings.Contains(string(text), row+"\n") {
			t.Errorf("docs/semantics.md lacks: %s", row)
		}
	}
	for number := 1; number <= 38; number++ {
		if id := fmt.Sprintf("B%d", number); !seen[id] {
			t.Errorf("%s has no requests", id)
		}
	}
}

func (c trap) run(t *testing.T, envoy string) {
	documents, err := manifest.Read(c.id, strings.NewReader(c.manifests))
	if err != nil {
		t.Fatal(err)
	}
	set, err := fixtures.Build(documents, fixtures.Options{})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, issuer := range []*rig.Issuer{issuerA, issuerB, slashed} {
		keys[issuer.URL] = issuer.Keys()
	}
	network, err := rig.Claim()
	if err != nil {
		t.Fatal(err)
	}
	defer network.Release()
	made, err := translate.Run(set, translate.Options{Addresses: translate.Addresses{Base: network.Base}, Keys: keys, Mesh: c.mesh})
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := rig.Start(envoy, t.TempDir(), made)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Stop()
	for i, ask := range c.asks {
		ask.derived = i == 0 && derived.MatchString(c.id)
		ask.check(t, c, made)
	}
}

// check sends the request and compares.
func (a ask) check(t *testing.T, c trap, made translate.Result) {
	t.Helper()
	request := a.request(t, made)
	answer, err := request.Send()
	name := fmt.Sprintf("%s %s %s%s %s", c.id, request.Method, request.Host, request.Path, a.note)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !strings.HasPrefix(c.id, "A40") { // these have a table of their own on that page
		rows = append(rows, a.row(c, request, answer.Status))
	}
	if answer.Status != a.want {
		t.Errorf("%s: %d, want %d: %s", name, answer.Status, a.want, strings.TrimSpace(answer.Body))
		return
	}
	if a.app != "" && (answer.Seen == nil || answer.Seen.App != a.app) {
		t.Errorf("%s: reached %+v, want %s", name, answer.Seen, a.app)
	}
	if a.sees != "" && (answer.Seen == nil || answer.Seen.Path != a.sees) {
		t.Errorf("%s: the application saw %+v, want %s", name, answer.Seen, a.sees)
	}
	if a.starts != "" && (answer.Seen == nil || !strings.HasPrefix(answer.Seen.Path, a.starts)) {
		t.Errorf("%s: the application saw %+v, want %s…", name, answer.Seen, a.starts)
	}
	if a.present != "" && (answer.Seen == nil || answer.Seen.Header.Get(a.present) == "") {
		t.Errorf("%s: the application did not get %s", name, a.present)
	}
	if a.absent != "" && answer.Seen != nil && answer.Seen.Header.Get(a.absent) != "" {
		t.Errorf("%s: the application got %s", name, a.absent)
	}
}

func (a ask) request(t *testing.T, made translate.Result) rig.Request {
	t.Helper()
	proxies, key, port := made.Gateways, "istio-system/istio-ingressgateway", "80"
	if a.inside != "" {
		proxies, key, port = made.Sidecars, a.inside, "8080"
	}
	if a.port != "" {
		port = a.port
	}
	address, found := proxies[key].Ports[port]
	if !found {
		t.Fatalf("%s does not listen on port %s: %v", key, port, proxies[key].Ports)
	}
	headers := a.headers
	if a.token != nil {
		headers = append([][2]string{{"Authorization", "Bearer " + a.token.text(t)}}, headers...)
	}
	for header, token := range a.asked {
		name, prefix, _ := strings.Cut(header, " ")
		if prefix != "" && !strings.HasSuffix(prefix, "=") {
			prefix += " "
		}
		headers = append(headers, [2]string{name, prefix + token.text(t)})
	}
	path := or(a.path, "/")
	if a.query != nil {
		joint := "?"
		if strings.Contains(path, "?") {
			joint = "&"
		}
		path += joint + "access_token=" + a.query.text(t)
	}
	return rig.Request{
		Address: address, TLS: a.tls, Method: or(a.method, "GET"), Path: path, Host: or(a.host, "h.example.com"), Headers: headers,
	}
}

// row is the ask's line in the table of docs/semantics.md.
func (a ask) row(c trap, request rig.Request, seen int) string {
	believed, shown := "", outcome(seen)
	switch {
	case a.believed != 0:
		believed, shown = outcome(a.believed), "**"+shown+"**"
	case a.derived:
		believed = outcome(a.want)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", c.id, c.what, a.describe(request), believed, shown)
}

// outcome is a status for people.
func outcome(status int) string {
	if status == 0 {
		return "closed"
	}
	return strconv.Itoa(status)
}

// describe is the request as it stands in the table.
func (a ask) describe(request rig.Request) string {
	path := request.Path
	if a.query != nil {
		path, _, _ = strings.Cut(path, "access_token=")
		path = strings.TrimRight(path, "?&")
	}
	out := fmt.Sprintf("`%s %s%s`", request.Method, request.Host, path)
	if a.inside != "" {
		out += " from inside"
	}
	if a.note != "" {
		out += ", " + a.note
	}
	return out
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
