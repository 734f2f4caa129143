package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// errStopped is the wish of whoever started it, as opposed to a failure.
var errStopped = errors.New("stopped")

// ready is the line that `run` prints once everything works.
type ready struct {
	Server     string                       `json:"server"`
	Token      string                       `json:"token"`
	CA         string                       `json:"ca"`
	Kubeconfig string                       `json:"kubeconfig"`
	Endpoints  map[string]map[string]string `json:"endpoints"`
}

type runOptions struct {
	directory, programs, data, instanceTypes string
	controllers                              []string
	keep                                     bool
	timeout                                  time.Duration
}

func run(args []string) error {
	var o runOptions
	var names string
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	flags.StringVar(&o.directory, "directory", "", "folder for etcd, keys, logs; it is removed at the end")
	flags.BoolVar(&o.keep, "keep", false, "do not remove the folder")
	flags.StringVar(&o.programs, "programs", "", "folder of the controllers' programs, <name> and <name>.webhooks.yaml")
	flags.StringVar(&names, "controllers", "", "which of them run, separated by commas")
	flags.StringVar(&o.data, "data", "", "folder that `prepare` filled")
	flags.StringVar(&o.instanceTypes, "instance-types", "", "file with the instance types of Karpenter's fake cloud")
	flags.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long the start may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.controllers = strings.FieldsFunc(names, func(r rune) bool { return r == ',' })
	ctx, end := context.WithCancelCause(context.Background())
	endOnSignal(end)
	go func() { // closes when whoever started this process is gone, however it went
		_, _ = io.Copy(io.Discard, os.Stdin)
		end(errStopped)
	}()
	programs := &children{directory: o.directory, ended: end}
	err := start(ctx, end, &o, programs)
	if err == nil {
		<-ctx.Done()
		err = context.Cause(ctx)
	}
	programs.stop()
	if !o.keep {
		// etcd and the API server still run: what they write until this process ends is not wanted either.
		for range 3 {
			_ = os.RemoveAll(o.directory)
		}
	}
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

func start(ctx context.Context, end context.CancelCauseFunc, o *runOptions, programs *children) error {
	begin := time.Now()
	done := func(what string) { fmt.Fprintf(os.Stderr, "%6.2f s %s\n", time.Since(begin).Seconds(), what) }
	starting, cancel := context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("not in %s", o.timeout))
	defer cancel()

	var crds []string
	if o.data != "" {
		if err := os.CopyFS(filepath.Join(o.directory, "etcd"), os.DirFS(filepath.Join(o.data, "etcd"))); err != nil {
			return err
		}
		var err error
		if crds, err = readNames(filepath.Join(o.data, "crds.json")); err != nil {
			return err
		}
		done("data copied")
	}
	_, etcd, err := startEtcd(starting, o.directory)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	done("etcd")
	debug.SetGCPercent(200) // faster, for memory
	api, err := startAPIServer(ctx, end, o.directory, etcd, true)
	if err != nil {
		return err
	}
	done("API server")
	client, err := kubernetes.NewForConfig(api.client)
	if err != nil {
		return err
	}
	if err := waitUntilServed(starting, api.client, crds); err != nil {
		return err
	}
	done(fmt.Sprintf("%d CRDs", len(crds)))
	// Not before: the garbage collector looks for new kinds every 30 s only.
	if err := startKubernetesControllers(programs, api); err != nil {
		return err
	}
	endpoints, err := startControllers(starting, o, programs, api, client, done)
	if err != nil {
		return err
	}
	if err := until(starting, func(ctx context.Context) error { // the controller manager makes it, and pods wait for it
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	}); err != nil {
		return fmt.Errorf("the controller manager does not work: %w", err)
	}
	done("controller manager")
	return json.NewEncoder(os.Stdout).Encode(ready{
		Server: api.url, Token: api.token, CA: string(api.certificate.pem), Kubeconfig: api.kubeconfig, Endpoints: endpoints,
	})
}

func startKubernetesControllers(programs *children, api *apiServer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	stages := filepath.Join(programs.directory, "stages.yaml")
	if err := writeStages(stages); err != nil {
		return err
	}
	// Their ports for metrics stay shut; one of each runs, so none needs to be elected.
	common := []string{"--kubeconfig=" + api.kubeconfig, "--leader-elect=false", "--secure-port=0", "--profiling=false",
		"--kube-api-qps=300", "--kube-api-burst=600"}
	commands := map[string][]string{
		"controller-manager": append([]string{
			"--service-account-private-key-file=" + api.serviceAccountKey,
			"--root-ca-file=" + api.certificate.crt,
			"--node-monitor-period=1s",
			"--horizontal-pod-autoscaler-sync-period=1s",
		}, common...),
		"scheduler": common,
		"kwok": {
			"--kubeconfig=" + api.kubeconfig,
			"--config=" + stages,
			"--manage-all-nodes", // Karpenter's nodes too
			"--cidr=10.64.0.0/16",
			"--node-ip=10.63.0.1",
			"--node-lease-duration-seconds=40",
		},
	}
	names := []string{"controller-manager", "scheduler"}
	if hasKWOK {
		names = append(names, "kwok")
	}
	for _, name := range names {
		if err := programs.start(name, self, append([]string{name}, commands[name]...), nil); err != nil {
			return err
		}
	}
	return nil
}

// startControllers starts all of them before it waits for the first. Webhooks are registered when their servers answer: a webhook that
// must be asked and cannot be would refuse every pod.
func startControllers(
	ctx context.Context, o *runOptions, programs *children, api *apiServer, client kubernetes.Interface, done func(string),
) (map[string]map[string]string, error) {
	s := &site{directory: o.directory, kubeconfig: api.kubeconfig, certificate: api.certificate, instanceTypes: o.instanceTypes}
	launches := map[string]*launch{}
	endpoints := map[string]map[string]string{}
	for _, name := range o.controllers {
		c, known := controllers[name]
		if !known {
			return nil, fmt.Errorf("there is no controller %q", name)
		}
		namespace := corev1.Namespace(c.namespace)
		if _, err := client.CoreV1().Namespaces().Apply(ctx, namespace, metav1.ApplyOptions{FieldManager: "control-plane"}); err != nil {
			return nil, err
		}
		l, err := c.configure(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		env := append([]string{"KUBECONFIG=" + api.kubeconfig, "POD_NAMESPACE=" + c.namespace}, l.env...)
		commands := map[string][]string{name: l.args}
		maps.Copy(commands, l.beside)
		for program, args := range commands {
			if err := programs.start(program, filepath.Join(o.programs, program), args, env); err != nil {
				return nil, err
			}
		}
		launches[name] = l
		if l.endpoints != nil {
			endpoints[name] = l.endpoints
		}
	}
	for _, name := range o.controllers {
		l := launches[name]
		if err := until(ctx, l.up); err != nil {
			return nil, fmt.Errorf("%s is not up: %w", name, err)
		}
		done(name)
		if l.webhooks != 0 {
			n, err := registerWebhooks(ctx, client, name, filepath.Join(o.programs, name+".webhooks.yaml"), l.webhooks, api.certificate.pem)
			if err != nil {
				return nil, fmt.Errorf("webhooks of %s: %w", name, err)
			}
			done(fmt.Sprintf("%d webhooks of %s", n, name))
		}
		if l.api != nil {
			if err := l.api.register(ctx, client, controllers[name].namespace, api.certificate.pem); err != nil {
				return nil, fmt.Errorf("the API of %s: %w", name, err)
			}
			done("the API of " + name)
		}
	}
	return endpoints, nil
}

// up tells whether a controller works.
func (l *launch) up(ctx context.Context) error {
	if l.health != "" {
		if err := answers(ctx, &rest.Config{}, l.health); err != nil {
			return err
		}
	}
	for _, port := range append([]int{l.webhooks}, l.ports...) {
		if port != 0 && !accepts(port) {
			return fmt.Errorf("nothing listens on %s", address(port))
		}
	}
	return nil
}

// prepare runs etcd and the API server until the CRDs of a folder are served, and leaves etcd's folder behind for `run --data`.
func prepare(args []string) (err error) {
	flags := flag.NewFlagSet("prepare", flag.ExitOnError)
	directory := flags.String("directory", "", "folder for etcd/ and crds.json")
	folder := flags.String("crds", "", "folder of YAML files")
	timeout := flags.Duration("timeout", 10*time.Minute, "how long it may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(context.Background())
	endOnSignal(end)
	preparing, cancel := context.WithTimeoutCause(ctx, *timeout, fmt.Errorf("not in %s", *timeout))
	defer cancel()
	crds, err := readCRDs(*folder)
	if err != nil {
		return err
	}
	names := make([]string, len(crds))
	for i, crd := range crds {
		names[i] = crd.Name
	}
	etcd, url, err := startEtcd(preparing, *directory)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	debug.SetGCPercent(400)
	api, err := startAPIServer(ctx, end, *directory, url, false)
	if err != nil {
		return err
	}
	if err := createCRDs(preparing, api.client, crds); err != nil {
		return err
	}
	if err := waitUntilServed(preparing, api.client, names); err != nil {
		return err
	}
	text, err := json.Marshal(names)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*directory, "crds.json"), text, 0o600); err != nil {
		return err
	}
	end(errStopped)
	select {
	case <-api.ended:
	case <-time.After(10 * time.Second): // its own end waits longer for watches, its own among them
	}
	etcd.Close()
	return nil
}

func endOnSignal(end context.CancelCauseFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		end(errStopped)
	}()
}
