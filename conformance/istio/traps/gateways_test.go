package traps

import "strings"

// gatewayTraps are about policies on the gateway.
func gatewayTraps() []trap {
	nothing := object("security.istio.io/v1", "AuthorizationPolicy", "none", "istio-system", "{}")
	redirecting := strings.Replace(edge, "hosts: [\"*\"]", "hosts: [h.example.com]\n      tls: {httpsRedirect: true}", 1)
	secured := strings.Replace(edge, "hosts: [\"*\"]", `hosts: [h.example.com]
    - port: {number: 443, name: https, protocol: HTTPS}
      hosts: [h.example.com]
      tls: {mode: SIMPLE, credentialName: h-cert}`, 1)
	trustAtGateway := object("security.istio.io/v1", "RequestAuthentication", "edge", "istio-system",
		"selector: {matchLabels: {istio: ingressgateway}}\njwtRules: [{issuer: https://a.example.com}]")
	principal := allow("- from: [{source: {requestPrincipals: ['*']}}]")
	good := from(issuerA, nil)
	return []trap{
		{id: "B25", what: "default-deny AP on the gateway, unknown host", manifests: edge + nothing, asks: []ask{
			{host: "unknown.example.com", want: 403},
		}},
		{id: "B25a", what: "no AP, unknown host", manifests: edge, asks: []ask{
			{host: "unknown.example.com", want: 404},
		}},
		{id: "B26", what: "port 80 httpsRedirect and default-deny", manifests: redirecting + nothing, asks: []ask{
			{want: 403},
		}},
		{id: "B26a", what: "port 80 httpsRedirect alone", manifests: redirecting, asks: []ask{
			{path: "/anything", want: 301},
		}},
		{id: "B30", what: "RA on gateway and workload, forwardOriginalToken false, workload ALLOW needs a principal", manifests: edge + trustAtGateway + trustA + principal, asks: []ask{
			{token: good, want: 403},
			{token: good, inside: app, want: 200},
		}},
		{id: "B30a", what: "the same with forwardOriginalToken at the gateway", manifests: edge +
			strings.Replace(trustAtGateway, "{issuer: https://a.example.com}", "{issuer: https://a.example.com, forwardOriginalToken: true}", 1) + trustA + principal, asks: []ask{
			{token: good, want: 200},
		}},
		{id: "B34", what: "ALLOW ports [443] on a gateway that listens on 8443", manifests: secured + atGateway("ALLOW", "rules:\n- to: [{operation: {ports: ['443']}}]"), asks: []ask{
			{port: "443", tls: "h.example.com", want: 403},
		}},
		{id: "B34a", what: "the same with ports [8443]", manifests: secured + atGateway("ALLOW", "rules:\n- to: [{operation: {ports: ['8443']}}]"), asks: []ask{
			{port: "443", tls: "h.example.com", want: 200, app: app},
			{port: "80", want: 403},
			{port: "443", tls: "other.example.com", note: "unknown SNI", want: 0},
		}},
	}
}
