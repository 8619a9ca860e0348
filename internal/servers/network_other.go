//go:build !linux

package servers

import (
	"errors"
	"syscall"
)

// inOwnNetwork always fails: the standalone server would be open to the network, Milvus Lite is what runs here.
func inOwnNetwork(func(isolate func(*syscall.SysProcAttr)) (*child, error)) (*child, error) {
	return nil, errors.New("milvus: the standalone server needs Linux, install Milvus Lite instead")
}
