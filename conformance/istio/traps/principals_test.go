package traps

import "conformance/istio/internal/rig"

// principalTraps are about requestPrincipals and the shape of rules.
func principalTraps() []trap {
	good := from(issuerA, nil)
	anybody := "- from: [{source: {requestPrincipals: ['*']}}]"
	return []trap{
		{id: "B6", what: "RA and ALLOW requestPrincipals *, token without sub", manifests: edge + trustA + allow(anybody), asks: []ask{
			{token: from(issuerA, rig.Claims{"sub": nil}), want: 403},
			{token: good, note: "with sub", want: 200},
			{note: "no token", want: 403},
		}},
		{id: "B7", what: "ALLOW \"ISS/*\" where the issuer ends in a slash", manifests: edge + tokens("  - issuer: https://s.example.com/") +
			allow("- from: [{source: {requestPrincipals: ['https://s.example.com/*']}}]"), asks: []ask{
			{token: from(slashed, nil), want: 403},
		}},
		{id: "B7a", what: "the same written ISS//*", manifests: edge + tokens("  - issuer: https://s.example.com/") +
			allow("- from: [{source: {requestPrincipals: ['https://s.example.com//*']}}]"), asks: []ask{
			{token: from(slashed, nil), want: 200},
		}},
		{id: "B13", what: "ALLOW when claim notValues, no token", manifests: edge + trustA +
			allow("- when: [{key: 'request.auth.claims[groups]', notValues: [x]}]"), asks: []ask{
			{want: 200},
			{token: from(issuerA, rig.Claims{"groups": []string{"x"}}), note: "claim has the value", want: 403},
		}},
		{id: "B14", what: "DENY notRequestPrincipals *, no token", manifests: edge + trustA +
			deny("- from: [{source: {notRequestPrincipals: ['*']}}]"), asks: []ask{
			{want: 403},
			{token: good, note: "with token", want: 200},
		}},
		{id: "B24", what: "preflight, ALLOW needs a principal", manifests: edge + trustA + allow(anybody), asks: []ask{
			{method: "OPTIONS", headers: [][2]string{{"Origin", "https://x.example.com"}, {"Access-Control-Request-Method", "GET"}}, want: 403},
			{method: "OPTIONS", headers: [][2]string{{"Origin", "https://x.example.com"}, {"Access-Control-Request-Method", "GET"}}, token: good, note: "with a good token", want: 403},
		}},
		{id: "B35", what: "ALLOW requestPrincipals https://a*", manifests: edge + trustA +
			allow("- from: [{source: {requestPrincipals: ['https://a*']}}]"), asks: []ask{
			{token: good, want: 403},
		}},
		{id: "B37", what: "AP with an empty spec in the namespace", manifests: edge + object("security.istio.io/v1", "AuthorizationPolicy", "none", "default", "{}"), asks: []ask{
			{want: 403},
			{inside: app, want: 403},
		}},
		{id: "B38", what: "AP with a rule {}", manifests: edge + allow("- {}"), asks: []ask{
			{want: 200},
			{inside: app, method: "DELETE", want: 200},
		}},
	}
}
