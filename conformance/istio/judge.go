package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"conformance/istio/internal/analyze"
	"conformance/istio/internal/fixtures"
	"conformance/istio/internal/manifest"
	"conformance/istio/internal/rig"
	"conformance/istio/internal/translate"
	"conformance/istio/internal/validate"
)

// Request is one question.
type Request struct {
	Command   string                       `json:"command"`
	Manifests string                       `json:"manifests"` // in serve only: a YAML stream
	Keys      map[string]string            `json:"jwks"`      // key sets by issuer
	Selectors map[string]map[string]string `json:"selectors"`
	Addresses translate.Addresses          `json:"addresses"`
	Mesh      string                       `json:"mesh"`     // a MeshConfig in YAML, for translate and probe
	Requests  []rig.Probe                  `json:"requests"` // in probe only
}

// judge keeps what is dear to make.
type judge struct {
	crds      string
	envoy     string // Envoy's binary, for probe, and for check if it is to start it
	issuers   rig.Issuers
	validator *validate.Validator
	network   *rig.Network // where the proxies listen, if a request does not say
}

// answer answers one question, and tells whether there was nothing to complain about.
func (j *judge) answer(request Request, documents []manifest.Document) (any, bool, error) {
	if len(documents) == 0 {
		return nil, false, errors.New("there are no documents")
	}
	if request.Command == "validate" {
		results, err := j.validate(documents)
		return map[string]any{"documents": results}, validate.Clean(results), err
	}
	set, err := fixtures.Build(documents, fixtures.Options{Selectors: request.Selectors})
	if err != nil {
		return nil, false, err
	}
	switch request.Command {
	case "analyze":
		result, err := analyze.Run(set)
		return result, len(result.Messages) == 0, err
	case "translate":
		result, err := translate.Run(set, translate.Options{Addresses: request.Addresses, Keys: request.Keys, Mesh: request.Mesh})
		return result, true, err
	case "probe":
		outcomes, err := j.probe(set, request)
		return map[string]any{"outcomes": outcomes}, true, err
	case "check":
		return j.checked(set, request, documents)
	default:
		return nil, false, fmt.Errorf("unknown command %q\n%s", request.Command, usage)
	}
}

// checked asks everything that needs no request: validate, analyze, and whether Envoy takes what the control plane makes.
func (j *judge) checked(set *fixtures.Set, request Request, documents []manifest.Document) (any, bool, error) {
	validated, err := j.validate(documents)
	if err != nil {
		return nil, false, err
	}
	analyzed, err := analyze.Run(set)
	if err != nil {
		return nil, false, err
	}
	answer := map[string]any{"documents": validated, "analysis": analyzed}
	clean := validate.Clean(validated) && len(analyzed.Messages) == 0
	if j.envoy == "" {
		return answer, clean, nil
	}
	started := "started"
	if _, err := j.probe(set, request); err != nil {
		started, clean = err.Error(), false
	}
	answer["envoy"] = started
	return answer, clean, nil
}

// probe runs the proxies and the applications, sends the requests, and stops everything. Issuers whose keys are not given
// get keys that this program signs with.
func (j *judge) probe(set *fixtures.Set, request Request) ([]rig.Outcome, error) {
	if j.envoy == "" {
		return nil, errors.New("--envoy does not name Envoy's binary")
	}
	options := translate.Options{Addresses: request.Addresses, Keys: request.Keys, Mesh: request.Mesh}
	if options.Addresses.Base == "" {
		if j.network == nil {
			network, err := rig.Claim()
			if err != nil {
				return nil, err
			}
			j.network = network
		}
		options.Addresses.Base = j.network.Base
	}
	for _, url := range translate.Issuers(set.Istio) {
		if _, found := options.Keys[url]; found {
			continue
		}
		issuer, err := j.issuers.Of(url)
		if err != nil {
			return nil, err
		}
		options.Keys[url] = issuer.Keys()
	}
	made, err := translate.Run(set, options)
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	cluster, err := rig.Start(j.envoy, directory, made)
	if err != nil {
		return nil, err
	}
	defer cluster.Stop()
	outcomes := make([]rig.Outcome, 0, len(request.Requests))
	for _, probe := range request.Requests {
		outcomes = append(outcomes, probe.Ask(made, j.issuers))
	}
	return outcomes, nil
}

func (j *judge) validate(documents []manifest.Document) ([]validate.Result, error) {
	if j.validator == nil {
		file := j.crds
		if file == "" {
			file = validate.DefaultCRDs()
		}
		made, err := validate.New(file)
		if err != nil {
			return nil, err
		}
		j.validator = made
	}
	return j.validator.All(documents), nil
}

// check validates and analyzes each set by itself.
func (j *judge) check(request Request, names []string, out io.Writer) error {
	all := map[string]any{}
	clean := true
	for _, name := range names {
		documents, err := readAll([]string{name}, nil)
		if err != nil {
			return err
		}
		answer, ok, err := j.answer(request, documents)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all[name] = answer
		clean = clean && ok
	}
	if err := write(out, all); err != nil {
		return err
	}
	if !clean {
		return errFound
	}
	return nil
}

// serve answers one request a line: {"command": …, "manifests": …}. The answer is {"answer": …, "clean": …} or
// {"error": …}. It ends with the input.
func (j *judge) serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		var request Request
		var documents []manifest.Document
		var answer any
		var clean bool
		err := json.Unmarshal(lines.Bytes(), &request)
		if request.Keys == nil {
			request.Keys = map[string]string{}
		}
		if err == nil {
			documents, err = manifest.Read("-", strings.NewReader(request.Manifests))
		}
		if err == nil {
			answer, clean, err = j.answer(request, documents)
		}
		line := map[string]any{"answer": answer, "clean": clean}
		if err != nil {
			line = map[string]any{"error": err.Error()}
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return lines.Err()
}
