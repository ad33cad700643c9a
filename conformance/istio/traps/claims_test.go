package traps

import "conformance/istio/internal/rig"

// claimTraps are about conditions on claims.
func claimTraps() []trap {
	when := func(claim, value string) string {
		return edge + trustA + allow("- when: [{key: 'request.auth.claims"+claim+"', values: ['"+value+"']}]")
	}
	with := func(claims rig.Claims) *claimed { return from(issuerA, claims) }
	return []trap{
		{id: "B8", what: "claim flag is true, values [\"true\"]", manifests: when("[flag]", "true"), asks: []ask{
			{token: with(rig.Claims{"flag": true}), want: 403},
			{token: with(rig.Claims{"flag": 1}), note: "a number", want: 403},
			{token: with(rig.Claims{"flag": "true"}), note: "a string", want: 200},
		}},
		{id: "B9", what: "scope \"a b\", values [a]", manifests: when("[scope]", "a"), asks: []ask{
			{token: with(rig.Claims{"scope": "a b"}), want: 200},
			{token: with(rig.Claims{"scope": "ab b"}), note: "another word", want: 403},
		}},
		{id: "B10", what: "roles [x, y], values [y]", manifests: when("[roles]", "y"), asks: []ask{
			{token: with(rig.Claims{"roles": []string{"x", "y"}}), want: 200},
			{token: with(rig.Claims{"roles": []string{"x"}}), note: "without y", want: 403},
			{token: with(rig.Claims{"roles": "y"}), note: "a string", want: 200},
		}},
		{id: "B11", what: "claims[realm_access][roles], a nested list", manifests: when("[realm_access][roles]", "y"), asks: []ask{
			{token: with(rig.Claims{"realm_access": rig.Claims{"roles": []string{"x", "y"}}}), want: 200},
			{token: with(rig.Claims{"realm_access.roles": []string{"y"}}), note: "a claim with a dot", want: 403},
		}},
		{id: "B12", what: "a list in a string, not in spaceDelimitedClaims", manifests: when("[perms]", "a"), asks: []ask{
			{token: with(rig.Claims{"perms": "a b"}), want: 403},
		}},
		{id: "B12a", what: "the same, in spaceDelimitedClaims", manifests: edge +
			tokens("  - issuer: https://a.example.com\n    spaceDelimitedClaims: [perms]") +
			allow("- when: [{key: 'request.auth.claims[perms]', values: [a]}]"), asks: []ask{
			{token: with(rig.Claims{"perms": "a b"}), want: 200},
		}},
	}
}
