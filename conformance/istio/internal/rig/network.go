package rig

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
)

// Network is a part of loopback, 127.N.0.0/16, that one run has for itself: what else runs on the machine, another run of
// this program too, has other ones.
type Network struct {
	// Base are the first two numbers of its addresses.
	Base string
	held net.Listener
}

// The networks that are taken from. 127.0 and those next to it are what other programs use.
const (
	firstNetwork = 20
	networks     = 200
)

// turn makes a process go on to the next network, so that it does not wait for ports that it has just let go.
var turn atomic.Int64

// Claim takes a network that nobody holds, until it is released or the process ends.
func Claim() (*Network, error) {
	for range networks {
		number := firstNetwork + (int64(os.Getpid())+turn.Add(1))%networks
		base := fmt.Sprintf("127.%d", number)
		// Whoever listens here holds the network; nothing else does.
		if held, err := net.Listen("tcp", base+".255.254:65001"); err == nil {
			return &Network{Base: base, held: held}, nil
		}
	}
	return nil, errors.New("all loopback networks are taken")
}

// Release gives it back.
func (n *Network) Release() { _ = n.held.Close() }
