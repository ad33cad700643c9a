package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"conformance/istio/internal/translate"
)

// Cluster is a set of running proxies and applications.
type Cluster struct {
	proxies []*exec.Cmd
	logs    []*bytes.Buffer
	apps    []io.Closer
}

// Start runs everything of a translation, with the Envoy binary given, and waits until it listens. The directory is for
// the configurations.
func Start(envoy, directory string, made translate.Result) (*Cluster, error) {
	cluster := &Cluster{}
	err := cluster.start(envoy, directory, made)
	if err != nil {
		cluster.Stop()
		return nil, err
	}
	return cluster, nil
}

func (c *Cluster) start(envoy, directory string, made translate.Result) error {
	var places []string
	for key, sidecar := range made.Sidecars {
		started := map[string]bool{}
		for _, place := range sidecar.App {
			if started[place] {
				continue
			}
			started[place] = true
			app, err := echo(key, place)
			if err != nil {
				return err
			}
			c.apps = append(c.apps, app)
		}
		if err := c.run(envoy, filepath.Join(directory, fmt.Sprintf("sidecar-%d.json", len(c.proxies))), sidecar, &places); err != nil {
			return err
		}
	}
	for _, gateway := range made.Gateways {
		if err := c.run(envoy, filepath.Join(directory, fmt.Sprintf("gateway-%d.json", len(c.proxies))), gateway, &places); err != nil {
			return err
		}
	}
	return c.wait(places)
}

// run starts one proxy, on ports that are free.
func (c *Cluster) run(envoy, file string, proxy translate.Proxy, places *[]string) error {
	for _, place := range proxy.Ports {
		if connection, err := net.DialTimeout("tcp", place, time.Second); err == nil {
			_ = connection.Close()
			return fmt.Errorf("%s is taken", place)
		}
		*places = append(*places, place)
	}
	if err := os.WriteFile(file, proxy.Bootstrap, 0o600); err != nil {
		return err
	}
	log := &bytes.Buffer{}
	command := exec.CommandContext(context.Background(), envoy, "-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "error")
	command.Stderr, command.Stdout = log, log
	if err := command.Start(); err != nil {
		return err
	}
	c.proxies = append(c.proxies, command)
	c.logs = append(c.logs, log)
	return nil
}

// wait waits until every place answers, for at most ten seconds.
func (c *Cluster) wait(places []string) error {
	until := time.Now().Add(2 * patience)
	for _, place := range places {
		for {
			connection, err := net.DialTimeout("tcp", place, time.Second)
			if err == nil {
				_ = connection.Close()
				break
			}
			if time.Now().After(until) {
				return errors.New(place + " does not listen\n" + c.log())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// log stops the proxies and returns what they wrote.
func (c *Cluster) log() string {
	c.Stop()
	var out string
	for _, log := range c.logs {
		out += log.String()
	}
	return out
}

// Stop ends everything, and waits for it.
func (c *Cluster) Stop() {
	for _, proxy := range c.proxies {
		_ = proxy.Process.Kill()
		_ = proxy.Wait()
	}
	for _, app := range c.apps {
		_ = app.Close()
	}
	c.proxies, c.apps = nil, nil
}
