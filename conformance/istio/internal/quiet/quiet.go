// Package quiet keeps the control plane's log out of the way: it would stand where the answers belong.
package quiet

import (
	"os"

	"istio.io/istio/pkg/log"
)

// Logs turns the log off. With ISTIO_LOG set, warnings are kept.
func Logs() error {
	level := log.NoneLevel
	if os.Getenv("ISTIO_LOG") != "" {
		level = log.WarnLevel
	}
	options := log.DefaultOptions()
	options.SetDefaultOutputLevel(log.OverrideScopeName, level)
	return log.Configure(options)
}
