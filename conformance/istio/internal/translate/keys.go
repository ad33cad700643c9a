package translate

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	security "istio.io/api/security/v1beta1"
	"istio.io/istio/pkg/config"
)

// withKeys writes key sets into the token rules that name a place to fetch them from: nothing is fetched here.
func withKeys(configs []config.Config, keys map[string]string) ([]config.Config, []string, error) {
	var out []config.Config
	var changes []string
	for _, c := range configs {
		spec, ok := c.Spec.(*security.RequestAuthentication)
		if !ok {
			out = append(out, c)
			continue
		}
		spec, ok = proto.Clone(spec).(*security.RequestAuthentication)
		if !ok {
			return nil, nil, fmt.Errorf("cannot copy %s/%s", c.Namespace, c.Name)
		}
		for _, rule := range spec.JwtRules {
			if rule.Jwks != "" {
				continue
			}
			text, found := keys[rule.Issuer]
			if !found {
				return nil, nil, fmt.Errorf("RequestAuthentication %s/%s: no keys are given for the issuer %q", c.Namespace, c.Name, rule.Issuer)
			}
			rule.JwksUri, rule.Jwks = "", text
			changes = append(changes, fmt.Sprintf("the keys of %s are inline", rule.Issuer))
		}
		c.Spec = spec
		out = append(out, c)
	}
	return out, changes, nil
}

// Issuers are the issuers of all token rules that have no keys inline.
func Issuers(configs []config.Config) []string {
	var out []string
	for _, c := range configs {
		spec, ok := c.Spec.(*security.RequestAuthentication)
		if !ok {
			continue
		}
		for _, rule := range spec.JwtRules {
			if rule.Jwks == "" {
				out = append(out, rule.Issuer)
			}
		}
	}
	return out
}
