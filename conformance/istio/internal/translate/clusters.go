package translate

import (
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"google.golang.org/protobuf/types/known/durationpb"

	"istio.io/istio/pilot/pkg/model"
)

// outbound makes a cluster towards a Service static: its endpoints are the sidecars' listeners. Clusters that are not
// for Services of the cluster have nothing to send to and are left out.
func outbound(original *clusterv3.Cluster, p *plan) *clusterv3.Cluster {
	direction, _, host, port := model.ParseSubsetKey(original.Name)
	if direction != model.TrafficDirectionOutbound {
		return nil
	}
	name, rest, _ := strings.Cut(string(host), ".")
	namespace, _, found := strings.Cut(rest, ".")
	if !found {
		return nil
	}
	cluster := static(original)
	for _, place := range p.sidecarsOf(namespace, name, port) {
		if err := addEndpoint(cluster, place); err != nil {
			return nil
		}
	}
	return cluster
}

// toApp makes the cluster of a sidecar's own application static.
func toApp(original *clusterv3.Cluster, places map[int]string) (*clusterv3.Cluster, error) {
	direction, _, _, port := model.ParseSubsetKey(original.Name)
	if direction != model.TrafficDirectionInbound {
		return nil, nil
	}
	place, found := places[port]
	if !found {
		return nil, nil
	}
	cluster := static(original)
	return cluster, addEndpoint(cluster, place)
}

// static copies a cluster without what needs a control plane, TLS or a pod's network.
func static(original *clusterv3.Cluster) *clusterv3.Cluster {
	cluster := copyOf(original)
	cluster.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC}
	cluster.EdsClusterConfig = nil
	cluster.TransportSocket, cluster.TransportSocketMatches = nil, nil
	cluster.UpstreamBindConfig = nil
	cluster.Filters = nil
	if cluster.LbPolicy == clusterv3.Cluster_CLUSTER_PROVIDED {
		cluster.LbPolicy = clusterv3.Cluster_ROUND_ROBIN
	}
	if cluster.ConnectTimeout == nil {
		cluster.ConnectTimeout = durationpb.New(time.Second)
	}
	cluster.LoadAssignment = &endpointv3.ClusterLoadAssignment{
		ClusterName: original.Name,
		Endpoints:   []*endpointv3.LocalityLbEndpoints{{}},
	}
	return cluster
}

func addEndpoint(cluster *clusterv3.Cluster, place string) error {
	where, err := address(place)
	if err != nil {
		return err
	}
	locality := cluster.LoadAssignment.Endpoints[0]
	locality.LbEndpoints = append(locality.LbEndpoints, &endpointv3.LbEndpoint{
		HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: where}},
	})
	return nil
}
