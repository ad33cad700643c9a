package translate

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"

	"conformance/istio/internal/fixtures"
)

// Addresses says where proxies and applications listen. What is not said is chosen: each pod gets loopback addresses of
// its own and keeps its ports, so that ports mean what they mean in the pod.
type Addresses struct {
	// Base are the first two numbers of the addresses that are chosen, "127.77" by default.
	Base string `json:"base"`
	// GatewayPorts are ports on 127.0.0.1 by port of the gateway's Service, for a cluster with one gateway.
	GatewayPorts map[string]int `json:"gatewayPorts"`
	// Sidecars are by "namespace/app".
	Sidecars map[string]SidecarAddresses `json:"sidecars"`
}

// SidecarAddresses are for one pod, for all ports of its Services.
type SidecarAddresses struct {
	Listen place `json:"listen"`
	App    place `json:"app"`
}

// place is "host:port", or a port on 127.0.0.1.
type place string

// UnmarshalJSON takes a text or a number.
func (p *place) UnmarshalJSON(text []byte) error {
	var number int
	if json.Unmarshal(text, &number) == nil {
		*p = place(net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
		return nil
	}
	return json.Unmarshal(text, (*string)(p))
}

// plan is where everything listens.
type plan struct {
	gateway map[string]map[int]string // pod, port in the pod
	sidecar map[string]map[int]string
	app     map[string]map[int]string
	pods    []*fixtures.Pod
}

func newPlan(set *fixtures.Set, wanted Addresses) (*plan, error) {
	base := wanted.Base
	if base == "" {
		base = "127.77"
	}
	p := &plan{
		gateway: map[string]map[int]string{},
		sidecar: map[string]map[int]string{},
		app:     map[string]map[int]string{},
		pods:    set.Workloads,
	}
	if len(wanted.GatewayPorts) > 0 && len(set.Gateways) > 1 {
		return nil, fmt.Errorf("gatewayPorts is for one gateway; there are %d", len(set.Gateways))
	}
	for i, pod := range set.Gateways {
		p.gateway[pod.Key()] = map[int]string{}
		for _, port := range ports(pod) {
			address := fmt.Sprintf("%s.%d.%d:%d", base, 1+i/250*3, i%250+1, port.Target)
			if number, found := wanted.GatewayPorts[strconv.Itoa(port.Number)]; found {
				address = fmt.Sprintf("127.0.0.1:%d", number)
			}
			p.gateway[pod.Key()][port.Target] = address
		}
	}
	for i, pod := range set.Workloads {
		key := pod.Key()
		p.sidecar[key], p.app[key] = map[int]string{}, map[int]string{}
		said := wanted.Sidecars[key]
		if said.Listen != "" && len(targets(pod)) > 1 {
			return nil, fmt.Errorf("sidecar %s: listen is for one port; there are %d", key, len(targets(pod)))
		}
		for _, port := range targets(pod) {
			p.sidecar[key][port] = either(said.Listen, fmt.Sprintf("%s.%d.%d:%d", base, 2+i/250*3, i%250+1, port))
			p.app[key][port] = either(said.App, fmt.Sprintf("%s.%d.%d:%d", base, 3+i/250*3, i%250+1, port))
		}
	}
	return p, nil
}

func either(said place, chosen string) string {
	if said != "" {
		return string(said)
	}
	return chosen
}

// ports are all ports of the Services in front of a pod.
func ports(pod *fixtures.Pod) []fixtures.Port {
	var out []fixtures.Port
	for _, service := range pod.Services {
		out = append(out, service.Ports...)
	}
	return out
}

// targets are the ports in the pod, each once.
func targets(pod *fixtures.Pod) []int {
	found := map[int]bool{}
	for _, port := range ports(pod) {
		found[port.Target] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// byServicePort turns places by port in the pod to places by port of the Services.
func byServicePort(pod *fixtures.Pod, places map[int]string) map[string]string {
	out := map[string]string{}
	for _, port := range ports(pod) {
		out[strconv.Itoa(port.Number)] = places[port.Target]
	}
	return out
}

// sidecarsOf are the listeners behind a port of a Service.
func (p *plan) sidecarsOf(namespace, service string, number int) []string {
	var out []string
	for _, pod := range p.pods {
		for _, s := range pod.Services {
			for _, port := range s.Ports {
				if pod.Namespace == namespace && s.Name == service && port.Number == number {
					out = append(out, p.sidecar[pod.Key()][port.Target])
				}
			}
		}
	}
	return out
}

// address is Envoy's way to write "host:port".
func address(text string) (*corev3.Address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address:       host,
		PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(number)},
	}}}, nil
}
