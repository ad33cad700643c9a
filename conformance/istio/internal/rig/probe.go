package rig

import (
	"fmt"
	"net/url"
	"strings"

	"conformance/istio/internal/translate"
)

// Probe is a request as a program asks for it.
type Probe struct {
	To      string      `json:"to"`   // "namespace/app" of a gateway or of a sidecar, then as from inside the mesh
	Port    string      `json:"port"` // the Service's port; may be left out where there is one
	TLS     string      `json:"tls"`  // the SNI; empty for plain text
	Method  string      `json:"method"`
	Path    string      `json:"path"` // with the query, byte for byte
	Host    string      `json:"host"`
	Headers [][2]string `json:"headers"`
	Tokens  []Token     `json:"tokens"`
}

// Token says what a token says and where it travels. Without a place it is a bearer token.
type Token struct {
	Issuer string `json:"issuer"`
	Claims Claims `json:"claims"` // see Issuer.Token
	Forged bool   `json:"forged"` // signed with a key that is not the issuer's
	Header string `json:"header"`
	Prefix string `json:"prefix"`
	Query  string `json:"query"`
	Cookie string `json:"cookie"`
}

// Outcome is what became of a probe.
type Outcome struct {
	Status   int    `json:"status"`             // 0: the connection was closed without an answer
	Location string `json:"location,omitempty"` // of a redirect
	Seen     *Seen  `json:"seen,omitempty"`     // what the application got, if it was reached
	Error    string `json:"error,omitempty"`    // the probe could not be sent
}

// Issuers are issuers by URL, made when they are first asked for.
type Issuers map[string]*Issuer

// Of is the issuer of a URL.
func (i Issuers) Of(url string) (*Issuer, error) {
	if i[url] == nil {
		made, err := NewIssuer(url)
		if err != nil {
			return nil, err
		}
		i[url] = made
	}
	return i[url], nil
}

// Ask sends a probe to what was translated and runs.
func (p Probe) Ask(made translate.Result, issuers Issuers) Outcome {
	request, err := p.request(made, issuers)
	if err != nil {
		return Outcome{Error: err.Error()}
	}
	answer, err := request.Send()
	if err != nil {
		return Outcome{Error: err.Error()}
	}
	return Outcome{Status: answer.Status, Location: answer.Header.Get("Location"), Seen: answer.Seen}
}

func (p Probe) request(made translate.Result, issuers Issuers) (Request, error) {
	proxy, found := made.Gateways[p.To]
	if !found {
		proxy, found = made.Sidecars[p.To]
	}
	if !found {
		return Request{}, fmt.Errorf("there is no gateway and no sidecar %q", p.To)
	}
	request := Request{TLS: p.TLS, Method: p.Method, Path: p.Path, Host: p.Host, Headers: p.Headers}
	for port, place := range proxy.Ports {
		if port == p.Port || p.Port == "" && len(proxy.Ports) == 1 {
			request.Address = place
		}
	}
	if request.Address == "" {
		return Request{}, fmt.Errorf("%s does not listen on port %q", p.To, p.Port)
	}
	for _, token := range p.Tokens {
		if err := token.put(&request, issuers); err != nil {
			return Request{}, err
		}
	}
	return request, nil
}

// put puts the token where it travels.
func (t Token) put(request *Request, issuers Issuers) error {
	name := t.Issuer
	if t.Forged {
		name = "forged " + t.Issuer // a key of its own
	}
	issuer, err := issuers.Of(name)
	if err != nil {
		return err
	}
	claims := Claims{"iss": t.Issuer}
	for name, value := range t.Claims {
		claims[name] = value
	}
	text, err := issuer.Token(claims)
	if err != nil {
		return err
	}
	header := func(name, value string) { request.Headers = append(request.Headers, [2]string{name, value}) }
	switch {
	case t.Query != "":
		path, fragment, cut := strings.Cut(request.Path, "#")
		joint := "?"
		if strings.Contains(path, "?") {
			joint = "&"
		}
		request.Path = path + joint + url.QueryEscape(t.Query) + "=" + text
		if cut {
			request.Path += "#" + fragment
		}
	case t.Cookie != "":
		header("Cookie", t.Cookie+"="+text)
	case t.Header != "":
		header(t.Header, t.Prefix+text)
	default:
		header("Authorization", "Bearer "+text)
	}
	return nil
}
