package traps

// pathTraps are about the paths of policies.
func pathTraps() []trap {
	paths := func(path string) string { return "- to: [{operation: {paths: ['" + path + "']}}]" }
	admin := edge + deny(paths("/admin"))
	return []trap{
		{id: "V31", what: "VS rewrites /public to /, DENY paths /secret at the workload", manifests: gatewayOnly +
			routes("h", "h.example.com", "  - match: [{uri: {prefix: /public}}]\n    rewrite: {uri: /}\n    "+to("my-app")) + deny(paths("/secret")), asks: []ask{
			{path: "/public/secret", note: "the workload sees //secret", want: 200, sees: "//secret"},
			{path: "/publicsecret", note: "the workload sees /secret", want: 403},
		}},
		{id: "B15", what: "ALLOW paths /x", manifests: edge + allow(paths("/x")), asks: []ask{
			{path: "/x/", want: 403},
			{path: "/x", want: 200},
		}},
		{id: "B16", what: "ALLOW paths /x, with a query", manifests: edge + allow(paths("/x")), asks: []ask{
			{path: "/x?q=1", want: 200},
		}},
		{id: "B17", what: "ALLOW paths /a/*/b", manifests: edge + allow(paths("/a/*/b")), asks: []ask{
			{path: "/a/1/b", want: 403},
			{path: "/a/*/b", note: "a star in the path", want: 200},
		}},
		{id: "B18", what: "ALLOW paths /a/{*}/b", manifests: edge + allow(paths("/a/{*}/b")), asks: []ask{
			{path: "/a/1/b", want: 200},
			{path: "/a/1/2/b", want: 403},
			{path: "/a//b", want: 403},
		}},
		{id: "A25b", what: "ALLOW paths /a/{*}", manifests: edge + allow(paths("/a/{*}")), asks: []ask{
			{path: "/a/x=y", want: 200},
			{path: "/a/x*y", want: 200},
			{path: "/a/-._~!$&'()+,;:@", want: 200},
			{path: "/a/%2f%25%20", want: 200},
			{path: `/a/"<>^{}`, note: "the proxy encodes these", want: 200},
			{path: "/a/[x", want: 403},
			{path: "/a/x]", want: 403},
			{path: "/a/%5Bx%5D", want: 200},
			{path: "/a/", want: 403},
			{path: "/a/x/", want: 403},
		}},
		{id: "A25c", what: "ALLOW paths /a/{**}", manifests: edge + allow(paths("/a/{**}")), asks: []ask{
			{path: "/a", want: 403},
			{path: "/a/", want: 200},
			{path: "/a//x", want: 200},
			{path: "/a/x/y/", want: 200},
			{path: "/a/x=y/*", want: 200},
			{path: "/a/x/[y]", want: 403},
			{path: "/ab/x", want: 403},
		}},
		{id: "A25d", what: "ALLOW paths /{**}", manifests: edge + allow(paths("/{**}")), asks: []ask{
			{path: "/", want: 200},
			{path: "//x", want: 200},
			{path: "/x/y", want: 200},
			{path: "/x[", want: 403},
		}},
		{id: "A25e", what: "ALLOW notPaths /a/{*}/{**}", manifests: edge + allow("- to: [{operation: {notPaths: ['/a/{*}', '/a/{*}/{**}']}}]"), asks: []ask{
			{path: "/a/x/y", want: 403},
			{path: "/a/x=y/*", want: 403},
			{path: "/a/x/[y]", want: 200},
			{path: "/a/[x]/y", want: 200},
			{path: "/a/[x]/y", inside: app, want: 200},
		}},
		{id: "A25f", what: "ALLOW notPaths /a/*, or paths /a/{**} and notPaths /a/{*}/b", manifests: edge + allow("- to: [{operation: {notPaths: ['/a/*']}}, {operation: {paths: ['/a/{**}'], notPaths: ['/a/{*}/b']}}]"), asks: []ask{
			{path: "/a/x/b", want: 403},
			{path: "/a/x/c", want: 200},
			{path: "/a", want: 200},
			{path: "/a/", want: 200},
			{path: "/ab/[x]", want: 200},
			{path: "/a/[x]/b", want: 403},
			{path: "/a/[x]/b", inside: app, want: 403},
			{path: "/a/[x]/c", inside: app, want: 403},
		}},
		{id: "B31", what: "DENY paths /admin, %61 for a", manifests: admin, asks: []ask{
			{path: "/%61dmin", want: 403},
			{path: "/%61dmin", inside: app, want: 403},
		}},
		{id: "B32", what: "DENY paths /admin, two slashes", manifests: admin, asks: []ask{
			{path: "//admin", want: 200},
			{path: "//admin", inside: app, want: 200},
		}},
		{id: "B32a", what: "the same with MERGE_SLASHES", manifests: admin, mesh: "pathNormalization: {normalization: MERGE_SLASHES}", asks: []ask{
			{path: "//admin", want: 403},
			{path: "//admin", inside: app, want: 403},
		}},
		{id: "B33", what: "VS ignoreUriCase /admin, DENY paths /admin", manifests: gatewayOnly +
			routes("h", "h.example.com", "  - match: [{uri: {exact: /admin}, ignoreUriCase: true}]\n    "+to("my-app")) + deny(paths("/admin")), asks: []ask{
			{path: "/ADMIN", want: 200, app: app},
			{path: "/admin", want: 403},
		}},
		{id: "B36", what: "ALLOW rule with an HTTP field, TCP port", manifests: `
apiVersion: v1
kind: Service
metadata: {name: my-app}
spec:
  selector: {app: my-app}
  ports:
    - {name: http-web, port: 8080, targetPort: 8080}
    - {name: tcp-db, port: 9000, targetPort: 9000}
` + allow("- to: [{operation: {methods: [GET]}}]"), asks: []ask{
			{inside: app, port: "9000", want: 0},
			{inside: app, port: "8080", want: 200},
		}},
	}
}
