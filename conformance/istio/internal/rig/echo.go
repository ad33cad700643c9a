package rig

import (
	"encoding/json"
	"net"
	"net/http"
	"time"
)

// echoHeader marks the answers of applications.
const echoHeader = "X-Conformance-App"

// echo serves an application that answers with what it got.
func echo(app, address string) (*http.Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(echoHeader, app)
		w.Header().Set("Content-Type", "application/json")
		seen := Seen{App: app, Method: r.Method, Path: r.RequestURI, Host: r.Host, Header: r.Header}
		_ = json.NewEncoder(w).Encode(seen)
	}
	server := &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: patience, IdleTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return server, nil
}
