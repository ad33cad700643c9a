package rig

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// patience is the longest that one request may take.
const patience = 5 * time.Second

// Request is sent byte for byte as it is written: no library tidies its path.
type Request struct {
	Address string // where the connection goes
	TLS     string // the SNI; empty for plain text
	Method  string
	Path    string
	Host    string
	Headers [][2]string
}

// Answer is what came back.
type Answer struct {
	Status int // 0 if the connection was closed without an answer
	Header http.Header
	Body   string
	Seen   *Seen // what the application got, if it was reached
}

// Seen is what the application got.
type Seen struct {
	App    string      `json:"app"`
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Host   string      `json:"host"`
	Header http.Header `json:"header"`
}

// Send sends a request and reads the answer.
func (r Request) Send() (Answer, error) {
	connection, err := net.DialTimeout("tcp", r.Address, patience)
	if err != nil {
		return Answer{}, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		return Answer{}, err
	}
	if r.TLS != "" {
		// The certificates are made up for the run, and who holds them is not the question here.
		connection = tls.Client(connection, &tls.Config{ServerName: r.TLS, InsecureSkipVerify: true}) //nolint:gosec // see above
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", r.Method, r.Path, r.Host)
	for _, header := range r.Headers {
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	text.WriteString("\r\n")
	if _, err := io.WriteString(connection, text.String()); err != nil {
		return closed(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: r.Method})
	if err != nil {
		return closed(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: string(body)}
	if text := response.Header.Get(seenHeader); text != "" {
		answer.Seen = &Seen{}
		seen, err := base64.StdEncoding.DecodeString(text)
		if err == nil {
			err = json.Unmarshal(seen, answer.Seen)
		}
		return answer, err
	}
	return answer, nil
}

// closed is an answer that never came; a proxy that takes too long is an error of its own.
func closed(err error) (Answer, error) {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return Answer{}, err
	}
	return Answer{}, nil
}
