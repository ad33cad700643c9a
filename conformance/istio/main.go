// Command istio asks Istio's own code about manifests: whether they are valid, what its analyzers say, and what its
// control plane makes of them. It answers in JSON. See README.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"conformance/istio/internal/quiet"
	"conformance/istio/internal/rig"
)

const usage = `usage: istio COMMAND [FLAGS] [FILES…]

  validate    what the API server and Istio's webhook say of each document
  analyze     what the analyzers of istioctl analyze say of the whole set
  translate   what Istio's control plane makes of it, for an upstream Envoy
  check       validate and analyze, and with --envoy start; every file or directory is a set of its own
  probe       what becomes of the requests in the file named by --requests
  serve       one JSON request a line on the standard input, one JSON answer a line

Files are YAML or JSON streams; without any, the standard input is read. Directories stand for the
files in them. Exit status: 0 nothing was found, 1 something was found, 2 it could not be done.`

// errFound says that the answer holds complaints.
var errFound = errors.New("something was found")

func main() {
	err := quiet.Logs()
	if err == nil {
		err = run(os.Args[1:], os.Stdin, os.Stdout)
	}
	switch {
	case errors.Is(err, errFound):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	request := Request{Command: args[0], Keys: map[string]string{}}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	crds := flags.String("crds", "", "the file of Istio's CRDs; by default the one of the Istio module")
	addresses := flags.String("addresses", "", "a JSON file that says where proxies and applications listen")
	envoy := flags.String("envoy", "", "Envoy's binary: check also starts what the control plane makes; probe needs it")
	requests := flags.String("requests", "", "a JSON file with a list of requests, for probe")
	meshConfig := flags.String("mesh", "", "a file with a MeshConfig, for translate")
	flags.Func("jwks", "ISSUER=FILE: the keys of an issuer, in place of fetching them; may be repeated", func(text string) error {
		at := strings.LastIndex(text, "=")
		if at < 0 {
			return fmt.Errorf("%q is not ISSUER=FILE", text)
		}
		keys, err := os.ReadFile(text[at+1:])
		request.Keys[text[:at]] = string(keys)
		return err
	})
	flags.Func("selector", "NAMESPACE/SERVICE=KEY=VALUE,…: the labels of the pods behind a Service; may be repeated", request.addSelector)
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	judge := &judge{crds: *crds, envoy: *envoy, issuers: rig.Issuers{}}
	if request.Command == "serve" {
		return judge.serve(in, out)
	}
	if err := errors.Join(load(*addresses, &request.Addresses), load(*requests, &request.Requests)); err != nil {
		return err
	}
	if *meshConfig != "" {
		text, err := os.ReadFile(*meshConfig)
		if err != nil {
			return err
		}
		request.Mesh = string(text)
	}
	if request.Command == "check" {
		return judge.check(request, flags.Args(), out)
	}
	documents, err := readAll(flags.Args(), in)
	if err != nil {
		return err
	}
	answer, clean, err := judge.answer(request, documents)
	if err != nil {
		return err
	}
	if err := write(out, answer); err != nil {
		return err
	}
	if !clean {
		return errFound
	}
	return nil
}

// load reads a JSON file, if one is named.
func load(name string, into any) error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// write writes an answer for people and programs.
func write(out io.Writer, answer any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}
