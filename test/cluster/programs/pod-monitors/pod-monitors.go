// Command pod-monitors turns PodMonitors into what Prometheus is configured with, by the Prometheus operator's own code: it selects, checks and
// translates. It reads a PodMonitorList (JSON) from its standard input and writes a Prometheus configuration (YAML) to its standard output.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	prompkg "github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

func main() {
	version := flag.String("version", "", "of the Prometheus to configure, e.g. 2.42.0")
	namespace := flag.String("namespace", "", "that Prometheus runs in")
	flag.Parse()
	configuration, err := generate(*version, *namespace)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pod-monitors:", err)
		os.Exit(1)
	}
	os.Stdout.Write(configuration)
}

func generate(version, namespace string) ([]byte, error) {
	var given v1.PodMonitorList
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return nil, err
	}
	// As a user has it who lets Prometheus have all PodMonitors; nothing of it changes how one is read.
	prom := &v1.Prometheus{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "prometheus"},
		Spec: v1.PrometheusSpec{
			CommonPrometheusFields: v1.CommonPrometheusFields{Version: version, ScrapeInterval: "30s", PodMonitorSelector: &metav1.LabelSelector{}},
			EvaluationInterval:     "1s",
		},
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store := assets.NewStoreBuilder(nil, nil) // of Secrets, to which no PodMonitor of ours refers
	selector, err := prompkg.NewResourceSelector(logger, prom, store, nil, operator.NewMetrics(prometheus.NewRegistry()), record.NewFakeRecorder(len(given.Items)))
	if err != nil {
		return nil, err
	}
	selected, err := selector.SelectPodMonitors(context.Background(), func(_ string, _ labels.Selector, add cache.AppendFunc) error {
		for i := range given.Items {
			add(&given.Items[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	monitors := selected.ValidResources()
	if rejected := len(given.Items) - len(monitors); rejected != 0 {
		return nil, fmt.Errorf("the operator rejects %d PodMonitors", rejected)
	}
	generator, err := prompkg.NewConfigGenerator(logger, prom)
	if err != nil {
		return nil, err
	}
	return generator.GenerateServerConfiguration(prom, nil, monitors, nil, nil, store, nil, nil, nil, nil)
}
