package translate

import (
	"fmt"
	"slices"
	"sort"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"

	"conformance/istio/internal/fixtures"
)

// gateway is the proxy at the edge: all its listeners, all its routes.
func gateway(server *xds.FakeDiscoveryServer, proxy *model.Proxy, pod *fixtures.Pod, p *plan, set *fixtures.Set) (Proxy, error) {
	made := Proxy{Ports: byServicePort(pod, p.gateway[pod.Key()])}
	routes := map[string]*routev3.RouteConfiguration{}
	for _, r := range server.Routes(proxy) {
		routes[r.Name] = copyOf(r)
	}
	resources := &bootstrapv3.Bootstrap_StaticResources{}
	changes := changeSet{}
	served := map[int]bool{}
	for _, original := range server.Listeners(proxy) {
		listener := copyOf(original)
		port := int(listener.GetAddress().GetSocketAddress().GetPortValue())
		place, known := p.gateway[pod.Key()][port]
		if !known {
			changes.add(fmt.Sprintf("listener %s left out: no Service of the gateway leads to port %d", listener.Name, port))
			continue
		}
		bound, err := address(place)
		if err != nil {
			return made, err
		}
		listener.Address, listener.AdditionalAddresses = bound, nil
		listener.EnableReusePort = wrapperspb.Bool(false)
		changes.add(fmt.Sprintf("listener %s listens on %s", original.Name, place))
		for _, chain := range listener.FilterChains {
			more, err := makeStatic(chain, routes)
			if err != nil {
				return made, err
			}
			changes.add(more...)
			if err := inlineSecrets(chain, pod.Namespace, set, changes); err != nil {
				return made, err
			}
		}
		served[port] = true
		resources.Listeners = append(resources.Listeners, listener)
	}
	for number, place := range made.Ports {
		if !slices.ContainsFunc(ports(pod), func(o fixtures.Port) bool {
			return fmt.Sprint(o.Number) == number && p.gateway[pod.Key()][o.Target] == place && served[o.Target]
		}) {
			delete(made.Ports, number)
		}
	}
	for _, cluster := range server.Clusters(proxy) {
		if static := outbound(cluster, p); static != nil {
			resources.Clusters = append(resources.Clusters, static)
			changes.add("cluster " + cluster.Name + ": fixed endpoints on loopback, no TLS between proxies")
		}
	}
	// For secrets that are not there.
	resources.Clusters = append(resources.Clusters, nobodyThere())
	var err error
	made.Changes = changes.sorted()
	made.Bootstrap, err = bootstrap(resources)
	return made, err
}

// sidecar is the proxy beside an application, for what arrives: one listener for each port of the pod, with the chain
// that Istio has for plain text on that port.
func sidecar(server *xds.FakeDiscoveryServer, proxy *model.Proxy, pod *fixtures.Pod, p *plan) (Proxy, error) {
	key := pod.Key()
	made := Proxy{Ports: byServicePort(pod, p.sidecar[key]), App: byServicePort(pod, p.app[key])}
	inbound := slices.IndexFunc(server.Listeners(proxy), func(l *listenerv3.Listener) bool { return l.Name == model.VirtualInboundListenerName })
	if inbound < 0 {
		return made, fmt.Errorf("there is no listener %s", model.VirtualInboundListenerName)
	}
	original := server.Listeners(proxy)[inbound]
	resources := &bootstrapv3.Bootstrap_StaticResources{}
	changes := changeSet{}
	for _, port := range targets(pod) {
		chain := plainChain(original, port)
		if chain == nil {
			return made, fmt.Errorf("no chain of %s is for plain text on port %d", original.Name, port)
		}
		if err := sameAsWithTLS(original, chain, port); err != nil {
			return made, err
		}
		chain.FilterChainMatch = nil
		more, err := makeStatic(chain, nil)
		if err != nil {
			return made, err
		}
		changes.add(more...)
		bound, err := address(p.sidecar[key][port])
		if err != nil {
			return made, err
		}
		resources.Listeners = append(resources.Listeners, &listenerv3.Listener{
			Name:             fmt.Sprintf("%s_%d", original.Name, port),
			Address:          bound,
			FilterChains:     []*listenerv3.FilterChain{chain},
			TrafficDirection: original.TrafficDirection,
			EnableReusePort:  wrapperspb.Bool(false),
		})
		changes.add(fmt.Sprintf("the chain for plain text on port %d of %s is a listener on %s; the chain for mutual TLS is left out", port, original.Name, p.sidecar[key][port]))
	}
	for _, cluster := range server.Clusters(proxy) {
		static, err := toApp(cluster, p.app[key])
		if err != nil {
			return made, err
		}
		if static != nil {
			resources.Clusters = append(resources.Clusters, static)
			changes.add("cluster " + cluster.Name + ": the application on loopback")
		}
	}
	var err error
	made.Changes = changes.sorted()
	made.Bootstrap, err = bootstrap(resources)
	return made, err
}

// plainChain is the chain for requests without TLS on a port of the pod. The control plane writes one for mutual TLS and
// one without; both have the same filters.
func plainChain(listener *listenerv3.Listener, port int) *listenerv3.FilterChain {
	for _, chain := range listener.FilterChains {
		match := chain.GetFilterChainMatch()
		plain := match.GetTransportProtocol() == "raw_buffer" || match.GetTransportProtocol() == ""
		if plain && int(match.GetDestinationPort().GetValue()) == port && len(match.GetApplicationProtocols()) == 0 {
			return copyOf(chain)
		}
	}
	return nil
}

// sameAsWithTLS makes sure that nothing is lost with the chains for mutual TLS: their HTTP filters are the same.
func sameAsWithTLS(listener *listenerv3.Listener, plain *listenerv3.FilterChain, port int) error {
	wanted, err := httpFilters(plain)
	if err != nil {
		return err
	}
	for _, chain := range listener.FilterChains {
		if int(chain.GetFilterChainMatch().GetDestinationPort().GetValue()) != port {
			continue
		}
		found, err := httpFilters(chain)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(wanted, found, func(a, b *hcmv3.HttpFilter) bool { return proto.Equal(a, b) }) {
			return fmt.Errorf("chains %q and %q for port %d decide differently", plain.Name, chain.Name, port)
		}
	}
	return nil
}

// changeSet collects changes, each once.
type changeSet map[string]bool

func (c changeSet) add(texts ...string) {
	for _, text := range texts {
		c[text] = true
	}
}

func (c changeSet) sorted() []string {
	out := make([]string, 0, len(c))
	for text := range c {
		out = append(out, text)
	}
	sort.Strings(out)
	return out
}
