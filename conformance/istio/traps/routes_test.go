package traps

import "strings"

// routeTraps are about the gateway's choice of a route.
func routeTraps() []trap {
	api := "  - match: [{uri: {prefix: /api}}]\n    " + to("one")
	v2 := "  - match: [{uri: {prefix: /api/v2}}]\n    " + to("two")
	since := func(vs, time string) string {
		return strings.Replace(vs, "namespace: default}", "namespace: default, creationTimestamp: '"+time+"'}", 1)
	}
	return []trap{
		{id: "B21", what: "VS prefix /admin", manifests: gatewayOnly +
			routes("h", "h.example.com", "  - match: [{uri: {prefix: /admin}}]\n    "+to("my-app")), asks: []ask{
			{path: "/administrator", want: 200, app: app},
			{path: "/other", want: 404},
		}},
		{id: "B22", what: "two VS on one host: z is older and has /api, a has /api/v2", manifests: gatewayOnly +
			since(routes("z", "h.example.com", api), "2026-01-01T00:00:00Z") +
			since(routes("a", "h.example.com", v2), "2026-01-02T00:00:00Z"), asks: []ask{
			{path: "/api/v2", want: 200, app: "default/one"},
		}},
		{id: "B22a", what: "the same, made at one time: a comes first", manifests: gatewayOnly +
			routes("z", "h.example.com", api) + routes("a", "h.example.com", v2), asks: []ask{
			{path: "/api/v2", want: 200, app: "default/two"},
		}},
		{id: "B23", what: "VS for a.d without /p, VS for *.d with /p", manifests: gatewayOnly +
			routes("exact", "a.example.com", "  - match: [{uri: {prefix: /q}}]\n    "+to("my-app")) +
			routes("wild", "'*.example.com'", "  - match: [{uri: {prefix: /p}}]\n    "+to("my-app")), asks: []ask{
			{host: "a.example.com", path: "/p", want: 404},
			{host: "b.example.com", path: "/p", want: 200, app: app},
		}},
		{id: "B27", what: "destination port 8080, the Service has only 80", manifests: edge + `
apiVersion: v1
kind: Service
metadata: {name: my-app}
spec:
  selector: {app: my-app}
  ports: [{name: http, port: 80, targetPort: 8080}]
`, asks: []ask{
			{want: 503},
		}},
	}
}
