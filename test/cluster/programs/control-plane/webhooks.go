package main

import (
	"context"
	"fmt"

	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// registerWebhooks registers a controller's own webhook manifests, with the Service in them replaced by the port of the controller on
// this machine: the API server calls it with no Service network. How many there are is the answer.
func registerWebhooks(ctx context.Context, client kubernetes.Interface, controller, file string, port int, bundle []byte) (int, error) {
	documents, err := readDocuments(file)
	if err != nil {
		return 0, err
	}
	point := func(to *admission.WebhookClientConfig) {
		url := "https://" + address(port)
		if to.Service != nil && to.Service.Path != nil {
			url += *to.Service.Path
		}
		*to = admission.WebhookClientConfig{URL: &url, CABundle: bundle}
	}
	count := 0
	api := client.AdmissionregistrationV1()
	for _, document := range documents {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		switch kind.Kind {
		case "MutatingWebhookConfiguration":
			c := &admission.MutatingWebhookConfiguration{}
			if err := yaml.UnmarshalStrict(document, c); err != nil {
				return 0, fmt.Errorf("%s: %w", file, err)
			}
			c.Name = controller
			for i := range c.Webhooks {
				point(&c.Webhooks[i].ClientConfig)
			}
			count += len(c.Webhooks)
			if _, err := api.MutatingWebhookConfigurations().Create(ctx, c, metav1.CreateOptions{}); err != nil {
				return 0, err
			}
		case "ValidatingWebhookConfiguration":
			c := &admission.ValidatingWebhookConfiguration{}
			if err := yaml.UnmarshalStrict(document, c); err != nil {
				return 0, fmt.Errorf("%s: %w", file, err)
			}
			c.Name = controller
			for i := range c.Webhooks {
				point(&c.Webhooks[i].ClientConfig)
			}
			count += len(c.Webhooks)
			if _, err := api.ValidatingWebhookConfigurations().Create(ctx, c, metav1.CreateOptions{}); err != nil {
				return 0, err
			}
		}
	}
	if count == 0 {
		return 0, fmt.Errorf("%s has no webhooks", file)
	}
	return count, nil
}
