// Package early sets what must be set before Istio's packages are initialised. One of them looks for directories of a
// build of Istio and complains on the standard output, where the answers belong, if there are none.
//
// Go initialises packages in the order of their import paths as soon as what they import is done, so this one, which
// imports nothing but os, comes before everything below istio.io.
package early

import "os"

func init() {
	for _, name := range []string{"TARGET_OUT", "LOCAL_OUT"} {
		if os.Getenv(name) == "" {
			_ = os.Setenv(name, os.TempDir())
		}
	}
}
