package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/component-base/compatibility"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// apiServer is the API server of this process and how to reach it as its administrator.
type apiServer struct {
	url, token        string
	certificate       *certificate
	kubeconfig        string
	serviceAccountKey string
	client            *rest.Config
	ended             chan struct{}
}

// startAPIServer starts the upstream API server and waits until it is ready. It stops with the context.
func startAPIServer(ctx context.Context, end context.CancelCauseFunc, directory, etcd string, controllers bool) (*apiServer, error) {
	crt, err := makeCertificate(filepath.Join(directory, "certs"))
	if err != nil {
		return nil, err
	}
	// The listener is handed over open, so that no one can take the port in between.
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return nil, err
	}
	s := &apiServer{
		url:               "https://" + listener.Addr().String(),
		token:             rand.Text(),
		certificate:       crt,
		kubeconfig:        filepath.Join(directory, "kubeconfig"),
		serviceAccountKey: filepath.Join(directory, "service-account.key"),
		ended:             make(chan struct{}),
	}
	s.client = &rest.Config{Host: s.url, BearerToken: s.token, TLSClientConfig: rest.TLSClientConfig{CAData: crt.pem}, QPS: -1}
	tokens := filepath.Join(directory, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(s.token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return nil, err
	}
	if err := writeServiceAccountKey(s.serviceAccountKey); err != nil {
		return nil, err
	}
	flags := []string{
		"--etcd-servers=" + etcd,
		"--advertise-address=" + loopback,
		"--tls-cert-file=" + crt.crt,
		"--tls-private-key-file=" + crt.key,
		"--token-auth-file=" + tokens,
		"--anonymous-auth=false",
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + s.serviceAccountKey,
		"--service-account-signing-key-file=" + s.serviceAccountKey,
		"--service-cluster-ip-range=10.96.0.0/12",
		// What it hands on says who asked, and is believed by this certificate.
		"--proxy-client-cert-file=" + crt.crt,
		"--proxy-client-key-file=" + crt.key,
		"--requestheader-client-ca-file=" + crt.crt,
		"--requestheader-allowed-names=" + commonName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--endpoint-reconciler-type=none", // pods could not reach loopback
		"--allow-privileged=true",         // Pod Security decides, as in any cluster
		"--profiling=false",
	}
	if !controllers { // nobody would make the service accounts that this plugin waits for
		flags = append(flags, "--disable-admission-plugins=ServiceAccount")
	}
	server, err := configure(ctx, flags, listener)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(s.ended)
		end(fmt.Errorf("the API server ended: %v", app.Run(ctx, *server)))
	}()
	if err := until(ctx, s.ready); err != nil {
		return nil, fmt.Errorf("the API server is not ready: %w", err)
	}
	return s, s.writeKubeconfig()
}

// configure does what the command line of kube-apiserver does, with a listener of ours.
func configure(ctx context.Context, flags []string, listener net.Listener) (*options.CompletedOptions, error) {
	o := options.NewServerRunOptions()
	set := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, group := range o.Flags().FlagSets {
		set.AddFlagSet(group)
	}
	if err := set.Parse(flags); err != nil {
		return nil, err
	}
	o.SecureServing.Listener = listener
	o.SecureServing.BindAddress = net.ParseIP(loopback)
	o.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	registry := o.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return nil, err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	if err := logsapi.ValidateAndApply(o.Logs, registry.FeatureGateFor(compatibility.DefaultKubeComponent)); err != nil {
		return nil, err
	}
	completed, err := o.Complete(ctx)
	if err != nil {
		return nil, err
	}
	return &completed, utilerrors.NewAggregate(completed.Validate())
}

func (s *apiServer) ready(ctx context.Context) error { return answers(ctx, s.client, s.url+"/readyz") }

func (s *apiServer) writeKubeconfig() error {
	const name = "control-plane"
	return clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: s.url, CertificateAuthorityData: s.certificate.pem}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"admin": {Token: s.token}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: "admin"}},
		CurrentContext: name,
	}, s.kubeconfig)
}

func writeServiceAccountKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// answers asks an address once and is content with 200.
func answers(ctx context.Context, config *rest.Config, url string) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(url + " answers " + response.Status)
	}
	return nil
}

// until asks again and again; the error is why the context ended, and what was last wrong.
func until(ctx context.Context, check func(context.Context) error) error {
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
