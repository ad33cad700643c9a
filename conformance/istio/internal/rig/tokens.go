// Package rig runs the proxies that Istio's control plane configured, with applications behind them, and sends requests.
package rig

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"time"
)

// Issuer signs tokens with a key that exists for this run only.
type Issuer struct {
	URL string
	key *rsa.PrivateKey
	id  string
}

// NewIssuer makes an issuer with a fresh key.
func NewIssuer(url string) (*Issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &Issuer{URL: url, key: key, id: base64.RawURLEncoding.EncodeToString(sum[:6])}, nil
}

// Keys is the issuer's key set.
func (i *Issuer) Keys() string {
	exponent := big.NewInt(int64(i.key.E)).Bytes()
	return fmt.Sprintf(`{"keys":[{"kty":"RSA","alg":"RS256","use":"sig","kid":%q,"n":%q,"e":%q}]}`,
		i.id, segment(i.key.N.Bytes()), segment(exponent))
}

// Claims are what a token says.
type Claims map[string]any

// Token signs a token. Issuer, subject, and a time of expiry in an hour are there unless the claims say otherwise; a
// claim that is nil is left out.
func (i *Issuer) Token(claims Claims) (string, error) {
	all := Claims{"iss": i.URL, "sub": "somebody", "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": i.id})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	signed := segment(header) + "." + segment(body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return strings.Join([]string{signed, segment(signature)}, "."), nil
}

func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
