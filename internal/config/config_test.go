package config_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/joho/godotenv"
	"gopkg.in/yaml.v3"

	"tickerwire/internal/config"
)

// settings returns every setting's name and default.
func settings(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for i := range reflect.TypeFor[config.Config]().NumField() {
		f := reflect.TypeFor[config.Config]().Field(i)
		name := f.Tag.Get("env")
		if name == "" {
			t.Errorf("field %s has no env tag", f.Name)
		}
		all[name] = f.Tag.Get("envDefault")
		if f.Type == reflect.TypeFor[config.Secret]() && all[name] != "" {
			t.Errorf("%s is a secret and has a default", name)
		}
	}
	return all
}

func root(name string) string { return filepath.Join("..", "..", name) }

func TestExampleListsEverySettingWithItsDefault(t *testing.T) {
	t.Parallel()
	example, err := godotenv.Read(root(".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(settings(t), example); diff != "" {
		t.Errorf(".env.example (+) differs from config.go (-):\n%s", diff)
	}
}

// TestComposeKnowsItsSettings compares what docker-compose.yml gives to our roles with what they read.
func TestComposeKnowsItsSettings(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(root("docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Networks    []string
			Ports       []string
			Healthcheck map[string]any
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	known := settings(t)
	fallback := regexp.MustCompile(`^\$\{([A-Z_]+):-(.*)\}$`)
	given := make(map[string]bool)
	for _, role := range []string{"api", "worker", "scheduler", "migrate", "frontend"} {
		service, ok := file.Services[role]
		if !ok {
			t.Fatalf("no service %s", role)
		}
		for name, value := range service.Environment {
			given[name] = true
			def, ok := known[name]
			if !ok {
				t.Errorf("%s: %s is no setting of ours", role, name)
			}
			if m := fallback.FindStringSubmatch(value); m != nil && (m[1] != name || m[2] != def) {
				t.Errorf("%s: %s=%s: the default is %q", role, name, value, def)
			}
		}
	}
	// What belongs to `make run` and to the simulator has no place in containers, and their Redis speaks no TLS.
	alone := []string{"REDIS_CA_FILE", "DATA_DIR", "ADMIN_EMAIL", "ADMIN_PASSWORD", "SIMULATOR_URL", "SIMULATOR_ARCHIVE", "SIMULATOR_SPEED"}
	for name := range known {
		if !given[name] && !slices.Contains(alone, name) {
			t.Errorf("docker-compose.yml gives %s to no role", name)
		}
	}
	for name, service := range file.Services {
		if len(service.Ports) > 0 && name != "nginx" {
			t.Errorf("%s publishes %v; only nginx may", name, service.Ports)
		}
		if service.Healthcheck == nil {
			t.Errorf("%s has no health check", name)
		}
		if service.Networks != nil && !slices.Equal(service.Networks, []string{"tickerwire"}) {
			t.Errorf("%s is on networks %v", name, service.Networks)
		}
	}
	want := []string{"api", "etcd", "frontend", "migrate", "milvus", "minio", "nginx", "postgres", "redis", "scheduler", "worker"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(file.Services))); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	cfg := config.Config{TokenSecret: "hunter2-hunter2"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "secret", cfg.TokenSecret)
	for _, shown := range []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%s %v", cfg.TokenSecret, cfg.TokenSecret), log.String()} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
}

// TestLoad changes the working directory, so it does not run beside others.
func TestSecretsAreAllListed(t *testing.T) {
	t.Parallel()
	var cfg config.Config
	var want []string
	for f, field := range reflect.ValueOf(&cfg).Elem().Fields() {
		if f.Type == reflect.TypeFor[config.Secret]() {
			field.SetString("secret of " + f.Name)
			want = append(want, "secret of "+f.Name)
		}
	}
	if diff := cmp.Diff(want, cfg.Secrets()); diff != "" || len(want) == 0 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if none := (config.Config{UserAgentContact: "no secret"}).Secrets(); len(none) > 0 {
		t.Errorf("secrets of nothing: %q", none)
	}
}

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		name, file string
		env        map[string]string
		want       []string // in the error; none: it loads
	}{
		{name: "no file"},
		{name: "the example", file: example(t)},
		{name: "a half-written file", file: "HTTP_ADDR=127.0.0.1:1\nTOKEN_SEC", want: []string{".env"}},
		{name: "an open quote", file: "KRX_AUTH_KEY=\"abc", want: []string{".env"}},
		{name: "every problem at once", file: "CRAWL_EVERY=soon\nNAVER_PROFILE=old\nKIS_APP_KEY=a\nTOKEN_SECRET=short\nSIMULATOR_URL=nowhere\n",
			want: []string{"CRAWL_EVERY", "NAVER_PROFILE", "KIS_APP_SECRET", "TOKEN_SECRET", "SIMULATOR_URL"}},
		{name: "proxies", file: "TRUSTED_PROXIES=172.30.87.0/24,fd00::/8\n"},
		{name: "a proxy that is no network", file: "TRUSTED_PROXIES=172.30.87.0/24,nginx\n", want: []string{"TrustedProxies"}},
		{name: "a webhook", file: "TELEGRAM_WEBHOOK_URL=https://tick.example/api/telegram/webhook\nTELEGRAM_WEBHOOK_SECRET=0123456789abcdef_-\n"},
		{name: "a bot's name", file: "TELEGRAM_BOT_NAME=tickerwire_bot\n"},
		{name: "a bot's name with its mark", file: "TELEGRAM_BOT_NAME=@tickerwire_bot\n", want: []string{"TELEGRAM_BOT_NAME"}},
		{name: "half a webhook", file: "TELEGRAM_WEBHOOK_URL=https://tick.example/\n", want: []string{"TELEGRAM_WEBHOOK_SECRET"}},
		{name: "a webhook without TLS", file: "TELEGRAM_WEBHOOK_URL=http://tick.example/\nTELEGRAM_WEBHOOK_SECRET=0123456789abcdef\n", want: []string{"TELEGRAM_WEBHOOK_URL"}},
		{name: "a short secret", file: "TELEGRAM_WEBHOOK_URL=https://tick.example/\nTELEGRAM_WEBHOOK_SECRET=abc\n", want: []string{"TELEGRAM_WEBHOOK_SECRET"}},
		{name: "the environment wins", file: "CRAWL_EVERY=bad", env: map[string]string{"CRAWL_EVERY": "3s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.file != "" {
				if err := os.WriteFile(".env", []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			_, err := config.Load()
			if len(c.want) == 0 && err != nil {
				t.Fatal(err)
			}
			for _, name := range c.want {
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("error %v does not name %s", err, name)
				}
			}
			if err != nil && strings.Contains(err.Error(), "abc") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func example(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(root(".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
