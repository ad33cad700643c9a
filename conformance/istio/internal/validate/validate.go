// Package validate asks what the API server and Istio's webhook say of each document by itself.
package validate

import (
	"fmt"
	"path/filepath"

	"istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/test/env"

	"conformance/istio/internal/manifest"
)

// Result is what was said of one document.
type Result struct {
	Source     string    `json:"source"`
	Index      int       `json:"index"`
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Namespace  string    `json:"namespace"`
	Name       string    `json:"name"`
	Errors     []Finding `json:"errors"`
	Warnings   []Finding `json:"warnings"`
}

// Finding is one complaint.
type Finding struct {
	// Check is who complains: "decode" (a field that the type does not have), "istio" (Istio's validation functions)
	// or "schema" (the CRD's OpenAPI schema and CEL rules, for the version that the document names).
	Check   string `json:"check"`
	Message string `json:"message"`
}

// Validator holds the compiled schemas.
type Validator struct{ schemas *crd.Validator }

// DefaultCRDs is the file of CRDs in the source of the Istio module that this program was built from.
func DefaultCRDs() string {
	return filepath.Join(env.IstioSrc, "manifests/charts/base/files/crd-all.gen.yaml")
}

// New compiles the schemas of a file of CRDs.
func New(crds string) (*Validator, error) {
	schemas, err := crd.NewValidatorFromFilesWithOptions([]string{crds}, crd.WithoutCRDValidation())
	if err != nil {
		return nil, fmt.Errorf("the CRDs in %s: %w", crds, err)
	}
	return &Validator{schemas: schemas}, nil
}

// All asks about each document. Objects that are not Istio's are only read.
func (v *Validator) All(documents []manifest.Document) []Result {
	results := make([]Result, 0, len(documents))
	for _, document := range documents {
		results = append(results, v.one(document))
	}
	return results
}

func (v *Validator) one(document manifest.Document) Result {
	result := Result{
		Source:     document.Source,
		Index:      document.Index,
		APIVersion: document.Object.GetAPIVersion(),
		Kind:       document.GVK().Kind,
		Namespace:  document.Namespace(),
		Name:       document.Object.GetName(),
		Errors:     []Finding{},
		Warnings:   []Finding{},
	}
	if !document.IsIstio() {
		return result
	}
	fail := func(check string, err error) {
		if err != nil {
			result.Errors = append(result.Errors, Finding{Check: check, Message: err.Error()})
		}
	}
	decoded, schema, err := document.Decode()
	fail("decode", err)
	if err == nil {
		warning, err := schema.ValidateConfig(decoded)
		fail("istio", err)
		if warning != nil {
			result.Warnings = append(result.Warnings, Finding{Check: "istio", Message: warning.Error()})
		}
	}
	// The validator fills in defaults, so it gets a copy.
	fail("schema", v.schemas.ValidateCustomResource(document.Object.DeepCopy()))
	return result
}

// Clean tells whether nothing was said of any document.
func Clean(results []Result) bool {
	for _, result := range results {
		if len(result.Errors)+len(result.Warnings) > 0 {
			return false
		}
	}
	return true
}
