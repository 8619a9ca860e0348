//go:build !linux

package chaos

import "syscall"

// dieWithUs does nothing here: only Linux has parent-death signals.
func dieWithUs(*syscall.SysProcAttr) {}
