package traps

// disguiseTraps are the table of disguised paths: what a DENY for /admin and below finds at the workload, with Istio's
// default normalisation.
func disguiseTraps() []trap {
	guarded := edge + deny("- to: [{operation: {paths: [/admin, '/admin/*']}}]")
	table := func(want int, paths ...string) []ask {
		var out []ask
		for _, path := range paths {
			out = append(out, ask{path: path, want: want}, ask{path: path, inside: app, want: want})
		}
		return out
	}
	return []trap{
		{id: "A40-found", what: "found by DENY /admin, /admin/*", manifests: guarded, asks: table(403,
			"/./admin", "/x/../admin", "/%2e/admin", "/x/%2e%2e/admin", "/%61dmin", "/ad%6din", `/x\..\admin`, "/healthz/..;/admin", "/admin%2fx/../../admin")},
		{id: "A40-passes", what: "not found by DENY /admin, /admin/*", manifests: guarded, asks: table(200,
			"//admin", "///admin", `/\admin`, "/%2fadmin", "/x/..%2fadmin", "/admin%2fx", "/%5cadmin", "/x%5c..%5cadmin", "/%2561dmin",
			"/%252e/admin", "/admin;x", "/;x/admin", "/admin%0a", "/admin%20", "/admin%3fx", "/ADMIN", "/admin.")},
		{id: "A40-400", what: "refused by Envoy", manifests: guarded, asks: table(400, "/admin%00", `\admin`, "/admin\xc3\xa9")},
		{id: "A40-query", what: "the query is not the path", manifests: guarded, asks: append(
			table(200, "/x?a=/admin", "/healthz#/admin"), table(403, "/admin?x")...)},
	}
}
