package chaos

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nginxConf is what the compose file runs.
const nginxConf = "deploy/nginx/nginx.conf"

// startNginx runs nginx with that configuration, only its places replaced, in front of APIs, and returns a client's way to
// them.
func (w *world) startNginx(ctx context.Context, upstreams []string) (*api, error) {
	raw, err := os.ReadFile(nginxConf)
	if err != nil {
		return nil, fmt.Errorf("nginx: %w", err)
	}
	dir := filepath.Join(w.dir, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("nginx: %w", err)
	}
	roots, err := selfSigned(dir)
	if err != nil {
		return nil, err
	}
	plain, err := freeAddress()
	if err != nil {
		return nil, err
	}
	secure, err := freeAddress()
	if err != nil {
		return nil, err
	}
	conf := string(raw)
	for _, place := range [][2]string{{"server api:8080 max_fails=0;", "server " + strings.Join(upstreams, " max_fails=0; server ") + " max_fails=0;"},
		{"server frontend:8080;", "server " + upstreams[0] + ";"}, // every API has the pages, too
		{"listen 80;", "listen " + plain + ";"}, {"listen 443 ", "listen " + secure + " "},
		{"/etc/nginx/certs/tls.crt", filepath.Join(dir, "tls.crt")}, {"/etc/nginx/certs/tls.key", filepath.Join(dir, "tls.key")},
		{"/tmp/nginx.pid", filepath.Join(dir, "nginx.pid")}} {
		if strings.Count(conf, place[0]) != 1 {
			return nil, fmt.Errorf("nginx: %s names %q %d times", nginxConf, place[0], strings.Count(conf, place[0]))
		}
		conf = strings.Replace(conf, place[0], place[1], 1)
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		return nil, fmt.Errorf("nginx: %w", err)
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not in everybody's PATH
	}
	p, err := startProc("nginx", w.logOf("nginx"), dir, w.env, []string{program, "-e", "stderr", "-p", dir, "-c", path, "-g", "daemon off;"})
	if err != nil {
		return nil, err
	}
	w.procs["nginx"] = p
	err = until(ctx, procLimit, "nginx to listen", func() (bool, error) {
		conn, err := net.Dial("tcp", secure)
		if err != nil {
			return false, err
		}
		return true, conn.Close()
	})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	return &api{url: "https://" + secure, client: client}, nil
}

// selfSigned writes tls.crt and tls.key for 127.0.0.1, as `make certs` does, and returns who trusts them.
func selfSigned(dir string) (*x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	for name, block := range map[string]*pem.Block{"tls.crt": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots, nil
}
