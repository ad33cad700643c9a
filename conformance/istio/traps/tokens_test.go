package traps

import "conformance/istio/internal/rig"

// separate puts the tokens of A and B in headers of their own.
const separate = `  - issuer: https://a.example.com
    fromHeaders: [{name: x-a}]
  - issuer: https://b.example.com
    fromHeaders: [{name: x-b}]`

// tokenTraps are about what a RequestAuthentication does by itself.
func tokenTraps() []trap {
	goodA, goodB := from(issuerA, nil), from(issuerB, nil)
	return []trap{
		{id: "B1", what: "RA only, no token", manifests: edge + trustA, asks: []ask{
			{want: 200, app: app},
			{inside: app, want: 200},
		}},
		{id: "B2", what: "RA only, expired token", manifests: edge + trustA, asks: []ask{
			{token: expired(), want: 401},
			{token: from(nobody, nil), note: "wrong key", want: 401},
			{token: goodA, note: "good token", want: 200, absent: "Authorization"},
		}},
		{id: "B3", what: "RA only, wrong audience", manifests: edge + tokens("  - issuer: https://a.example.com\n    audiences: [shop]"), asks: []ask{
			{token: from(issuerA, rig.Claims{"aud": "other"}), want: 403},
			{token: goodA, note: "no audience", want: 403},
			{token: from(issuerA, rig.Claims{"aud": []string{"x", "shop"}}), note: "right audience", want: 200},
		}},
		{id: "B4", what: "RA only, unknown issuer", manifests: edge + trustA, asks: []ask{
			{token: goodB, want: 401},
		}},
		{id: "B5", what: "RA fromHeaders x-jwt, token in Authorization", manifests: edge + tokens("  - issuer: https://a.example.com\n    fromHeaders: [{name: x-jwt}]"), asks: []ask{
			{token: expired(), note: "expired token there", want: 200},
			{headers: [][2]string{{"x-jwt", "junk"}}, note: "junk in x-jwt", want: 401},
		}},
		{id: "B28", what: "issuers with separate headers: expired token of A, good token of B", manifests: edge + tokens(separate) +
			allow("- when: [{key: 'request.auth.claims[iss]', values: ['https://b.example.com']}]"), asks: []ask{
			{asked: both(expired(), goodB), want: 200},
		}},
		{id: "B28a", what: "as B28, rule asks for A", manifests: edge + tokens(separate) +
			allow("- when: [{key: 'request.auth.claims[iss]', values: ['https://a.example.com']}]"), asks: []ask{
			{asked: both(expired(), goodB), want: 403},
			{asked: both(goodA, goodB), note: "both good", want: 200},
		}},
		{id: "B29", what: "same issuer twice, audiences differ", manifests: edge +
			tokens("  - issuer: https://a.example.com\n    audiences: [one]\n  - issuer: https://a.example.com\n    audiences: [two]"), asks: []ask{
			{token: from(issuerA, rig.Claims{"aud": "one"}), note: "first audience", want: 200},
			{token: from(issuerA, rig.Claims{"aud": "two"}), note: "second audience", want: 200},
			{token: from(issuerA, rig.Claims{"aud": "three"}), note: "third audience", want: 403},
		}},
	}
}

// both sends a token in each of the headers of separate.
func both(a, b *claimed) map[string]*claimed { return map[string]*claimed{"x-a": a, "x-b": b} }
