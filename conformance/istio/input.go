package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"conformance/istio/internal/manifest"
)

// readAll reads the documents of all files, or of the standard input.
func readAll(names []string, in io.Reader) ([]manifest.Document, error) {
	if len(names) == 0 {
		return manifest.Read("-", in)
	}
	var out []manifest.Document
	for _, name := range names {
		files, err := filesOf(name)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			documents, err := readFile(file)
			if err != nil {
				return nil, err
			}
			out = append(out, documents...)
		}
	}
	return out, nil
}

func readFile(name string) ([]manifest.Document, error) {
	if name == "-" {
		return manifest.Read("-", os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return manifest.Read(name, file)
}

// filesOf are the manifests below a directory, in order, or the file itself.
func filesOf(name string) ([]string, error) {
	info, err := os.Stat(name)
	if name == "-" || err == nil && !info.IsDir() {
		return []string{name}, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	err = filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			out = append(out, path)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: there is no .yaml, .yml or .json file", name)
	}
	return out, err
}

// addSelector takes "namespace/service=key=value,…".
func (r *Request) addSelector(text string) error {
	service, rest, found := strings.Cut(text, "=")
	if !found || !strings.Contains(service, "/") {
		return fmt.Errorf("%q is not NAMESPACE/SERVICE=KEY=VALUE", text)
	}
	labels := map[string]string{}
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return fmt.Errorf("%q is not KEY=VALUE", pair)
		}
		labels[key] = value
	}
	if r.Selectors == nil {
		r.Selectors = map[string]map[string]string{}
	}
	r.Selectors[service] = labels
	return nil
}
