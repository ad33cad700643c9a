// Package analyze runs the analyzers of `istioctl analyze` over a whole set of manifests.
package analyze

import (
	"fmt"
	"strings"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/diag"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/config/resource"

	"conformance/istio/internal/fixtures"
	"conformance/istio/internal/manifest"
)

// Result is what the analyzers said.
type Result struct {
	// Messages speak of the manifests.
	Messages []Message `json:"messages"`
	// Environment are messages that speak of generated objects, or of what belongs to an installation and not to the
	// manifests; each says why it is here.
	Environment []Message `json:"environment"`
	// Skipped are analyzers that did not run.
	Skipped []string `json:"skipped"`
}

// Message is one message of an analyzer.
type Message struct {
	Code     string `json:"code"`
	Level    string `json:"level"`
	Resource string `json:"resource"`
	Message  string `json:"message"`
	Reason   string `json:"reason,omitempty"`
}

// installation are the codes that speak of the installation alone, whatever the manifests are.
var installation = map[string]string{
	"IST0175": "a setting of istiod, not of the manifests",
}

// Run analyzes the manifests together with the generated objects.
func Run(set *fixtures.Set) (Result, error) {
	result := Result{Messages: []Message{}, Environment: []Message{}, Skipped: []string{}}
	text, err := set.Text()
	if err != nil {
		return result, err
	}
	analyzer := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", resource.Namespace(fixtures.RootNamespace), nil)
	reader := local.ReaderSource{Name: "manifests", Reader: strings.NewReader(text)}
	if err := analyzer.AddTestReaderKubeSource([]local.ReaderSource{reader}); err != nil {
		return result, fmt.Errorf("the analyzers cannot read the manifests: %w", err)
	}
	cancel := make(chan struct{})
	defer close(cancel)
	found, err := analyzer.Analyze(cancel)
	if err != nil {
		return result, err
	}
	result.Skipped = append(result.Skipped, found.SkippedAnalyzers...)
	given := map[string]bool{}
	for _, document := range set.Given {
		given[document.Key()] = true
	}
	for _, message := range found.Messages {
		sort(&result, message, given)
	}
	return result, nil
}

// sort puts a message where it belongs.
func sort(result *Result, message diag.Message, given map[string]bool) {
	entry := Message{
		Code:    message.Type.Code(),
		Level:   message.Type.Level().String(),
		Message: fmt.Sprintf(message.Type.Template(), message.Parameters...),
	}
	if message.Resource != nil {
		kind := message.Resource.Metadata.Schema.GroupVersionKind().Kind
		name := message.Resource.Metadata.FullName
		namespace := name.Namespace.String()
		if namespace == "" {
			namespace = manifest.DefaultNamespace
		}
		entry.Resource = kind + " " + namespace + "/" + name.Name.String()
	}
	switch {
	case installation[entry.Code] != "":
		entry.Reason = installation[entry.Code]
	case message.Resource != nil && !given[entry.Resource]:
		entry.Reason = "about an object that was generated"
	default:
		result.Messages = append(result.Messages, entry)
		return
	}
	result.Environment = append(result.Environment, entry)
}
