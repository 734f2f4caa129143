package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
)

// controller is a program beside Kubernetes' own, built from its upstream module.
type controller struct {
	namespace string
	// configure says how it is started; it may write files into the control plane's folder.
	configure func(s *site) (*launch, error)
}

// site is what a controller is told of the control plane.
type site struct {
	directory     string
	kubeconfig    string
	certificate   *certificate
	instanceTypes string
}

// launch is how a controller is started and how it is seen to be up.
type launch struct {
	args, env []string
	beside    map[string][]string // further programs of it, with their arguments
	health    string              // address that answers 200 once it works; or
	ports     []int               // ports that accept connections
	webhooks  int                 // port of its webhooks; 0: it has none
	api       *aggregatedAPI      // that it serves itself
	endpoints map[string]string
}

// The names are those of the folders and files of the programs.
var controllers = map[string]controller{
	"leaderworkerset": {namespace: "lws-system", configure: leaderWorkerSet},
	"kueue":           {namespace: "kueue-system", configure: kueue},
	"karpenter":       {namespace: "karpenter", configure: karpenter},
	"endpoint-picker": {namespace: "default", configure: endpointPicker},
	"keda":            {namespace: "keda", configure: keda},
}

func leaderWorkerSet(s *site) (*launch, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	config, err := s.write("leaderworkerset.json", object{
		"apiVersion":             "config.lws.x-k8s.io/v1alpha1",
		"kind":                   "Configuration",
		"clientConnection":       object{"qps": 300, "burst": 600},
		"leaderElection":         object{"leaderElect": false},
		"internalCertManagement": object{"enable": false},
		"metrics":                object{"bindAddress": "0"},
		"health":                 object{"healthProbeBindAddress": address(ports[0])},
		"webhook":                object{"host": loopback, "port": ports[1], "certDir": s.certificate.folder},
	})
	return &launch{args: []string{"--config=" + config}, health: "http://" + address(ports[0]) + "/readyz", webhooks: ports[1]}, err
}

func kueue(s *site) (*launch, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	config, err := s.write("kueue.json", object{
		"apiVersion":             "config.kueue.x-k8s.io/v1beta2",
		"kind":                   "Configuration",
		"clientConnection":       object{"qps": 300, "burst": 600},
		"leaderElection":         object{"leaderElect": false},
		"internalCertManagement": object{"enable": false},
		"health":                 object{"healthProbeBindAddress": address(ports[0])},
		"metrics":                object{"bindAddress": address(ports[1])},
		"webhook":                object{"host": loopback, "port": ports[2], "certDir": s.certificate.folder},
		"integrations": object{"frameworks": []string{
			"batch/job", "pod", "deployment", "statefulset", "leaderworkerset.x-k8s.io/leaderworkerset",
		}},
		"featureGates": object{"VisibilityOnDemand": false}, // an API server of its own, behind an aggregation layer that is not here
	})
	return &launch{
		args:     []string{"--config=" + config},
		env:      []string{"KUEUE_METRICS_CERTS=" + s.certificate.folder},
		health:   "http://" + address(ports[0]) + "/readyz",
		webhooks: ports[2],
	}, err
}

// karpenter runs with its own fake cloud: the nodes that it makes are KWOK's.
func karpenter(s *site) (*launch, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	env := []string{
		"SYSTEM_NAMESPACE=karpenter",
		"DISABLE_LEADER_ELECTION=true",
		"BATCH_IDLE_DURATION=200ms",
		"METRICS_PORT=" + strconv.Itoa(ports[0]),
		"HEALTH_PROBE_PORT=" + strconv.Itoa(ports[1]),
	}
	if s.instanceTypes != "" {
		env = append(env, "INSTANCE_TYPES_FILE_PATH="+s.instanceTypes)
	}
	return &launch{env: env, health: "http://" + address(ports[1]) + "/readyz"}, nil
}

// endpointPicker picks for the InferencePool of its name in the namespace default.
func endpointPicker(*site) (*launch, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	return &launch{
		args: []string{
			"--pool-name=endpoint-picker",
			"--pool-namespace=default",
			"--grpc-port=" + strconv.Itoa(ports[0]),
			"--grpc-health-port=" + strconv.Itoa(ports[1]),
			"--metrics-port=" + strconv.Itoa(ports[2]),
			"--metrics-endpoint-auth=false",
			"--secure-serving=false",
		},
		env:       []string{"NAMESPACE=default"},
		ports:     ports[1:2],
		endpoints: map[string]string{"grpc": address(ports[0]), "metrics": "http://" + address(ports[2]) + "/metrics"},
	}, nil
}

// keda is its operator, the server of the metrics that it reads, which HorizontalPodAutoscalers ask, and its webhooks.
func keda(s *site) (*launch, error) {
	ports, err := freePorts(6)
	if err != nil {
		return nil, err
	}
	grpc, health, metrics, pages, webhooks, webhooksHealth := ports[0], ports[1], ports[2], ports[3], ports[4], ports[5]
	return &launch{
		args: []string{
			"--enable-cert-rotation=false",
			"--enable-webhook-patching=false",
			"--enable-apiservice-patching=false",
			"--enable-prometheus-metrics=false",
			"--cert-dir=" + s.certificate.folder,
			"--metrics-service-bind-address=" + address(grpc),
			"--health-probe-bind-address=" + address(health),
			"--kube-api-qps=300",
			"--kube-api-burst=600",
		},
		env: []string{"WATCH_NAMESPACE=", "POD_NAME=keda-operator", "KEDA_CLUSTER_OBJECT_NAMESPACE=keda"},
		beside: map[string][]string{
			"keda-metrics": {
				"--bind-address=" + loopback,
				"--secure-port=" + strconv.Itoa(metrics),
				"--port=" + strconv.Itoa(pages),
				"--cert-dir=" + s.certificate.folder,
				"--tls-cert-file=" + s.certificate.crt,
				"--tls-private-key-file=" + s.certificate.key,
				"--metrics-service-address=" + address(grpc),
				"--lister-kubeconfig=" + s.kubeconfig,
				"--authentication-kubeconfig=" + s.kubeconfig,
				"--authorization-kubeconfig=" + s.kubeconfig,
			},
			"keda-webhooks": {
				"--cert-dir=" + s.certificate.folder,
				"--port=" + strconv.Itoa(webhooks),
				"--metrics-bind-address=0",
				"--health-probe-bind-address=" + address(webhooksHealth),
			},
		},
		health:   "http://" + address(health) + "/readyz",
		ports:    []int{grpc, metrics},
		webhooks: webhooks,
		api:      &aggregatedAPI{group: "external.metrics.k8s.io", version: "v1beta1", port: metrics},
	}, nil
}

type object map[string]any

// write writes a controller's configuration; JSON is YAML too.
func (s *site) write(name string, config object) (string, error) {
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(s.directory, name)
	return path, os.WriteFile(path, text, 0o600)
}

func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		var err error
		if ports[i], err = freePort(); err != nil {
			return nil, err
		}
	}
	return ports, nil
}
