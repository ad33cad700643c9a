package translate

import (
	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	"google.golang.org/protobuf/types/known/structpb"
)

// runtimeFlags are the flags that Istio's bootstrap sets for every proxy and that change how requests are read. They
// come with the agent, not with the control plane, so they are written here. Flags that upstream Envoy 1.40 no longer
// knows, or that only concern memory and load balancing, are left out.
func runtimeFlags() *bootstrapv3.LayeredRuntime {
	return &bootstrapv3.LayeredRuntime{Layers: []*bootstrapv3.RuntimeLayer{{
		Name: "istio",
		LayerSpecifier: &bootstrapv3.RuntimeLayer_StaticLayer{StaticLayer: &structpb.Struct{Fields: map[string]*structpb.Value{
			"re2.max_program_size.error_level":                         structpb.NewStringValue("32768"),
			"envoy.reloadable_features.http_reject_path_with_fragment": structpb.NewBoolValue(false),
		}}},
	}}}
}
