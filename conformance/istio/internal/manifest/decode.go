package manifest

import (
	"encoding/json"
	"fmt"
	"slices"

	_ "conformance/istio/internal/early" // before Istio's own packages

	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
)

// Domain is the DNS domain of the cluster that is made up.
const Domain = "cluster.local"

// IsIstio tells whether a document is of one of Istio's API groups.
func (d Document) IsIstio() bool {
	switch d.GVK().Group {
	case "networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io":
		return true
	default:
		return false
	}
}

// Decode turns a document into Istio's own type. Unlike the API server and Istio's controllers it takes a field that
// the type does not have for an error, at the top too, as `istioctl validate` does.
func (d Document) Decode() (config.Config, resource.Schema, error) {
	gvk := config.FromKubernetesGVK(d.GVK())
	schema, found := collections.Pilot.FindByGroupVersionAliasesKind(gvk)
	if !found {
		return config.Config{}, nil, fmt.Errorf("%s %s is not a kind that Istio's control plane reads", d.Object.GetAPIVersion(), gvk.Kind)
	}
	known := []string{"apiVersion", "kind", "metadata", "spec", "status"}
	for key := range d.Object.Object {
		if !slices.Contains(known, key) {
			return config.Config{}, schema, fmt.Errorf("unknown field %q", key)
		}
	}
	instance, err := schema.NewInstance()
	if err != nil {
		return config.Config{}, schema, err
	}
	if spec, found := d.Object.Object["spec"]; found {
		text, err := json.Marshal(spec)
		if err != nil {
			return config.Config{}, schema, err
		}
		if err := config.ApplyJSONStrict(instance, string(text)); err != nil {
			return config.Config{}, schema, err
		}
	}
	meta := config.Meta{
		GroupVersionKind:  schema.GroupVersionKind(),
		Name:              d.Object.GetName(),
		Namespace:         d.Namespace(),
		Domain:            Domain,
		Labels:            d.Object.GetLabels(),
		Annotations:       d.Object.GetAnnotations(),
		CreationTimestamp: d.Object.GetCreationTimestamp().Time,
	}
	return config.Config{Meta: meta, Spec: instance}, schema, nil
}
