package servers

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ownNamespaces are an empty network and the liberty to mount.
const ownNamespaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS

// inOwnNetwork calls start with a function that gives the child an empty network and mounts of its own: directly for
// root, through a user namespace of the same user for everybody else.
func inOwnNetwork(start func(isolate func(*syscall.SysProcAttr)) (*child, error)) (*child, error) {
	if os.Geteuid() == 0 {
		c, err := start(func(attr *syscall.SysProcAttr) { attr.Cloneflags |= ownNamespaces })
		if !errors.Is(err, syscall.EPERM) {
			return c, err
		}
	}
	c, err := start(func(attr *syscall.SysProcAttr) {
		attr.Cloneflags |= ownNamespaces | syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	})
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		return nil, fmt.Errorf("no network namespaces for this user, install Milvus Lite instead "+
			"(TICKERWIRE_MILVUS=lite scripts/install-test-services.sh): %w", err)
	}
	return c, err
}
