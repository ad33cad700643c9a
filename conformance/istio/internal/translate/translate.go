// Package translate lets Istio's own control plane turn manifests into Envoy's configuration, and makes that
// configuration static, so that an upstream Envoy runs it without a cluster. What is changed on the way is said in the
// result, proxy by proxy, and in this program's README.
package translate

import (
	"encoding/json"
	"fmt"
	"time"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/spiffe"
	"istio.io/istio/pkg/test"

	"conformance/istio/internal/fixtures"
	"conformance/istio/internal/manifest"
)

// proxyVersion is what the proxies say they are; Istio's own code asks it for features.
const proxyVersion = "1.31.0"

// Result are the proxies of a cluster.
type Result struct {
	Gateways map[string]Proxy `json:"gateways"` // by "namespace/app"
	Sidecars map[string]Proxy `json:"sidecars"` // by "namespace/app"
}

// Proxy is one Envoy.
type Proxy struct {
	// Bootstrap is Envoy's whole configuration.
	Bootstrap json.RawMessage `json:"bootstrap"`
	// Ports says where each port of the Services in front of it listens.
	Ports map[string]string `json:"ports"`
	// App is where the application is expected (sidecars only).
	App map[string]string `json:"app,omitempty"`
	// Changes are all differences from what Istio's control plane made.
	Changes []string `json:"changes"`
}

// Options say what a cluster would know.
type Options struct {
	Addresses Addresses
	// Keys are the key sets of issuers, for token rules that have none inline.
	Keys map[string]string
	// Mesh is the text of a MeshConfig, in YAML; what it does not say is Istio's default.
	Mesh string
}

// Run translates the whole set.
func Run(set *fixtures.Set, options Options) (Result, error) {
	result := Result{Gateways: map[string]Proxy{}, Sidecars: map[string]Proxy{}}
	configs, keyChanges, err := withKeys(set.Istio, options.Keys)
	if err != nil {
		return result, err
	}
	plan, err := newPlan(set, options.Addresses)
	if err != nil {
		return result, err
	}
	meshConfig, err := mesh.ApplyMeshConfigDefaults(options.Mesh)
	if err != nil {
		return result, fmt.Errorf("the mesh's configuration: %w", err)
	}
	var inner error
	failed := test.Wrap(func(t test.Failer) {
		server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			Configs:           dated(configs),
			KubernetesObjects: set.Objects,
			MeshConfig:        meshConfig,
		})
		for _, pod := range set.Gateways {
			proxy := server.SetupProxy(proxyOf(pod, model.Router))
			made, err := gateway(server, proxy, pod, plan, set)
			if err != nil {
				inner = fmt.Errorf("gateway %s: %w", pod.Key(), err)
				return
			}
			result.Gateways[pod.Key()] = made
		}
		for _, pod := range set.Workloads {
			if len(pod.Services) == 0 {
				continue
			}
			proxy := server.SetupProxy(proxyOf(pod, model.SidecarProxy))
			made, err := sidecar(server, proxy, pod, plan)
			if err != nil {
				inner = fmt.Errorf("sidecar %s: %w", pod.Key(), err)
				return
			}
			made.Changes = append(made.Changes, keyChanges...)
			result.Sidecars[pod.Key()] = made
		}
	})
	if failed == nil {
		failed = inner
	}
	return result, failed
}

// dated gives the objects without a creation time one and the same, as if they had been applied together.
func dated(configs []config.Config) []config.Config {
	now := time.Now().Truncate(time.Second)
	out := make([]config.Config, 0, len(configs))
	for _, c := range configs {
		if c.CreationTimestamp.IsZero() {
			c.CreationTimestamp = now
		}
		out = append(out, c)
	}
	return out
}

// proxyOf is how a pod's Envoy presents itself to the control plane.
func proxyOf(pod *fixtures.Pod, kind model.NodeType) *model.Proxy {
	return &model.Proxy{
		Type:             kind,
		ID:               pod.Name + "." + pod.Namespace,
		ConfigNamespace:  pod.Namespace,
		DNSDomain:        pod.Namespace + ".svc." + manifest.Domain,
		IPAddresses:      []string{pod.IP},
		Labels:           pod.Labels,
		VerifiedIdentity: &spiffe.Identity{TrustDomain: manifest.Domain, Namespace: pod.Namespace, ServiceAccount: "default"},
		Metadata: &model.NodeMetadata{
			Namespace:      pod.Namespace,
			Labels:         pod.Labels,
			IstioVersion:   proxyVersion,
			ServiceAccount: "default",
		},
	}
}

// bootstrap writes a static configuration.
func bootstrap(resources *bootstrapv3.Bootstrap_StaticResources) (json.RawMessage, error) {
	// Envoy wants a name of its own before it asks anybody for anything.
	node := &corev3.Node{Id: "conformance", Cluster: "conformance"}
	text, err := protojson.Marshal(&bootstrapv3.Bootstrap{Node: node, StaticResources: resources, LayeredRuntime: runtimeFlags()})
	if err != nil {
		return nil, err
	}
	return text, nil
}
