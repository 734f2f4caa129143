package main

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd starts an etcd of one member in <directory>/etcd. It listens on a socket in the folder only: its port would be open to
// every user of the machine, and could be taken by another control plane.
func startEtcd(ctx context.Context, directory string) (*embed.Etcd, string, error) {
	socket := url.URL{Scheme: "unix", Path: filepath.Join(directory, "etcd.sock")}
	if len(socket.Path) > 107 {
		return nil, "", errors.New("the path of the folder is too long for a socket: " + socket.Path)
	}
	config := embed.NewConfig()
	config.Name = "member"
	config.Dir = filepath.Join(directory, "etcd")
	config.LogLevel = "error"
	config.UnsafeNoFsync = true // nothing here outlives the process
	config.ListenClientUrls = []url.URL{socket}
	config.ListenPeerUrls = nil // there are no peers; the addresses that it advertises are names and nothing more
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, "", err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, socket.String(), nil
	case err = <-etcd.Err():
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	etcd.Close()
	return nil, "", err
}
