package main

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// aggregatedAPI is a group of kinds that a controller serves and the API server hands requests on to.
type aggregatedAPI struct {
	group, version string
	port           int
}

// register makes the API server hand them on, by a Service that stands for this machine, and waits until the controller answers.
func (a *aggregatedAPI) register(ctx context.Context, client kubernetes.Interface, namespace string, bundle []byte) error {
	const service = "api"
	name := a.version + "." + a.group
	if err := apply(ctx, client, "/api/v1/namespaces/"+namespace+"/services/"+service, object{
		"apiVersion": "v1",
		"kind":       "Service",
		"metadata":   object{"name": service, "namespace": namespace},
		"spec":       object{"type": "ExternalName", "externalName": "localhost"},
	}); err != nil {
		return err
	}
	if err := apply(ctx, client, "/apis/apiregistration.k8s.io/v1/apiservices/"+name, object{
		"apiVersion": "apiregistration.k8s.io/v1",
		"kind":       "APIService",
		"metadata":   object{"name": name},
		"spec": object{
			"group": a.group, "version": a.version, "groupPriorityMinimum": 100, "versionPriority": 100,
			"service":  object{"name": service, "namespace": namespace, "port": a.port},
			"caBundle": bundle,
		},
	}); err != nil {
		return err
	}
	return until(ctx, func(ctx context.Context) error {
		return client.Discovery().RESTClient().Get().AbsPath("/apis/" + a.group + "/" + a.version).Do(ctx).Error()
	})
}

func apply(ctx context.Context, client kubernetes.Interface, path string, body object) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request := client.Discovery().RESTClient().Patch(types.ApplyYAMLPatchType).AbsPath(path).Param("fieldManager", "control-plane")
	if err := request.Body(text).Do(ctx).Error(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
