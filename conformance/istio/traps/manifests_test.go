package traps

import "strings"

// app is the sidecar that most traps are about.
const app = "default/my-app"

// edge is a gateway and the whole of h.example.com routed to my-app.
const edge = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: h}
spec:
  hosts: [h.example.com]
  gateways: [edge]
  http:
    - route: [{destination: {host: my-app.default.svc.cluster.local, port: {number: 8080}}}]
---
`

// gatewayOnly is the gateway of edge without its routes.
var gatewayOnly = strings.SplitAfter(edge, "---\n")[0]

// tokens is a RequestAuthentication of my-app with these token rules.
func tokens(rules string) string {
	return object("security.istio.io/v1", "RequestAuthentication", "my-app", "default",
		"selector: {matchLabels: {app: my-app}}\njwtRules:\n"+rules)
}

// trustA is the plainest: tokens of A.
var trustA = tokens("  - issuer: https://a.example.com")

// allow and deny are AuthorizationPolicies of my-app with these rules.
func allow(rules string) string { return policy("ALLOW", "allow", rules) }
func deny(rules string) string  { return policy("DENY", "deny", rules) }

func policy(action, name, rules string) string {
	return object("security.istio.io/v1", "AuthorizationPolicy", name, "default",
		"selector: {matchLabels: {app: my-app}}\naction: "+action+"\nrules:\n"+rules)
}

// atGateway is an AuthorizationPolicy of the gateway's pods.
func atGateway(action, rules string) string {
	return object("security.istio.io/v1", "AuthorizationPolicy", "edge", "istio-system",
		"selector: {matchLabels: {istio: ingressgateway}}\naction: "+action+"\n"+rules)
}

// routes is a VirtualService of the gateway.
func routes(name, hosts, http string) string {
	return object("networking.istio.io/v1", "VirtualService", name, "default", "hosts: ["+hosts+"]\ngateways: [edge]\nhttp:\n"+http)
}

// to is a destination, for use in a route.
func to(service string) string {
	return "route: [{destination: {host: " + service + ".default.svc.cluster.local, port: {number: 8080}}}]"
}

// object is one document; the spec is indented here.
func object(version, kind, name, namespace, spec string) string {
	return "\n---\napiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec:\n  " +
		strings.ReplaceAll(strings.TrimRight(spec, "\n"), "\n", "\n  ") + "\n---\n"
}
