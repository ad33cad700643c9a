package translate

import (
	"fmt"
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	corev1 "k8s.io/api/core/v1"

	"conformance/istio/internal/fixtures"
)

// nobody is the cluster at which Envoy asks for secrets that are not there: it has no endpoint, so none arrives.
const nobody = "no-control-plane"

// inlineSecrets puts the certificates of a TLS server where Envoy would ask the control plane for them. One that is not
// there is left to be asked for, and never arrives, as in a cluster.
func inlineSecrets(chain *listenerv3.FilterChain, namespace string, set *fixtures.Set, changes changeSet) error {
	socket := chain.GetTransportSocket()
	if socket == nil {
		return nil
	}
	tls := &tlsv3.DownstreamTlsContext{}
	if err := socket.GetTypedConfig().UnmarshalTo(tls); err != nil {
		return err
	}
	common := tls.GetCommonTlsContext()
	var missing []*tlsv3.SdsSecretConfig
	for _, wanted := range common.GetTlsCertificateSdsSecretConfigs() {
		secret, err := find(set, namespace, wanted.Name)
		if err != nil {
			wanted.SdsConfig = fromNobody()
			missing = append(missing, wanted)
			changes.add(fmt.Sprintf("secret %s is asked of nobody: %s", wanted.Name, err))
			continue
		}
		common.TlsCertificates = append(common.TlsCertificates, &tlsv3.TlsCertificate{
			CertificateChain: inline(secret.Data[corev1.TLSCertKey]),
			PrivateKey:       inline(secret.Data[corev1.TLSPrivateKeyKey]),
		})
		changes.add("secret " + wanted.Name + " inline")
	}
	common.TlsCertificateSdsSecretConfigs = missing
	if combined := common.GetCombinedValidationContext(); combined.GetValidationContextSdsSecretConfig() != nil {
		name := combined.GetValidationContextSdsSecretConfig().GetName()
		secret, err := find(set, namespace, strings.TrimSuffix(name, "-cacert"))
		if err != nil {
			return err
		}
		context := &tlsv3.CertificateValidationContext{TrustedCa: inline(secret.Data["ca.crt"])}
		context.MatchTypedSubjectAltNames = combined.GetDefaultValidationContext().GetMatchTypedSubjectAltNames()
		common.ValidationContextType = &tlsv3.CommonTlsContext_ValidationContext{ValidationContext: context}
		changes.add("secret " + name + " inline")
	}
	packed, err := anypb.New(tls)
	if err != nil {
		return err
	}
	socket.ConfigType = &corev3.TransportSocket_TypedConfig{TypedConfig: packed}
	return nil
}

// fromNobody is where a secret comes from that is not there.
func fromNobody() *corev3.ConfigSource {
	service := &corev3.GrpcService{TargetSpecifier: &corev3.GrpcService_EnvoyGrpc_{EnvoyGrpc: &corev3.GrpcService_EnvoyGrpc{ClusterName: nobody}}}
	return &corev3.ConfigSource{
		ConfigSourceSpecifier: &corev3.ConfigSource_ApiConfigSource{ApiConfigSource: &corev3.ApiConfigSource{
			ApiType: corev3.ApiConfigSource_GRPC, TransportApiVersion: corev3.ApiVersion_V3, GrpcServices: []*corev3.GrpcService{service},
		}},
		ResourceApiVersion: corev3.ApiVersion_V3,
		// Envoy listens without it after that.
		InitialFetchTimeout: durationpb.New(100 * time.Millisecond),
	}
}

// nobodyThere is the cluster without endpoints.
func nobodyThere() *clusterv3.Cluster {
	return &clusterv3.Cluster{
		Name:                 nobody,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC},
		LoadAssignment:       &endpointv3.ClusterLoadAssignment{ClusterName: nobody},
	}
}

// find looks a secret up beside the gateway's pods, as the control plane does for a proxy.
func find(set *fixtures.Set, namespace, resource string) (*corev1.Secret, error) {
	name := strings.TrimPrefix(resource, "kubernetes://")
	if at := strings.LastIndex(name, "/"); at >= 0 {
		namespace, name = name[:at], name[at+1:]
	}
	for _, object := range set.Objects {
		if secret, ok := object.(*corev1.Secret); ok && secret.Namespace == namespace && secret.Name == name {
			return secret, nil
		}
	}
	return nil, fmt.Errorf("there is no secret %s/%s", namespace, name)
}

func inline(data []byte) *corev3.DataSource {
	return &corev3.DataSource{Specifier: &corev3.DataSource_InlineBytes{InlineBytes: data}}
}
