// Package manifest reads streams of Kubernetes objects, in YAML or JSON.
package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// DefaultNamespace is where an object without a namespace goes, as with kubectl.
const DefaultNamespace = "default"

// Document is one object of a stream.
type Document struct {
	Source string // the file, or "-"
	Index  int    // its place in the source, from 0
	Object unstructured.Unstructured
}

// GVK is the object's group, version and kind.
func (d Document) GVK() schema.GroupVersionKind { return d.Object.GroupVersionKind() }

// Namespace is the object's namespace, or the default one.
func (d Document) Namespace() string {
	if ns := d.Object.GetNamespace(); ns != "" {
		return ns
	}
	return DefaultNamespace
}

// Key names the object, as in "VirtualService shop/edge".
func (d Document) Key() string {
	return d.GVK().Kind + " " + d.Namespace() + "/" + d.Object.GetName()
}

// Read reads all documents of a stream. Keys that stand twice in one mapping are an error, since a reader may take
// either. A `List` is taken apart.
func Read(source string, stream io.Reader) ([]Document, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(stream))
	var documents []Document
	for {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		if empty(text) {
			continue
		}
		object := map[string]any{}
		if err := yaml.UnmarshalStrict(text, &object); err != nil {
			return nil, fmt.Errorf("%s, document %d: %w", source, len(documents), err)
		}
		if len(object) == 0 {
			continue
		}
		for _, item := range items(unstructured.Unstructured{Object: object}) {
			documents = append(documents, Document{Source: source, Index: len(documents), Object: item})
		}
	}
}

// items are the objects of a list, or the object itself.
func items(object unstructured.Unstructured) []unstructured.Unstructured {
	if !object.IsList() {
		return []unstructured.Unstructured{object}
	}
	list, err := object.ToList()
	if err != nil {
		return []unstructured.Unstructured{object}
	}
	return list.Items
}

// empty tells whether a document holds nothing but comments and markers.
func empty(text []byte) bool {
	for line := range bytes.Lines(text) {
		line := strings.TrimSpace(string(line))
		if line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}
