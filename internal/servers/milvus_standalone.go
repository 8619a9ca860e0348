package servers

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/template"
	"time"
)

//go:embed milvus_gate.py
var gateScript string

//go:embed milvus.yaml.tmpl
var standaloneConfig string

// Descriptors of the gate: ExtraFiles begin at 3.
const (
	gateListener = "3"
	gateReady    = "4"
)

func standaloneBinary(venv string) string { return filepath.Join(venv, "server", "milvus") }

// startStandalone starts the real server behind a gate (milvus_gate.py): it would listen on every address otherwise.
// The gate's socket is bound here, so its port is never lost to another program.
func (m *Milvus) startStandalone(ctx context.Context, venv, dir string) error {
	if err := m.configure(dir); err != nil {
		return fmt.Errorf("milvus: configuration: %w", err)
	}
	listener, address, err := listenFile()
	if err != nil {
		return fmt.Errorf("milvus: listen: %w", err)
	}
	defer listener.Close()
	ready, report, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("milvus: pipe: %w", err)
	}
	defer ready.Close()

	log := filepath.Join(dir, "milvus.log")
	m.child, err = inOwnNetwork(func(isolate func(*syscall.SysProcAttr)) (*child, error) {
		cmd := exec.Command(filepath.Join(venv, "bin", "python"), "-c", gateScript, gateListener, gateReady, // #nosec G204 -- a program that this machine has installed, with arguments of our own
			standaloneBinary(venv), "run", "standalone")
		cmd.Dir = dir
		cmd.Env = freshEnv("DEPLOY_MODE=STANDALONE", "METRICS_PORT=9091", "MILVUSCONF="+filepath.Join(dir, "configs"),
			"LD_LIBRARY_PATH="+filepath.Join(venv, "server"))
		cmd.ExtraFiles = []*os.File{listener, report, m.lock.file}
		cmd.SysProcAttr = &syscall.SysProcAttr{}
		isolate(cmd.SysProcAttr)
		return startChild("milvus", cmd, log, m.farewell(), syscall.SIGKILL)
	})
	err = errors.Join(err, report.Close())
	if err != nil {
		return err
	}
	m.address = address
	return m.awaitReport(ctx, ready)
}

// awaitReport returns when the gate has said that the server is ready. The pipe ends when the gate does.
func (m *Milvus) awaitReport(ctx context.Context, ready *os.File) error {
	interrupt := context.AfterFunc(ctx, func() { _ = ready.SetReadDeadline(time.Now()) })
	defer interrupt()
	said, err := io.ReadAll(ready)
	switch {
	case bytes.Equal(said, []byte("ready\n")):
		return nil
	case ctx.Err() != nil:
		return errors.Join(fmt.Errorf("milvus: not ready: %w%s", ctx.Err(), m.child.tail()), m.child.kill())
	case err != nil:
		return errors.Join(fmt.Errorf("milvus: readiness: %w", err), m.child.kill())
	}
	return errors.Join(m.child.kill(), m.child.ended())
}

// configure writes the server's configuration. It is written at every start: the directory may have moved.
func (m *Milvus) configure(dir string) error {
	configs := filepath.Join(dir, "configs")
	if err := os.MkdirAll(configs, 0o755); err != nil { // #nosec G301 -- the user that the server runs as must get through
		return err
	}
	text, err := template.New("milvus.yaml").Parse(standaloneConfig)
	if err != nil {
		return err
	}
	var yaml, etcd bytes.Buffer
	if err := text.Execute(&yaml, struct{ Dir string }{dir}); err != nil {
		return err
	}
	fmt.Fprintf(&etcd, "data-dir: %q\nunsafe-no-fsync: %t\n", filepath.Join(dir, "etcd"), m.ephemeral)
	for name, content := range map[string][]byte{
		"milvus.yaml": yaml.Bytes(),
		"etcd.yaml":   etcd.Bytes(),
		"glog.conf":   []byte("--logtostderr=true\n--minloglevel=2\n"),
	} {
		if err := os.WriteFile(filepath.Join(configs, name), content, 0o644); err != nil { // #nosec G306 -- the user that the server runs as reads it
			return err
		}
	}
	return nil
}

// listenFile opens a loopback listener that a child can inherit.
func listenFile() (*os.File, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	return file, listener.Addr().String(), err
}
