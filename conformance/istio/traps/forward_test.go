package traps

// forwardTraps are about what the application gets of the tokens in a request: in each place, verified and not, without and
// with forwardOriginalToken.
func forwardTraps() []trap {
	goodA, goodB, bad := from(issuerA, nil), from(issuerB, nil), from(nobody, nil)
	const a = "  - issuer: https://a.example.com\n"
	guarded := allow("- from: [{source: {requestPrincipals: ['*']}}]")
	basic := [][2]string{{"Authorization", "Basic YTpi"}}
	lower := func(token *claimed) map[string]*claimed { return map[string]*claimed{"Authorization bearer": token} }
	twice := map[string]*claimed{"Authorization Bearer": goodA, "authorization Bearer": goodA}
	return []trap{
		{id: "R6", what: "one issuer at the default places, no policy", manifests: edge + trustA, asks: []ask{
			{token: goodA, note: "in the header: removed", want: 200, absent: "Authorization"},
			{token: goodA, path: "/q?x=a%26b%3D1", note: "in the header: the query stays", want: 200, sees: "/q?x=a%26b%3D1"},
			{headers: basic, note: "`Basic` in the header: kept", want: 200, present: "Authorization"},
			{asked: lower(goodA), note: "behind `bearer`: kept, it is not looked at", want: 200, present: "Authorization"},
			{asked: lower(bad), note: "forged, behind `bearer`: kept, it is not looked at", want: 200, present: "Authorization"},
			{asked: twice, note: "in two headers of that name", want: 401},
			{method: "OPTIONS", headers: preflight, token: goodA, note: "preflight, in the header: kept, it is not looked at", want: 200, present: "Authorization"},
			{method: "OPTIONS", headers: preflight, query: goodA, path: "/q?x=%41", note: "preflight, in the query: kept", want: 200, starts: "/q?x=%41&access_token=ey"},
		}},
		{id: "R6b", what: "one issuer at the default places, in the query", manifests: edge + trustA, asks: []ask{
			{query: goodA, path: "/q?x=a%26b%3D1", note: "in the query: removed, the app sees `/q?x=a&b=1`", want: 200, sees: "/q?x=a&b=1"},
			{query: goodA, path: "/q?z=%41&y&a=+", note: "in the query: removed, the app sees `/q?a=+&y=&z=A`", want: 200, sees: "/q?a=+&y=&z=A"},
			{query: goodA, path: "/q?x=a%20b", note: "in the query: removed, the app sees `/q?x=a b`", want: 200, sees: "/q?x=a b"},
			{query: goodA, path: "/q?x=a%0Db", note: "in the query: the proxy cannot send it on", want: 503},
			{token: goodA, query: goodA, path: "/q?x=%41", note: "in both: both removed, the app sees `/q?x=A`", want: 200, absent: "Authorization", sees: "/q?x=A"},
		}},
		{id: "R6a", what: "as R6, with a policy that wants a principal", manifests: edge + trustA + guarded, asks: []ask{
			{token: goodA, note: "in the header: removed", want: 200, absent: "Authorization"},
			{query: goodA, path: "/q?x=a%26b%3D1", note: "in the query: removed, the app sees `/q?x=a&b=1`", want: 200, sees: "/q?x=a&b=1"},
			{asked: lower(goodA), note: "behind `bearer`", want: 403},
		}},
		{id: "R6h", what: "as R6, with forwardOriginalToken", manifests: edge + tokens(a+"    forwardOriginalToken: true"), asks: []ask{
			{token: goodA, note: "in the header: kept", want: 200, present: "Authorization"},
			{query: goodA, path: "/q?z=%41&y&a=a%0Db", note: "in the query: kept, the query stays", want: 200, starts: "/q?z=%41&y&a=a%0Db&access_token=ey"},
		}},
		{id: "R6c", what: "fromCookies session", manifests: edge + tokens(a+"    fromCookies: [session]"), asks: []ask{
			{asked: map[string]*claimed{"Cookie session=": goodA}, note: "kept", want: 200, present: "Cookie"},
			{asked: map[string]*claimed{"Cookie session=": bad}, note: "forged", want: 401},
			{token: bad, note: "forged in Authorization: kept, it is not looked at", want: 200, present: "Authorization"},
		}},
		{id: "R6d", what: "fromHeaders x-a", manifests: edge + tokens(a+"    fromHeaders: [{name: x-a}]"), asks: []ask{
			{asked: map[string]*claimed{"x-a": goodA}, note: "removed", want: 200, absent: "x-a"},
			{asked: map[string]*claimed{"x-a": goodA}, token: goodA, note: "in x-a: removed; in Authorization: kept", want: 200, absent: "x-a", present: "Authorization"},
			{query: bad, path: "/q?x=%41", note: "forged in the query: kept, it is not looked at", want: 200, starts: "/q?x=%41&access_token=ey"},
		}},
		{id: "R7", what: "fromHeaders Authorization with the prefix Bearer", manifests: edge + tokens(a+"    fromHeaders: [{name: Authorization, prefix: 'Bearer '}]"), asks: []ask{
			{token: goodA, note: "removed", want: 200, absent: "Authorization"},
			{token: bad, note: "forged", want: 401},
			{headers: basic, note: "`Basic`: kept", want: 200, present: "Authorization"},
			{asked: lower(goodA), note: "behind `bearer`: kept, it is not looked at", want: 200, present: "Authorization"},
			{asked: twice, note: "in two headers of that name", want: 401},
			{query: bad, path: "/q?x=%41", note: "forged in the query: kept, it is not looked at", want: 200, starts: "/q?x=%41&access_token=ey"},
		}},
		{id: "R6e", what: "issuers with separate headers, no policy", manifests: edge + tokens(separate), asks: []ask{
			{asked: both(goodA, goodB), note: "both good: A's removed, B's kept", want: 200, absent: "x-a", present: "x-b"},
			{asked: map[string]*claimed{"x-b": goodB}, note: "B's alone: removed", want: 200, absent: "x-b"},
			{asked: both(goodA, from(nobody, nil)), note: "A's good, B's forged: A's removed, B's kept", want: 200, absent: "x-a", present: "x-b"},
			{asked: both(bad, goodB), note: "A's forged, B's good: A's kept, B's removed", want: 200, absent: "x-b", present: "x-a"},
		}},
		{id: "R6f", what: "two issuers at the default places", manifests: edge + tokens("  - issuer: https://a.example.com\n  - issuer: https://b.example.com"), asks: []ask{
			{token: goodA, query: goodB, path: "/q?x=%41", note: "A's in the header, B's in the query: both removed", want: 200, absent: "Authorization", sees: "/q?x=A"},
			{token: goodB, query: goodA, path: "/q?x=%41", note: "B's in the header, A's in the query: both removed", want: 200, absent: "Authorization", sees: "/q?x=A"},
		}},
		{id: "R6g", what: "as R6f, A with forwardOriginalToken", manifests: edge + tokens("  - issuer: https://a.example.com\n    forwardOriginalToken: true\n  - issuer: https://b.example.com"), asks: []ask{
			{token: goodA, note: "A's in the header: kept", want: 200, present: "Authorization"},
			{token: goodB, note: "B's in the header: removed", want: 200, absent: "Authorization"},
		}},
	}
}

var preflight = [][2]string{{"Origin", "https://page.example"}, {"Access-Control-Request-Method", "GET"}}
