package main

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

const loopback = "127.0.0.1"

var givenOut = map[int]bool{}

// freePort finds a port for a program that cannot be given a listener. It looks below the range from which the kernel takes the
// ports of outgoing connections, so that none of these gets in between.
func freePort() (int, error) {
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if givenOut[port] {
			continue
		}
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		listener.Close()
		givenOut[port] = true
		return port, nil
	}
	return 0, errors.New("no port on " + loopback + " is free between 20000 and 32000")
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// accepts tells whether something listens there.
func accepts(port int) bool {
	connection, err := net.DialTimeout("tcp", address(port), time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}
