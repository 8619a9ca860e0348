package config_test

import (
	"bytes"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"tickerwire/internal/config"
	"tickerwire/tasks"
)

// cluster is what the manifests make.
type cluster struct {
	*testing.T
	config      core.ConfigMap
	pods        map[string]core.PodSpec // by the names of their deployments and jobs
	deployments map[string]apps.Deployment
	scalers     []autoscaling.HorizontalPodAutoscaler
	services    []core.Service
	budgets     []policy.PodDisruptionBudget
	policies    []networking.NetworkPolicy
}

// kinds knows every type that the manifests may use.
func kinds(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{core.AddToScheme, apps.AddToScheme, batch.AddToScheme, autoscaling.AddToScheme, policy.AddToScheme, networking.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return scheme
}

// readCluster decodes every object strictly into Kubernetes' own type: an unknown field, a field given twice or a value of
// another type is an error.
func readCluster(t *testing.T) *cluster {
	t.Helper()
	raw, err := os.ReadFile(root("deploy/kubernetes/tickerwire.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{T: t, pods: map[string]core.PodSpec{}, deployments: map[string]apps.Deployment{}}
	scheme := kinds(t)
	for i, document := range bytes.Split(raw, []byte("\n---\n")) {
		var head meta.TypeMeta
		if err := yaml.Unmarshal(document, &head); err != nil {
			t.Fatalf("object %d: %v", i, err)
		}
		object, err := scheme.New(schema.FromAPIVersionAndKind(head.APIVersion, head.Kind))
		if err != nil {
			t.Fatalf("object %d: %v", i, err)
		}
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			t.Fatalf("object %d, %s: %v", i, head.Kind, err)
		}
		c.take(object)
	}
	return c
}

func (c *cluster) take(object runtime.Object) {
	c.Helper()
	name := object.(meta.Object).GetName()
	if namespace := object.(meta.Object).GetNamespace(); namespace != "tickerwire" {
		if _, ok := object.(*core.Namespace); !ok || name != "tickerwire" {
			c.Errorf("%T %s is in namespace %q", object, name, namespace)
		}
	}
	switch o := object.(type) {
	case *core.Namespace:
	case *core.ConfigMap:
		c.config = *o
	case *apps.Deployment:
		c.deployments[name], c.pods[name] = *o, o.Spec.Template.Spec
		if !maps.Equal(o.Spec.Selector.MatchLabels, o.Spec.Template.Labels) {
			c.Errorf("%s selects %v, its pods are %v", name, o.Spec.Selector.MatchLabels, o.Spec.Template.Labels)
		}
	case *batch.Job:
		c.pods[name] = o.Spec.Template.Spec
	case *autoscaling.HorizontalPodAutoscaler:
		c.scalers = append(c.scalers, *o)
	case *core.Service:
		c.services = append(c.services, *o)
	case *policy.PodDisruptionBudget:
		c.budgets = append(c.budgets, *o)
	case *networking.NetworkPolicy:
		c.policies = append(c.policies, *o)
	default: // a Secret, above all
		c.Errorf("%T %s does not belong here", object, name)
	}
}

// secrets returns the names of the settings that must never stand in a manifest.
func secrets() map[string]bool {
	names := map[string]bool{}
	for i := range reflect.TypeFor[config.Config]().NumField() {
		if f := reflect.TypeFor[config.Config]().Field(i); f.Type == reflect.TypeFor[config.Secret]() || f.Type == reflect.TypeFor[map[string]config.Secret]() {
			names[f.Tag.Get("env")] = true
		}
	}
	return names
}

// redisPatience is how long a worker may need to end when Redis is away: see patienceEnds in internal/app.
const redisPatience = 10 * time.Second

// TestKubernetesManifests holds the manifests to Kubernetes' own types, to the settings that there are, and to what a drain
// needs.
func TestKubernetesManifests(t *testing.T) {
	t.Parallel()
	c := readCluster(t)
	known, secret := settings(t), secrets()
	images := map[string]bool{}
	for name, pod := range c.pods {
		given := slices.Collect(maps.Keys(c.config.Data))
		box := pod.Containers[0]
		for _, e := range box.Env {
			given = append(given, e.Name)
			if e.ValueFrom != nil {
				t.Errorf("%s: %s comes from elsewhere", name, e.Name)
			}
		}
		for _, setting := range given {
			if _, ok := known[setting]; !ok {
				t.Errorf("%s: %s is no setting", name, setting)
			}
			if secret[setting] {
				t.Errorf("%s: the secret %s stands in the manifest", name, setting)
			}
		}
		images[box.Image] = true
		if len(pod.Containers) != 1 || len(box.EnvFrom) != 2 || box.EnvFrom[0].ConfigMapRef == nil || box.EnvFrom[0].ConfigMapRef.Name != c.config.Name ||
			box.EnvFrom[1].SecretRef == nil || box.EnvFrom[1].SecretRef.Name != "tickerwire" {
			t.Errorf("%s does not take its settings from the config map and the secret: %+v", name, box.EnvFrom)
		}
		s, p := box.SecurityContext, pod.SecurityContext
		if s == nil || p == nil || !*p.RunAsNonRoot || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault || *s.AllowPrivilegeEscalation ||
			!*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || *pod.AutomountServiceAccountToken {
			t.Errorf("%s may do more than it needs", name)
		}
		if box.Resources.Limits.Memory().IsZero() || box.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s has no bounds", name)
		}
	}
	if len(images) != 1 {
		t.Errorf("the roles are of %d images: %v", len(images), images)
	}
	if pod, ok := c.pods["migrate"]; !ok || !slices.Equal(pod.Containers[0].Args, []string{"tickerctl", "migrate"}) || pod.RestartPolicy != core.RestartPolicyOnFailure {
		t.Errorf("no job migrates: %+v", pod)
	}
	if diff := cmp.Diff([]string{"api", "migrate", "scheduler", "worker"}, slices.Sorted(maps.Keys(c.pods))); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	for name, d := range c.deployments {
		c.checkRole(name, d)
	}
	c.checkScaling()
	c.checkNetwork()
}

func (c *cluster) checkRole(name string, d apps.Deployment) {
	c.Helper()
	pod := d.Spec.Template.Spec
	box := pod.Containers[0]
	if box.Args[0] != name {
		c.Errorf("%s runs %v", name, box.Args)
	}
	ports := map[string]int32{}
	for _, p := range box.Ports {
		ports[p.Name] = p.ContainerPort
	}
	for what, probe := range map[string]*core.Probe{"readiness": box.ReadinessProbe, "liveness": box.LivenessProbe} {
		switch {
		case probe == nil:
			c.Errorf("%s: no %s probe", name, what)
		case probe.HTTPGet != nil && ports[probe.HTTPGet.Port.StrVal] == 0, probe.TCPSocket != nil && ports[probe.TCPSocket.Port.StrVal] == 0:
			c.Errorf("%s: the %s probe asks a port that is none", name, what)
		case probe.HTTPGet == nil && probe.TCPSocket == nil:
			c.Errorf("%s: the %s probe asks nothing", name, what)
		}
	}
	// What depends on Postgres must not have pods killed when that is away.
	if live := box.LivenessProbe; live != nil && live.HTTPGet != nil && (live.HTTPGet.Path != "/health" || live.HTTPGet.Port.StrVal != "http") {
		c.Errorf("%s: liveness is %s at %s", name, live.HTTPGet.Path, live.HTTPGet.Port.StrVal)
	}
	drain := tasks.DrainGrace + redisPatience
	if l := box.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		drain += time.Duration(l.PreStop.Sleep.Seconds) * time.Second
	}
	if grace := pod.TerminationGracePeriodSeconds; grace == nil || time.Duration(*grace)*time.Second < drain {
		c.Errorf("%s: %v seconds to end, a drain takes up to %s", name, grace, drain)
	}
	if r := d.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable.IntValue() != 0 {
		c.Errorf("%s: a deploy takes pods away before there are others", name)
	}
}

// checkScaling: workers by what waits, everything else twice.
func (c *cluster) checkScaling() {
	c.Helper()
	scaled := map[string]bool{}
	for _, s := range c.scalers {
		target := s.Spec.ScaleTargetRef
		d, ok := c.deployments[target.Name]
		if !ok || target.Kind != "Deployment" || target.APIVersion != "apps/v1" || d.Spec.Replicas != nil {
			c.Errorf("the autoscaler %s scales %v, which sets its own replicas or is none", s.Name, target)
		}
		if s.Spec.MinReplicas == nil || *s.Spec.MinReplicas < 2 || s.Spec.MaxReplicas <= *s.Spec.MinReplicas || len(s.Spec.Metrics) != 1 {
			c.Fatalf("the autoscaler %s: %+v", s.Name, s.Spec)
		}
		m := s.Spec.Metrics[0].External
		if m == nil || m.Target.AverageValue == nil || m.Target.AverageValue.Value() <= 0 {
			c.Fatalf("the autoscaler %s is not led by what waits: %+v", s.Name, s.Spec.Metrics[0])
		}
		if rule := adapterRule(c.T); rule.Name.As != m.Metric.Name {
			c.Errorf("the autoscaler asks for %s, the adapter has %s", m.Metric.Name, rule.Name.As)
		}
		scaled[target.Name] = true
	}
	for name, d := range c.deployments {
		if !scaled[name] && (d.Spec.Replicas == nil || *d.Spec.Replicas < 2) {
			c.Errorf("%s runs once", name)
		}
	}
	if !scaled["worker"] {
		c.Error("nothing scales the workers")
	}
}

func (c *cluster) checkNetwork() {
	c.Helper()
	for _, s := range c.services {
		d, ok := c.deployments[s.Spec.Selector["role"]]
		if !ok || !maps.Equal(s.Spec.Selector, d.Spec.Template.Labels) || s.Spec.Ports[0].TargetPort.StrVal != "http" {
			c.Errorf("the service %s leads nowhere: %v", s.Name, s.Spec)
		}
	}
	for _, b := range c.budgets {
		if d, ok := c.deployments[b.Spec.Selector.MatchLabels["role"]]; !ok || !maps.Equal(b.Spec.Selector.MatchLabels, d.Spec.Template.Labels) || b.Spec.MinAvailable.IntValue() < 1 {
			c.Errorf("the budget %s keeps nothing: %v", b.Name, b.Spec)
		}
	}
	if len(c.services) != 1 || len(c.budgets) != 2 || len(c.policies) != 1 || len(c.policies[0].Spec.Ingress) != 2 {
		c.Errorf("%d services, %d budgets, %d network policies", len(c.services), len(c.budgets), len(c.policies))
	}
}

// rule is one of prometheus-adapter's; its types are not published apart from it.
type rule struct {
	SeriesQuery  string                     `json:"seriesQuery"`
	MetricsQuery string                     `json:"metricsQuery"`
	Name         struct{ As string }        `json:"name"`
	Resources    struct{ Namespaced *bool } `json:"resources"`
}

// adapterRule reads the one rule, and holds it to the metrics and the queues that there are.
func adapterRule(t *testing.T) rule {
	t.Helper()
	raw, err := os.ReadFile(root("deploy/prometheus/adapter.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		ExternalRules []rule `json:"externalRules"`
	}
	if err := yaml.UnmarshalStrict(raw, &file); err != nil || len(file.ExternalRules) != 1 {
		t.Fatalf("%d rules, %v", len(file.ExternalRules), err)
	}
	r := file.ExternalRules[0]
	metric, _, _ := strings.Cut(r.SeriesQuery, "{")
	code, err := os.ReadFile(root("handlers/metrics_queues.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(code), `"`+metric+`"`) || !strings.Contains(r.MetricsQuery, metric+"{") || r.Resources.Namespaced == nil || *r.Resources.Namespaced {
		t.Errorf("the adapter asks for %q", metric)
	}
	left := regexp.MustCompile(`queue!~"([^"]+)"`).FindStringSubmatch(r.MetricsQuery)
	if left == nil {
		t.Fatalf("no queue is left out of %s", r.MetricsQuery)
	}
	out := regexp.MustCompile("^(?:" + left[1] + ")$")
	for queue, counted := range map[string]bool{tasks.QueueControl: true, tasks.QueueNotify: true, tasks.QueueEmbed: true, tasks.QueueAgain: true, tasks.PredictQueue("analogue"): true,
		tasks.QueueCrawl: false, tasks.QueueSearch: false, tasks.QueueMarket: false, tasks.PredictQueue("llm"): false, tasks.AgainQueue("llm"): false} {
		if out.MatchString(queue) == counted {
			t.Errorf("the queue %s counts: %v", queue, !counted)
		}
	}
	return r
}
