package translate

import (
	"fmt"

	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// istioOnly are filters that are built into Istio's Envoy alone. None of them decides about a request: they exchange
// facts about the peers, choose ALPN towards the upstream, and count.
var istioOnly = map[string]bool{
	"istio.metadata_exchange": true,
	"istio.alpn":              true,
	"istio.stats":             true,
}

const hcmName = "envoy.filters.network.http_connection_manager"

// makeStatic removes Istio's own filters from a chain and puts the routes where the filter that uses them is.
func makeStatic(chain *listenerv3.FilterChain, routes map[string]*routev3.RouteConfiguration) ([]string, error) {
	var changes []string
	var kept []*listenerv3.Filter
	for _, filter := range chain.Filters {
		if istioOnly[filter.Name] {
			changes = append(changes, "network filter "+filter.Name+" removed")
			continue
		}
		if filter.Name == hcmName {
			more, err := makeHTTPStatic(filter, routes)
			if err != nil {
				return nil, err
			}
			changes = append(changes, more...)
		}
		kept = append(kept, filter)
	}
	chain.Filters = kept
	return changes, nil
}

func makeHTTPStatic(filter *listenerv3.Filter, routes map[string]*routev3.RouteConfiguration) ([]string, error) {
	var changes []string
	manager := &hcmv3.HttpConnectionManager{}
	if err := filter.GetTypedConfig().UnmarshalTo(manager); err != nil {
		return nil, err
	}
	var kept []*hcmv3.HttpFilter
	for _, http := range manager.HttpFilters {
		if istioOnly[http.Name] {
			changes = append(changes, "HTTP filter "+http.Name+" removed")
			continue
		}
		kept = append(kept, http)
	}
	manager.HttpFilters = kept
	if rds := manager.GetRds(); rds != nil {
		found := routes[rds.RouteConfigName]
		if found == nil {
			return nil, fmt.Errorf("no routes are called %q", rds.RouteConfigName)
		}
		manager.RouteSpecifier = &hcmv3.HttpConnectionManager_RouteConfig{RouteConfig: found}
		changes = append(changes, "routes "+rds.RouteConfigName+" inline")
	}
	packed, err := anypb.New(manager)
	if err != nil {
		return nil, err
	}
	filter.ConfigType = &listenerv3.Filter_TypedConfig{TypedConfig: packed}
	return changes, nil
}

// httpFilters are the HTTP filters of a chain; none if it is not for HTTP.
func httpFilters(chain *listenerv3.FilterChain) ([]*hcmv3.HttpFilter, error) {
	var out []*hcmv3.HttpFilter
	for _, filter := range chain.Filters {
		if filter.Name != hcmName {
			continue
		}
		manager := &hcmv3.HttpConnectionManager{}
		if err := filter.GetTypedConfig().UnmarshalTo(manager); err != nil {
			return nil, err
		}
		out = append(out, manager.HttpFilters...)
	}
	return out, nil
}

// copyOf is a deep copy, since the control plane keeps and shares what it hands out.
func copyOf[M proto.Message](message M) M {
	return proto.Clone(message).(M) //nolint:forcetypeassert // a clone has the type of its original
}
