package app_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"tickerwire/internal/app"
	"tickerwire/tasks"
)

// freeAddress returns an address of this machine on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// redisServer runs a redis-server with these arguments until stop is called or the test ends.
func redisServer(t testing.TB, arguments ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command("redis-server", arguments...)
	cmd.Dir = t.TempDir()
	fatal(t, cmd.Start())
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // "signal: killed"
	}
	t.Cleanup(stop)
	return stop
}

// await waits until a server answers as it should.
func await(t testing.TB, what string, ready func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ready(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func plainRedis(t testing.TB, address string, arguments ...string) (stop func()) {
	t.Helper()
	stop = redisServer(t, append([]string{"--bind", "127.0.0.1", "--port", port(address), "--save", ""}, arguments...)...)
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	defer client.Close()
	await(t, "redis-server", func(ctx context.Context) bool {
		err := client.Ping(ctx).Err()
		return err == nil || strings.Contains(err.Error(), "NOAUTH")
	})
	return stop
}

// certificate writes a certificate of 127.0.0.1 that signs itself, and its key.
func certificate(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	fatal(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	fatal(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	fatal(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	fatal(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return certFile, keyFile
}

// cluster starts three nodes that share the slots.
func cluster(t testing.TB) (addresses []string) {
	t.Helper()
	var nodes []*redis.Client
	for range 3 {
		address, bus := freeAddress(t), freeAddress(t)
		plainRedis(t, address, "--cluster-enabled", "yes", "--cluster-port", port(bus))
		node := redis.NewClient(&redis.Options{Addr: address})
		t.Cleanup(func() { node.Close() })
		if len(nodes) > 0 {
			fatal(t, nodes[0].Do(t.Context(), "cluster", "meet", "127.0.0.1", port(address), port(bus)).Err())
		}
		nodes, addresses = append(nodes, node), append(addresses, address)
	}
	for i, slots := range [][2]int{{0, 5460}, {5461, 10922}, {10923, 16383}} {
		fatal(t, nodes[i].ClusterAddSlotsRange(t.Context(), slots[0], slots[1]).Err())
	}
	for _, node := range nodes {
		await(t, "the cluster to stand", func(ctx context.Context) bool {
			info, err := node.ClusterInfo(ctx).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return addresses
}

func TestEveryKindOfRedis(t *testing.T) {
	t.Parallel()
	for kind, start := range map[string]func(t *testing.T) (address, caFile string){
		"plain": func(t *testing.T) (string, string) {
			address := freeAddress(t)
			plainRedis(t, address, "--requirepass", "open sesame")
			return "redis://:open%20sesame@" + address + "/1", ""
		},
		"TLS": func(t *testing.T) (string, string) {
			address, plain := freeAddress(t), freeAddress(t)
			cert, key := certificate(t)
			plainRedis(t, plain, "--tls-port", port(address), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
			return "rediss://" + address, cert
		},
		"Sentinel": func(t *testing.T) (string, string) {
			master, sentinel := freeAddress(t), freeAddress(t)
			plainRedis(t, master, "--requirepass", "word")
			conf := filepath.Join(t.TempDir(), "sentinel.conf")
			fatal(t, os.WriteFile(conf, fmt.Appendf(nil, "bind 127.0.0.1\nport %s\nsentinel monitor ticker 127.0.0.1 %s 1\nsentinel auth-pass ticker word\n",
				port(sentinel), port(master)), 0o600))
			redisServer(t, conf, "--sentinel")
			client := redis.NewSentinelClient(&redis.Options{Addr: sentinel, MaxRetries: -1})
			t.Cleanup(func() { client.Close() })
			await(t, "the sentinel", func(ctx context.Context) bool { return client.GetMasterAddrByName(ctx, "ticker").Err() == nil })
			return "redis-sentinel://:word@" + freeAddress(t) + "," + sentinel + "/ticker?db=2", "" // the first of them is away
		},
		"cluster": func(t *testing.T) (string, string) { return "redis-cluster://" + strings.Join(cluster(t), ","), "" },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			address, caFile := start(t)
			quick, patient, monitor, closeMonitor, err := app.RedisClients(address, caFile, nil)
			fatal(t, err)
			t.Cleanup(func() { quick.Close(); patient.Close(); closeMonitor() })
			payloads := make(chan string, 1)
			server := asynq.NewServerFromRedisClient(patient, asynq.Config{Queues: map[string]int{"smoke": 1}, Concurrency: 1,
				LogLevel: asynq.FatalLevel, TaskCheckInterval: 50 * time.Millisecond})
			fatal(t, server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
				payloads <- string(task.Payload())
				return nil
			})))
			t.Cleanup(server.Shutdown)
			fatal(t, tasks.NewQueue(quick).RingRaw(t.Context(), "t:smoke", "1", "smoke", []byte(`{"n":7}`)))
			select {
			case got := <-payloads:
				if got != `{"n":7}` {
					t.Errorf("payload %s", got)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the task was never run")
			}
			rec := httptest.NewRecorder()
			monitor.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/monitor/api/queues", nil))
			if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `"smoke"`) {
				t.Errorf("the monitor answers %d: %s", rec.Code, rec.Body)
			}
		})
	}
}

func TestRedisAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]redis.UniversalOptions{
		"redis://localhost":                                  {Addrs: []string{"localhost:6379"}},
		"redis://me:a%2Fb%40c@h:1/3?read_timeout=7s":         {Addrs: []string{"h:1"}, Username: "me", Password: "a/b@c", DB: 3, ReadTimeout: 7 * time.Second},
		"redis-sentinel://:pw@a:1,b:2/master-1?db=4":         {Addrs: []string{"a:1", "b:2"}, Password: "pw", DB: 4, MasterName: "master-1"},
		"redis-sentinel://a:1/m?sentinel_password=s%26t":     {Addrs: []string{"a:1"}, SentinelPassword: "s&t", MasterName: "m"},
		"redis-cluster://me:pw@a:1,b:2?pool_size=9":          {Addrs: []string{"a:1", "b:2"}, Username: "me", Password: "pw", PoolSize: 9, IsClusterMode: true},
		"redis-cluster://[::1]:1":                            {Addrs: []string{"[::1]:1"}, IsClusterMode: true},
		"redis-sentinel://a:1,b:2/m?sentinel_username=watch": {Addrs: []string{"a:1", "b:2"}, SentinelUsername: "watch", MasterName: "m"},
	} {
		got, err := app.ParseRedis(address, "")
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s: %v\n%+v, want\n%+v", address, err, got, want)
		}
	}
	for _, address := range []string{"rediss://h:1", "rediss-sentinel://a:1,b:2/m", "rediss-cluster://a:1"} {
		if got, err := app.ParseRedis(address, ""); err != nil || got.TLSConfig == nil {
			t.Errorf("%s: %v, TLS %v", address, err, got.TLSConfig)
		}
	}
}

// TestAnAddressIsNeverShown: nothing of an address that cannot be read is in the error, however it was quoted.
func TestAnAddressIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "http://u:hunter2@h", "redis://u:hunter2\x7f@h", "redis://u:hun\"ter2@h:port", "redis://u:hunter2@h/zero", "redis://u:hunter2@h?nonsense=1",
		"redis://u:hunter2@a:1,b:2", "redis-sentinel://:hunter2@a:1", "redis-cluster://:hunter2@a:1/3", "redis-cluster://:hunter2@a:1,,b:2", "redis:hunter2", "redis://u:%zzhunter2@h",
		"redis-socket://:hunter2@/tmp/x"} {
		_, err := app.ParseRedis(address, "")
		if err == nil || !strings.Contains(err.Error(), "REDIS_URL") || strings.Contains(err.Error(), "hun") {
			t.Errorf("%q: %v", address, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "none.pem")
	for address, caFile := range map[string]string{"rediss://h:1": missing, "redis://h:1": missing, "rediss://h": os.DevNull} {
		if _, err := app.ParseRedis(address, caFile); err == nil || !strings.Contains(err.Error(), "REDIS_CA_FILE") {
			t.Errorf("%s with %s: %v", address, caFile, err)
		}
	}
}

// TestAPatientClientOutlastsAMinute lets nobody through for a minute of a clock that is not the wall's.
func TestAPatientClientOutlastsAMinute(t *testing.T) {
	t.Parallel()
	for what, cause := range map[string]error{"refused": syscall.ECONNREFUSED, "no answer": os.ErrDeadlineExceeded, "no such host": errors.New("no such host")} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			outage(t, cause)
		})
	}
}

func outage(t *testing.T, cause error) {
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(time.Minute)
		_, patient, _, closeMonitor, err := app.RedisClients("redis://h:1", "", func(o *redis.UniversalOptions) {
			o.Dialer = func(context.Context, string, string) (net.Conn, error) {
				if time.Now().Before(up) {
					return nil, &net.OpError{Op: "dial", Err: cause}
				}
				ours, theirs := net.Pipe()
				go answerPings(theirs)
				return ours, nil
			}
		})
		fatal(t, err)
		defer closeMonitor()
		if err := patient.Ping(t.Context()).Err(); err != nil || time.Now().Before(up) {
			t.Errorf("%v, %s before the end of the outage", err, time.Until(up))
		}
		fatal(t, patient.Close())
	})
}

// TestAPatientClientLetsGoOfAConnectionThatIsCutWhileItGreets loses the answer to the greeting of the first connections:
// the client must greet on another one, and not on that for minutes.
func TestAPatientClientLetsGoOfAConnectionThatIsCutWhileItGreets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		_, patient, _, closeMonitor, err := app.RedisClients("redis://h:1", "", func(o *redis.UniversalOptions) {
			o.Dialer = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				if dials++; dials <= 3 {
					go cutGreeting(theirs)
				} else {
					go answerPings(theirs)
				}
				return ours, nil
			}
		})
		fatal(t, err)
		defer closeMonitor()
		started := time.Now()
		if err := patient.Ping(t.Context()).Err(); err != nil {
			t.Error(err)
		}
		if took := time.Since(started); took > 5*time.Second || dials != 4 {
			t.Errorf("%d connections in %s", dials, took)
		}
		fatal(t, patient.Close())
	})
}

// cutGreeting answers the dialer's own PING, and ends the connection at whatever comes next.
func cutGreeting(conn net.Conn) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if strings.EqualFold(lines.Text(), "ping") {
			if _, err := io.WriteString(conn, "+PONG\r\n"); err != nil {
				return
			}
			continue
		}
		if strings.EqualFold(lines.Text(), "hello") {
			return
		}
	}
}

// answerPings is a Redis that knows PING only. It answers apart from reading: a pipe holds nothing.
func answerPings(conn net.Conn) {
	replies := make(chan string, 100)
	go func() {
		defer conn.Close()
		for reply := range replies {
			if _, err := io.WriteString(conn, reply); err != nil {
				return
			}
		}
	}()
	defer close(replies)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch strings.ToLower(lines.Text()) {
		case "ping":
			replies <- "+PONG\r\n"
		case "hello", "client":
			replies <- "-ERR unknown command\r\n"
		}
	}
}
