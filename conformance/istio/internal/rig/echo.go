package rig

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
)

// seenHeader carries what the application got, as JSON in base64: answers to HEAD have no body.
const seenHeader = "X-Conformance-Seen"

// echo serves an application that answers with what it got. It reads requests by hand: Go's server refuses paths such as
// "/%zz", which a proxy may well pass on.
func echo(app, address string) (io.Closer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAll(app, connection)
		}
	}()
	return listener, nil
}

// answerAll answers one request after the other, until the proxy hangs up.
func answerAll(app string, connection net.Conn) {
	defer connection.Close()
	reader := textproto.NewReader(bufio.NewReader(connection))
	for {
		line, err := reader.ReadLine()
		if err != nil {
			return
		}
		fields, err := reader.ReadMIMEHeader()
		if err != nil {
			return
		}
		// A proxy may well send a target with blanks in it: most servers refuse that, and here it is what is asked about.
		method, rest, found := strings.Cut(line, " ")
		last := strings.LastIndex(rest, " ")
		if !found || last < 0 {
			return
		}
		header := http.Header(fields)
		seen := Seen{App: app, Method: method, Path: rest[:last], Host: header.Get("Host"), Header: header}
		header.Del("Host")
		text, err := json.Marshal(seen)
		if err != nil {
			return
		}
		// Bodies are not read: the connection ends with a request that may have one.
		closed := header.Get("Content-Length") != "" && header.Get("Content-Length") != "0" || header.Get("Transfer-Encoding") != ""
		closing := ""
		if closed {
			closing = "Connection: close\r\n"
		}
		_, err = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\n%s: %s\r\n%sContent-Length: 0\r\n\r\n",
			seenHeader, base64.StdEncoding.EncodeToString(text), closing)
		if err != nil || closed {
			return
		}
	}
}
