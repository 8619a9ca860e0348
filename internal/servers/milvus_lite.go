package servers

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

func liteBinary(venv string) string { return filepath.Join(venv, "bin", "milvus-lite") }

// startLite starts Milvus Lite, which must be told to stay on loopback.
func (m *Milvus) startLite(ctx context.Context, venv, dir string) error {
	return onFreePort(func(port int) error {
		cmd := exec.Command(liteBinary(venv), "server", "--host", "127.0.0.1", "--port", strconv.Itoa(port), // #nosec G204 -- a program that this machine has installed, with arguments of our own
			"--data-dir", filepath.Join(dir, "lite"))
		cmd.Dir = dir
		cmd.Env = freshEnv()
		cmd.ExtraFiles = []*os.File{m.lock.file}
		c, err := startChild("milvus", cmd, filepath.Join(dir, "milvus.log"), m.farewell(), syscall.SIGTERM)
		if err != nil {
			return err
		}
		m.child, m.address = c, fmt.Sprintf("127.0.0.1:%d", port)
		return c.await(ctx, func(ctx context.Context) error {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.address)
			if err != nil {
				return err
			}
			return conn.Close()
		})
	})
}
