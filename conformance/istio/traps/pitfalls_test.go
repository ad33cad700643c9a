package traps

import (
	"strings"

	"conformance/istio/internal/rig"
)

// pitfallTraps are pitfalls of docs/semantics.md that no B-number shows: hand-written manifests that look right, and the
// request for which they are wrong.
func pitfallTraps() []trap {
	good := from(issuerA, nil)
	needsToken := "- from: [{source: {requestPrincipals: ['*']}}]"
	both := tokens("  - issuer: https://a.example.com\n  - issuer: https://b.example.com\n    fromHeaders: [{name: x-b}]")
	rewriting := gatewayOnly + routes("h", "h.example.com", "  - match: [{uri: {prefix: /public}}]\n    rewrite: {uri: /}\n    "+to("my-app"))
	return []trap{
		{id: "P5", what: "policy whose selector has a wrong label", manifests: edge + trustA +
			strings.Replace(allow(needsToken), "app: my-app", "app: myapp", 1), asks: []ask{
			{note: "no token", want: 200, app: app},
		}},
		{id: "P6", what: "policy for the workload in the gateway's namespace", manifests: edge + trustA +
			strings.Replace(allow(needsToken), "namespace: default", "namespace: shop", 1), asks: []ask{
			{note: "no token", want: 200, app: app},
		}},
		{id: "P8", what: "ALLOW \"ISS/*\", token without sub", manifests: edge + trustA +
			allow("- from: [{source: {requestPrincipals: ['https://a.example.com/*']}}]"), asks: []ask{
			{token: from(issuerA, rig.Claims{"sub": nil}), want: 403},
		}},
		{id: "P18", what: "VS for a host that the Gateway does not serve", manifests: strings.Replace(edge, "hosts: [\"*\"]", "hosts: [other.example.com]", 1), asks: []ask{
			{want: 404},
		}},
		{id: "P19", what: "VS without gateways", manifests: strings.Replace(edge, "  gateways: [edge]\n", "", 1), asks: []ask{
			{want: 404},
		}},
		{id: "P21", what: "VS rewrites /public to /, DENY paths /public/secret at the workload", manifests: rewriting +
			deny("- to: [{operation: {paths: ['/public/secret']}}]"), asks: []ask{
			{path: "/public/secret", want: 200, app: app},
		}},
		{id: "P21a", what: "the same rewrite, DENY paths /secret", manifests: rewriting +
			deny("- to: [{operation: {paths: ['/secret']}}]"), asks: []ask{
			{path: "/public/secret", note: "the workload sees //secret", want: 200, sees: "//secret"},
			{path: "/publicsecret", note: "the workload sees /secret", want: 403},
		}},
		{id: "P28", what: "rule names a claim and no issuer", manifests: edge + both +
			allow("- when: [{key: 'request.auth.claims[groups]', values: [admins]}]"), asks: []ask{
			{asked: map[string]*claimed{"x-b": from(issuerB, rig.Claims{"groups": "admins"})}, note: "B's token, meant for A's", want: 200},
		}},
		{id: "P31", what: "from and to as two rules, by one dash too many", manifests: edge + trustA +
			allow(needsToken+"\n- to: [{operation: {paths: [/x]}}]"), asks: []ask{
			{path: "/x", note: "no token", want: 200},
			{path: "/y", note: "with a token", token: good, want: 200},
		}},
		{id: "P32", what: "ALLOW for /healthz beside DENY without a token", manifests: edge + trustA +
			allow("- to: [{operation: {paths: [/healthz]}}]\n"+needsToken) + deny("- from: [{source: {notRequestPrincipals: ['*']}}]"), asks: []ask{
			{path: "/healthz", note: "no token", want: 403},
		}},
		{id: "P36", what: "ALLOW at the gateway for one host, another host of it", manifests: edge +
			atGateway("ALLOW", "rules:\n- to: [{operation: {hosts: [tenant.example.com]}}]"), asks: []ask{
			{want: 403},
		}},
	}
}
