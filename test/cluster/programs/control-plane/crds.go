package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// The API server spends seconds of CPU on each large CRD; more clients than this do not make it faster.
const crdWriters = 4

// readCRDs reads the CustomResourceDefinitions of a folder's YAML files. Two of one name are an error: one of them would not count.
func readCRDs(folder string) ([]*apiextensions.CustomResourceDefinition, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var crds []*apiextensions.CustomResourceDefinition
	from := map[string]string{}
	for _, file := range files {
		documents, err := readDocuments(file)
		if err != nil {
			return nil, err
		}
		for _, document := range documents {
			crd := &apiextensions.CustomResourceDefinition{}
			if err := yaml.UnmarshalStrict(document, crd); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if crd.Kind != "CustomResourceDefinition" {
				continue
			}
			if other, twice := from[crd.Name]; twice {
				return nil, fmt.Errorf("%s and %s both define %s", other, file, crd.Name)
			}
			from[crd.Name] = file
			trim(crd)
			crds = append(crds, crd)
		}
	}
	return crds, nil
}

// trim takes away what means nothing here: conversion webhooks (nobody serves them; versions convert by their apiVersion alone) and
// descriptions (half of the bytes, and of the API server's work).
func trim(crd *apiextensions.CustomResourceDefinition) {
	crd.Status = apiextensions.CustomResourceDefinitionStatus{}
	crd.Spec.Conversion = nil
	for _, version := range crd.Spec.Versions {
		if version.Schema != nil {
			dropDescriptions(version.Schema.OpenAPIV3Schema)
		}
	}
}

func dropDescriptions(s *apiextensions.JSONSchemaProps) {
	if s == nil {
		return
	}
	s.Description = ""
	for _, properties := range []map[string]apiextensions.JSONSchemaProps{s.Properties, s.PatternProperties} {
		for name, property := range properties {
			dropDescriptions(&property)
			properties[name] = property
		}
	}
	for _, list := range [][]apiextensions.JSONSchemaProps{s.AllOf, s.AnyOf, s.OneOf} {
		for i := range list {
			dropDescriptions(&list[i])
		}
	}
	dropDescriptions(s.Not)
	if s.Items != nil {
		dropDescriptions(s.Items.Schema)
	}
	if s.AdditionalProperties != nil {
		dropDescriptions(s.AdditionalProperties.Schema)
	}
}

func createCRDs(ctx context.Context, config *rest.Config, crds []*apiextensions.CustomResourceDefinition) error {
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	work := make(chan *apiextensions.CustomResourceDefinition, len(crds))
	for _, crd := range crds {
		work <- crd
	}
	close(work)
	failures := make([]error, crdWriters)
	var writers sync.WaitGroup
	for i := range crdWriters {
		writers.Go(func() {
			for crd := range work {
				if _, err := client.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, crd, metav1.CreateOptions{}); err != nil {
					failures[i] = errors.Join(failures[i], fmt.Errorf("%s: %w", crd.Name, err))
				}
			}
		})
	}
	writers.Wait()
	return errors.Join(failures...)
}

// waitUntilServed waits until discovery knows the resources, <plural>.<group>. (Listing the CRDs themselves again and again would keep
// the API server busy.)
func waitUntilServed(ctx context.Context, config *rest.Config, names []string) error {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	return until(ctx, func(context.Context) error {
		_, lists, err := client.ServerGroupsAndResources()
		if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
			return err
		}
		served := map[string]bool{}
		for _, list := range lists {
			version, err := schema.ParseGroupVersion(list.GroupVersion)
			if err != nil {
				return err
			}
			for _, resource := range list.APIResources {
				served[resource.Name+"."+version.Group] = true
			}
		}
		for _, name := range names {
			if !served[name] {
				return fmt.Errorf("%s is not served", name)
			}
		}
		return nil
	})
}

// readDocuments splits a file of YAML documents.
func readDocuments(file string) ([][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var documents [][]byte
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		documents = append(documents, document)
	}
}

func readNames(file string) (names []string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return names, json.Unmarshal(text, &names)
}
