// Command control-plane is a whole small Kubernetes control plane as one process and its children, for tests.
//
//	control-plane run      starts it, prints one line of JSON when everything is ready, ends when its standard input closes
//	control-plane prepare  fills an etcd folder with CustomResourceDefinitions once, for `run --data` to start from
//
// etcd and the API server live in this process. The controller manager, the scheduler and KWOK are children of the same binary,
// because each of them wants the global flags and feature gates for itself; the other controllers are programs of their own.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	_ "time/tzdata" // CronJobs name time zones

	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// The kernel ends a child when the thread that made it ends. The main thread lasts as long as the process, so children are made on it.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: control-plane run|prepare|controller-manager|scheduler|kwok [flags]"))
	}
	command, args := os.Args[1], os.Args[2:]
	os.Args = append([]string{command}, args...)
	switch command {
	case "run":
		fail(run(args))
	case "prepare":
		fail(prepare(args))
	case "controller-manager":
		runUpstream(controllermanager.NewControllerManagerCommand())
	case "scheduler":
		runUpstream(scheduler.NewSchedulerCommand())
	case "kwok":
		fail(kwok())
	default:
		fail(fmt.Errorf("there is no command %q", command))
	}
}

func runUpstream(command *cobra.Command) { os.Exit(cli.Run(command)) }

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "control-plane:", err)
		os.Exit(1)
	}
}
