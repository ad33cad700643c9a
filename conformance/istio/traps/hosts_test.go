package traps

// hostTraps are about the hosts of policies.
func hostTraps() []trap {
	hosts := func(host string) string { return "- to: [{operation: {hosts: ['" + host + "']}}]" }
	denied := edge + deny(hosts("h.example.com"))
	atEdge := edge + atGateway("DENY", "rules:\n"+hosts("h.example.com"))
	return []trap{
		{id: "B19", what: "DENY hosts h, Host with a port", manifests: denied, asks: []ask{
			{host: "h.example.com:8080", want: 200, app: app},
			{host: "h.example.com:8080", inside: app, want: 200},
			{host: "h.example.com", want: 403},
		}},
		{id: "B19a", what: "the same at the gateway", manifests: atEdge, asks: []ask{
			{host: "h.example.com:8080", want: 200, app: app},
			{host: "h.example.com", want: 403},
		}},
		{id: "B20", what: "DENY hosts h, Host in upper case", manifests: denied, asks: []ask{
			{host: "H.EXAMPLE.COM", want: 403},
			{host: "H.EXAMPLE.COM", inside: app, want: 403},
		}},
		{id: "B20a", what: "the same at the gateway", manifests: atEdge, asks: []ask{
			{host: "H.EXAMPLE.COM", want: 403},
		}},
	}
}
