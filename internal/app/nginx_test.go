package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNginxInFrontOfTheAPI runs the compose file's nginx configuration, only its places replaced, in front of the API.
func TestNginxInFrontOfTheAPI(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	env := []string{"DATABASE_URL=" + db.url, "REDIS_URL=" + newRedis(t), "TOKEN_SECRET=" + strings.Repeat("s", 32), "HTTP_ADDR=127.0.0.1:0",
		"TRUSTED_PROXIES=127.0.0.0/8"}
	for _, errand := range []command{{args: []string{"migrate"}},
		{args: []string{"user", "create", "--email", "reader@example.com", "--role", "user"}, in: "a long password\n"}} {
		errand.name, errand.env = "tickerctl", env
		fatal(t, errand.run(t).ends(t, patience))
	}
	api := procfile(t)["api"].with(env).run(t)
	address := api.says(t, `"http_addr":"([^"]+)"`)[0]
	n := startNginx(t, address, address)

	res := n.do(t, http.MethodGet, "http://"+n.plain+"/api/dashboard?x=1", "")
	if want := "https://127.0.0.1/api/dashboard?x=1"; res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != want {
		t.Errorf("without TLS: %s to %q, want %q", res.Status, res.Header.Get("Location"), want)
	}
	res = n.do(t, http.MethodGet, "https://"+n.secure+"/health", "")
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || res.TLS.Version != tls.VersionTLS13 {
		t.Errorf("health: %s over %s, TLS %x", res.Status, res.Proto, res.TLS.Version)
	}
	for name, want := range map[string]string{"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff", "Server": "nginx"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	status := http.StatusServiceUnavailable
	if pagesAreBuilt() {
		status = http.StatusOK
	}
	res = n.do(t, http.MethodGet, "https://"+n.secure+"/", "")
	if policy := res.Header["Content-Security-Policy"]; res.StatusCode != status || len(policy) != 1 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the start page: %s, %s, policies %q", res.Status, res.Header.Get("Content-Type"), policy)
	}
	res = n.do(t, http.MethodPost, "https://"+n.secure+"/api/auth/login", `{"email": "reader@example.com", "password": "a long password"}`)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("login: %s", res.Status)
	}
	for _, c := range res.Cookies() {
		if !c.Secure || !c.HttpOnly {
			t.Errorf("the cookie %s could be read or sent without TLS", c.Name)
		}
	}
	res = n.do(t, http.MethodPost, "https://"+n.secure+"/api/auth/login", `{"email": "`+strings.Repeat("x", 3<<20)+`"}`)
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 3 MB: %s", res.Status)
	}
	api.says(t, `"route":"/health".*"address":"127\.0\.0\.9"`) // nginx's caller, not nginx
	if old, err := tls.Dial("tcp", n.secure, &tls.Config{RootCAs: n.roots, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		fatal(t, old.Close())
		t.Error("TLS 1.1 is spoken")
	}
}

// proxied is an nginx that runs, and a client that trusts it and calls from 127.0.0.9.
type proxied struct {
	plain, secure string
	roots         *x509.CertPool
	client        *http.Client
}

func startNginx(t *testing.T, upstream, frontend string) proxied {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/nginx/nginx.conf")
	fatal(t, err)
	dir := openDir(t)
	n := proxied{plain: freeAddress(t), secure: freeAddress(t), roots: x509.NewCertPool()}
	certificate := selfSigned(t, dir)
	n.roots.AddCert(certificate)
	conf := string(raw)
	for _, place := range [][2]string{{"api:8080", upstream}, {"frontend:8080", frontend}, {"listen 80;", "listen " + n.plain + ";"}, {"listen 443 ", "listen " + n.secure + " "},
		{"/etc/nginx/certs/tls.crt", filepath.Join(dir, "tls.crt")}, {"/etc/nginx/certs/tls.key", filepath.Join(dir, "tls.key")},
		{"/tmp/nginx.pid", filepath.Join(dir, "nginx.pid")}} {
		if strings.Count(conf, place[0]) != 1 {
			t.Fatalf("nginx.conf names %q %d times", place[0], strings.Count(conf, place[0]))
		}
		conf = strings.Replace(conf, place[0], place[1], 1)
	}
	writeFile(t, dir, "nginx.conf", conf)
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // not in everybody's PATH
	}
	nginx := command{name: "nginx", path: path, args: []string{"-e", "stderr", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-g", "daemon off;"},
		attr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}}.run(t)
	nginx.interrupt = func() error { return nginx.process.Signal(syscall.SIGQUIT) } // what ends its workers, too
	t.Cleanup(func() { nginx.stops(t) })
	n.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: n.roots},
			DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}).DialContext}}
	t.Cleanup(n.client.CloseIdleConnections)
	until(t, patience, func() error {
		conn, err := net.Dial("tcp", n.secure)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return n
}

// do sends a request and reads its answer to the end.
func (n proxied) do(t *testing.T, method, url, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	fatal(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := n.client.Do(req)
	fatal(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	fatal(t, err)
	if kind := res.Header.Get("Content-Type"); strings.HasSuffix(kind, "json") && !json.Valid(raw) {
		t.Errorf("%s %s: %q", method, url, raw)
	}
	return res
}

// selfSigned writes tls.crt and tls.key for 127.0.0.1, as `make certs` does.
func selfSigned(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	fatal(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	fatal(t, err)
	for name, block := range map[string]*pem.Block{"tls.crt": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "PRIVATE KEY", Bytes: private}} {
		writeFile(t, dir, name, string(pem.EncodeToMemory(block)))
	}
	certificate, err := x509.ParseCertificate(der)
	fatal(t, err)
	return certificate
}
