package config_test

import (
	"errors"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// manifest is what the test reads of an object.
type manifest struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Spec     struct {
		Replicas int
		Template struct {
			Spec struct {
				TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
				Containers []struct {
					Args            []string
					Env             []struct{ Name, Value string }
					ReadinessProbe  any `yaml:"readinessProbe"`
					Resources       struct{ Limits map[string]string }
					SecurityContext struct {
						ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
					} `yaml:"securityContext"`
				}
			}
		}
	}
}

// TestKubernetesManifests holds the manifests to the settings that there are, and to what a drain needs.
func TestKubernetesManifests(t *testing.T) {
	t.Parallel()
	file, err := os.Open(root("deploy/kubernetes/tickerwire.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=`).FindAllStringSubmatch(example(t), -1) {
		known[m[1]] = true
	}
	roles := map[string]int{}
	decoder := yaml.NewDecoder(file)
	for {
		var m manifest
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != "Namespace" && m.Metadata.Namespace != "tickerwire" {
			t.Errorf("%s %s is in namespace %q", m.Kind, m.Metadata.Name, m.Metadata.Namespace)
		}
		if m.Kind == "Secret" {
			t.Error("a secret is committed")
		}
		names := slices.Collect(maps.Keys(m.Data))
		pod := m.Spec.Template.Spec
		for _, c := range pod.Containers {
			for _, e := range c.Env {
				names = append(names, e.Name)
			}
			if !pod.SecurityContext.RunAsNonRoot || !c.SecurityContext.ReadOnlyRootFilesystem || c.Resources.Limits["memory"] == "" {
				t.Errorf("%s %s may do more than it needs", m.Kind, m.Metadata.Name)
			}
			if m.Kind == "Deployment" {
				roles[c.Args[0]] = m.Spec.Replicas
				if c.ReadinessProbe == nil || pod.TerminationGracePeriodSeconds < 15 {
					t.Errorf("%s: no readiness, or too little time to drain", m.Metadata.Name)
				}
			}
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s %s sets %s, which is no setting", m.Kind, m.Metadata.Name, name)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"api": 2, "worker": 2, "scheduler": 2}, roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}
