//go:build !no_kwok

package main

import (
	"os"
	"strings"

	"github.com/spf13/pflag"
	nodestages "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	leasestages "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podstages "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

const hasKWOK = true

// writeStages writes what KWOK plays: nodes and pods become Ready at once, pods of Jobs succeed, deleted pods go. KWOK has no default.
func writeStages(path string) error {
	stages := []string{
		nodestages.DefaultNodeInit, leasestages.DefaultNodeHeartbeatWithLease,
		podstages.DefaultPodReady, podstages.DefaultPodComplete, podstages.DefaultPodDelete,
	}
	return os.WriteFile(path, []byte(strings.Join(stages, "\n---\n")), 0o600)
}

// kwok is KWOK's own main function: it plays the kubelets.
func kwok() error {
	// KWOK adds the global flag set to its own; Kubernetes has put a --version there that KWOK's cannot stand beside.
	pflag.CommandLine = pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	global := pflag.NewFlagSet("global", pflag.ContinueOnError)
	global.ParseErrorsAllowlist.UnknownFlags = true
	global.Usage = func() {}
	ctx, _ := log.InitFlags(signals.SetupSignalContext(), global)
	ctx, err := config.InitFlags(ctx, global)
	if err != nil {
		return err
	}
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(global)
	return command.ExecuteContext(ctx)
}
