package traps

import "conformance/istio/internal/rig"

// severalTokenTraps are about requests with two tokens where Istio looks for one: in the header and in the query, which
// all issuers share by default. Every token there must be good, of any of the issuers; policies see the claims of the one
// in the header alone, and claims of two tokens never mix.
func severalTokenTraps() []trap {
	goodA, goodB := from(issuerA, nil), from(issuerB, nil)
	adminA, adminB := from(issuerA, rig.Claims{"groups": "admins"}), from(issuerB, rig.Claims{"groups": "admins"})
	forged := from(nobody, rig.Claims{"groups": "admins"})
	two := tokens("  - issuer: https://a.example.com\n  - issuer: https://b.example.com")
	by := func(issuer string) string { return "{key: 'request.auth.claims[iss]', values: ['" + issuer + "']}" }
	admins := "{key: 'request.auth.claims[groups]', values: [admins]}"
	return []trap{
		{id: "B28b", what: "two issuers at the default places", manifests: edge + two, asks: []ask{
			{token: goodA, query: goodB, note: "A's in the header, B's in the query", believed: 401, want: 200},
			{token: goodB, query: goodA, note: "B's in the header, A's in the query", believed: 401, want: 200},
			{token: goodA, query: goodA, note: "A's in both", want: 200},
			{query: goodB, note: "B's alone in the query", want: 200},
			{token: forged, query: goodB, note: "forged one in the header, B's in the query", want: 401},
			{token: goodB, query: forged, note: "B's in the header, forged one in the query", want: 401},
			{token: forged, query: goodA, note: "forged one in the header, A's in the query", want: 401},
			{token: goodA, query: forged, note: "A's in the header, forged one in the query", want: 401},
			{token: expired(), query: goodB, note: "expired one of A in the header, B's in the query", want: 401},
			{token: goodB, query: expired(), note: "B's in the header, expired one of A in the query", want: 401},
			{headers: [][2]string{{"Authorization", "Bearer junk"}}, query: goodB, note: "junk in the header, B's in the query", want: 401},
			{token: forged, query: expired(), note: "two bad ones", want: 401},
		}},
		{id: "R26b", what: "one issuer at the default places", manifests: edge + trustA, asks: []ask{
			{token: goodA, query: forged, note: "good in the header, forged in the query", want: 401},
			{token: forged, query: goodA, note: "forged in the header, good in the query", want: 401},
			{token: goodA, query: expired(), note: "good in the header, expired in the query", want: 401},
			{token: goodA, query: goodB, note: "good in the header, B's in the query", want: 401},
			{token: goodB, query: goodA, note: "B's in the header, good in the query", want: 401},
			{token: goodA, query: goodA, note: "good in both", want: 200},
		}},
		{id: "R26c", what: "one issuer at the default places, rule asks for a claim", manifests: edge + trustA + allow("- when: ["+admins+"]"), asks: []ask{
			{token: adminA, query: goodA, note: "the claim is in the header's token", want: 200},
			{token: goodA, query: adminA, note: "the claim is in the query's token", want: 403},
		}},
		{id: "R26d", what: "one issuer, two Authorization headers", manifests: edge + trustA, asks: []ask{
			{token: goodA, headers: [][2]string{{"Authorization", "Bearer junk"}}, note: "good, then junk", want: 401},
		}},
		{id: "B28c", what: "as B28b, rule asks for A", manifests: edge + two + allow("- when: ["+by("https://a.example.com")+"]"), asks: []ask{
			{token: goodA, query: goodB, note: "A's in the header, B's in the query", want: 200},
			{token: goodB, query: goodA, note: "B's in the header, A's in the query", want: 403},
		}},
		{id: "B28d", what: "as B28b, rule asks for B", manifests: edge + two + allow("- when: ["+by("https://b.example.com")+"]"), asks: []ask{
			{token: goodA, query: goodB, note: "A's in the header, B's in the query", want: 403},
			{token: goodB, query: goodA, note: "B's in the header, A's in the query", want: 200},
		}},
		{id: "B28e", what: "as B28b, rule asks for A with a claim that only B's token has", manifests: edge + two +
			allow("- when: ["+by("https://a.example.com")+", "+admins+"]"), asks: []ask{
			{token: goodA, query: adminB, note: "A's in the header, B's in the query", want: 403},
			{token: adminB, query: goodA, note: "B's in the header, A's in the query", want: 403},
			{token: goodA, query: forged, note: "A's in the header, forged one in the query", want: 401},
			{token: forged, query: goodA, note: "forged one in the header, A's in the query", want: 401},
			{token: adminA, note: "A's with the claim", want: 200},
		}},
		{id: "B28f", what: "separate headers, rule asks for A with a claim that only B's token has", manifests: edge + tokens(separate) +
			allow("- when: ["+by("https://a.example.com")+", "+admins+"]"), asks: []ask{
			{asked: both(goodA, adminB), want: 403},
			{asked: both(adminA, goodB), note: "A's with the claim", want: 200},
		}},
		{id: "B28g", what: "separate headers, rule asks for B", manifests: edge + tokens(separate) +
			allow("- when: ["+by("https://b.example.com")+"]"), asks: []ask{
			{asked: both(goodA, goodB), note: "both good", want: 403},
			{asked: both(expired(), goodB), note: "expired one of A", want: 200},
		}},
	}
}
