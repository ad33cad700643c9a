package rig

import "testing"

func TestNoTwoHoldOneNetwork(t *testing.T) {
	held := map[string]bool{}
	// Other runs on this machine may hold some.
	for range networks / 4 {
		network, err := Claim()
		if err != nil {
			t.Fatal(err)
		}
		defer network.Release()
		if held[network.Base] {
			t.Fatalf("%s is held twice", network.Base)
		}
		held[network.Base] = true
	}
}
