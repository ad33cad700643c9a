package translate

import (
	"fmt"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/types/known/anypb"
	corev1 "k8s.io/api/core/v1"

	"conformance/istio/internal/fixtures"
)

// inlineSecrets puts the certificates of a TLS server where Envoy would ask the control plane for them.
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
	for _, wanted := range common.GetTlsCertificateSdsSecretConfigs() {
		secret, err := find(set, namespace, wanted.Name)
		if err != nil {
			return err
		}
		common.TlsCertificates = append(common.TlsCertificates, &tlsv3.TlsCertificate{
			CertificateChain: inline(secret.Data[corev1.TLSCertKey]),
			PrivateKey:       inline(secret.Data[corev1.TLSPrivateKeyKey]),
		})
		changes.add("secret " + wanted.Name + " inline")
	}
	common.TlsCertificateSdsSecretConfigs = nil
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
